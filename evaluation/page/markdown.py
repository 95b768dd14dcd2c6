"""The tables of a report as Markdown, without pictures and texts."""

from collections.abc import Iterator, Sequence

from evaluation.goals import Evaluation
from evaluation.page.build import sections, title_of
from evaluation.page.provenance import Provenance
from evaluation.page.sections import Table


def markdown(evaluation: Evaluation, made: Provenance) -> str:
    """The whole report."""
    lines = [f"# {title_of(made)}", ""]
    for section in sections(evaluation, made):
        lines += [f"## {section.title}", ""]
        for words in section.words:
            lines += [words, ""]
        for table in section.tables:
            lines += [*_table(table), ""]
    return "\n".join(lines)


def _table(table: Table) -> Iterator[str]:
    yield f"**{table.caption}**"
    yield ""
    yield _row(table.columns)
    yield _row(["---", *["---:"] * (len(table.columns) - 1)])
    for row in table.rows:
        yield _row(row)


def _row(cells: Sequence[str]) -> str:
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"
