"""What another policy would change in a scored file, and for whom."""

from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np

from upstander.evaluation.page.sections import Section, Shown, Table
from upstander.models.policy.document import BANDS
from upstander.redeciding.chunks import TARGET_NAMES, Booleans, Chunk
from upstander.redeciding.decide import NOT_DECIDED, Decider, Decisions
from upstander.redeciding.files import ScoredFile

_MAX_GROUPS: Final = 30
_LONGEST: Final = 600
_NO_CATEGORY: Final = "no category"
_CATEGORY: Final = "category"


@dataclass(frozen=True, slots=True)
class Example:
    """A row whose band changes. text: None if the file does not have it."""

    id: str
    text: str | None
    before: str
    after: str
    score: float | None
    about: str


@dataclass(slots=True)
class Changes:
    """rows: that were decided. left: rows without scores.

    moved: (band before, band after) to how many rows. groups: what they are divided by, such as
        the category that a post is about, to the name of a group to [rows that change, all rows].
    examples: the first rows of each change.
    """

    rows: int = 0
    left: int = 0
    moved: Counter[tuple[str, str]] = field(default_factory=Counter)
    groups: dict[str, dict[str, list[int]]] = field(default_factory=dict)
    examples: dict[tuple[str, str], list[Example]] = field(default_factory=dict)

    @property
    def changed(self) -> int:
        """Rows whose band is another."""
        return sum(count for (old, new), count in self.moved.items() if old != new)


def changes_in(
    scored: ScoredFile,
    before: Decider,
    after: Decider,
    *,
    text: str = "text",
    by: Sequence[str] = (),
    examples: int = 5,
    tell: Callable[[int], object] = lambda _: None,
) -> Changes:
    """Decide a scored file by two policies.

    text: the column with the texts, if it was kept. by: columns whose values are groups. examples:
    rows of each change that are shown. tell: is told of so many more rows that are decided.
    Raises UpstanderError as `Decider` and `ScoredFile` do.
    """
    found = Changes()
    for chunk in scored.chunks(tuple(dict.fromkeys((text, *by)))):
        old, new = (one.decide(chunk, with_reasons=False) for one in (before, after))
        bands = old.field("band"), new.field("band")
        is_decided = old.which != NOT_DECIDED
        changed = np.array([a != b for a, b in zip(*bands, strict=True)], dtype=np.bool_)
        found.rows += int(is_decided.sum())
        found.left += int((~is_decided).sum())
        found.moved.update(
            pair
            for pair, is_one in zip(zip(*bands, strict=True), is_decided, strict=True)
            if is_one
        )
        _count(found, chunk, changed, is_decided, by)
        for row in np.flatnonzero(changed).tolist():
            move = bands[0][row], bands[1][row]
            shown = found.examples.setdefault(move, [])
            if len(shown) < examples:
                shown.append(_example(chunk, new, row, move, text))
        tell(len(chunk))
    return found


def _count(
    found: Changes, chunk: Chunk, changed: Booleans, is_decided: Booleans, by: Sequence[str]
) -> None:
    categories = found.groups.setdefault(_CATEGORY, {})
    about_none = is_decided & ~chunk.targets.any(axis=1)
    for place, name in enumerate((_NO_CATEGORY, *TARGET_NAMES)):
        rows = (chunk.targets == place).any(axis=1) & is_decided if place else about_none
        if rows.any():
            counts = categories.setdefault(name, [0, 0])
            counts[0] += int((rows & changed).sum())
            counts[1] += int(rows.sum())
    for column in by:
        groups = found.groups.setdefault(column, {})
        values = zip(chunk.columns[column], changed.tolist(), is_decided.tolist(), strict=True)
        for value, is_changed, is_one in values:
            if is_one:
                counts = groups.setdefault("" if value is None else str(value), [0, 0])
                counts[0] += is_changed
                counts[1] += 1


def _example(chunk: Chunk, new: Decisions, row: int, move: tuple[str, str], text: str) -> Example:
    file, number, own = chunk.places[row]
    score = float(new.scores[row])
    about = [TARGET_NAMES[code - 1] for code in chunk.targets[row].tolist() if code]
    words = chunk.columns[text][row]
    return Example(
        id=str(own) if own is not None else f"{file}:{number}",
        text=words if isinstance(words, str) else None,
        before=move[0],
        after=move[1],
        score=None if np.isnan(score) else score,
        about=", ".join(about) or _NO_CATEGORY,
    )


def lines_of(changes: Changes) -> Iterator[str]:
    """The changes in lines, for a terminal."""
    yield f"{changes.rows:,} rows; the band changes in {_share(changes.changed, changes.rows)}"
    if changes.left:
        yield f"{changes.left:,} rows have no scores and are left out"
    for (old, new), count in _moves(changes):
        yield f"  {old} -> {new}: {_share(count, changes.rows)}"
    for what, groups in changes.groups.items():
        shown = _worst(groups)
        if changes.changed and shown:
            yield f"by {what}, of all its rows:"
            yield from (f"  {name or '(none)'}: {_share(*counts)}" for name, counts in shown)


def sections(changes: Changes, names: tuple[str, str]) -> Iterator[Section]:
    """The changes as a page. names: of the two policies."""
    columns = ("before", "after", "rows", "of all")
    rows = [
        [old, new, f"{count:,}", f"{count / changes.rows:.3%}"]
        for (old, new), count in sorted(
            changes.moved.items(), key=lambda one: [BANDS.index(band) for band in one[0]]
        )
    ]
    left = f" {changes.left:,} rows have no scores and are left out." if changes.left else ""
    lead = (
        f"Of {changes.rows:,} rows {changes.changed:,} get another band by {names[1]} than by "
        f"{names[0]}."
    )
    yield Section(
        "bands",
        "What changes",
        [f"{lead}{left}"],
        tables=[Table("Bands before and after", columns, rows)],
    )
    for what, groups in changes.groups.items():
        yield Section(
            f"by-{what}",
            f"For whom: by {what}",
            tables=[
                Table(
                    f"Rows that change, by {what}",
                    (what, "change", "of its rows", "share"),
                    [
                        [name or "(none)", f"{own:,}", f"{rows_of:,}", f"{own / rows_of:.3%}"]
                        for name, (own, rows_of) in _worst(groups, every=True)
                    ],
                )
            ],
        )
    for (old, new), _ in _moves(changes):
        shown = changes.examples[old, new]
        has_texts = any(one.text is not None for one in shown)
        yield Section(
            f"{old}-{new}",
            f"{old} to {new}",
            worst=[_shown(one) for one in shown],
            worst_are=f"of the rows that go from {old} to {new}",
            answer_is="change",
            has_texts=has_texts,
        )


def _shown(one: Example) -> Shown:
    words = "not in the file: score with --keep text" if one.text is None else one.text
    cut = words if len(words) <= _LONGEST else f"{words[:_LONGEST]} …"
    change = f"{one.before} to {one.after}"
    return Shown(one.id, [(cut, False)], change, one.score, one.about)


def _moves(changes: Changes) -> list[tuple[tuple[str, str], int]]:
    found = [(move, count) for move, count in changes.moved.items() if move[0] != move[1]]
    return sorted(found, key=lambda one: -one[1])


def _worst(
    groups: Mapping[str, Sequence[int]], *, every: bool = False
) -> list[tuple[str, Sequence[Any]]]:
    """The groups in which most rows change, by their share."""
    found = [(name, counts) for name, counts in groups.items() if every or counts[0]]
    return sorted(found, key=lambda one: -one[1][0] / one[1][1])[:_MAX_GROUPS]


def _share(count: int, of: int) -> str:
    return f"{count:,} of {of:,} ({count / max(of, 1):.2%})"
