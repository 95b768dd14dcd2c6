"""Published results stand beside the number that was measured, with their source."""

from upstander.evaluation.intervals import Measured
from upstander.evaluation.page.published import published
from upstander.evaluation.report import SuiteReport
from upstander.evaluation.suites import EVERY_SUITE


def report(suite: str) -> SuiteReport:
    return SuiteReport(
        suite,
        label="hate",
        threshold=0.5,
        operating_point="balanced",
        rows=10,
        positives=5,
        headline={"auc": Measured(0.8, 0.7, 0.9, 10)},
        functionalities={},
        targets={},
        sources={},
        lengths={},
        checksum="",
    )


def test_a_suite_with_published_results_has_ours_first() -> None:
    (section,) = published([report("hatecheck"), report("hatexplain")])
    (table,) = section.tables
    ours, *theirs = table.rows
    assert ours[:3] == ["hatexplain, auc", "this bundle", "0.800 (0.700 to 0.900)"]
    assert len(theirs) == 3
    for _, system, value, source, _ in theirs:
        assert system
        assert 0.5 < float(value) < 1
        assert "20" in source  # a year


def test_no_published_result_no_table() -> None:
    assert published([report("hatecheck")]) == []
    assert "hatexplain" in EVERY_SUITE
