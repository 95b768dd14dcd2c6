"""What others have published about a suite, beside what was measured here."""

import tomllib
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final

from evaluation.page.sections import Section, Table, cells, plain
from evaluation.report import SuiteReport

_FILE: Final = Path(__file__).with_name("published.toml")


def published(reports: Sequence[SuiteReport]) -> list[Section]:
    """A table of published results for the suites that were judged; none if there are none."""
    by_suite = {report.suite: report for report in reports}
    rows = []
    for suite, name in sorted({(result["suite"], result["number"]) for result in _results()}):
        if suite not in by_suite or name not in by_suite[suite].headline:
            continue
        what = f"{suite}, {plain(name)}"
        value, interval, _ = cells(by_suite[suite].headline[name])
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
            if (result["suite"], result["number"]) == (suite, name)
        ]
    columns = ("number", "system", "value", "source", "with care")
    table = Table("Published results", columns, rows, is_words=True)
    words = (
        "What others have published about suites that were judged here, by their own settings. "
        "Read the last column before you compare."
    )
    return [Section("published", table.caption, [words], tables=[table])] if rows else []


def _results() -> list[dict[str, Any]]:
    results: list[dict[str, Any]] = tomllib.loads(_FILE.read_text(encoding="utf-8"))["result"]
    return results
