"""Policies: what is wrong with one is said with its line, and what it decides is plain."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from upstander.audit import unequal_rules
from upstander.models.bundle import Bundle
from upstander.models.errors import UpstanderError
from upstander.models.labels import LABELS, MECHANISMS, TARGETS
from upstander.models.policy.checks import unreached
from upstander.models.policy.decide import BoundPolicy, Decision
from upstander.models.policy.document import BANDS, RECORDED, Band
from upstander.models.policy.explanation import reason_for
from upstander.models.policy.loader import PolicyError, parse_policy, read_policy
from upstander.models.policy.quotation import is_quotation
from upstander.models.rationale import Span
from upstander.models.score import MechanismScore, Score, TargetScore, Timings
from upstander.models.shipped import SHIPPED_POLICIES

HEAD = """schema = 1
id = "forum"
version = "1.0.0"
title = "The rules of a forum"
text = '''
[[rules]] in a text is no rule
'''

[[clauses]]
id = "1"
title = "Be kind"
"""


SIX = ("toxicity", "severe_toxicity", "identity_attack", "insult", "profanity", "threat")


def a_rule(own_id: str = "unkind", **more: object) -> str:
    fields = {"id": f'"{own_id}"', "clause": '"1"', "label": '"toxicity"', "threshold": 0.5, **more}
    return "\n[[rules]]\n" + "".join(
        f"{name} = {value}\n" for name, value in fields.items() if value is not None
    )


def written(folder: Path, *parts: str) -> Path:
    path = folder / "forum.toml"
    path.write_text(HEAD + "".join(parts))
    return path


@pytest.mark.parametrize(
    ("parts", "line", "what"),
    [
        ([a_rule(label='"rudeness"')], 16, "rules.1.label: unknown: rudeness; available: dehuman"),
        ([a_rule(), a_rule("b", targets='["cats"]')], 24, "rules.2.targets: unknown: cats; avail"),
        ([a_rule(mechanisms='["slime"]')], 18, "rules.1.mechanisms: unknown: slime; availa"),
        ([a_rule(colour='"red"')], 18, "rules.1.colour: unknown field"),
        ([a_rule(threshold=1.5)], 17, "rules.1.threshold: input should be less than or equal to 1"),
        ([a_rule(threshold=None)], 13, "rules.1.point: give a point of the bundle, or a threshold"),
        ([a_rule(point='"balanced"')], 18, "rules.1.point: give a point of the bundle, or a thr"),
        ([a_rule(band='"act"')], 13, "rules.1.action: a rule that acts needs an action"),
        ([a_rule(band='"allow"')], 18, "rules.1.band: input should be 'review' or 'act'"),
        ([a_rule(clause='"7"')], 15, "rules.1.clause: no clause has the id 7"),
        ([a_rule(), a_rule(label='"insult"')], 20, "rules.2.id: the id unkind is used twice"),
        ([a_rule(), a_rule("b", threshold=0.7)], 19, "rules.2: overlaps with rule unkind: both"),
        (
            [a_rule(threshold=0.7), a_rule("b", band='"act"', action='"limit"')],
            13,
            "rules.1: is never reached: rule b decides all such posts more strictly",
        ),
        ([a_rule(), '[[exemptions]]\nid = "x"\nflag = "art"\n'], 20, "exemptions.1.flag: input sh"),
        ([a_rule(), "oh dear\n"], 18, "not TOML: Expected '=' after a key in a key/value pair"),
        ([], 1, "rules: there is no rule"),
    ],
)
def test_what_is_wrong_is_said_with_its_line(
    tmp_path: Path, parts: list[str], line: int, what: str
) -> None:
    path = written(tmp_path, *parts)
    with pytest.raises(PolicyError) as caught:
        read_policy(path)
    first = str(caught.value).splitlines()[0]
    assert first.startswith(f"{path}:{line}: {what}"), str(caught.value)


ADDRESSES = {
    "javascript:alert(1)": False,
    " javascript:alert(1)": False,
    "java\\nscript:alert(1)": False,
    "JavaScript://example.org/%0aalert(1)": False,
    "data:text/html,<script>alert(1)</script>": False,
    "vbscript:msgbox": False,
    "file:///etc/passwd": False,
    "//example.org/rules": False,
    "example.org/rules": False,
    "https://": False,
    "": True,
    "https://example.org/rules#1": True,
    "http://localhost:8080/r?a=b": True,
}
"""An address in a policy, as TOML writes it, and whether a page may link to it."""


@pytest.mark.parametrize("address", ADDRESSES)
@pytest.mark.parametrize("of", ["policy", "clause"])
def test_an_address_is_one_of_the_web(tmp_path: Path, address: str, of: str) -> None:
    path = written(tmp_path, f'url = "{address}"\n', a_rule())
    if of == "policy":
        path.write_text(f'url = "{address}"\n{HEAD}{a_rule()}')
    if ADDRESSES[address]:
        assert read_policy(path).policy.rules
        return
    line = 1 if of == "policy" else 12
    with pytest.raises(PolicyError, match=f"forum.toml:{line}: .*url: give an address that begins"):
        read_policy(path)
    recorded = parse_policy(path.read_bytes(), path, RECORDED)  # its decisions can be replayed
    assert recorded.policy.rules


def test_all_that_is_wrong_is_said_at_once(tmp_path: Path) -> None:
    with pytest.raises(PolicyError) as caught:
        read_policy(written(tmp_path, a_rule(label='"x"'), a_rule("b", colour=1)))
    assert len(str(caught.value).splitlines()) == 2


@pytest.mark.parametrize(
    "parts",
    [
        [a_rule(targets='["race"]'), a_rule("b", targets='["religion"]')],
        [a_rule(targets="[]"), a_rule("b", targets='["religion"]')],
        [a_rule(mechanisms='["vermin"]'), a_rule("b", mechanisms="[]")],
        [a_rule(), a_rule("b", label='"insult"')],
        [a_rule(), a_rule("b", threshold=0.9, band='"act"', action='"limit"')],
    ],
)
def test_rules_that_stay_out_of_each_others_way_are_fine(tmp_path: Path, parts: list[str]) -> None:
    assert len(read_policy(written(tmp_path, *parts)).policy.rules) == 2


def test_what_the_bundle_has_not_is_said(tmp_path: Path, bundle: Bundle) -> None:
    read = read_policy(written(tmp_path, a_rule(threshold=None, point='"perfect"')))
    names = "quiet, balanced, watchful"
    with pytest.raises(UpstanderError, match=f"no operating point perfect; it has {names}$"):
        BoundPolicy(read, bundle.manifest)


@pytest.mark.parametrize(("old", "new"), [("high-recall", "watchful"), ("high-precision", "quiet")])
def test_a_point_may_be_written_by_its_older_name(
    tmp_path: Path, bundle: Bundle, old: str, new: str
) -> None:
    for name in (old, new):
        read = read_policy(written(tmp_path, a_rule(threshold=None, point=f'"{name}"')))
        ((_, threshold),) = BoundPolicy(read, bundle.manifest).thresholds()
        assert threshold == bundle.manifest.threshold("toxicity", new)
    strict = a_rule("b", threshold=None, point=f'"{new}"', band='"act"', action='"limit"')
    with pytest.raises(PolicyError, match="is never reached: rule b"):
        read_policy(written(tmp_path, a_rule(threshold=None, point=f'"{old}"'), strict))


def a_score(
    scores: Mapping[str, float], targets: Any = (), mechanisms: Any = (), spans: Any = ()
) -> Score:
    return Score(
        scores=dict.fromkeys(LABELS, 0.0) | dict(scores),
        targets=tuple(TargetScore(name, 1.0) for name in targets),
        mechanisms=tuple(MechanismScore(name, 1.0) for name in mechanisms),
        spans=spans,
        obfuscated=False,
        windows=1,
        tokens=3,
        timings=Timings(0, 0, 0),
    )


@pytest.fixture(scope="module")
def forum(tmp_path_factory: pytest.TempPathFactory, bundle: Bundle) -> BoundPolicy:
    """People look at rude posts from 0.5, and threats are withheld from 0.9."""
    path = written(
        tmp_path_factory.mktemp("policies"),
        a_rule(),
        a_rule("threat", label='"threat"', threshold=0.9, band='"act"', action='"withhold"'),
        a_rule("faith", label='"hate"', targets='["religion"]', mechanisms='["vermin"]'),
        '\n[[exemptions]]\nid = "quoted"\nflag = "quotation"\n',
    )
    return BoundPolicy(read_policy(path), bundle.manifest)


def test_the_strictest_band_wins(forum: BoundPolicy) -> None:
    decision = forum.decide(a_score({"toxicity": 0.8, "threat": 0.95}))
    assert (decision.band, decision.action) == ("act", "withhold")
    assert decision.rule is not None
    assert decision.rule.id == "threat"
    assert decision.clause is not None
    assert decision.clause.title == "Be kind"
    assert decision.distance == pytest.approx(0.05)
    assert decision.otherwise == "review"  # it would still be rude


def test_a_score_at_the_threshold_breaks_the_rule(forum: BoundPolicy) -> None:
    assert forum.decide(a_score({"toxicity": 0.5})).band == "review"
    allowed = forum.decide(a_score({"toxicity": 0.4999}))
    assert (allowed.band, allowed.otherwise, allowed.action) == ("allow", "review", None)
    assert allowed.distance == pytest.approx(-0.0001)


def test_a_rule_counts_only_for_its_categories_and_mechanisms(forum: BoundPolicy) -> None:
    hate = {"hate": 0.9}
    assert forum.decide(a_score(hate)).band == "allow"
    assert forum.decide(a_score(hate, ["race"], ["vermin"])).band == "allow"
    assert forum.decide(a_score(hate, ["religion"], ["filth"])).band == "allow"
    decision = forum.decide(a_score(hate, ["race", "religion"], ["filth", "vermin"]))
    assert (decision.band, decision.category, decision.mechanism) == (
        "review",
        "religion",
        "vermin",
    )


def test_a_quotation_goes_to_people_and_never_further(tmp_path: Path, bundle: Bundle) -> None:
    acts = {"band": '"act"', "action": '"limit"'}
    path = written(
        tmp_path,
        a_rule("hate", label='"hate"', **acts),
        a_rule("threat", label='"threat"', **acts),
        a_rule(),
        '\n[[exemptions]]\nid = "quoted"\nflag = "quotation"\n',
    )
    policy = BoundPolicy(read_policy(path), bundle.manifest)
    exempted = policy.decide(a_score({"hate": 0.95}), is_quotation=True)
    assert (exempted.band, exempted.exemption) == ("review", "quoted")
    assert "quotation marks" in reason_for(exempted)
    assert policy.decide(a_score({"hate": 0.95})).band == "act"
    # The words that are marked are no reason for a threat, so quoting them excuses from none.
    assert policy.decide(a_score({"threat": 0.95}), is_quotation=True).band == "act"
    assert policy.decide(a_score({"toxicity": 0.8}), is_quotation=True).band == "review"
    below = policy.decide(a_score({"hate": 0.49}), is_quotation=True)
    assert (below.band, below.otherwise) == ("allow", "review")


def test_of_two_rules_of_a_band_the_sterner_action_decides(tmp_path: Path, bundle: Bundle) -> None:
    path = written(
        tmp_path,
        a_rule("race", label='"hate"', targets='["race"]', band='"act"', action='"label"'),
        a_rule("faith", label='"hate"', targets='["religion"]', band='"act"', action='"withhold"'),
    )
    policy = BoundPolicy(read_policy(path), bundle.manifest)
    decision = policy.decide(a_score({"hate": 0.9}, ["race", "religion"]))
    assert (decision.action, decision.category) == ("withhold", "religion")


def test_a_rule_out_of_reach_for_a_bundle_is_found(tmp_path: Path, bundle: Bundle) -> None:
    path = written(
        tmp_path,
        a_rule("low", label='"hate"', threshold=0.9),
        a_rule(
            "high",
            label='"hate"',
            threshold=None,
            point='"balanced"',
            band='"act"',
            action='"limit"',
        ),
    )
    bound = BoundPolicy(read_policy(path), bundle.manifest)
    ((rule, strict),) = unreached(bound.thresholds())
    assert (rule.id, strict.id) == ("low", "high")


@given(
    low=st.fixed_dictionaries({label: st.floats(0, 1) for label in ("toxicity", "threat", "hate")}),
    label=st.sampled_from(["toxicity", "threat", "hate"]),
    higher=st.floats(0, 1),
)
def test_a_higher_score_is_never_treated_more_mildly(
    forum: BoundPolicy, low: dict[str, float], label: str, higher: float
) -> None:
    high = low | {label: max(low[label], higher)}
    bands = [
        BANDS.index(forum.decide(a_score(scores, ["religion"], ["vermin"])).band)
        for scores in (low, high)
    ]
    assert bands[0] <= bands[1]


@pytest.mark.parametrize("label", LABELS)
def test_every_reason_can_be_said(forum: BoundPolicy, label: str) -> None:
    broken = forum.decide(a_score({"toxicity": 0.8}))
    assert broken.rule is not None
    rule = broken.rule.model_copy(update={"label": label})
    for category, mechanism in product([*TARGETS, None], [*MECHANISMS, None]):
        decision: Decision = replace(broken, rule=rule, category=category, mechanism=mechanism)
        reason = reason_for(decision)
        assert reason.startswith("The post probably "), (category, mechanism)
        name = label.replace("_", " ")
        assert reason.endswith(f": its {name} score of 0.80 reaches the threshold of 0.50.")
        assert "None" not in reason


@given(score=st.floats(0, 1), threshold=st.floats(1e-9, 1))
def test_a_reason_never_shows_a_score_on_the_wrong_side(
    forum: BoundPolicy, score: float, threshold: float
) -> None:
    one = forum.decide(a_score({"toxicity": 0.1}))
    band: Band = "review" if score >= threshold else "allow"
    reason = reason_for(replace(one, band=band, score=score, threshold=threshold))
    ((shown, limit),) = re.findall(r"score of (\S+) .* threshold of (\S+)\.$", reason)
    assert (float(shown) >= float(limit)) == (score >= threshold)
    assert float(limit) > 0


SHIPPED = sorted(SHIPPED_POLICIES.glob("*.toml"))


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_what_is_under_its_threshold_is_never_stated(shipped: Path, bundle: Bundle) -> None:
    policy = BoundPolicy(read_policy(shipped), bundle.manifest)
    score = a_score(dict.fromkeys(LABELS, 0.99))
    nothing = reason_for(policy.decide(score))
    for name in (*TARGETS, *MECHANISMS):
        threshold = bundle.manifest.threshold(name)
        for likely in (threshold, threshold - 1e-6):
            found = (
                replace(score, targets=(TargetScore(name, likely),))
                if name in TARGETS
                else replace(score, mechanisms=(MechanismScore(name, likely),))
            )
            decision = policy.decide(found)
            stated = name if likely >= threshold else None
            assert (decision.category or decision.mechanism) == stated
            assert stated or reason_for(decision) == nothing


@pytest.mark.parametrize(
    ("text", "words", "quoted"),
    [
        ('The minister said "they are vermin" and resigned.', "they are vermin", True),
        ("He wrote \u201cthey are vermin\u201d on a wall today.", "vermin", True),
        ("He wrote \u00abthey are vermin\u00bb on a wall today.", "vermin", True),
        ('"They are vermin"', "vermin", False),
        ('"They are vermin" lol yes', "vermin", False),
        ("They are vermin, he said to us.", "vermin", False),
        ('They are vermin, and "nice" is a word for fools.', "vermin", False),
        ("It's vermin that doesn't leave the house.", "vermin", False),
    ],
)
def test_a_quotation_is_told_by_its_marks(text: str, words: str, quoted: bool) -> None:
    begin = text.index(words)
    assert is_quotation(text, [Span(begin, begin + len(words), 0.9)]) is quoted
    assert not is_quotation(text, [])


@pytest.mark.parametrize("name", ["dehumanization", "hate"])
def test_a_shipped_policy_protects_every_category(bundle: Bundle, name: str) -> None:
    read = read_policy(SHIPPED_POLICIES / f"{name}.toml")
    rules = [rule for rule in read.policy.rules if rule.label == "dehumanization"]
    assert {target for rule in rules for target in rule.targets or ()} == set(TARGETS)
    assert {threshold for rule, threshold in BoundPolicy(read, bundle.manifest).thresholds()
            if rule in rules} == {bundle.manifest.threshold("dehumanization")}  # fmt: skip


@pytest.mark.parametrize("shipped", SHIPPED, ids=lambda path: path.stem)
def test_a_shipped_policy_leaves_every_post_to_people(shipped: Path, bundle: Bundle) -> None:
    read = read_policy(shipped)
    assert (read.policy.id, shipped.stem) == (shipped.stem, read.policy.id)
    assert {rule.band for rule in read.policy.rules} == {"review"}
    assert unequal_rules(BoundPolicy(read, bundle.manifest)) == []


@pytest.mark.parametrize(
    ("policy", "label", "rule"),
    [
        ("hate", "dehumanization", "group-unknown"),
        ("hate", "hate", "hate"),
        ("hate", "threat", "threat"),
        ("hate", "toxicity", None),
        ("dehumanization", "dehumanization", "group-unknown"),
        ("dehumanization", "hate", None),
        *(("perspective", label, label.replace("_", "-")) for label in SIX),
        ("perspective", "hate", None),
    ],
)
def test_a_shipped_policy_flags_its_labels_and_no_others(
    bundle: Bundle, policy: str, label: str, rule: str | None
) -> None:
    bound = BoundPolicy(read_policy(SHIPPED_POLICIES / f"{policy}.toml"), bundle.manifest)
    decision = bound.decide(a_score({label: 0.99}))
    assert decision.band == ("review" if rule else "allow")
    assert rule is None or (decision.rule is not None and decision.rule.id == rule)
