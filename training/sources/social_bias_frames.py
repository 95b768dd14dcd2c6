"""Social Bias Frames: posts and the bias they imply. Only its dev and test files could be had."""

import json

from upstander.evaluation import taxonomy
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS = ("post", "offensiveYN", "whoTarget", "targetMinority")


def _read(context: Context) -> Example:
    row = context.row
    offensive = float(row["offensiveYN"] or 0)
    labels: dict[str, float] = {}
    if offensive <= 1 / 3 or offensive >= 2 / 3:
        labels["toxicity"] = float(offensive > 0.5)
    if offensive >= 0.5 and row["whoTarget"] and float(row["whoTarget"]) >= 2 / 3:
        labels |= hate_labels(1.0)
    elif offensive <= 1 / 3:
        labels |= hate_labels(0.0)
    return Example(
        text=row["post"],
        source=context.source,
        id=context.id,
        split=context.file.split,
        labels=labels,
        targets=taxonomy.from_phrase("; ".join(json.loads(row["targetMinority"]))),
    )


SOURCE = Source(
    name="social_bias_frames",
    upstream="https://maartensap.com/social-bias-frames/",
    licence="CC BY 4.0 beside the data copy",
    licence_verified=True,
    citation="Sap et al. 2020, Social Bias Frames",
    files=(
        SourceFile(
            "social_bias_frames/dev_agg.jsonl.gz",
            "dev",
            _COLUMNS,
            4639,
            "608c6de2f550708f3586966a630720c3957e6d9298a278c8530045ecda38a16b",
        ),
        SourceFile(
            "social_bias_frames/test_agg.jsonl.gz",
            "test",
            _COLUMNS,
            4665,
            "3dc8a1fa07442cc44048bc9e557dae6e770dcd74ac028e9ccf8fbc86007588f2",
        ),
    ),
    heads={"hate": "groups", "toxicity": "posts", "dehumanization": "exact"},
    read=_read,
    note="Its training file could not be had: it serves validation and test only.",
)
