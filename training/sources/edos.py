"""EDOS: sexism on Gab and Reddit, in eleven fine-grained kinds."""

from upstander.evaluation import taxonomy
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_COLUMNS = ("rewire_id", "text", "label_sexist", "label_vector")


def _read(context: Context) -> Example:
    sexist = context.choose("label_sexist", {"sexist": 1.0, "not sexist": 0.0})
    # A text that is not sexist may still attack another group: only the sexism head hears of it.
    labels = {"hate": sexist}
    if sexist:
        labels["dehumanization"] = float(context.row["label_vector"].startswith("2.3 "))
    return Example(
        text=context.row["text"].replace("[USER]", "@user").replace("[URL]", "http"),
        source=context.source,
        id=context.row["rewire_id"],
        split=context.file.split,
        labels=labels,
        targets=taxonomy.from_codes(["women"]) if sexist else {},
    )


SOURCE = Source(
    name="edos",
    upstream="https://github.com/rewire-online/edos",
    licence="CC0-1.0",
    licence_verified=True,
    citation="Kirk, Yin, Vidgen, Rottger 2023, SemEval-2023 Task 10",
    files=(
        SourceFile(
            "edos/train.jsonl.gz",
            "train",
            _COLUMNS,
            14000,
            "1d015f192b5f10c8cef7aaa909a61b5c1f4bcecc1c950feb867790056b9ba840",
        ),
        SourceFile(
            "edos/dev.jsonl.gz",
            "dev",
            _COLUMNS,
            2000,
            "0ff643c5e2f16bfe63648a907d5b0b3c5bd8908703e7ecba963aa146413a69c6",
        ),
        SourceFile(
            "edos/test.jsonl.gz",
            "test",
            _COLUMNS,
            4000,
            "4d286835c0ff2afaae6b5a366035beb2fd1ff29794ea583f44b1b6e4b4503ede",
        ),
    ),
    heads={"hate": "sexism", "dehumanization": "exact"},
    read=_read,
    note="Its class 2.3 mixes dehumanization with sexual objectification; women only.",
)
