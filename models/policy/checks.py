"""Cross-rule validation: duplicates, overlaps, unreachable rules."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Final

from upstander.models.labels import MECHANISMS, TARGETS
from upstander.models.operating_points import current_name
from upstander.models.policy.document import BANDS, Policy, Rule

Place = tuple[str | int, ...]

_NONE: Final = ""
"""Stands for a post that speaks of no category, or dehumanizes in no known way."""


def problems_of(policy: Policy) -> list[tuple[Place, str]]:
    """What is wrong between the parts of a policy, and where."""
    if not policy.rules:
        return [(("rules",), "there is no rule")]
    return [*_names(policy), *_clauses(policy), *_pairs(policy)]


def _names(policy: Policy) -> Iterator[tuple[Place, str]]:
    for kind in ("clauses", "rules", "exemptions"):
        ids = [item.id for item in getattr(policy, kind)]
        for name, times in Counter(ids).items():
            if times > 1:
                place = len(ids) - 1 - ids[::-1].index(name)
                yield (kind, place, "id"), f"the id {name} is used twice"


def _clauses(policy: Policy) -> Iterator[tuple[Place, str]]:
    known = {clause.id for clause in policy.clauses}
    for number, rule in enumerate(policy.rules):
        if rule.clause not in known:
            yield ("rules", number, "clause"), f"no clause has the id {rule.clause[:64]}"


def _pairs(policy: Policy) -> Iterator[tuple[Place, str]]:
    for number, rule in enumerate(policy.rules):
        for other in policy.rules[:number]:
            if _overlap(rule, other):
                what = (
                    f"overlaps with rule {other.id}: both can decide the same post, in the same "
                    "band; give them other labels, targets or mechanisms"
                )
                yield ("rules", number), what
        for other in policy.rules:
            if other is not rule and _covers(other, rule):
                what = f"is never reached: rule {other.id} decides all such posts more strictly"
                yield ("rules", number), what


def _overlap(one: Rule, other: Rule) -> bool:
    """Whether both can be the strictest for one post, so that which one decides is chance."""
    return (
        one.label == other.label
        and one.band == other.band
        and bool(_targets(one) & _targets(other))
        and bool(_mechanisms(one) & _mechanisms(other))
    )


def _covers(strict: Rule, rule: Rule) -> bool:
    """Whether a rule of a stricter band holds wherever the other does.

    Thresholds of different kinds cannot be compared without a bundle: see `unreached`.
    """
    return _is_within(rule, strict) and (
        _is_same_point(strict.point, rule.point)
        or (
            strict.threshold is not None
            and rule.threshold is not None
            and strict.threshold <= rule.threshold
        )
    )


def _is_same_point(one: str | None, other: str | None) -> bool:
    return one is not None and other is not None and current_name(one) == current_name(other)


def unreached(bound: Sequence[tuple[Rule, float]]) -> Iterator[tuple[Rule, Rule]]:
    """Rules that never decide with the thresholds of a bundle, each with one that always does."""
    for rule, threshold in bound:
        for strict, lower in bound:
            if _is_within(rule, strict) and lower <= threshold:
                yield rule, strict
                break


def _is_within(rule: Rule, strict: Rule) -> bool:
    """Whether the other is of a stricter band, and about all posts that this one is about."""
    return (
        strict.label == rule.label
        and BANDS.index(strict.band) > BANDS.index(rule.band)
        and _targets(rule) <= _targets(strict)
        and _mechanisms(rule) <= _mechanisms(strict)
    )


def _targets(rule: Rule) -> frozenset[str]:
    return _set(rule.targets, TARGETS)


def _mechanisms(rule: Rule) -> frozenset[str]:
    return _set(rule.mechanisms, MECHANISMS)


def _set(names: tuple[str, ...] | None, every: object) -> frozenset[str]:
    if names is None:
        return frozenset({_NONE, *every})  # type: ignore[misc]
    return frozenset(names or {_NONE})
