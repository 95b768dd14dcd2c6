"""Metrics of a policy on labelled files of the user."""

from pathlib import Path

import numpy as np

from upstander.evaluation.intervals import rate
from upstander.evaluation.policies import PolicyReport
from upstander.evaluation.predictions import Answers, MetricUnavailable
from upstander.models.manifest import Manifest
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.loader import policy_file, read_policy


class PolicyJudge:
    """Compares with every suite what a policy would flag: whatever it does not allow."""

    def __init__(self, policy: Path, manifest: Manifest) -> None:
        """policy: a file, or the id of a shipped one. Raises UpstanderError if it cannot be used
        with the bundle."""
        self._bound = BoundPolicy(read_policy(policy_file(policy)), manifest)
        self.reports: list[PolicyReport] = []

    def add(self, answers: Answers) -> None:
        """Take in a suite, by its own label."""
        if not answers.cases:
            return
        label = answers.cases[0].label
        try:
            truth = answers.judged(label).truth
        except MetricUnavailable:
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
        self.reports.append(
            PolicyReport(
                suite=answers.suite,
                label=label,
                policy=f"{policy.id} {policy.version}",
                rows=len(own),
                positives=int(truth.sum()),
                found=int((truth & flagged).sum()),
                wrong=int((~truth & flagged).sum()),
                precision=rate(flagged, truth, clusters),
                recall=rate(truth, flagged, clusters),
                false_positive_rate=rate(~truth, flagged, clusters),
            )
        )
