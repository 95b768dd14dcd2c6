"""The parts of labelled rows: training, tuning and test, with no text in two of them."""

import json
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Final, Literal

from upstander.models.files import write_whole
from upstander.training.errors import DataError
from upstander.training.finetune.labelled import Labelled
from upstander.training.seeded_random import uniform
from upstander.training.splits import near_duplicates

Part = Literal["train", "tune", "test"]

MIN_ROWS: Final = 10
"""Texts below which nothing is trained."""

ENOUGH: Final = 20
"""Rows of either answer in the test part below which it cannot show whether the data helped."""

_SHARE: Final = 0.2
_SIMILARITY: Final = 0.8

NEAR: Final = "nearly the same text as a row of the tuning or test part"
OF_A_SUITE: Final = "a text of a suite that judges"


@dataclass(frozen=True, slots=True)
class Division:
    """parts: of each row, None for those that are left out. left_out: why, and how many."""

    rows: Sequence[Labelled]
    parts: Sequence[Part | None]
    left_out: Mapping[str, int]

    def of(self, part: Part) -> list[Labelled]:
        """The rows of a part."""
        return [row for row, own in zip(self.rows, self.parts, strict=True) if own == part]


def divide(
    rows: Sequence[Labelled],
    by: Literal["", "group", "time"] = "",
    seed: int = 0,
    kept: Collection[str] = (),
    withheld: Collection[str] = (),
) -> Division:
    """A fifth of the rows judges, a fifth tunes, the others train; near duplicates stay together.

    by: `time` takes the latest rows to judge and those before them to tune; `group` keeps the rows
        of a group together.
    kept: keys of texts that are for training, because they must not be decided wrongly again.
    withheld: keys of texts that no part may have.
    Raises DataError if there are too few rows, or all of them give one answer.
    """
    refuse_too_few(rows)
    alike = near_duplicates([row.folded for row in rows], _SIMILARITY)
    parts: list[Part | None]
    if by == "time":
        parts = _by_time(rows)
    else:
        units = _connected(rows, alike) if by == "group" else alike
        parts = _by_unit(rows, units, seed)
    forced = {group for row, group in zip(rows, alike, strict=True) if row.key in kept}
    for place, group in enumerate(alike):
        if group in forced:
            parts[place] = "train"
    left_out: Counter[str] = Counter()
    for place, row in enumerate(rows):
        if row.key in withheld:
            parts[place] = None
            left_out[OF_A_SUITE] += 1
    _drop_leaks(alike, parts, left_out)
    found = Division(rows, parts, dict(left_out))
    if len(found.of("train")) < MIN_ROWS // 2:
        raise DataError(
            f"{len(found.of('train'))} rows are left to train on: the other parts have the same "
            "texts: add rows, or divide them otherwise (--group, --time)"
        )
    return found


def refuse_too_few(rows: Sequence[Labelled]) -> None:
    """Raise DataError for too few different texts, or one answer alone."""
    if len(rows) < MIN_ROWS:
        raise DataError(
            f"{len(rows)} different texts with an answer: at least {MIN_ROWS} are needed, and "
            f"hundreds to show that they help"
        )
    labels = {name for row in rows for name in row.labels}
    answers = {name: {row.labels[name] for row in rows if name in row.labels} for name in labels}
    if all(len(own) == 1 for own in answers.values()):
        name = min(answers)
        other = "yes" if answers[name] == {False} else "no"
        raise DataError(
            f"{name}: every answer is {'no' if other == 'yes' else 'yes'}: add rows that say "
            f"{other}, such as decisions that people upheld (upstander records export)"
        )


def _by_time(rows: Sequence[Labelled]) -> list[Part | None]:
    dated = [
        place for place, row in enumerate(rows) if row.time
    ]  # others were reviewed: they train
    order = sorted(dated, key=lambda place: _moment(rows[place]))
    held_out = max(1, round(_SHARE * len(order)))
    parts: list[Part | None] = ["train"] * len(rows)
    for place in order[-held_out:]:
        parts[place] = "test"
    for place in order[-2 * held_out : -held_out]:
        parts[place] = "tune"
    return parts


def _moment(row: Labelled) -> float:
    """A number, or a date and time in the form of ISO 8601, as a number."""
    try:
        return float(row.time)
    except ValueError:
        pass
    try:
        return datetime.fromisoformat(row.time).timestamp()
    except ValueError as error:
        raise DataError(
            f"{row.id}: its time is neither a number nor like 2026-01-31T12:00:00: mend the column "
            "of --time"
        ) from error


def _connected(rows: Sequence[Labelled], alike: Sequence[int]) -> list[int]:
    """Units that divide neither a group nor nearly equal texts."""
    parent = list(range(len(rows)))

    def find(node: int) -> int:
        while parent[node] != node:
            parent[node] = parent[parent[node]]
            node = parent[node]
        return node

    first: dict[tuple[str, str | int], int] = {}
    for place, (row, group) in enumerate(zip(rows, alike, strict=True)):
        names: list[tuple[str, str | int]] = [("alike", group)]
        if row.group:
            names.append(("group", row.group))
        for name in names:
            parent[find(place)] = find(first.setdefault(name, place))
    return [find(place) for place in range(len(rows))]


def _by_unit(rows: Sequence[Labelled], units: Sequence[int], seed: int) -> list[Part | None]:
    """Whole units, in an order by chance that is the same each time; each answer to every part."""
    members: dict[int, list[int]] = defaultdict(list)
    for place, unit in enumerate(units):
        members[unit].append(place)
    if len(members) < 3:
        raise DataError(
            f"all rows are of {len(members)} groups, which are not divided, and there are three "
            "parts: name another column with --group, or none"
        )
    strata: dict[bool, list[list[int]]] = {True: [], False: []}
    for places in members.values():
        strata[any(True in rows[place].labels.values() for place in places)].append(places)
    parts: list[Part | None] = ["train"] * len(rows)
    for own in strata.values():
        own.sort(key=lambda places: uniform(seed, "part", rows[places[0]].key))
        total = sum(map(len, own))
        taken = 0
        for places in own:
            part: Part = "train"
            if taken < _SHARE * total:
                part = "test"
            elif taken < 2 * _SHARE * total:
                part = "tune"
            # A group that is most of the rows trains: else nothing would.
            if len(places) > 0.4 * total and total > 2:
                part = "train"
            else:
                taken += len(places)
            for place in places:
                parts[place] = part
    return parts


def _drop_leaks(alike: Sequence[int], parts: list[Part | None], left_out: Counter[str]) -> None:
    """Leave out of training what nearly equals a row that tunes or judges, and of tuning likewise.

    With a time or a group, nearly equal texts can be in two parts.
    """
    held_out: set[int] = set()
    for part in ("test", "tune", "train"):
        own = {group for group, at in zip(alike, parts, strict=True) if at == part}
        for place, group in enumerate(alike):
            if parts[place] == part and group in held_out:
                parts[place] = None
                left_out[NEAR] += 1
        held_out |= own


def write_division(division: Division, path: Path) -> None:
    """The rows with their parts, for the steps that follow; for its owner to read."""
    lines = [
        json.dumps({**asdict(row), "labels": dict(row.labels), "part": part}, ensure_ascii=False)
        for row, part in zip(division.rows, division.parts, strict=True)
        if part is not None
    ]
    write_whole(path, "".join(f"{line}\n" for line in lines).encode(), private=True)


def read_part(path: Path, part: Part) -> list[Labelled]:
    """The rows of one part that `write_division` wrote."""
    found = []
    for line in path.read_text(encoding="utf-8").split("\n"):
        row = json.loads(line) if line else {}
        if row.pop("part", None) == part:
            found.append(Labelled(**row))
    return found
