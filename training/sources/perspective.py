"""Scores that the Perspective API gave, as soft labels: what it would say of a text."""

from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_ATTRIBUTES: Final = (
    "toxicity",
    "severe_toxicity",
    "identity_attack",
    "insult",
    "profanity",
    "threat",
)
_DIGITS: Final = 4


def _score(value: object) -> float:
    score = float(str(value))
    if not 0 <= score <= 1:
        raise ValueError("a score outside 0 to 1")
    return round(score, _DIGITS)


def _read_rtp(context: Context) -> Example:
    return Example(
        text=context.row["text"].lstrip(),  # a continuation begins with the space before it
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels={label: _score(context.row[label]) for label in _ATTRIBUTES},
    )


def _read_wikipedia(context: Context) -> Example:
    return Example(
        text=context.row["text"],
        source=context.source,
        id=context.row["id"],
        split=context.file.split,
        labels={"toxicity": _score(context.row["api"])},
    )


RTP = Source(
    name="perspective_rtp",
    upstream="https://github.com/GXimingLu/Quark, https://github.com/AI-secure/DecodingTrust",
    licence="Apache-2.0; rows of DecodingTrust CC BY-SA 4.0 (share-alike)",
    licence_verified=False,
    citation="Gehman et al. 2020, RealToxicityPrompts; Wang et al. 2023, DecodingTrust",
    files=(
        SourceFile(
            "perspective_rtp/train.jsonl.gz",
            "unsplit",
            ("text", *_ATTRIBUTES),
            10210,
            "c12954f2d24ae0b7eb16ab36dfc7d7fcccafb70ddd0ba27ca9ea7fbd1973a7da",
        ),
    ),
    heads=dict.fromkeys(_ATTRIBUTES, "perspective"),
    read=_read_rtp,
    note="Scores of the Perspective API (2020) of halves of sentences, no annotator's labels.",
)

WIKIPEDIA = Source(
    name="perspective_wikipedia",
    upstream="https://github.com/ipavlopoulos/context_toxicity",
    licence="Apache-2.0",
    licence_verified=False,
    citation="Pavlopoulos et al. 2020, Toxicity Detection: Does Context Really Matter?",
    files=(
        SourceFile(
            "perspective_wikipedia/gc_train.jsonl.gz",
            "unsplit",
            ("id", "text", "api"),
            5956,
            "2f241c750c6ad18450bfa0fc556426e25e62e8add25b451b56dbbe6c341e72c1",
        ),
        SourceFile(
            "perspective_wikipedia/gn_train.jsonl.gz",
            "unsplit",
            ("id", "text", "api"),
            5981,
            "1d72c295149052789ffca1247190aede7269e3fa4f045effa7a8565877432cec",
        ),
    ),
    heads={"toxicity": "perspective"},
    read=_read_wikipedia,
    note="Scores of the Perspective API, no annotator's labels; nearly all comments are harmless.",
)
