"""Answers as JSON lines, and the rows that have none."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from evaluation.batch.pipeline import Answered
from evaluation.batch.row import Row


def sorted_lines(piece: Iterable[Answered]) -> tuple[bytes, bytes]:
    """A piece as the lines of its answers, and the lines of what could not be scored."""
    answers, errors = [], []
    for one in piece:
        if one.answer is None:
            errors.append(error_line(one.row, one.problem))
        else:
            answers.append(_line(one.row, one.answer))
    return b"".join(answers), b"".join(errors)


def line_in_place(one: Answered) -> bytes:
    """A line for the answer, or with the error in its place."""
    if one.answer is not None:
        return _line(one.row, one.answer)
    error = {"code": "invalid_row" if one.row.problem else "empty_text", "message": one.problem}
    return _head(one.row)[:-1] + b',"error":' + _compact(error) + b"}\n"


def _line(row: Row, answer: bytes) -> bytes:
    return _head(row)[:-1] + b"," + answer[1:] + b"\n"


def error_line(row: Row, reason: str) -> bytes:
    """A line for a row that is left out: where it stands, and why."""
    where = {"file": row.file, "line": row.line, "row": row.row}
    named = {} if row.id is None else {"id": row.id}
    return _compact({**where, **named, "reason": reason}) + b"\n"


def _head(row: Row) -> bytes:
    named = {} if row.id is None else {"id": row.id}
    return _compact({"file": row.file, "row": row.row, **named})


def _compact(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
