"""A chunk of a scored file, as columns of what decisions need."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from upstander.evaluation.batch.shape import KEPT
from upstander.models.labels import LABELS, MECHANISMS, TARGETS
from upstander.models.score import Stage

Floats = NDArray[np.float64]
Codes = NDArray[np.uint8]
Booleans = NDArray[np.bool_]

TARGET_NAMES: Final = tuple(TARGETS)
MECHANISM_NAMES: Final = tuple(MECHANISMS)

PLACE: Final = ("file", "row", "id")
"""The fields that say which row of the input an answer is of."""


@dataclass(frozen=True, slots=True)
class Chunk:
    """Some rows of a scored file.

    models: the SHA-256 of the bundle of each row, or None where the row has no scores. stages: of
        a cascade, the one that answered.
    scores: label to its probabilities, NaN where a row has none; a label that no row has is not in.
    targets, mechanisms: (rows, as many as any row has): the places of the names in `TARGET_NAMES`
        and `MECHANISM_NAMES`, from 1 on, the likeliest first; 0 for none.
    quotations: which rows are quotations. columns: columns of the input that were asked for, by
        name. places: file, row and id of each row, if they were asked for.
    """

    models: Sequence[str | None]
    stages: Sequence[Stage | None]
    scores: Mapping[str, Floats]
    targets: Codes
    mechanisms: Codes
    quotations: Booleans
    columns: Mapping[str, Sequence[Any]]
    places: Sequence[tuple[Any, ...]] = ()

    def __len__(self) -> int:
        return len(self.models)


def chunk_of_table(table: Any, columns: Sequence[str], *, has_places: bool = False) -> Chunk:
    """The chunk of an Arrow table, nested or flat. columns: others, by the names of the input."""
    while any(_is_struct(field.type) for field in table.schema):
        table = table.flatten()
    there = set(table.column_names)

    def values(name: str) -> list[Any]:
        return list(table[name].to_pylist()) if name in there else [None] * len(table)

    def named(name: str) -> list[Any]:
        kept = f"{KEPT}.{name}"
        return values(kept if kept in there else name)

    scores = {
        label: np.asarray(table[f"scores.{label}"].to_numpy(), dtype=np.float64)
        for label in LABELS
        if f"scores.{label}" in there
    }
    nothing = np.all([np.isnan(one) for one in scores.values()], axis=0)
    models = values("model.sha256")
    return Chunk(
        models=[None if none else one for one, none in zip(models, nothing, strict=True)]
        if scores
        else models,
        stages=values("flags.stage"),
        scores=scores,
        targets=_listed(table, "targets", "category", TARGET_NAMES),
        mechanisms=_listed(table, "mechanisms", "mechanism", MECHANISM_NAMES),
        quotations=np.array([value is True for value in values("flags.quotation")], dtype=np.bool_),
        columns={name: named(name) for name in columns},
        places=[*zip(*map(values, PLACE), strict=True)] if has_places else (),
    )


def chunk_of_records(
    records: Sequence[Mapping[str, Any]], columns: Sequence[str], *, has_places: bool = False
) -> Chunk:
    """The same of answers, nested as in JSON or flat."""
    nested = [record if "scores" in record else _nested(record) for record in records]
    scores = [one.get("scores") or {} for one in nested]
    labels = dict.fromkeys(label for label in LABELS for one in scores if label in one)
    return Chunk(
        models=[
            (one.get("model") or {}).get("sha256") if _is_scored(found) else None
            for one, found in zip(nested, scores, strict=True)
        ],
        stages=[(one.get("flags") or {}).get("stage") for one in nested],
        scores={
            label: np.array([_number(one.get(label)) for one in scores], dtype=np.float64)
            for label in labels
        },
        targets=_matrix([_names(one, "targets", "category") for one in nested], TARGET_NAMES),
        mechanisms=_matrix(
            [_names(one, "mechanisms", "mechanism") for one in nested], MECHANISM_NAMES
        ),
        quotations=np.array(
            [(one.get("flags") or {}).get("quotation") is True for one in nested], dtype=np.bool_
        ),
        columns={name: [_column(one, name) for one in records] for name in columns},
        places=[tuple(one.get(name) for name in PLACE) for one in records] if has_places else (),
    )


def _is_scored(scores: Mapping[str, Any]) -> bool:
    """Whether there is a score: a post whose language is not served may be passed without."""
    return any(value is not None for value in scores.values())


def _nested(record: Mapping[str, Any]) -> dict[str, Any]:
    """What decides of a flat answer, as in JSON."""
    found: dict[str, Any] = {"scores": {}, "model": {}, "flags": {}}
    lists: dict[str, dict[str, float]] = {"targets": {}, "mechanisms": {}}
    for name, value in record.items():
        first, _, rest = name.partition(".")
        if value is None or not rest:
            continue
        if first in lists:
            lists[first][rest] = value
        elif first in found:
            found[first][rest] = value
    for first, key in (("targets", "category"), ("mechanisms", "mechanism")):
        likely = sorted(lists[first].items(), key=lambda item: -item[1])
        found[first] = [{key: name, "score": score} for name, score in likely]
    return found


def _column(record: Mapping[str, Any], name: str) -> Any:
    kept = record.get(KEPT)
    if isinstance(kept, Mapping) and name in kept:
        return kept[name]
    return record.get(f"{KEPT}.{name}", record.get(name))


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)


def _names(record: Mapping[str, Any], field: str, key: str) -> list[str]:
    return [one[key] for one in record.get(field) or ()]


def _is_struct(kind: Any) -> bool:
    from pyarrow import types

    return bool(types.is_struct(kind))


def _matrix(rows: Sequence[Sequence[str]], names: Sequence[str]) -> Codes:
    places = {name: place for place, name in enumerate(names, start=1)}
    found = np.zeros((len(rows), max(map(len, rows), default=0)), dtype=np.uint8)
    for number, row in enumerate(rows):
        found[number, : len(row)] = [places.get(name, 0) for name in row]
    return found


def _listed(table: Any, field: str, key: str, names: Sequence[str]) -> Codes:
    """A list of names with scores, or a column for each name, as a matrix."""
    import pyarrow as pa
    import pyarrow.compute as pc

    if field not in table.column_names:
        return _of_columns(table, field, names)
    lists = table[field].combine_chunks()
    lengths = pc.fill_null(pc.list_value_length(lists), 0).to_numpy(zero_copy_only=False)
    values = pc.struct_field(lists.flatten(), key)
    codes = pc.fill_null(pc.add(pc.index_in(values, pa.array(names)), 1), 0)
    found = np.zeros((len(lengths), int(lengths.max(initial=0))), dtype=np.uint8)
    rows = np.repeat(np.arange(len(lengths)), lengths)
    first = np.repeat(np.cumsum(lengths) - lengths, lengths)
    found[rows, np.arange(len(rows)) - first] = codes.to_numpy(zero_copy_only=False)
    return found


def _of_columns(table: Any, field: str, names: Sequence[str]) -> Codes:
    there = [name for name in names if f"{field}.{name}" in table.column_names]
    places = np.array([names.index(name) + 1 for name in there], dtype=np.uint8)
    if not there:
        return np.zeros((len(table), 0), dtype=np.uint8)
    scores = np.stack(
        [np.asarray(table[f"{field}.{n}"].to_numpy(), dtype=np.float64) for n in there], axis=1
    )
    order = np.argsort(-scores, axis=1, kind="stable")  # NaN comes last
    is_there = ~np.isnan(np.take_along_axis(scores, order, axis=1))
    found = np.where(is_there, places[order], 0)
    return np.asarray(found[:, : int(is_there.sum(axis=1).max(initial=0))], dtype=np.uint8)
