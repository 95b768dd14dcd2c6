"""HateXplain: Twitter and Gab posts with three annotators each, their targets and rationales."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

from upstander.evaluation.suites.hatexplain import (
    majority,
    marked_spans,
    plain_tokens,
    shared_groups,
    targets,
    token_begins,
)
from upstander.training.example import Example
from upstander.training.sources.source import Context, Source, SourceFile, read_rows

# Official numbering: 0 hate speech, 1 normal, 2 offensive.
_LABELS: Mapping[int, dict[str, float]] = {
    0: {"hate": 1.0, "toxicity": 1.0},
    1: {"hate": 0.0, "toxicity": 0.0, "dehumanization": 0.0},
    2: {"toxicity": 1.0},  # offensive is not a word about hate, so hate stays unknown
}
_NORMAL = 1
_TARGET_COLUMNS = ("Race", "Religion", "Gender", "Sexual Orientation", "Miscellaneous")

_SPANS = SourceFile(
    "hatexplain/train_rationale_spans.jsonl.gz",
    "train",
    ("text", "evidences"),
    2742,
    "f8d925d0adc45eac080cbedfa1fb4149e825d4d6df7822b0736840501942ae19",
)
_GROUPS = SourceFile(
    "hatexplain/all_target_columns.jsonl.gz",
    "train",
    ("comment", *_TARGET_COLUMNS),
    20109,
    "db035f97037c11548957b2c40630acaad49ffd6d44e3e0ca8fc7beadef62b48a",
)


def _lookup(folder: Path) -> Mapping[str, Any]:
    spans = {row["text"]: row["evidences"] for _, row in read_rows(_SPANS, folder)}
    groups = {
        row["comment"]: [row[column] for column in _TARGET_COLUMNS]
        for _, row in read_rows(_GROUPS, folder)
    }
    return {"spans": spans, "groups": groups}


def _read(context: Context) -> Example | None:
    return _read_train(context) if context.file.split == "train" else _read_annotated(context)


def _read_train(context: Context) -> Example:
    text = context.row["text"]
    begins = token_begins(text.split(" "))
    label = context.choose("label", {"0": 0, "1": 1, "2": 2})
    marked = context.looked_up["spans"].get(text, () if label == _NORMAL else None)
    if marked and "<user>" in text:
        marked = None  # shortening the name of a user would move every stretch behind it
    return Example(
        text=text.replace("<user>", "@user"),
        source=context.source,
        id=context.id,
        split="train",
        labels=_LABELS[label],
        targets=targets(context.looked_up["groups"].get(text, ())),
        spans=None
        if marked is None
        else tuple((begins[e["start_token"]], begins[e["end_token"]] - 1) for e in marked),
    )


def _read_annotated(context: Context) -> Example | None:
    votes = context.row["annotators"]
    label = majority(votes["label"])
    if label is None:
        return None  # three annotators, three opinions
    tokens = plain_tokens(context.row["post_tokens"])
    rationales = context.row["rationales"]
    asked = bool(rationales) or label == _NORMAL
    return Example(
        text=" ".join(tokens),
        source=context.source,
        id=context.row["post_id"],
        split=context.file.split,
        labels=_LABELS[label],
        targets=targets(shared_groups(votes["target"])),
        spans=marked_spans(tokens, rationales) if asked else None,
    )


SOURCE = Source(
    name="hatexplain",
    upstream="https://github.com/hate-alert/HateXplain",
    licence="MIT",
    licence_verified=True,
    citation="Mathew et al. 2021, HateXplain",
    files=(
        SourceFile(
            "hatexplain/train.jsonl.gz",
            "train",
            ("text", "label"),
            15383,
            "c3482e3841e3e114f1bd73564fb74f278e6706ad22d5ea4786240fd719df502f",
        ),
        SourceFile(
            "hatexplain/val.jsonl.gz",
            "dev",
            ("post_id", "annotators", "rationales", "post_tokens"),
            1922,
            "9fed9d75dec89a7980e0300b4927e413827d1747977a8dae87f0e0ebe21a70a9",
        ),
        SourceFile(
            "hatexplain/test.jsonl.gz",
            "test",
            ("post_id", "annotators", "rationales", "post_tokens"),
            1924,
            "41c709d92a9a04394b5fda8068d2fe9f7099d638dd72f05ec15a4a1ff1835287",
        ),
    ),
    extra_files=(_SPANS, _GROUPS),
    lookup=_lookup,
    heads={"hate": "posts", "toxicity": "posts", "dehumanization": "exact"},
    read=_read,
    note="Offensive posts leave hate unknown. Rationales of 2,742 training posts were re-joined.",
)
