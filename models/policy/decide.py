"""From a score to a decision."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from upstander.models.errors import UpstanderError
from upstander.models.labels import EXPLAINED
from upstander.models.manifest import Manifest
from upstander.models.policy.document import ACTIONS, BANDS, Action, Band, Clause, Rule
from upstander.models.policy.loader import ReadPolicy
from upstander.models.score import Score


@dataclass(frozen=True, slots=True)
class Decision:
    """What a policy says of a post.

    rule, clause: that decided; where the post is allowed, the rule that came nearest to it, or None
        if the post is about none that a rule speaks of.
    score, threshold: of the label of that rule. distance: score less threshold; under 0 where the
        post is allowed.
    category, mechanism: that decided it, if one reaches its threshold; the likeliest of several.
    otherwise: the band if the score were on the other side of the threshold.
    exemption: why a post needs human review although the policy would have acted.
    """

    band: Band
    action: Action | None
    rule: Rule | None
    clause: Clause | None
    score: float | None
    threshold: float | None
    category: str | None
    mechanism: str | None
    otherwise: Band
    exemption: str | None

    @property
    def distance(self) -> float | None:
        """How far the score is from the threshold; negative under it."""
        if self.score is None or self.threshold is None:
            return None
        return self.score - self.threshold

    @property
    def rests_on_spans(self) -> bool:
        """Whether a rule is broken on a label whose score the marked words explain."""
        return self.band != "allow" and self.rule is not None and self.rule.label in EXPLAINED


@dataclass(frozen=True, slots=True)
class _Bound:
    """A rule with its clause, and the threshold that it has for one bundle."""

    rule: Rule
    clause: Clause
    threshold: float
    targets: frozenset[str] | None
    mechanisms: frozenset[str] | None


@dataclass(frozen=True, slots=True)
class _Match:
    """A rule that a post is about; broken where `distance` is 0 or more."""

    bound: _Bound
    score: float
    category: str | None
    mechanism: str | None

    @property
    def distance(self) -> float:
        return self.score - self.bound.threshold


class BoundPolicy:
    """A policy with the thresholds of one bundle."""

    def __init__(self, read: ReadPolicy, manifest: Manifest) -> None:
        """Raises UpstanderError for a label or operating point that the bundle has not."""
        self.policy = read.policy
        student = manifest.for_stage("student")
        self._student = None if student is manifest else BoundPolicy(read, student)
        """With the thresholds of the other graph of a cascade, for what that answers."""
        self.sha256 = read.sha256
        self.row = {"sha256": read.sha256, "document": read.document}
        """For the store, from which its decisions are replayed."""
        outputs = [output.name for output in (*manifest.targets, *manifest.mechanisms)]
        self._bars = {name: manifest.threshold(name) for name in outputs}
        self._rules = [_bind(rule, read, manifest) for rule in read.policy.rules]
        self._exemptions: Mapping[str, str] = {
            exemption.flag: exemption.id for exemption in read.policy.exemptions
        }

    def thresholds(self) -> Sequence[tuple[Rule, float]]:
        """Every rule with the threshold that it has for the bundle."""
        return [(bound.rule, bound.threshold) for bound in self._rules]

    def decide(self, score: Score, is_quotation: bool = False) -> Decision:
        """What is to be done with a post.

        is_quotation: whether what carried the score is said within quotation marks. That excuses
            only from rules on labels whose score those words explain.
        """
        if self._student is not None and score.stage == "student":
            return self._student.decide(score, is_quotation)

        def band(match: _Match) -> Band:
            rule = match.bound.rule
            exempt = is_quotation and rule.label in EXPLAINED and "quotation" in self._exemptions
            return "review" if exempt else rule.band

        matches = self._matches(score)
        broken = [match for match in matches if match.distance >= 0]
        if not broken:
            nearest = max(matches, key=lambda match: match.distance, default=None)
            return self._decision("allow", nearest, band(nearest) if nearest else "allow")
        decided = _strictest(broken, band)
        rule = decided.bound.rule
        others = [
            match
            for match in broken
            if match.bound.rule.label != rule.label
            or match.bound.threshold < decided.bound.threshold
        ]
        otherwise: Band = band(_strictest(others, band)) if others else "allow"
        exemption = None if band(decided) == rule.band else self._exemptions["quotation"]
        return self._decision(band(decided), decided, otherwise, exemption)

    def _matches(self, score: Score) -> list[_Match]:
        """The rules that apply to a post, with the likeliest category and mechanism of each.

        What does not reach its threshold is never named: whoever gives a reason answers for it.
        """
        bars = self._bars
        targets = [t.category for t in score.targets if t.score >= bars[t.category]]
        mechanisms = [m.mechanism for m in score.mechanisms if m.score >= bars[m.mechanism]]
        found = []
        for bound in self._rules:
            category, fits = _first(targets, bound.targets)
            mechanism, too = _first(mechanisms, bound.mechanisms)
            if fits and too:
                value = score.scores[bound.rule.label]
                found.append(_Match(bound, value, category, mechanism))
        return found

    def _decision(
        self, band: Band, match: _Match | None, otherwise: Band, exemption: str | None = None
    ) -> Decision:
        if match is None:
            return Decision(band, None, None, None, None, None, None, None, otherwise, None)
        rule = match.bound.rule
        return Decision(
            band=band,
            action=None if band == "allow" else rule.action,
            rule=rule,
            clause=match.bound.clause,
            score=match.score,
            threshold=match.bound.threshold,
            category=match.category,
            mechanism=match.mechanism,
            otherwise=otherwise,
            exemption=exemption,
        )


def _bind(rule: Rule, read: ReadPolicy, manifest: Manifest) -> _Bound:
    if rule.label not in {label.name for label in manifest.labels}:
        raise UpstanderError(
            f"{read.path}: rule {rule.id}: the bundle {manifest.name} {manifest.version} has no "
            f"label {rule.label}"
        )
    threshold = rule.threshold
    if threshold is None:
        point = rule.point or ""
        if not manifest.has_point(point):
            raise UpstanderError(
                f"{read.path}: rule {rule.id}: the bundle {manifest.name} {manifest.version} has "
                f"no operating point {point[:64]}; it has {', '.join(manifest.point_names)}"
            )
        threshold = manifest.threshold(rule.label, point)
    clause = read.policy.clause(rule.clause)
    return _Bound(rule, clause, threshold, _frozen(rule.targets), _frozen(rule.mechanisms))


def _frozen(names: tuple[str, ...] | None) -> frozenset[str] | None:
    return None if names is None else frozenset(names)


def _first(found: Sequence[str], wanted: frozenset[str] | None) -> tuple[str | None, bool]:
    """The likeliest that counts, if any, and whether the rule is about such a post."""
    if wanted is None:
        return (found[0] if found else None), True
    if not wanted:
        return None, not found
    first = next((name for name in found if name in wanted), None)
    return first, first is not None


def _strictest(matches: Sequence[_Match], band: Callable[[_Match], Band]) -> _Match:
    """The strictest band, in it the sternest action, and of those alike the first of the file."""

    def severity(match: _Match) -> tuple[int, int]:
        action = match.bound.rule.action
        return BANDS.index(band(match)), -1 if action is None else ACTIONS.index(action)

    return max(matches, key=severity)
