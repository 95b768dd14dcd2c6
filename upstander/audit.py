"""Auditing a policy for disparities between groups."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from upstander.evaluation.progress import track
from upstander.evaluation.scoring import in_order
from upstander.evaluation.suites import dehumcheck
from upstander.evaluation.suites.case import Case
from upstander.models.bundle import Bundle
from upstander.models.labels import LABELS, MECHANISMS, TARGETS
from upstander.models.policy.decide import BoundPolicy
from upstander.models.policy.document import BANDS
from upstander.models.score import MechanismScore, Score, TargetScore, Timings


@dataclass(frozen=True, slots=True)
class Disparity:
    """A template whose band depends on the group. bands: to the groups that got them."""

    template: str
    bands: Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Audit:
    """templates: with at least two groups; texts: made of them.

    disparities: those whose band depends on the group, by the scores or by a rule.
    unequal: where one score gets another band for another category; each in words.
    """

    templates: int
    texts: int
    disparities: Sequence[Disparity]
    unequal: Sequence[str]


def audit_policy(policy: BoundPolicy, bundle: Bundle) -> Audit:
    """Decide every template of DehumCheck for each of its groups."""
    filled: dict[str, list[Case]] = defaultdict(list)
    for case in dehumcheck.load(Path()):
        if case.template:
            filled[case.template].append(case)
    groups = [cases for cases in filled.values() if len(cases) > 1]
    cases = [case for group in groups for case in group]
    bands: dict[str, dict[str, list[str]]] = defaultdict(lambda: defaultdict(list))
    with track("deciding", total=len(cases), unit="posts") as progress:
        scores = in_order(lambda case: bundle.scorer.score(case.text), cases)
        for case, score in zip(cases, scores, strict=True):
            bands[case.template][policy.decide(score).band].append(case.target)
            progress.advance()
    disparities = [Disparity(name, by_band) for name, by_band in bands.items() if len(by_band) > 1]
    return Audit(len(groups), len(cases), disparities, unequal_rules(policy))


def unequal_rules(policy: BoundPolicy) -> list[str]:
    """Where the same score, with the same mechanism, gets another band for another category.

    Tried at each threshold and just under it, alone and with every mechanism: a band can change
    nowhere else.
    """
    found = []
    for label in LABELS:
        levels = sorted({t for rule, t in policy.thresholds() if rule.label == label})
        for level in (value for at in levels for value in (at, at - 1e-9)):
            seen = []
            for mechanism in (None, *MECHANISMS):
                bands = {
                    category: policy.decide(_score(label, level, category, mechanism)).band
                    for category in TARGETS
                }
                if len(set(bands.values())) > 1 and bands not in seen:
                    seen.append(bands)
                    found.append(_in_words(label, level, mechanism, bands))
    return found


def _in_words(label: str, level: float, mechanism: str | None, bands: Mapping[str, str]) -> str:
    by_band = {
        band: ", ".join(name for name, own in bands.items() if own == band)
        for band in BANDS
        if band in bands.values()
    }
    how = f" and {mechanism}" if mechanism else ""
    parts = "; ".join(f"{band} for {names}" for band, names in by_band.items())
    return f"{label} of {level:.3f}{how} gets {parts}"


def _score(label: str, value: float, category: str, mechanism: str | None) -> Score:
    return Score(
        scores=dict.fromkeys(LABELS, 0.0) | {label: value},
        targets=(TargetScore(category, 1.0),),
        mechanisms=() if mechanism is None else (MechanismScore(mechanism, 1.0),),
        spans=(),
        obfuscated=False,
        windows=1,
        tokens=1,
        timings=Timings(0.0, 0.0, 0.0),
    )
