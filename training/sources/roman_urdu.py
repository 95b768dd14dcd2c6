"""Roman Urdu: tweets in Urdu that is written in Latin letters, offensive or not.

In its files 1 is the ordinary class. An offensive tweet may be hateful or merely rude, so it says
nothing of hate; an ordinary one has none.
"""

from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS: Final = ("text", "label")


def _read(context: Context) -> Example:
    offensive = context.choose("label", {"0": 1.0, "1": 0.0})
    return Example(
        text=context.row["text"],
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels={"toxicity": 1.0} if offensive else {"toxicity": 0.0, **hate_labels(0.0)},
        language="ur",
    )


SOURCE = Source(
    name="roman_urdu",
    upstream="https://github.com/haroonshakeel/roman_urdu_hate_speech",
    licence="MIT",
    licence_verified=True,
    citation="Rizwan, Shakeel, Karim 2020, Hate-Speech and Offensive Language in Roman Urdu",
    files=(
        SourceFile(
            "multilingual/roman_urdu_task1_train.jsonl.gz",
            "train",
            _COLUMNS,
            7209,
            "0363e36e62df42c104ca3430e432fc7fb00e5fc66e5e55b131bae6cce0c6a4a9",
        ),
        SourceFile(
            "multilingual/roman_urdu_task1_validation.jsonl.gz",
            "dev",
            _COLUMNS,
            801,
            "83c92095353ee183b0fed3a5972cae5216013072bc961f991e5c7baf874dc64b",
        ),
        SourceFile(
            "multilingual/roman_urdu_task1_test.jsonl.gz",
            "test",
            _COLUMNS,
            2003,
            "94893a020cbcd0aea4d325ec185159e2f0715570fa2d9d48f09a9008f400a5a4",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact", "toxicity": "offense"},
    read=_read,
    languages=("ur",),
    note="Urdu in Latin letters.",
)
