"""What fine-tuning reads: files, suggestions, reviewed decisions; and how it divides them."""

import json
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import pytest

from upstander.models.errors import UpstanderError
from upstander.training.finetune.divide import Division, divide, read_part, write_division
from upstander.training.finetune.labelled import Asked, Labelled, columns_of_labels, read_labelled
from upstander.training.finetune.made_posts import posts

HATE = Asked({"hate": "is_hate"})


def write_csv(path: Path, *rows: str) -> Path:
    path.write_text("\n".join(["id,text,is_hate", *rows]) + "\n")
    return path


def write_jsonl(path: Path, rows: Sequence[Mapping[str, Any]]) -> Path:
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def row(number: int, text: str, holds: bool, **more: Any) -> Labelled:
    own = {"text": text, "labels": {"hate": holds}, "key": text, "folded": text, **more}
    return Labelled(str(number), **own)


def made(count: int, **more: Any) -> list[Labelled]:
    """Posts that differ, a third of which are hateful."""
    return [
        row(n, post["comment"].casefold(), post["breaks_rule"] == "yes", **more)
        for n, post in enumerate(posts(count))
    ]


def parts(division: Division) -> list[int]:
    return [len(division.of(part)) for part in ("train", "tune", "test")]


def test_a_label_and_its_column_stand_in_either_order() -> None:
    assert columns_of_labels(["hate=is_hate", "rude=toxicity", "threat"]) == {
        "hate": "is_hate", "toxicity": "rude", "threat": "threat",
    }  # fmt: skip


def test_repeats_count_once_and_what_contradicts_itself_not_at_all(tmp_path: Path) -> None:
    file = write_csv(
        tmp_path / "own.csv", "1,One post,yes", "2,one  POST!,1", "3,Another,no", "4,another,yes",
        "5,A third,", "6,A fourth,0",
    )  # fmt: skip
    read = read_labelled([str(file)], HATE)
    kept = [(r.id, dict(r.labels)) for r in read.rows]
    assert kept == [("1", {"hate": True}), ("6", {"hate": False})]
    assert read.left_out == {
        "no answer": 1, "repeat another row": 2, "one text with two answers": 1,
    }  # fmt: skip
    assert read.counts() == {"hate": (1, 1)}


def test_suggestions_go_in_as_they_are_exported(tmp_path: Path) -> None:
    file = write_jsonl(
        tmp_path / "feedback.jsonl",
        [
            {"id": "a", "text": "One", "labels": {"hate": 1.0, "insult": None}, "votes": {}},
            {"id": "b", "text": "Two", "labels": {"hate": None, "toxicity": 0.0}, "votes": {}},
            {"id": "c", "text": "Three", "labels": {"hate": None}, "votes": {}},
        ],
    )
    read = read_labelled([str(file)], Asked({}))
    assert [(r.id, dict(r.labels), r.reviewed) for r in read.rows] == [
        ("a", {"hate": True}, True), ("b", {"toxicity": False}, True),
    ]  # fmt: skip
    assert read.left_out == {"nobody says anything of a label": 1}


def test_the_last_review_of_a_decision_says_what_holds(tmp_path: Path) -> None:
    def decision(number: int, band: str, *reviews: Mapping[str, Any], **more: Any) -> Any:
        known = {"decision_id": f"d{number}", "text": f"post {number}", "band": band, **more}
        decided = {"label": "dehumanization", "score": 0.5}
        return {**known, "decision": decided, "reviews": list(reviews)}

    upheld, overturned, unsure = (
        {"outcome": "upheld", "labels": {}},
        {"outcome": "overturned", "labels": {}},
        {"outcome": "unsure", "labels": {}},
    )
    file = write_jsonl(
        tmp_path / "records.jsonl",
        [
            decision(1, "review", upheld),
            decision(2, "review", upheld, overturned, unsure),
            decision(3, "allow", upheld),
            decision(4, "allow", overturned),
            decision(5, "review", {"outcome": "overturned", "labels": {"hate": True}}),
            decision(6, "review", upheld, text=None),
            {**decision(7, "review"), "reviews": []},
            decision(8, "review", unsure),
        ],
    )
    read = read_labelled([str(file)], Asked({}))
    assert {r.id: dict(r.labels) for r in read.rows} == {
        "d1": {"dehumanization": True},
        "d2": {"dehumanization": False},
        "d3": {"dehumanization": False},
        "d5": {"hate": True},
    }
    assert read.left_out["nobody reviewed the decision"] == 1
    assert read.left_out["nobody was sure of the decision"] == 1
    assert read.left_out["the review names no label"] == 1


def test_what_people_reviewed_counts_before_what_a_file_says(tmp_path: Path) -> None:
    own = write_csv(tmp_path / "own.csv", "1,One post,yes", "2,Two posts,no")
    said = write_jsonl(
        tmp_path / "said.jsonl", [{"id": "a", "text": "one post", "labels": {"hate": 0.0}}]
    )
    for order in ([own, said], [said, own]):
        read = read_labelled([str(path) for path in order], HATE)
        assert {r.key: (dict(r.labels), r.reviewed) for r in read.rows} == {
            "onepost": ({"hate": False}, True), "twoposts": ({"hate": False}, False),
        }  # fmt: skip


@pytest.mark.parametrize(
    ("rows", "asked", "said"),
    [
        (["1,a,maybe", "2,b,yes"], HATE, "'is_hate' has 'maybe', which is neither yes nor no"),
        (["1,a,yes"], Asked({"hate": "hatred"}), "no column 'hatred'"),
        (["1,a,yes"], Asked({}), "say which column has the answer"),
        (["1,a,"], HATE, "no row with an answer (no answer: 1)"),
        (["1,a,yes"], Asked({"hate": "is_hate"}, frozenset({"bad"})), "has no such value"),
        (["1,a,yes"], Asked({"hate": "is_hate"}, group="id", time="is_hate"), ""),
    ],
)  # fmt: skip
def test_rows_that_cannot_be_read_are_told_in_a_line(
    rows: list[str], asked: Asked, said: str, tmp_path: Path
) -> None:
    file = write_csv(tmp_path / "own.csv", *rows)
    if not said:
        assert read_labelled([str(file)], asked).rows
        return
    with pytest.raises(UpstanderError, match=r"own\.csv") as raised:
        read_labelled([str(file)], asked)
    assert said in str(raised.value)
    assert "\n" not in str(raised.value)


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(n, f"post {n}", n == 0) for n in range(3)], "3 different texts with an answer"),
        ([row(n, f"post {n}", True) for n in range(20)], "hate: every answer is yes: add rows"),
    ],
)  # fmt: skip
def test_too_few_rows_and_one_answer_alone_are_refused(rows: list[Labelled], said: str) -> None:
    with pytest.raises(UpstanderError) as raised:
        divide(rows)
    assert said in str(raised.value)


def test_a_fifth_judges_a_fifth_tunes_and_each_part_has_both_answers() -> None:
    rows = made(200)
    division = divide(rows)
    train, tune, test = parts(division)
    assert train + tune + test == len(rows)
    assert abs(tune - 40) <= 3
    assert abs(test - 40) <= 3
    for part in ("train", "tune", "test"):
        assert {r.labels["hate"] for r in division.of(part)} == {True, False}
    assert divide(rows).parts == division.parts


def test_ten_rows_are_divided() -> None:
    division = divide([row(n, f"post {n}", n % 2 == 0) for n in range(10)])
    train, tune, test = parts(division)
    assert (train, tune, test) == (6, 2, 2)


def test_nearly_equal_texts_are_in_one_part_alone() -> None:
    long = "the mayor opened the new bridge over the river on a sunny morning in early spring"
    near = [row(900 + n, f"{long} {n}", True) for n in range(30)]
    division = divide([*made(100), *near])
    at = {part for r, part in zip(division.rows, division.parts, strict=True) if r in near}
    assert len(at) == 1


def test_the_latest_rows_judge_and_what_they_repeat_does_not_train() -> None:
    long = "the mayor opened the new bridge over the river on a sunny morning in early spring"
    rows = [
        row(n, r.text, r.labels["hate"], time=f"2026-01-{1 + n // 5:02}")
        for n, r in enumerate(made(100))
    ]
    early = row(300, f"{long} once", True, time="2025-01-01")
    late = row(301, f"{long} twice", True, time="2027-01-01T10:00:00Z")
    rows = [early, *rows, late]
    division = divide(rows, "time")
    of = dict(zip((r.id for r in division.rows), division.parts, strict=True))
    assert (of["300"], of["301"]) == (None, "test")
    order = {"train": 0, "tune": 1, "test": 2}
    dated = [order[p] for r, p in zip(rows[1:-1], division.parts[1:-1], strict=True) if p]
    assert dated == sorted(dated)
    with pytest.raises(UpstanderError, match="neither a number nor like"):
        divide([*rows, row(500, "a last one", False, time="yesterday")], "time")


def test_a_group_is_in_one_part_alone() -> None:
    rows = [row(n, r.text, r.labels["hate"], group=f"g{n % 12}") for n, r in enumerate(made(120))]
    division = divide(rows, "group")
    found: dict[str, set[str | None]] = {}
    for r, part in zip(division.rows, division.parts, strict=True):
        found.setdefault(r.group, set()).add(part)
    assert all(len(own) == 1 for own in found.values())
    assert {part for own in found.values() for part in own} == {"train", "tune", "test"}
    with pytest.raises(UpstanderError, match="all rows are of 1 groups"):
        divide(
            [row(n, r.text, r.labels["hate"], group="g") for n, r in enumerate(made(20))], "group"
        )


def test_regression_cases_train_and_texts_of_suites_do_not(tmp_path: Path) -> None:
    rows = made(100)
    kept, withheld = {rows[n].key for n in range(0, 100, 7)}, {rows[3].key}
    division = divide(rows, kept=kept, withheld=withheld)
    of = {r.key: part for r, part in zip(division.rows, division.parts, strict=True)}
    assert {of[key] for key in kept} == {"train"}
    assert of[rows[3].key] is None
    write_division(division, tmp_path / "rows.jsonl")
    assert (tmp_path / "rows.jsonl").stat().st_mode & 0o077 == 0
    for part in ("train", "tune", "test"):
        assert read_part(tmp_path / "rows.jsonl", part) == division.of(part)
