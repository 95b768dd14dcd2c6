"""Gab Hate Corpus: assaults on human dignity, calls for violence and vulgarity on Gab."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS = ("text", "hd", "cv", "vo")


def _read(context: Context) -> Example:
    flags = {c: context.choose(c, {"1": 1.0, "0": 0.0}) for c in ("hd", "cv", "vo")}
    labels = hate_labels(max(flags["hd"], flags["cv"]))
    labels["toxicity"] = max(flags.values())
    return Example(
        text=context.row["text"],
        source=context.source,
        id=context.id,
        split="unsplit" if context.file.split == "train" else context.file.split,
        labels=labels,
    )


SOURCE = Source(
    name="gab_hate_corpus",
    upstream="https://osf.io/edua3/",
    licence="believed CC BY 4.0 on its OSF page",
    licence_verified=False,
    citation="Kennedy et al. 2022, Introducing the Gab Hate Corpus",
    files=(
        SourceFile(
            "gab_hate_corpus/train.jsonl.gz",
            "train",
            _COLUMNS,
            22036,
            "44683c5ead294e013804d250cb464d502a808b8f9852117c8cc0d4afda8bce97",
        ),
        SourceFile(
            "gab_hate_corpus/test.jsonl.gz",
            "test",
            _COLUMNS,
            5510,
            "87519e51add1e37369d5dc440e835bed09da5a9b2dbd79311d50bf721eca62a8",
        ),
    ),
    heads={"hate": "dignity", "toxicity": "posts", "dehumanization": "exact"},
    presumed={"hate": "exact"},
    read=_read,
    note="Its 'human dignity' class is wider than dehumanization, so it trains a head of its own.",
)
