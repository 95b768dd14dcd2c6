"""The section on the worst weaknesses of the model, each with an example."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Final

from upstander.evaluation.detail import Detail, Wrong
from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.examples import shown
from upstander.evaluation.page.sections import Item, Section
from upstander.evaluation.page.words import functionality_in_words, title_of_suite
from upstander.evaluation.report import length_of
from upstander.evaluation.runner import Evaluation

_SHOWN: Final = 5
_OF_A_SUITE: Final = 2
"""Weaknesses of one suite at most: no suite fills the list."""
_MIN_ROWS: Final = 30
_GOOD_ENOUGH: Final = 0.9
"""What is decided rightly this often is no weakness to begin with."""
_FIRST: Final = ("dehumanization", "hate")
"""Labels that the product is for: their weaknesses come before those of others."""
_TOLD: Final = (
    "The kinds of text that are decided rightly least often, by the high end of the 95 % interval, "
    "so that few rows do not make a weakness. At most two are of one suite."
)


@dataclass(frozen=True, slots=True)
class _Weak:
    suite: str
    label: str
    words: str
    right: Measured
    example: Wrong | None = None


def weaknesses(
    evaluation: Evaluation, details: Mapping[str, Detail], texts: bool, has_texts: bool
) -> Section | None:
    """The five worst; None where nothing is known to be weak.

    texts: whether examples are shown with their texts. has_texts: whether there are any to show.
    """
    found = [weak for weak in _candidates(evaluation, details) if weak.right.value < _GOOD_ENOUGH]
    found.sort(key=lambda weak: (weak.label not in _FIRST, weak.right.high))
    chosen: list[_Weak] = []
    for weak in found:
        if sum(other.suite == weak.suite for other in chosen) < _OF_A_SUITE:
            chosen.append(weak)
    if not chosen:
        return None
    return Section(
        "weaknesses",
        "What it is worst at",
        [_TOLD],
        items=[_item(weak, texts) for weak in chosen[:_SHOWN]],
        has_texts=has_texts,
        tab="Summary",
    )


def _candidates(evaluation: Evaluation, details: Mapping[str, Detail]) -> Iterator[_Weak]:
    for report in evaluation.suites:
        detail = details.get(report.suite)
        wrong = [*detail.examples, *detail.worst] if detail else []
        kinds = {name: m for name, m in report.functionalities.items() if m.rows >= _MIN_ROWS}
        examples = {one.functionality: one for one in reversed(wrong)}
        if not kinds:  # a file that names none: its long and short texts say where it is weak
            kinds = {name: m for name, m in report.lengths.items() if m.rows >= _MIN_ROWS}
            examples = {length_of(one.text): one for one in reversed(wrong) if one.text}
        for name, right in kinds.items():
            words = functionality_in_words(report.suite, name.strip())
            yield _Weak(report.suite, report.label, words, right, examples.get(name))
    for evasions in evaluation.evasions:
        for one in evasions.evaded:
            alarms = one.alarms
            left = Measured(1 - alarms.value, 1 - alarms.high, 1 - alarms.low, alarms.rows)
            for words, right, example in (
                (f"Found texts with {one.evasion}", one.still_found, one.lost),
                (f"Harmless texts with {one.evasion}", left, one.alarmed),
            ):
                if right.rows >= _MIN_ROWS:
                    yield _Weak(evasions.suite, evasions.label, words, right, example)


def _item(weak: _Weak, texts: bool) -> Item:
    right = weak.right
    value, low, high = (f"{100 * share:.0f}" for share in (right.value, right.low, right.high))
    example = [shown(weak.suite, weak.example, texts)] if weak.example else []
    return Item(
        f"{weak.words}:",
        f"{value} of 100 are decided rightly ({low} to {high}). {title_of_suite(weak.suite)}, "
        f"{weak.label}, {right.rows:,} rows.",
        example,
    )
