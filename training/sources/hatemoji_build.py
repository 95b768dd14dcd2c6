"""HatemojiBuild: rounds five to seven of the DynaHate line, every text with emoji."""

import ast

from upstander.evaluation import taxonomy
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels, no_mechanism

_COLUMNS = ("entry_id", "text", "type", "target", "label_gold")
_TYPES = {
    "dehumanizinglanguage": 1.0,
    **dict.fromkeys(("derogation", "animosity", "threateninglanguage"), 0.0),
}


def _read(context: Context) -> Example:
    row = context.row
    hateful = context.choose("label_gold", {"1": 1.0, "0": 0.0})
    labels = hate_labels(hateful)
    if hateful:
        labels["dehumanization"] = context.choose("type", _TYPES)
    return Example(
        text=row["text"],
        source=context.source,
        id=row["entry_id"],
        split=context.file.split,
        labels=labels,
        targets=taxonomy.from_codes(ast.literal_eval(row["target"])) if hateful else {},
        mechanisms=no_mechanism(hateful),
    )


SOURCE = Source(
    name="hatemoji_build",
    upstream="https://github.com/HannahKirk/Hatemoji",
    licence="CC-BY-4.0",
    licence_verified=True,
    citation="Kirk, Vidgen, Rottger, Thrush, Hale 2022, Hatemoji",
    files=(
        SourceFile(
            "hatemoji_build/train.jsonl.gz",
            "train",
            _COLUMNS,
            4728,
            "1cf1a8b3432f23122ff14741f49db76a6871e7fb0fafe9e478360010c6c5ee68",
        ),
        SourceFile(
            "hatemoji_build/validation.jsonl.gz",
            "dev",
            _COLUMNS,
            591,
            "500a0436a15528731877e960329a37dd1209bec198839de3a2500b5987beb35c",
        ),
        SourceFile(
            "hatemoji_build/test.jsonl.gz",
            "test",
            _COLUMNS,
            593,
            "8a361374265aa9a2cf0a48d70cf6203e810443e19316e9b67f1498e3f174a156",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read,
    note="The only training rows with an exact dehumanization label for many groups.",
)
