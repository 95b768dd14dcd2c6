"""The number that decides between trainings: from validation rows and half of the templates."""

from pathlib import Path
from typing import Any, cast

import datasets
import numpy as np
import pytest

from upstander.evaluation.suites import dehumcheck
from upstander.evaluation.suites.case import Case
from upstander.models.labels import LABELS
from upstander.training.inference import Rows, WindowLogits, Windows
from upstander.training.selection import in_validation_half, selection

CALIBRATION: dict[str, Any] = {
    "outputs": [{"name": "dehumanization"}, {"name": "hate"}],
    "fusion": [[1.0, 0.0], [0.0, 2.0]],
    "bias": [0.0, 1.0],
}


def case(template: str, text: str) -> Case:
    return Case("1", text, "hate", True, "any", "", template=template)


def test_cases_of_one_template_are_in_one_half() -> None:
    for number in range(50):
        own = {in_validation_half(case(f"template {number}", text)) for text in "abc"}
        assert len(own) == 1
    alone = [in_validation_half(case("", f"text {number}")) for number in range(1000)]
    assert 440 < sum(alone) < 560


def test_the_halves_stay_what_they_were() -> None:
    """Drawn by a hash: a number that was compared once stays comparable."""
    templates = [f"[GROUP] number {number}" for number in range(12)]
    halves = "".join("01"[in_validation_half(case(template, ""))] for template in templates)
    assert halves == "100001110001"


class FindsVermin(Windows):
    """Stands in for a trained network, so that the answers to the suites are known."""

    def __init__(self) -> None:
        pass

    def logits(self, texts: Any) -> WindowLogits:
        """A logit of 9 for texts that hold the word, of -9 for all others; one window each."""
        values = np.array([9.0 if "vermin" in text else -9.0 for text in texts])
        return WindowLogits(np.column_stack([values, values]), np.arange(len(texts)))


def validation(sources: list[str], labels: list[float], logits: list[float]) -> Rows:
    """Rows whose hate and dehumanization are one value; the logits are those of both heads."""
    column = np.array(labels)
    known = {"dehumanization", "hate"}
    return Rows(
        table=datasets.Dataset.from_dict({"source": sources}),
        encodings=[],
        logits=np.column_stack([logits, logits]),
        tokens=[],
        labels=np.column_stack(
            [column if name in known else np.full(len(labels), np.nan) for name in LABELS]
        ),
        annotated=np.zeros((len(labels), 0)),
    )


def everyday(count: int = 1001) -> WindowLogits:
    values = np.linspace(0, 1, count)
    return WindowLogits(np.column_stack([values, values]), np.arange(count))


def test_the_score_is_the_mean_of_what_was_found(tmp_path: Path) -> None:
    rows = validation(
        ["dehum_natural"] * 6 + ["dynahate"] * 4 + ["davidson"] * 2,
        [1, 1, 1, 0, 0, 0.5, 1, 1, 0, 0, 1, 0],
        # Of 1,001 posts from 0 to 1 the share 0.005 is above 0.995, and 0.001 above 0.999.
        [0.9999, 0.996, 0.5, 0.2, 0.1, 5.0, 2.0, 0.99, 0.1, 0.1, -9, 9],
    )
    found = selection(FindsVermin(), CALIBRATION, rows, everyday(), tmp_path)
    assert found["natural AP of hate"] == found["natural AP of dehumanization"] == 1
    assert found["natural hate found at 5 in 1,000"] == pytest.approx(2 / 3)
    assert found["natural dehumanization found at 1 in 1,000"] == pytest.approx(1 / 3)
    assert found["DynaHate dev macro-F1"] == pytest.approx((2 / 3 + 4 / 5) / 2)
    assert 0 < found["DehumCheck half macro-F1"] < 1  # it comes with the package
    assert "HateCheck half macro-F1" not in found  # its files are not there
    numbers = [value for name, value in found.items() if name != "score"]
    assert len(numbers) == 6
    assert found["score"] == pytest.approx(np.mean(numbers))


def test_only_half_of_a_suite_is_looked_at(tmp_path: Path) -> None:
    asked: list[str] = []

    class Listening(FindsVermin):
        """Keeps what it was asked."""

        def logits(self, texts: Any) -> WindowLogits:
            asked.extend(texts)
            return super().logits(texts)

    rows = validation(["dehum_natural"] * 2, [1, 0], [1.0, 0.0])
    selection(Listening(), CALIBRATION, rows, everyday(), tmp_path)
    cases = dehumcheck.load(tmp_path)
    assert len(asked) == sum(in_validation_half(case) for case in cases)
    assert 0.35 < len(asked) / len(cases) < 0.65


def test_without_ordinary_posts_there_is_no_score(tmp_path: Path) -> None:
    rows = validation(["dehum_natural"] * 2, [1, 0], [1.0, 0.0])
    nothing = WindowLogits(np.zeros((0, 0)), np.zeros(0, dtype=np.int64))
    assert selection(FindsVermin(), CALIBRATION, rows, nothing, tmp_path) == {}
    only_hate = {**CALIBRATION, "outputs": CALIBRATION["outputs"][1:]}
    assert selection(FindsVermin(), only_hate, rows, everyday(), tmp_path) == {}


def test_a_text_is_as_likely_as_its_likeliest_window() -> None:
    logits = WindowLogits(
        np.array([[0.0, 1.0], [3.0, 0.0], [-1.0, -2.0]]), np.array([0, 0, 1], dtype=np.int64)
    )
    assert len(logits) == 2
    highest = logits.highest(np.array([1.0, 2.0]), 0.5)
    assert cast("list[float]", highest.tolist()) == [3.5, -4.5]
