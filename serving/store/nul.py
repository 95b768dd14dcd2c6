"""Removing NUL, which PostgreSQL does not accept in text."""

from typing import Any


def without_nul(value: Any) -> Any:
    """A value with U+FFFD for each NUL in its strings, however deep they lie."""
    if isinstance(value, str):
        return value.replace("\0", "\ufffd")
    if isinstance(value, list):
        return [without_nul(item) for item in value]
    if isinstance(value, dict):
        return {name: without_nul(item) for name, item in value.items()}
    return value
