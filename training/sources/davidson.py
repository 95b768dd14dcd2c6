"""Davidson et al.: tweets found by keyword: hate speech, offensive language or neither."""

import html

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_LABELS = {
    "0": {"hate": 1.0, "toxicity": 1.0},
    "1": {"hate": 0.0, "toxicity": 1.0},
    "2": {"hate": 0.0, "toxicity": 0.0, "dehumanization": 0.0},
}


def _read(context: Context) -> Example:
    return Example(
        text=html.unescape(context.row["tweet"]),
        source=context.source,
        id=context.id,
        split="unsplit",
        labels=context.choose("class", _LABELS),
    )


SOURCE = Source(
    name="davidson",
    upstream="https://github.com/t-davidson/hate-speech-and-offensive-language",
    licence="MIT",
    licence_verified=True,
    citation="Davidson, Warmsley, Macy, Weber 2017",
    files=(
        SourceFile(
            "davidson/all.jsonl.gz",
            "unsplit",
            ("tweet", "class"),
            24783,
            "751cf55078c4b2ce6de5db389eda19e9eda405a36d93d66312c5f44c88ff804b",
        ),
    ),
    heads={"hate": "tweets", "toxicity": "posts", "dehumanization": "exact"},
    read=_read,
    note="Keyword sample with a dialect bias: what it calls offensive is often in-group speech.",
)
