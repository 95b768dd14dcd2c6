"""Writing answers and errors as JSON lines."""

import json
from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import to_json

from upstander.evaluation.batch.pipeline import Answered
from upstander.evaluation.batch.row import Row


def sorted_lines(piece: Iterable[Answered]) -> tuple[bytes, bytes]:
    """A piece as the lines of its answers, and the lines of what could not be scored."""
    answers, errors = [], []
    for one in piece:
        if one.answer is None:
            errors.append(error_line(one.row, one.problem, is_unwanted=one.is_unwanted))
        else:
            answers.append(_line(one.row, one.answer))
    return b"".join(answers), b"".join(errors)


def line_in_place(one: Answered) -> bytes:
    """A line for the answer, or with the error in its place; none for what was not wanted."""
    if one.answer is not None:
        return _line(one.row, one.answer)
    if one.is_unwanted:
        return b""
    error = {"code": "invalid_row" if one.row.problem else "empty_text", "message": one.problem}
    return _head(one.row)[:-1] + b',"error":' + _compact(error) + b"}\n"


def _line(row: Row, answer: bytes) -> bytes:
    return _head(row)[:-1] + b"," + answer[1:] + b"\n"


def error_line(row: Row, reason: str, *, is_unwanted: bool = False) -> bytes:
    """A line for a row that is left out: where it stands, and why.

    is_unwanted: for its language, as was asked for.
    """
    where = {"file": row.file, "line": row.line, "row": row.row}
    named = {} if row.id is None else {"id": row.id}
    unwanted = {"other_language": True} if is_unwanted else {}
    return _compact({**where, **named, "reason": reason, **unwanted}) + b"\n"


def unwanted_in(errors: bytes) -> int:
    """How many of the lines are of rows that were left out for their language."""
    return errors.count(b',"other_language":true}\n')  # within a string the quotes are escaped


def _head(row: Row) -> bytes:
    named = {} if row.id is None else {"id": row.id}
    head = _compact({"file": row.file, "row": row.row, **named})
    if not row.fields:
        return head
    kept = to_json(row.fields, fallback=str, bytes_mode="base64", inf_nan_mode="null")
    return head[:-1] + b',"kept":' + kept + b"}"


def _compact(value: Mapping[str, Any]) -> bytes:
    return json.dumps(value, separators=(",", ":")).encode()
