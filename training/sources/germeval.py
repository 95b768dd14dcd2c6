"""GermEval 2018: German tweets, offensive or not.

Its ABUSE degrades people as members of a group that is seen as inferior, political groups among
them, so it has a head of its own. One row has one class, so that an abusive row says nothing of
insults and swear words.
"""

from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_NOTHING: Final = {
    "hate": 0.0,
    "dehumanization": 0.0,
    "toxicity": 0.0,
    "insult": 0.0,
    "profanity": 0.0,
}
_LABELS: Final = {
    "OTHER": _NOTHING,
    "ABUSE": {"hate": 1.0, "toxicity": 1.0},
    "INSULT": {"hate": 0.0, "dehumanization": 0.0, "toxicity": 1.0, "insult": 1.0},
    "PROFANITY": {"hate": 0.0, "dehumanization": 0.0, "toxicity": 1.0, "profanity": 1.0},
}


def _read(context: Context) -> Example:
    return Example(
        text=context.row["text"].replace("|LBR|", "\n"),
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels=dict(context.choose("fine", _LABELS)),
        language="de",
    )


SOURCE = Source(
    name="germeval2018",
    upstream="https://github.com/uds-lsv/GermEval-2018-Data",
    licence="CC BY 4.0",
    licence_verified=True,
    citation="Wiegand, Siegel, Ruppenhofer 2018, Overview of the GermEval 2018 Shared Task",
    files=(
        SourceFile(
            "multilingual/germeval2018_de_training.jsonl.gz",
            "train",
            ("text", "fine"),
            5009,
            "a8f249de89edc0add1247c6764df2844695bd88ed5728096f00d72051bd60f39",
        ),
        SourceFile(
            "multilingual/germeval2018_de_test.jsonl.gz",
            "test",
            ("text", "fine"),
            3532,
            "a700cdc750dc978a0fd995cbb4202d2a910886a267a06be47fdd8733f07b8cf6",
        ),
    ),
    heads={
        "hate": "abuse",
        "dehumanization": "exact",
        "toxicity": "offense",
        "insult": "offense",
        "profanity": "offense",
    },
    read=_read,
    languages=("de",),
    note="German. Most tweets are about politics.",
)
