"""Measuring Hate Speech: social media comments, cut in two along the authors' continuous score."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS = ("text", "label")


def _read(context: Context) -> Example:
    return Example(
        text=context.row["text"],
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels=hate_labels(context.choose("label", {"1": 1.0, "0": 0.0})),
    )


SOURCE = Source(
    name="measuring_hate_speech_binary",
    upstream="https://huggingface.co/datasets/ucberkeley-dlab/measuring-hate-speech",
    licence="CC-BY-4.0",
    licence_verified=True,
    citation="Kennedy et al. 2020; Sachdeva et al. 2022; the cut is that of Rottger et al. 2022",
    files=(
        SourceFile(
            "measuring_hate_speech_binary/train.jsonl.gz",
            "train",
            _COLUMNS,
            20692,
            "c8dcfcf57f1f70022598d9bd1d43985e88e6763085242bea3f48bfb02506598a",
        ),
        SourceFile(
            "measuring_hate_speech_binary/dev.jsonl.gz",
            "dev",
            _COLUMNS,
            500,
            "e7f749f89faa21e831b28b134b99fb2d9ea8a51a4b9f08b79cb31d9aea58c314",
        ),
        SourceFile(
            "measuring_hate_speech_binary/test.jsonl.gz",
            "test",
            _COLUMNS,
            2000,
            "f5088053043535e79f47d255ff50289e68ea9ae5f45ebf5d8a506f1b6aa7052a",
        ),
    ),
    heads={"hate": "survey", "dehumanization": "exact"},
    read=_read,
    note="About 23,000 of 39,565 comments; the ordinal 'dehumanize' item is not in this copy.",
)
