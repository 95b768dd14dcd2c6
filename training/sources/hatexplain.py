"""HateXplain: Twitter and Gab posts with three annotators each, their targets and rationales."""

from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from training import taxonomy
from training.example import Example
from training.sources.source import Context, Source, SourceFile, read_rows

# Official numbering: 0 hate speech, 1 normal, 2 offensive.
_LABELS: Mapping[int, dict[str, float]] = {
    0: {"hate": 1.0, "toxicity": 1.0},
    1: {"hate": 0.0, "toxicity": 0.0, "dehumanization": 0.0},
    2: {"toxicity": 1.0},  # offensive is not a word about hate, so hate stays unknown
}
_NO_GROUP = {"No_race", "Nonreligious", "No_gender", "No_orientation", "None", "Other"}
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
    begins = _token_begins(text.split(" "))
    spans = tuple(
        (begins[e["start_token"]], begins[e["end_token"]] - 1)
        for e in context.looked_up["spans"].get(text, ())
    )
    return Example(
        text=text.replace("<user>", "@user"),
        source=context.source,
        id=context.id,
        split="train",
        labels=_LABELS[context.choose("label", {"0": 0, "1": 1, "2": 2})],
        targets=_targets(context.looked_up["groups"].get(text, ())),
        spans=spans if "<user>" not in text else (),
    )


def _read_annotated(context: Context) -> Example | None:
    votes = context.row["annotators"]
    label, count = Counter(votes["label"]).most_common(1)[0]
    if count < 2:
        return None  # three annotators, three opinions
    mentioned = Counter(group for groups in votes["target"] for group in set(groups))
    tokens = [token.replace("<user>", "@user") for token in context.row["post_tokens"]]
    begins = _token_begins(tokens)
    rationales = context.row["rationales"]
    marked = [2 * sum(r[i] for r in rationales) > len(rationales) for i in range(len(tokens))]
    return Example(
        text=" ".join(tokens),
        source=context.source,
        id=context.row["post_id"],
        split=context.file.split,
        labels=_LABELS[label],
        targets=_targets([group for group, n in mentioned.items() if n >= 2]),
        spans=_runs(marked, begins) if rationales else (),
    )


def _targets(groups: Sequence[str]) -> dict[str, float]:
    # "African" is this data set's word for black people, and "Indian" for people from India.
    named = ["black" if g == "African" else g for g in groups if g not in _NO_GROUP]
    return taxonomy.from_codes(named)


def _token_begins(tokens: Sequence[str]) -> list[int]:
    """Where each token begins in the joined text, and where one more would."""
    begins = [0]
    for token in tokens:
        begins.append(begins[-1] + len(token) + 1)
    return begins


def _runs(marked: Sequence[bool], begins: Sequence[int]) -> tuple[tuple[int, int], ...]:
    """Neighbouring marked tokens as one span each."""
    spans: list[tuple[int, int]] = []
    for index, is_marked in enumerate(marked):
        if is_marked and index and marked[index - 1]:
            spans[-1] = (spans[-1][0], begins[index + 1] - 1)
        elif is_marked:
            spans.append((begins[index], begins[index + 1] - 1))
    return tuple(spans)


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
