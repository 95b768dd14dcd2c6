"""The errors of an evaluation.

UpstanderError
└── EvaluationError       the suite or the input cannot be read; the text says what to do
    └── SuiteMissing      a file of the suite is not in the data folder
"""

from upstander.models.errors import UpstanderError


class EvaluationError(UpstanderError):
    """The suite or the input cannot be read. Names file and line."""


class SuiteMissing(EvaluationError):
    """A file of the suite is not in the data folder: the other suites can still be run."""
