"""GoEmotions: ordinary Reddit comments. Not labelled for hate; read for its harmless ones."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, hate_labels

_COLUMNS = ("text", "labels", "id")

# Numbers of the official emotions.txt: admiration, amusement, approval, caring, desire,
# excitement, gratitude, joy, love, optimism, pride and relief. A comment whose only emotions are
# these is taken as harmless: a guess, since nobody was asked, so its labels are weak.
_KINDLY = {"0", "1", "4", "5", "8", "13", "15", "17", "18", "20", "21", "23"}

# Anger, annoyance, disapproval and disgust. A comment without them may be rude, but hardly attacks
# a group: also a guess.
_HOSTILE = {"2", "3", "10", "11"}


def _read(context: Context) -> Example | None:
    emotions = set(context.row["labels"].split(","))
    if emotions & _HOSTILE:
        return None
    labels = hate_labels(0.0)
    if emotions <= _KINDLY:
        labels["toxicity"] = 0.0
    return Example(
        text=context.row["text"].replace("[NAME]", "@user"),
        source=context.source,
        id=context.row["id"],
        split=context.file.split,
        labels=labels,
        weak=frozenset(labels),
    )


SOURCE = Source(
    name="goemotions",
    upstream="https://github.com/google-research/google-research/tree/master/goemotions",
    licence="Apache-2.0",
    licence_verified=True,
    citation="Demszky et al. 2020, GoEmotions",
    files=(
        SourceFile(
            "goemotions/train.jsonl.gz",
            "train",
            _COLUMNS,
            43408,
            "fee776f7f9e4f97b2f85d575b3b11019a11bd166cc542800be97ccd58333a76d",
        ),
        SourceFile(
            "goemotions/dev.jsonl.gz",
            "dev",
            _COLUMNS,
            5426,
            "4b5bde5edb3a7c133c7bb3e29a9fd6d74e56c20dd3a56511c3a3a78435f50781",
        ),
        SourceFile(
            "goemotions/test.jsonl.gz",
            "test",
            _COLUMNS,
            5427,
            "98668e75918f5451937c371f6351fcfc80c44118e20e74cdffa512351995fcef",
        ),
    ),
    heads={"hate": "exact", "toxicity": "posts", "dehumanization": "exact"},
    read=_read,
    note="Comments without hostile emotions, taken as harmless; that is a guess of ours.",
)
