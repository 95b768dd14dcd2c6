"""The section of a report on the languages of a bundle: every suite, language by language."""

from collections.abc import Sequence
from typing import Final

from upstander.evaluation.language_goals import LanguageReport
from upstander.evaluation.page.sections import Cell, Section, Table, short
from upstander.evaluation.page.words import functionality_in_words, title_of_suite

_TOLD: Final = (
    "Each suite in other languages than English, a row a language. A suite of harmless posts has "
    "no macro-F1: what is right there is to flag nothing."
)
_NUMBERS: Final = ("macro_f1", "auc", "accuracy")
_NAMED: Final = ("macro-F1", "AUC", "accuracy")


def languages_section(reports: Sequence[LanguageReport]) -> Section:
    """Every suite by language, and for those that test several things each of them."""
    rows: list[list[Cell]] = [
        [
            f"{title_of_suite(report.suite)}, {report.language}",
            report.label,
            f"{report.rows:,}",
            f"{report.positives:,}",
            *(short(report.headline.get(name)) for name in _NUMBERS),
        ]
        for report in reports
    ]
    columns = ("suite", "label", "rows", "positives", *_NAMED)
    tables = [Table("By language", columns, rows)]
    for suite in dict.fromkeys(report.suite for report in reports):
        own = [report for report in reports if report.suite == suite and report.functionalities]
        if len(own) > 1:
            tables.append(_grid(suite, own))
    return Section("languages", "Languages", [_TOLD], tables=tables, tab="Languages")


def _grid(suite: str, reports: Sequence[LanguageReport]) -> Table:
    tested = sorted({name for report in reports for name in report.functionalities})
    rows: list[list[Cell]] = [
        [
            functionality_in_words(suite, name),
            *(
                "" if (found := report.functionalities.get(name)) is None else f"{found.value:.3f}"
                for report in reports
            ),
        ]
        for name in tested
    ]
    columns = ("what is tested", *(report.language for report in reports))
    caption = f"{title_of_suite(suite)}: share that is decided rightly"
    return Table(caption, columns, rows, is_wide=True)
