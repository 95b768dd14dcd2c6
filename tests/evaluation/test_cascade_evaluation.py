"""A cascade outside the service: files of posts, its evaluation, and the bench of its stages."""

import json
from dataclasses import replace
from pathlib import Path

import pyarrow.parquet as pq
import pytest
from cascades import HARMLESS, HATEFUL
from suite_files import write_ordinary
from test_score_command import upstander

from benchmarks.cascade import WAYS, lines, measure
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.intervals import Measured
from upstander.evaluation.predictions import Answers
from upstander.evaluation.stages import Stages, kept_over_all
from upstander.evaluation.suites.case import Case
from upstander.models.bundle import Bundle
from upstander.models.score import Stage
from upstander.score import SHIPPED_POLICY


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Labelled posts, of which the first half is harmless."""
    path = tmp_path_factory.mktemp("posts") / "posts.jsonl"
    rows = [{"text": f"{HARMLESS} {number}", "hate": 0} for number in range(4)]
    rows += [{"text": f"{HATEFUL} {number}", "hate": 1} for number in range(4)]
    path.write_text("".join(json.dumps(row) + "\n" for row in rows))
    return path


def test_a_file_says_the_stage_of_every_row(cascade: Bundle, posts: Path, tmp_path: Path) -> None:
    output, table = tmp_path / "scores.jsonl", tmp_path / "scores.parquet"
    for place in (output, table):
        done = upstander("score", posts, "--bundle", cascade.path, "-o", place)
        assert done.returncode == 0, done.stderr
    answers = [json.loads(line) for line in output.read_text().splitlines()]
    assert [answer["flags"]["stage"] for answer in answers] == ["student"] * 4 + ["base"] * 4
    assert {answer["model"]["sha256"] for answer in answers} == {cascade.sha256}
    expected = cascade.scorer.score(f"{HATEFUL} 0")
    assert answers[4]["scores"] == dict(expected.scores)
    thresholds = {answer["decision"]["threshold"] for answer in answers}
    assert len(thresholds) == 2  # those of the stage that answered
    assert answers[4]["decision"]["band"] == "review"
    rows = pq.read_table(table).to_pylist()
    assert [row["flags"] for row in rows] == [answer["flags"] for answer in answers]
    # Decided again without scoring: by the thresholds of the stage that answered.
    for place in (output, table):
        again = place.with_stem("again")
        options = ["--policy", SHIPPED_POLICY, "--bundle", cascade.path, "-o", again]
        done = upstander("policy", "apply", place, *options)
        assert done.returncode == 0, done.stderr
    assert (tmp_path / "again.jsonl").read_bytes() == output.read_bytes()
    assert pq.read_table(tmp_path / "again.parquet").to_pylist() == rows


def test_a_bundle_of_one_graph_has_no_stage(posts: Path, tmp_path: Path) -> None:
    table = tmp_path / "scores.parquet"
    assert upstander("score", posts, "-o", table).returncode == 0
    assert set(pq.read_table(table).to_pylist()[0]["flags"]) == {
        "windows",
        "obfuscated",
        "quotation",
    }


def test_an_evaluation_says_what_is_sent_on_and_how_good_each_stage_is(
    cascade: Bundle, posts: Path, tmp_path: Path
) -> None:
    out = tmp_path / "out"
    options = ["--label", "hate=hate", "--bundle", cascade.path, "--out", out]
    done = upstander("evaluate", posts, *options)
    assert done.returncode == 0, done.stderr
    (found,) = json.loads((out / "report.json").read_text())["stages"]
    assert (found["sent_on"]["value"], found["sent_on"]["rows"]) == (0.5, 8)
    assert found["cost"] == pytest.approx((4 * 1 + 4 * 6) / 8)
    assert list(found["quality"]) == ["student", "base", "cascade"]
    assert all(numbers["macro_f1"]["value"] == 1 for numbers in found["quality"].values())
    assert "its models alone, and together" in done.stdout
    assert "50.0%" in done.stdout
    assert "The models of the cascade" in (out / "report.html").read_text()


def test_a_case_is_judged_by_the_thresholds_of_the_stage_that_answered(
    bundle: Bundle, cascade: Bundle
) -> None:
    between = 1.1 * bundle.manifest.threshold("hate")  # that of the base is 1.2 times as high
    score = replace(bundle.scorer.score(HARMLESS), scores={"hate": between})
    stages: tuple[Stage, ...] = ("student", "base")
    scores = [replace(score, stage=stage) for stage in stages]
    cases = [Case(stage, HARMLESS, "hate", False, "", "") for stage in stages]
    answers = Answers("made", cases, scores, cascade.manifest, "balanced")
    assert answers.judged("hate").decided.tolist() == [True, False]


def test_what_is_kept_is_a_share_of_the_gain() -> None:
    def stages(student: float, base: float, both: float) -> Stages:
        values = {"student": student, "base": base, "cascade": both}
        quality = {name: {"auc": Measured(v, v, v, 10)} for name, v in values.items()}
        return Stages("made", "hate", Measured(0.1, 0.1, 0.1, 10), 1.5, quality)

    found = [stages(0.8, 0.9, 0.88), stages(0.5, 0.7, 0.7)]
    assert [one.kept("auc") for one in found] == [pytest.approx(0.8), pytest.approx(1.0)]
    assert kept_over_all(found) == {"auc": pytest.approx(0.28 / 0.3)}
    assert stages(0.9, 0.8, 0.85).kept("auc") is None  # there is no gain
    assert found[0].kept("macro_f1") is None


def test_the_bench_times_each_stage_and_both(cascade: Bundle, tmp_path: Path) -> None:
    write_ordinary(tmp_path)
    everyday, hostile = measure(cascade.path, tmp_path, "dehumcheck", count=6)
    assert everyday.seconds.shape == hostile.seconds.shape == (6, len(WAYS))
    assert (everyday.seconds > 0).all()
    assert everyday.sent_on == 0
    assert hostile.sent_on > 0
    told = "\n".join(lines([everyday, hostile], cascade, {"cascade": 300.0}))
    assert "| ordinary | 6 | 0.0% |" in told
    assert "| cascade | 300 |" in told


def test_the_bench_of_a_cascade_needs_one(bundle: Bundle, cascade: Bundle, tmp_path: Path) -> None:
    with pytest.raises(EvaluationError, match="is no cascade: make one"):
        measure(bundle.path, tmp_path, "dehumcheck", 1)
    with pytest.raises(EvaluationError, match="--hostile nothing: there are"):
        measure(cascade.path, tmp_path, "nothing", 1)
