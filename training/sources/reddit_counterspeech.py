"""Replies on Reddit to hateful comments: hateful or in agreement, counter-speech, or neither."""

from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_COLUMNS = ("reply", "label")
_HATEFUL: Final = {"0": 0.0, "1": 1.0, "2": 0.0, "0.0": 0.0, "1.0": 1.0, "2.0": 0.0}
"""0 is neutral or other, 1 hate or agreement with it, 2 counter-speech."""


def _read(context: Context) -> Example:
    return Example(
        text=context.row["reply"],
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels={"hate": context.choose("label", _HATEFUL)},
    )


SOURCE = Source(
    name="reddit_counterspeech",
    upstream="https://github.com/dan-hickey1/toxic-counterspeech",
    licence="MIT",
    licence_verified=False,
    citation="Yu, Blanco, Hong 2022, Hate Speech and Counter Speech Detection; Yu et al. 2023",
    files=(
        SourceFile(
            "reddit_counterspeech/yu_et_al_2022.jsonl.gz",
            "unsplit",
            _COLUMNS,
            4751,
            "dbafea33a5d8d0cb443ea42baaa7f79f021f69d12acd3ef7b0856f94f78b7b89",
        ),
        SourceFile(
            "reddit_counterspeech/yu_et_al_2023.jsonl.gz",
            "unsplit",
            _COLUMNS,
            3655,
            "4e19bd7f979c1765d518637adb900a89ccbcf3dc612373e161cdc05c64258a07",
        ),
    ),
    heads={"hate": "replies"},
    read=_read,
    note=(
        "Judged with the comment that they reply to. Hate is any hostile reply, in the newer half "
        "any that agrees with the comment, so it trains a head of its own."
    ),
)
