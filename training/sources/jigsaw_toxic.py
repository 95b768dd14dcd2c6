"""Jigsaw Toxic Comments: Wikipedia talk pages, six labels; a part of the rows has only `toxic`."""

from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile

_ATTRIBUTES = {
    "toxic": "toxicity",
    "severe_toxic": "severe_toxicity",
    "obscene": "profanity",
    "threat": "threat",
    "insult": "insult",
    "identity_hate": "identity_attack",
}
"""The data set's columns and the names that the Perspective API gave the models made from them."""

_SIX = ("id", "comment_text", *_ATTRIBUTES)
_FLAG = {"1": 1.0, "0": 0.0}


def _read(context: Context) -> Example | None:
    row = context.row
    if row.get("text_form") == "lowercased_cleaned":
        return None  # one copy dropped case and punctuation, and 35 % of its rows are toxic
    labels = {
        label: context.choose(column, _FLAG)
        for column, label in _ATTRIBUTES.items()
        if column in row
    }
    # 40 comments are marked as identity hate but not as toxic; they may well dehumanize.
    if not labels["toxicity"] and not labels.get("identity_attack"):
        labels["dehumanization"] = 0.0
    return Example(
        text=row["comment_text"],
        source=context.source,
        id=row.get("id", context.id),
        split="unsplit" if context.file.split == "train" else context.file.split,
        labels=labels,
    )


SOURCE = Source(
    name="jigsaw_toxic",
    upstream="https://www.kaggle.com/c/jigsaw-toxic-comment-classification-challenge",
    licence="CC0 for the data set, CC BY-SA 3.0 for the comment text (share-alike)",
    licence_verified=False,
    citation="Jigsaw / Conversation AI 2018; Wulczyn, Thain, Dixon 2017, Ex Machina",
    files=(
        SourceFile(
            "jigsaw_toxic/train.jsonl.gz",
            "train",
            (*_SIX, "text_form"),
            27332,
            "b95e4114190e2f18101229ebac76e6842af641a0851c9f3d8ac9f6fde587c867",
        ),
        SourceFile(
            "jigsaw_toxic/train_toxic_only.jsonl.gz",
            "train",
            ("comment_text", "toxic"),
            16363,
            "393cf1ea42da5f07c40ac43da986cdb2fe66c6bdeb9362b15151428341c21576",
        ),
        SourceFile(
            "jigsaw_toxic/test_sample.jsonl.gz",
            "test",
            _SIX,
            4324,
            "d7112a0f594625a0f138582f89336db68af6b543686c636755e3dce8651428f1",
        ),
        SourceFile(
            "jigsaw_toxic/test_sample_toxic_only.jsonl.gz",
            "test",
            ("comment_text", "toxic"),
            10663,
            "79de056e1ac295fbec3bb2be624925cc1a23c08b4bf0dff78fdade5a81cc8a4a",
        ),
    ),
    heads={**dict.fromkeys(_ATTRIBUTES.values(), "comments"), "dehumanization": "exact"},
    presumed={"hate": "exact"},
    read=_read,
    note="A sample with toxic rows far above their natural rate; terms read in public copies.",
)
