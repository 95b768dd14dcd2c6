"""What can go wrong in an evaluation.

UpstanderError
└── EvaluationError       the suite or the input cannot be read; the text says what to do
"""

from models.errors import UpstanderError


class EvaluationError(UpstanderError):
    """The suite or the input cannot be read. Names file and line."""
