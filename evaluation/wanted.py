"""The declaration of a goal, before it is measured."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from upstander.evaluation.intervals import Measured
from upstander.evaluation.predictions import Answers

Answered = Mapping[str, Answers]
Found = tuple[Measured, str]
"""A number and a note, or ""."""


@dataclass(frozen=True, slots=True)
class Wanted:
    """A goal before it is measured.

    suites: what it is measured on; where one of several is not there, on the others.
    measure: from the answers of the suites that are there. Raises MetricUnavailable.
    must, aim: None where the number is only shown.
    """

    name: str
    suites: tuple[str, ...]
    measure: Callable[[Answered], Found]
    must: float | None = None
    aim: float | None = None
    lower_is_better: bool = False
