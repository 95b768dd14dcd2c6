"""The measures on the world, against numbers that can be counted by hand."""

import tomllib
from collections.abc import Mapping, Sequence

import numpy as np
import pytest
from rich.console import Console

from upstander.evaluation.anchor import anchor_of, anchors_of, part_of
from upstander.evaluation.calibration import error_of_strata, expected_error
from upstander.evaluation.goal import Goal, goals_table
from upstander.evaluation.intervals import Measured, clustered, stratified
from upstander.evaluation.page.anchors import beside
from upstander.evaluation.predictions import Answers, MetricUnavailable
from upstander.evaluation.suites.case import Case
from upstander.evaluation.top_category import top_category, top_mechanism
from upstander.evaluation.world import (
    DEFAULT_POLICY,
    FLAGGED_BY,
    among_hate,
    calibration_at,
    flagged,
    flagged_by,
    found_at,
    found_by_default,
    rank_agreement,
    unseen_less_seen,
    worst_domain,
)
from upstander.models.bundle import Bundle
from upstander.models.score import MechanismScore, Score, TargetScore, Timings
from upstander.models.shipped import SHIPPED_POLICIES
from upstander.serving.settings import Settings

Scores = Mapping[str, float]


def case(name: str, expected: bool | None = False, **fields: object) -> Case:
    kept = {"functionality": "", "target": "", "label": "dehumanization", **fields}
    return Case(id=name, text=f"text {name}", expected=expected, **kept)  # type: ignore[arg-type]


def answers(bundle: Bundle, rows: Sequence[tuple[Case, Scores]], suite: str = "x") -> Answers:
    return Answers(
        suite,
        [one for one, _ in rows],
        [
            Score(
                dict(scores),
                (TargetScore("race", 0.9),),
                (MechanismScore("vermin", 0.8),),
                (),
                False,
                1,
                1,
                Timings(0, 0, 0),
            )
            for _, scores in rows
        ],
        bundle.manifest,
        "balanced",
    )


def ordinary(bundle: Bundle, scores: Sequence[float]) -> Answers:
    return answers(
        bundle,
        [
            (
                case(str(n), functionality="big" if n < 100 else "small"),
                {"dehumanization": score, "hate": score},
            )
            for n, score in enumerate(scores)
        ],
    )


@pytest.mark.parametrize("policy", FLAGGED_BY)
def test_the_policies_that_are_measured_are_those_that_are_shipped(policy: str) -> None:
    rules = tomllib.loads((SHIPPED_POLICIES / f"{policy}.toml").read_text())["rules"]
    assert {rule["label"]: rule["point"] for rule in rules} == FLAGGED_BY[policy]
    assert Settings().policy == DEFAULT_POLICY


def test_the_default_policy_flags_what_any_rule_flags(bundle: Bundle) -> None:
    low = {"dehumanization": 0.0, "hate": 0.0, "threat": 0.0}
    points = {name: bundle.manifest.threshold(name, "quiet") for name in ("hate", "threat")}
    rows = [
        (case("1", True), low | {"dehumanization": 1.0}),
        (case("2", False, also={"hate": True}), low | {"hate": points["hate"]}),
        (case("3", False, also={"hate": True}), low | {"hate": points["hate"] - 0.01}),
        (case("4", False, also={"hate": False}), low | {"threat": points["threat"]}),
        (case("5", None), low),
    ]
    posts = answers(bundle, rows)
    assert flagged_by("hate", posts).value == 3 / 5
    assert flagged_by("dehumanization", posts).value == 1 / 5
    found = found_by_default(posts)
    assert (found.value, found.rows) == (2 / 3, 3)
    with pytest.raises(MetricUnavailable):
        found_by_default(answers(bundle, rows[3:]))


def test_the_policy_dehumanization_flags_at_the_balanced_threshold(bundle: Bundle) -> None:
    threshold = bundle.manifest.threshold("dehumanization", "balanced")
    posts = ordinary(bundle, [threshold, *[0.0] * 99, *[1.0] * 10])
    assert flagged_by("dehumanization", posts).value == pytest.approx(11 / 110)
    assert flagged(posts, "hate", 0.99).value == pytest.approx(10 / 110)
    assert flagged(posts, "hate", 0.99, "small").value == 1
    measured, domain = worst_domain(posts)
    assert (measured.value, measured.rows, domain) == (0.01, 100, "big")
    with pytest.raises(MetricUnavailable, match="no rows"):
        flagged(posts, "hate", 0.5, "no such domain")
    with pytest.raises(MetricUnavailable, match="not in this bundle"):
        flagged(posts, "sarcasm", 0.5)


def natural(bundle: Bundle) -> Answers:
    rows = [
        *((True, True, 0.9), (True, True, 0.6), (False, True, 0.7), (False, True, 0.2)),
        *((False, False, 0.95), (None, True, 0.99), (False, False, 0.1)),
    ]
    return answers(
        bundle,
        [
            (
                case(str(n), dehumanizes, also={"hate": hates}),
                {"dehumanization": score, "hate": score},
            )
            for n, (dehumanizes, hates, score) in enumerate(rows)
        ],
    )


def test_what_is_found_where_few_ordinary_posts_are_flagged(bundle: Bundle) -> None:
    posts = ordinary(bundle, [0.95, 0.8, *np.linspace(0, 0.5, 198)])
    assert found_at(natural(bundle), posts, "dehumanization", 0.005)[1] == 0.8
    assert found_at(natural(bundle), posts, "dehumanization", 0.005)[0].value == 0.5
    assert found_at(natural(bundle), posts, "dehumanization", 0.0)[0].value == 0
    found, _ = found_at(natural(bundle), posts, "hate", 0.01)
    assert found.value == 0.8
    assert found.low <= 0.8 <= found.high


def test_dehumanization_is_held_against_other_hate_alone(bundle: Bundle) -> None:
    measured = among_hate(natural(bundle))
    assert (measured.value, measured.rows) == (0.75, 4)


def test_calibration_at_a_base_rate_weighs_the_three_samples(bundle: Bundle) -> None:
    measured = calibration_at(natural(bundle), ordinary(bundle, [0.0] * 50), "dehumanization", 0.1)
    truth = np.array([True] * 2 + [False] * 4 + [False] * 50)
    scores = np.array([0.9, 0.6, 0.7, 0.2, 0.95, 0.1, *[0.0] * 50])
    weights = np.array([0.05] * 2 + [0.9 * 0.1 / 4] * 4 + [0.81 / 50] * 50)
    assert measured.value == pytest.approx(expected_error(truth, scores, weights))
    perfect = error_of_strata(
        [(np.array([True]), np.array([1.0]), 0.5), (np.array([False]), np.array([0.0]), 0.5)]
    )
    assert perfect.value == 0


def test_agreement_is_of_ranks_and_a_mean_over_labels(bundle: Bundle) -> None:
    rows = [
        (
            case(str(n), cluster=str(n // 2), reference={"hate": n / 20, "toxicity": -n / 20}),
            {"hate": (n / 20) ** 3, "toxicity": n / 20},
        )
        for n in range(20)
    ]
    own = answers(bundle, rows)
    assert rank_agreement(own, ["hate"]).value == pytest.approx(1)
    assert rank_agreement(own, ["toxicity"]).value == pytest.approx(-1)
    both = rank_agreement(own, ["hate", "toxicity"])
    assert (both.value, both.rows) == (pytest.approx(0), 20)


def test_unseen_less_seen_is_a_difference_of_recalls(bundle: Bundle) -> None:
    threshold = bundle.manifest.threshold("dehumanization")
    rows = [
        (
            case(f"{part}{n}", True, functionality=part, template=str(n)),
            {"dehumanization": threshold + (0.01 if n < hits else -0.01)},
        )
        for part, hits in (("seen", 8), ("unseen", 6))
        for n in range(10)
    ]
    measured = unseen_less_seen(answers(bundle, rows))
    assert measured.value == pytest.approx(-0.2)
    assert measured.low < -0.2 < measured.high <= 0
    with pytest.raises(MetricUnavailable, match="one part"):
        unseen_less_seen(answers(bundle, rows[:10]))


def test_a_mechanism_is_right_if_it_is_any_of_those_that_are_named(bundle: Bundle) -> None:
    rows = [
        (case("1", True, mechanisms=frozenset({"animal", "vermin"})), {}),
        (case("2", True, mechanism="vermin"), {}),
        (case("3", True, mechanisms=frozenset({"filth"})), {}),
        (case("4", True), {}),
        (case("5", False, categories=frozenset({"race"})), {}),
        (case("6", True, categories=frozenset({"race", "gender"})), {}),
    ]
    measured = top_mechanism(answers(bundle, rows))
    assert (measured.value, measured.rows) == (pytest.approx(2 / 3), 3)
    category, note = top_category({"x": answers(bundle, rows)})
    assert (category.value, category.rows, note) == (1, 1, "")
    with pytest.raises(MetricUnavailable):
        top_mechanism(answers(bundle, rows[3:]))


def test_an_anchor_stands_beside_the_bundle_on_the_same_cases(bundle: Bundle) -> None:
    rows = [
        (
            case(
                str(n),
                n % 2 == 0,
                label="hate",
                functionality=f"f{n % 2}",
                verdicts={"Perspective API": True} if n < 8 else {},
            ),
            {"hate": float(n % 2 == 0)},
        )
        for n in range(10)
    ]
    anchor = anchor_of(answers(bundle, rows, "hatecheck"), "Perspective API")
    assert anchor.macro_f1.ours.value == 1
    assert anchor.macro_f1.theirs.value == pytest.approx(1 / 3)
    assert part_of(anchor, "f1").theirs.value == 0
    assert part_of(anchor, "f1").theirs.rows == 4
    with pytest.raises(MetricUnavailable):
        part_of(anchor, "f2")
    assert anchors_of(answers(bundle, rows[8:])) == []
    section = beside(anchor)
    assert section.title == "hatecheck beside the Perspective API"
    assert [row[0] for row in section.tables[0].rows] == ["all cases, macro-F1", "f0", "f1"]
    assert section.tables[0].rows[2][2].startswith("0.000")


def test_whole_clusters_are_drawn() -> None:
    values = np.repeat(np.arange(10) % 2, 20).astype(np.float64)
    rows = clustered([str(n // 20) for n in range(200)], lambda own: float(values[own].mean()))
    alone = clustered([""] * 200, lambda own: float(values[own].mean()))
    assert rows.value == alone.value == 0.5
    assert rows.rows == alone.rows == 200
    assert rows.high - rows.low > 2 * (alone.high - alone.low)


def test_each_sample_is_drawn_on_its_own() -> None:
    sizes: set[tuple[int, ...]] = set()

    def measure(drawn: Sequence[np.ndarray]) -> float:  # type: ignore[type-arg]
        sizes.add(tuple(len(rows) for rows in drawn))
        return float(drawn[0].mean() - drawn[1].mean())

    measured = stratified([5, 50], measure, resamples=20)
    assert sizes == {(5, 50)}
    assert measured.rows == 55


def test_a_small_share_is_told_with_four_decimals() -> None:
    console = Console(record=True, width=110)
    small = Measured(0.0034, 0.0021, 0.0052, 10870)
    console.print(goals_table([Goal("few", small, 0.003, 0.001, True), Goal("x", small, 0.5, 0.6)]))
    few, other = console.export_text().splitlines()[1:3]
    assert "0.0034" in few
    assert "missed" in few
    assert "0.003 " in other
