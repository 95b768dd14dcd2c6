"""Cells of CSV that no spreadsheet runs as a formula; `csv.js` of the console has the same rule.

After OWASP's "CSV Injection": what begins like a formula gets a quotation mark before it.
"""

import re
from typing import Any, Final

_FORMULA: Final = re.compile(r"[ \t\r\n\u00a0\ufeff]*[=+\-@\uff1d\uff0b\uff0d\uff20]|[\t\r\n]")
"""The signs of ASCII, and the wide ones that some spreadsheets take for them."""

_NUMBER: Final = re.compile(r"[+-]?[0-9]+([.,][0-9]+)?")


def cell(value: Any) -> Any:
    """A value as a cell: a text that a spreadsheet might run begins with `'`; a number is none."""
    if isinstance(value, str) and _FORMULA.match(value) and not _NUMBER.fullmatch(value):
        return f"'{value}"
    return value
