"""What a policy flags, by any of its rules, beside the label of people's own files."""

from pathlib import Path

import numpy as np

from evaluation.answers import Answers, NoNumber
from evaluation.intervals import Measured, rate
from models.manifest import Manifest
from serving.policy.decide import BoundPolicy
from serving.policy.reading import policy_file, read_policy


class PolicyJudge:
    """Compares with every suite what a policy would flag: whatever it does not allow."""

    def __init__(self, policy: Path, manifest: Manifest) -> None:
        """policy: a file, or the id of a shipped one. Raises UpstanderError if it cannot be used
        with the bundle."""
        self._bound = BoundPolicy(read_policy(policy_file(policy)), manifest)
        self._lines: list[str] = []

    def __str__(self) -> str:
        """What was found of each suite, in a few lines."""
        return "\n".join(self._lines)

    def add(self, answers: Answers) -> None:
        """Take in a suite, by its own label."""
        if not answers.cases:
            return
        label = answers.cases[0].label
        try:
            truth = answers.judged(label).truth
        except NoNumber:
            return
        own = [
            (case, score)
            for case, score in zip(answers.cases, answers.scores, strict=True)
            if case.has(label) is not None
        ]
        # A quotation is left to human review, and so is flagged as well.
        flagged = np.array([self._bound.decide(score).band != "allow" for _, score in own])
        clusters = [case.drawn_with for case, _ in own]
        policy = self._bound.policy
        found, missed = int((truth & flagged).sum()), int((truth & ~flagged).sum())
        wrong, left = int((~truth & flagged).sum()), int((~truth & ~flagged).sum())
        self._lines.append(
            f"{answers.suite}: what the policy {policy.id} {policy.version} flags, by any rule, "
            f"against {label}\n"
            f"  precision {_told(rate(flagged, truth, clusters))}, "
            f"recall {_told(rate(truth, flagged, clusters))}\n"
            f"  of {found + missed:,} with the label: {found:,} flagged, {missed:,} not; "
            f"of {wrong + left:,} without: {wrong:,} flagged, {left:,} not"
        )


def _told(measured: Measured | None) -> str:
    if measured is None:
        return "-"
    return f"{measured.value:.3f} ({measured.low:.3f} to {measured.high:.3f})"
