"""Natural posts of the other data sets, read anew against this project's own definition."""

from upstander.models.labels import TARGETS
from upstander.training.example import Example
from upstander.training.sources.source import Context, Row, Source, SourceFile, no_mechanism

_GRADES = {0.0, 0.5, 1.0}
_NO_CATEGORY = {"unprotected_group", "individual"}
"""Targets that are no protected category."""


def _read(context: Context) -> Example:
    row = context.row
    labels = {label: float(row[label]) for label in ("hate", "dehumanization")}
    if not {*labels.values()} <= _GRADES:
        raise ValueError("an unknown grade")
    return Example(
        text=row["text"],
        source=context.source,
        id=row["id"],
        split=context.file.split,
        labels=labels,
        targets=_targets(row, labels["hate"]),
        mechanisms=_mechanisms(row, labels["dehumanization"]),
        spans=_spans(row, labels),
    )


def _targets(row: Row, hate: float) -> dict[str, float]:
    """Every category where the row attacks somebody or names one; else nothing is known."""
    named = set(row["targets"])
    if named - {*TARGETS} - _NO_CATEGORY:
        raise ValueError("an unknown target")
    if hate < 0.5 and not named & {*TARGETS}:
        return {}
    return {target: float(target in named) for target in TARGETS}


def _mechanisms(row: Row, dehumanization: float) -> dict[str, float]:
    """Every mechanism of a row that dehumanizes or does not; a borderline one says nothing."""
    if dehumanization == 1:
        return {**no_mechanism(0.0), **dict.fromkeys(row["mechanisms"], 1.0)}
    return {} if dehumanization else no_mechanism(0.0)


def _spans(row: Row, labels: dict[str, float]) -> tuple[tuple[int, int], ...] | None:
    """The words that dehumanize. Nobody marked what is hateful in another way."""
    if labels["dehumanization"]:
        # Ten dehumanizing rows have no mark: its words were not found in the text.
        return tuple((begin, end) for begin, end in row["spans"]) or None
    return None if labels["hate"] else ()


SOURCE = Source(
    name="dehum_natural",
    upstream="this project",
    licence="labels CC0-1.0; each text comes under the terms of the data set that it is from",
    licence_verified=True,
    citation="this project",
    files=(
        SourceFile(
            "dehum_natural/train.jsonl.gz",
            "unsplit",
            ("id", "text", "dehumanization", "hate", "targets", "mechanisms", "spans"),
            16451,
            "024795d275f873c0a14ec64a8091d29b56d7374985d67d97034ed12e77e9d5b7",
        ),
    ),
    heads={"hate": "exact", "dehumanization": "exact"},
    read=_read,
    note=(
        "Labelled by a large language model with a codebook in one pass, not by people; "
        "rows were chosen by cue words. 0.5 is borderline. The same texts stand in other "
        "data sets with the labels of their authors."
    ),
)
