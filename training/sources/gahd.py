"""GAHD: German sentences that were written to fool a detector of hate, and harmless look-alikes.

Its definition of hate is that of DynaHate and of this project: abuse of people because of a
protected group. Its second round holds machine translations of English posts.
"""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels, no_mechanism

_SPLITS = {"train": "train", "dev": "dev", "test": "test"}


def _read(context: Context) -> Example:
    hateful = context.choose("label", {"1": 1.0, "0": 0.0})
    return Example(
        text=context.row["text"],
        source=context.source,
        id=context.row["gahd_id"],
        split=context.choose("split", _SPLITS),
        labels=hate_labels(hateful),
        mechanisms=no_mechanism(hateful),
        language="de",
    )


SOURCE = Source(
    name="gahd",
    upstream="https://github.com/jagol/gahd",
    licence="CC BY 4.0",
    licence_verified=True,
    citation="Goldzycher, Röttger, Schneider 2024, Improving Adversarial Data Collection",
    files=(
        SourceFile(
            "multilingual/gahd_de.jsonl.gz",
            "train",
            ("gahd_id", "text", "label", "split"),
            10996,
            "45ad43e1447f6ea00249935f174053ae437d409d36a10b1fe1b3176a72688f84",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read,
    languages=("de",),
    note="German. A column divides the file into the official splits.",
)
