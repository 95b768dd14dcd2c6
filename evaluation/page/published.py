"""Published results on a suite, for comparison."""

import tomllib
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.intervals import Measured
from upstander.evaluation.language_goals import LanguageReport
from upstander.evaluation.page.sections import Section, Table, cells, plain
from upstander.evaluation.report import SuiteReport

_FILE: Final = Path(__file__).with_name("published.toml")


def published(
    reports: Sequence[SuiteReport], languages: Sequence[LanguageReport] = ()
) -> list[Section]:
    """A table of published results for the suites that were judged; none if there are none.

    languages: the same suites language by language, for results of one language.
    """
    headlines: dict[tuple[str, str], Mapping[str, Measured]] = {
        **{(report.suite, ""): report.headline for report in reports},
        **{(report.suite, report.language): report.headline for report in languages},
    }
    rows = []
    for suite, language, name in sorted({_of(result) for result in _results()}):
        headline = headlines.get((suite, language), {})
        if name not in headline:
            continue
        what = f"{suite}, {f'{language}, ' if language else ''}{plain(name)}"
        value, interval, _ = cells(headline[name])
        rows.append([what, "this bundle", f"{value} ({interval})", "", ""])
        rows += [
            [
                what,
                result["system"],
                f"{result['value']:.3f}",
                result["source"],
                result["with_care"],
            ]
            for result in _results()
            if _of(result) == (suite, language, name)
        ]
    columns = ("number", "system", "value", "source", "with care")
    table = Table("Published results", columns, rows, is_words=True)
    words = (
        "What others have published about suites that were judged here, by their own settings. "
        "Read the last column before you compare."
    )
    return [Section("published", table.caption, [words], tables=[table])] if rows else []


def _of(result: Mapping[str, Any]) -> tuple[str, str, str]:
    """Suite, language or "", and number of a published result."""
    return result["suite"], result.get("language", ""), result["number"]


def _results() -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["result"]
    return results
