"""Two systems on the same cases, bars that must hold, and thresholds that are looked for."""

import json
import re
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import f1_score, precision_score, recall_score, roc_auc_score
from test_score_command import upstander

from upstander.evaluation.bars import Bar, check_bars, judged_bars, read_bar
from upstander.evaluation.cli import _check_point
from upstander.evaluation.comparison import OtherBundle, OtherScores, pair
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.fairness import fairness
from upstander.evaluation.intervals import share
from upstander.evaluation.predictions import Answers, MetricUnavailable
from upstander.evaluation.report import HEADLINE, report_of
from upstander.evaluation.runner import evaluate_all
from upstander.evaluation.suites.case import Case
from upstander.evaluation.threshold_selection import Constraints, choose
from upstander.models.bundle import Bundle
from upstander.models.errors import UpstanderError
from upstander.models.score import Score, Timings

RANDOM = np.random.default_rng(7)
TRUTH = RANDOM.random(300) < 0.3
OURS = np.clip(RANDOM.normal(0.3, 0.2, 300) + 0.4 * TRUTH, 0, 1)
THEIRS = np.clip(RANDOM.normal(0.3, 0.3, 300) + 0.2 * TRUTH, 0, 1)


def text(number: int) -> str:
    return f"text {number}"


@pytest.fixture
def answers(bundle: Bundle) -> Answers:
    """Three hundred cases with scores that were drawn; half of them speak of one group."""
    cases = [
        Case(str(n), text(n), "hate", bool(has), "hard" if n % 3 else "easy", "ab"[n % 2])
        for n, has in enumerate(TRUTH)
    ]
    scores = [
        Score({"hate": float(value)}, (), (), (), False, 1, 1, Timings(0, 0, 0)) for value in OURS
    ]
    # A threshold in the middle of what was drawn, whichever bundle is shipped.
    points = bundle.manifest.operating_points
    own = points["balanced"]["hate"].model_copy(update={"threshold": 0.4})
    balanced = {**points["balanced"], "hate": own}
    manifest = bundle.manifest.model_copy(
        update={"operating_points": {**points, "balanced": balanced}}
    )
    return Answers("made_up", cases, scores, manifest, "balanced")


def stored(scores: dict[str, float]) -> OtherScores:
    return OtherScores(Path("old.jsonl"), 0.5, {t: {"hate": s} for t, s in scores.items()})


def test_differences_flips_and_mcnemar_by_hand(answers: Answers) -> None:
    found = pair(answers, stored({text(n): float(s) for n, s in enumerate(THEIRS)}))
    mine, others = answers.threshold("hate") <= OURS, THEIRS >= 0.5
    for number, measure in {
        "auc": roc_auc_score(TRUTH, OURS) - roc_auc_score(TRUTH, THEIRS),
        "macro_f1": f1_score(TRUTH, mine, average="macro")
        - f1_score(TRUTH, others, average="macro"),
        "accuracy": (mine == TRUTH).mean() - (others == TRUTH).mean(),
    }.items():
        assert found.differences[number].value == pytest.approx(measure)
        assert found.ours[number] - found.theirs[number] == pytest.approx(measure)
        assert found.differences[number].low < measure < found.differences[number].high
    gained = int(((mine == TRUTH) & (others != TRUTH)).sum())
    lost = int(((mine != TRUTH) & (others == TRUTH)).sum())
    assert (found.gained, found.lost, len(found.flips)) == (gained, lost, gained + lost)
    assert found.p_value < 0.001  # one of them was drawn to be far better
    assert found.rows == 300


def test_the_same_scores_do_not_differ(answers: Answers) -> None:
    same = {text(n): float(s) for n, s in enumerate(OURS)}
    other = OtherScores(
        Path("old.jsonl"), answers.threshold("hate"), {t: {"hate": s} for t, s in same.items()}
    )
    found = pair(answers, other)
    assert (found.gained, found.lost, found.p_value, found.flips, found.cells) == (0, 0, 1, [], [])
    assert all((m.low, m.value, m.high) == (0, 0, 0) for m in found.differences.values())


def test_what_has_become_worse_is_named(answers: Answers) -> None:
    worse = {text(n): 1.0 if has else 0.0 for n, has in enumerate(TRUTH)}
    found = pair(answers, stored(worse))
    assert {(cell.kind, cell.name) for cell in found.cells} == {
        ("functionality", "hard"),
        ("functionality", "easy"),
        ("target", "a"),
        ("target", "b"),
    }
    assert found.cells[0].difference.value == min(c.difference.value for c in found.cells) < 0


def test_cases_that_the_other_did_not_score_are_left_out(answers: Answers) -> None:
    found = pair(answers, stored({text(n): float(THEIRS[n]) for n in range(100)}))
    assert (found.rows, found.missing) == (100, 200)
    with pytest.raises(MetricUnavailable, match="scored none"):
        pair(answers, stored({}))


def test_another_bundle_scores_the_same_cases(bundle: Bundle, other_bundle: Bundle) -> None:
    """The other bundle has the same model and other thresholds."""
    texts = ["Migrants are vermin.", "Good morning", "I hate immigrants", "See you at lunch"]
    cases = [Case(str(n), t, "hate", n % 2 == 0, "", "") for n, t in enumerate(texts)]
    scores = [bundle.scorer.score(t) for t in texts]
    mine = Answers("made_up", cases, scores, bundle.manifest, "balanced")
    found = pair(mine, OtherBundle(other_bundle.scorer))
    assert found.differences["auc"].value == 0
    assert found.rows == 4


def test_bars(answers: Answers) -> None:
    report = report_of(answers)
    found = report.headline["macro_f1"]
    value = found.value
    assert read_bar("made_up.macro_f1 >= 0.9") == Bar("made_up.macro_f1", True, 0.9)
    assert read_bar("own.recall>=0.8@lower") == Bar("own.recall", True, 0.8, "lower")
    assert str(read_bar("own.brier <= 0.1 @upper")) == "own.brier<=0.1@upper"
    (told,) = judged_bars([Bar("made_up.macro_f1", True, value)], [report], [])
    assert told.holds
    (told,) = judged_bars([Bar("made_up.macro_f1", True, value, "lower")], [report], [])
    assert not told.holds
    assert str(told).startswith(f"made_up.macro_f1>={value:g}@lower does not hold: {value:.4f}")
    assert judged_bars([Bar("made_up.macro_f1", True, found.low, "lower")], [report], [])[0].holds
    assert not judged_bars([read_bar("made_up.calibration_error<=0")], [report], [])[0].holds
    (missing,) = judged_bars([read_bar("made_up.beauty>=1")], [report], [])
    assert (missing.measured, missing.holds) == (None, False)
    compared = pair(answers, stored({text(n): float(s) for n, s in enumerate(THEIRS)}))
    assert judged_bars([read_bar("difference.made_up.auc>=0")], [report], [compared])[0].holds
    for wrong in ("made_up.macro_f1", "made_up.macro_f1=0.9", ">=0.9", "own.f1>=0.9@middle"):
        with pytest.raises(EvaluationError, match="write SUITE"):
            read_bar(wrong)


def test_every_number_can_be_a_bar_and_no_other(answers: Answers) -> None:
    report, groups = report_of(answers), fairness(answers)
    assert tuple(report.headline) == HEADLINE
    suites = {"made_up": answers.cases}
    names = [*HEADLINE, "group.a.false_positive_rate", "group.b.bpsn_auc"]
    bars = [read_bar(f"made_up.{name}>=0") for name in names]
    check_bars(bars, suites, has_other=False)
    assert all(bar.measured is not None for bar in judged_bars(bars, [report], [], groups))
    check_bars([read_bar("difference.made_up.macro_f1>=0")], suites, has_other=True)
    check_bars(
        [read_bar("hatecheck.group.women.bnsp_auc>=0")], {"hatecheck": None}, has_other=False
    )
    unread = {"hatecheck": None}
    one_class = {"own": [case for case in answers.cases if case.expected]}
    check_bars([read_bar("own.accuracy>=0")], one_class, has_other=False)
    for bar, where, why in (
        (
            "made_up.beauty>=1",
            suites,
            r"no number made_up\.beauty; there are made_up\.acc",
        ),
        ("other.auc>=1", suites, "the suites of this run are made_up"),
        ("made_up.group.c.false_positive_rate<=1", suites, r"made_up\.group\.a\.false_positive"),
        ("difference.made_up.auc>=0", suites, "a difference needs --against"),
        ("own.recall>=0.5", one_class, r"there are own\.accuracy"),
        ("hatecheck.group.women.beauty>=0", unread, r"hatecheck\.group\.GROUP"),
    ):
        with pytest.raises(EvaluationError, match=why):
            check_bars([read_bar(bar)], where, has_other=False)  # type: ignore[arg-type]


def test_precision_recall_and_f1_are_those_of_scikit_learn(answers: Answers) -> None:
    found = report_of(answers).headline
    decided = answers.threshold("hate") <= OURS
    for name, measure in (
        ("precision", precision_score(TRUTH, decided)),
        ("recall", recall_score(TRUTH, decided)),
        ("f1", f1_score(TRUTH, decided)),
    ):
        assert found[name].value == pytest.approx(measure)
        assert found[name].low < measure < found[name].high


def test_a_capacity_is_kept_and_the_lowest_threshold_taken(answers: Answers) -> None:
    found = choose(answers, Constraints(posts=1000, share=0.1, capacity=150))
    promised, best = found.chosen[:2]
    assert (promised.name, best.name) == ("at most 150 a day", "about 150 a day")
    assert promised.threshold > best.threshold
    assert promised.flagged.high <= 150 < best.flagged.high
    assert found.refused == ()
    over = best.threshold <= OURS
    assert 100 * over[TRUTH].mean() + 900 * over[~TRUTH].mean() <= 150
    assert best.flagged.low <= 150
    assert best.caught.value + best.lost.value == pytest.approx(100)
    assert best.flagged.value == pytest.approx(best.caught.value + best.wrong.value)
    for day in (best.flagged, best.caught, best.lost, best.wrong):
        assert day.low < day.value < day.high
    lower = max(value for value in OURS if value < best.threshold)
    recall, alarms = (lower <= OURS)[TRUTH].mean(), (lower <= OURS)[~TRUTH].mean()
    assert 100 * recall + 900 * alarms > 150
    assert {group.group for group in best.groups} == {"a", "b"}
    assert [c.name for c in found.chosen[2:]] == [
        "operating point quiet",
        "operating point balanced",
        "operating point watchful",
    ]


def test_a_threshold_is_judged_on_rows_that_it_was_not_chosen_on(bundle: Bundle) -> None:
    """Of scores that say nothing the cheapest threshold looks better than it is on its own rows."""
    wish = Constraints(posts=1000, missed=1, flagged=1)
    gains = []
    for seed in range(6):
        random = np.random.default_rng(seed)
        truth, values = random.random(60) < 0.5, random.random(60)
        cases = [Case(str(n), f"text {n}", "hate", bool(t), "", "") for n, t in enumerate(truth)]
        scores = [
            Score({"hate": float(v)}, (), (), (), False, 1, 1, Timings(0, 0, 0)) for v in values
        ]
        answers = Answers("made_up", cases, scores, bundle.manifest, "balanced")
        best = choose(answers, wish).chosen[0]
        assert best.cost is not None
        gains.append(best.cost.value - 1000 * (truth != (values >= best.threshold)).mean())
    assert np.mean(gains) > 20


def test_what_the_rows_cannot_show_is_not_promised(answers: Answers) -> None:
    """None of 210 rows: with 95 % certainty up to 1.8 % of such posts, and so 16 of 900."""
    found = choose(answers, Constraints(posts=1000, share=0.1, capacity=15))
    assert [choice.name for choice in found.chosen[:1]] == ["about 15 a day"]
    negatives = int((~TRUTH).sum())
    (told,) = found.refused
    assert told.startswith(
        f"at most 15 a day: these rows cannot show it: even if none of {negatives}"
    )
    needed = int(re.search(r"about ([\d,]+) such rows", told)[1].replace(",", ""))  # type: ignore[index]
    assert share(0, needed).high * 900 == pytest.approx(7.5, rel=0.01)
    # Rows of one author are as good as one row.
    cases = [replace(case, cluster=f"{n % 20}") for n, case in enumerate(answers.cases)]
    clustered = choose(
        replace(answers, cases=cases), Constraints(posts=1000, share=0.1, capacity=100)
    )
    assert [choice.name for choice in clustered.chosen[:1]] == ["about 100 a day"]
    assert "even if none of 20 rows" in clustered.refused[0]
    few = replace(answers, cases=answers.cases[:12], scores=answers.scores[:12])
    cheap = choose(few, Constraints(posts=1000, missed=10, flagged=1))
    assert cheap.chosen[0].name == "operating point quiet"
    assert cheap.refused[0].endswith("bring at least 10 with the label and as many without")


def test_a_share_that_is_that_of_the_rows_is_no_surer_than_they_are(answers: Answers) -> None:
    known = choose(answers, Constraints(1000, float(TRUTH.mean()))).chosen[0]
    guessed = choose(answers, Constraints(1000)).chosen[0]
    assert guessed.caught.value == pytest.approx(known.caught.value)
    assert guessed.caught.low < known.caught.low
    assert guessed.caught.high > known.caught.high


@pytest.mark.parametrize("prevalence", [0.0, 1.0])
def test_a_day_may_have_posts_of_one_kind_only(answers: Answers, prevalence: float) -> None:
    found = choose(answers, Constraints(1000, prevalence, capacity=1000, missed=1, flagged=1))
    assert found.refused == ()
    for choice in found.chosen:
        found_all = choice.caught.value + choice.lost.value
        assert found_all == pytest.approx(1000 * prevalence)
        assert choice.wrong.high <= 1000 * (1 - prevalence)


def test_an_operating_point_that_the_bundle_lacks_is_refused(bundle: Bundle) -> None:
    for name in ("quiet", "watchful", "high-precision", "high-recall"):
        _check_point(name, bundle.manifest)
    with pytest.raises(UpstanderError, match=r"the bundle has quiet, balanced, watchful$"):
        _check_point("perfect", bundle.manifest)


def test_the_cheapest_threshold_is_cheaper_than_any_other(answers: Answers) -> None:
    wish = Constraints(posts=1000, missed=10, flagged=1)
    found = choose(answers, wish)
    assert found.share == pytest.approx(TRUTH.mean())
    costs = [
        10 * 1000 * (TRUTH & (level > OURS)).mean() + 1000 * (~TRUTH & (level <= OURS)).mean()
        for level in OURS
    ]
    best = found.chosen[0]
    missed = 10 * 1000 * (TRUTH & (best.threshold > OURS)).mean()
    assert missed + 1000 * (~TRUTH & (best.threshold <= OURS)).mean() == pytest.approx(min(costs))
    assert best.cost is not None
    assert best.cost.low < min(costs) < best.cost.high
    with pytest.raises(EvaluationError, match="the rows are too few to tell"):
        choose(answers, Constraints(posts=10**9, share=0.5, capacity=1))


def test_the_command_compares_chooses_and_fails_by_a_bar(tmp_path: Path) -> None:
    old = tmp_path / "old.jsonl"
    labelled = tmp_path / "labelled.jsonl"
    texts = [(f"Good morning {n}", 0) for n in range(12)]
    texts += [(f"Migrants are vermin, number {n}.", 1) for n in range(12)]
    labelled.write_text("".join(json.dumps({"text": t, "bad": b}) + "\n" for t, b in texts))
    rows = [{"text": t, "scores": {"TOXICITY": 0.4 + 0.2 * (n % 2)}} for n, (t, _) in
            enumerate(texts)]  # fmt: skip
    old.write_text("".join(json.dumps(row) + "\n" for row in rows))
    out = tmp_path / "out"
    done = upstander(
        "evaluate", labelled, "--label", "bad=toxicity", "--against", old, "--out", out,
        "--thresholds", "--posts", "1000", "--share", "0.05", "--capacity", "100",
        "--require", "own.auc>=0.9", "--require", "difference.own.auc>=0.9",
    )  # fmt: skip
    assert done.returncode == 1
    assert "difference.own.auc>=0.9 does not hold" in done.stderr
    assert "own.auc>=0.9 does not hold: " not in done.stderr.replace("difference.own", "")
    written = json.loads((out / "report.json").read_text())
    assert written["pairs"][0]["rows"] == 24
    flagged = written["choices"][0]["chosen"][0]["flagged"]
    assert flagged["low"] <= 100 < flagged["high"]
    assert "own: against the other" in (out / "report.md").read_text()
    page = (out / "report.html").read_text()
    assert "own: what a queue finds" in page


def test_what_cannot_be_compared_or_chosen_is_named_and_the_rest_is_kept(
    bundle: Bundle,
) -> None:
    cases = [Case("1", "Good morning", "hate", False, "", "")] * 2
    cases += [Case("2", "I hate immigrants", "hate", True, "", "")] * 2
    found = evaluate_all(
        bundle.scorer,
        Path(),
        suites={"made_up": lambda _: cases},
        with_goals=(),
        against=stored({}),
        wish=Constraints(posts=10**9, share=0.5, capacity=1),
    )
    assert [report.rows for report in found.suites] == [4]
    assert set(found.left_out) == {"made_up, against", "made_up, thresholds"}
    assert "scored none" in found.left_out["made_up, against"]
