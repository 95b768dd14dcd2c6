"""COLD: Chinese posts about race, region and gender, offensive or not.

Six of seven offensive ones attack a group and the seventh a person (by the finer labels of the test
part), but a mild stereotype of a province counts as well. So they are toxic, and say nothing of
hate by our definition; what is not offensive has none. The file `dev` holds two halves, one of
which a column calls train; neither is in the file `train`.
"""

from typing import Final

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS: Final = ("TEXT", "label", "topic")


def _read(context: Context) -> Example:
    offensive = context.choose("label", {"1": 1.0, "0": 0.0})
    return Example(
        text=context.row["TEXT"],
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels={"toxicity": 1.0} if offensive else {"toxicity": 0.0, **hate_labels(0.0)},
        language="zh",
    )


SOURCE = Source(
    name="cold",
    upstream="https://github.com/thu-coai/COLDataset",
    licence="Apache-2.0",
    licence_verified=True,
    citation="Deng et al. 2022, COLD: A Benchmark for Chinese Offensive Language Detection",
    files=(
        SourceFile(
            "multilingual/cold_zh_train.jsonl.gz",
            "train",
            _COLUMNS,
            25726,
            "3dfa5a31871a3692f06401c9410aa705e25726adfa6180127d7a1b45607c31ed",
        ),
        SourceFile(
            "multilingual/cold_zh_dev.jsonl.gz",
            "dev",
            _COLUMNS,
            6431,
            "f5b6fe99aef4db71f78a7d679d40a3db3d2fffbf04de0c560344102cc6723fdc",
        ),
        SourceFile(
            "multilingual/cold_zh_test.jsonl.gz",
            "test",
            _COLUMNS,
            5323,
            "0d52b3a0c0425ea553795db503030ceb905a74b91f3fb335ad08a25d4575116a",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact", "toxicity": "offense"},
    read=_read,
    languages=("zh",),
    note="Chinese. Most rows of its training part were labelled by a model in the loop.",
)
