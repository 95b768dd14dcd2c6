"""DynaHate: written by annotators over four rounds to fool the model of the round before."""

from upstander.evaluation import taxonomy
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels, no_mechanism
from upstander.training.weak_labels import weak_mechanisms

_TYPED = ("acl.id", "text", "label", "type", "target")
_TYPES = {
    "dehumanization": 1.0,
    **dict.fromkeys(("derogation", "animosity", "threatening", "support"), 0.0),
}


def _read(context: Context) -> Example:
    row = context.row
    text = row["text"]
    typed = "type" in context.file.columns
    hateful = context.choose("label", {"1": 1.0, "0": 0.0, "hate": 1.0, "nothate": 0.0})
    labels = hate_labels(hateful)
    weak: frozenset[str] = frozenset()
    targets: dict[str, float] = {}
    mechanisms = no_mechanism(hateful)
    if hateful and typed and row["type"] != "notgiven":
        labels["dehumanization"] = context.choose("type", _TYPES)
        targets = taxonomy.from_codes(row["target"].split(","))
    elif hateful and context.file.split == "train":
        mechanisms = weak_mechanisms(text)
        labels["dehumanization"] = max(mechanisms.values())
        weak = frozenset({"dehumanization"})
    if context.file.split == "train":
        targets = taxonomy.from_phrase(text)  # the groups that it names, whatever it says of them
        weak |= {"targets"}
    return Example(
        text=text,
        source=context.source,
        id=row["acl.id"] if typed else context.id,
        split=context.file.split,
        labels=labels,
        weak=weak,
        targets=targets,
        mechanisms=mechanisms,
    )


SOURCE = Source(
    name="dynahate",
    upstream="https://github.com/bvidgen/Dynamically-Generated-Hate-Speech-Dataset",
    licence="none stated; its authors invite use with citation",
    licence_verified=False,
    citation="Vidgen, Thrush, Waseem, Kiela 2021, Learning from the Worst",
    files=(
        SourceFile(
            "dynahate/train.jsonl.gz",
            "train",
            ("text", "label"),
            32900,
            "022dbce674c625cd27e3b36a0b1e48776cb570101762e6ff744561ac4424f9c7",
        ),
        SourceFile(
            "dynahate/dev_typed.jsonl.gz",
            "dev",
            _TYPED,
            3506,
            "bc7d4f9a0cfcfec8dd3c7423cf38e940910abccaa85d13a6465ca420c671fda4",
        ),
        SourceFile(
            "dynahate/dev.jsonl.gz",
            "dev",
            ("text", "label"),
            4099,
            "3e6f90a0c50b775f4f50cacdf66f72cceaa5fa5efc0af7987d3e57b81d600cb6",
        ),
        SourceFile(
            "dynahate/test_rounds123_typed.jsonl.gz",
            "test",
            _TYPED,
            2812,
            "dbee792f07b67a00f50797fa12b6f050c27df44bf1abed6349d23685da6e8ed2",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read,
    note="Training rows have no type or target: dehumanization and targets there are guessed.",
)
