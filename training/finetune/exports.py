"""What the files of `data feedback export` and `records export` say of the labels of a text."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from upstander.evaluation.batch.row import Row
from upstander.models.labels import LABELS

FIELDS: Final = ("labels", "votes", "decision_id", "band", "decision", "reviews")
"""Fields by which such files are told, and what they say."""

Form = Callable[[Row], Mapping[str, bool] | str]
"""From a row to label and whether it holds, or to why nothing is said."""


def form_of(row: Row | None) -> Form | None:
    """How a file is read, by its first row; None if it is no such file."""
    if row is None:
        return None
    if isinstance(row.fields.get("labels"), dict):
        return _suggested
    return _decided if {"decision_id", "band", "decision"} <= set(row.fields) else None


def _suggested(row: Row) -> Mapping[str, bool] | str:
    labels = row.fields.get("labels")
    said = _as_labels(labels if isinstance(labels, dict) else {})
    return said or "nobody says anything of a label"


def _as_labels(labels: Mapping[str, Any]) -> dict[str, bool]:
    return {
        name: float(value) >= 0.5
        for name, value in labels.items()
        if name in LABELS and isinstance(value, int | float)
    }


def _decided(row: Row) -> Mapping[str, bool] | str:
    """What the last review of a decision says of its text; one that was not sure says nothing."""
    given = row.fields.get("reviews")
    reviews = given if isinstance(given, list) else []
    sure = [one for one in reviews if isinstance(one, dict) and one.get("outcome") != "unsure"]
    if not sure:
        return "nobody reviewed the decision" if not reviews else "nobody was sure of the decision"
    last = sure[-1]
    labels = last.get("labels")
    if said := _as_labels(labels if isinstance(labels, dict) else {}):
        return said
    decision = row.fields.get("decision")
    label = decision.get("label") if isinstance(decision, dict) else None
    is_flagged = row.fields.get("band") != "allow"
    is_upheld = last.get("outcome") == "upheld"
    if label not in LABELS or not (is_flagged or is_upheld):
        return "the review names no label"
    return {str(label): is_flagged and is_upheld}
