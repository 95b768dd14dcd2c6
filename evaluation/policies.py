"""Metrics of a policy on a suite."""

from dataclasses import dataclass

from upstander.evaluation.intervals import Measured


@dataclass(frozen=True, slots=True)
class PolicyReport:
    """policy: its id and version. rows, positives: of the suite, and those that have the label.

    found, wrong: rows with the label, and without it, that the policy does not allow. precision,
    recall, false_positive_rate: with their intervals; None where no row is there to tell.
    """

    suite: str
    label: str
    policy: str
    rows: int
    positives: int
    found: int
    wrong: int
    precision: Measured | None
    recall: Measured | None
    false_positive_rate: Measured | None

    def __str__(self) -> str:
        """In a few lines."""
        without = self.rows - self.positives
        return (
            f"{self.suite}: what the policy {self.policy} flags, by any rule, against "
            f"{self.label}\n"
            f"  precision {_interval(self.precision)}, recall {_interval(self.recall)}\n"
            f"  of {self.positives:,} with the label: {self.found:,} flagged, "
            f"{self.positives - self.found:,} not; "
            f"of {without:,} without: {self.wrong:,} flagged, {without - self.wrong:,} not"
        )


def _interval(measured: Measured | None) -> str:
    if measured is None:
        return "-"
    return f"{measured.value:.3f} ({measured.low:.3f} to {measured.high:.3f})"
