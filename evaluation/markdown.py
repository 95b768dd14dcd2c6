"""Writing tables in Markdown."""

from collections.abc import Iterable, Sequence


def table(
    header: Sequence[object], rows: Iterable[Sequence[object]], *, of_numbers: bool = False
) -> list[str]:
    """The lines of a table. A cell may hold any text.

    of_numbers: whether all columns but the first are aligned to the right.
    """
    alignment = "---:" if of_numbers else "---"
    rule = ["---", *[alignment] * (len(header) - 1)]
    return [_row(header), _row(rule), *map(_row, rows)]


def _row(cells: Sequence[object]) -> str:
    return "| " + " | ".join(_cell(cell) for cell in cells) + " |"


def _cell(value: object) -> str:
    return " ".join(str(value).split()).replace("|", "\\|")
