"""A cascade whose two models answer together for what is sent on."""

import json
import math
from dataclasses import replace
from pathlib import Path

import datasets
import pytest
from cascades import HARMLESS, HATEFUL
from click.testing import Result
from typer.testing import CliRunner

from upstander.cli import app
from upstander.models.bundle import Bundle, open_bundle
from upstander.models.labels import LABELS
from upstander.models.score import Score
from upstander.training.recipe import load_recipe

GROUPS = ("refugees", "migrants", "Muslims", "Jews", "women", "gay men")
PLACES = ("library", "museum", "shop", "school", "bakery", "pool")
HEADS = ("hate.exact", "target.religion", "mechanism.vermin")


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of a run that has prepared some rows, and no more."""
    folder = tmp_path_factory.mktemp("runs") / "small"
    hateful = [f"Those {group} are vermin." for group in GROUPS]
    ordinary = [f"The {place} opens at nine on Sundays." for place in PLACES]
    sources = ("dehum_natural", "dynahate", "perspective_rtp", "jigsaw_toxic", "ordinary")
    # One row of each kind is labelled wrongly, as some are in any data set.
    rows = [
        (text, source, float(value) if source == "ordinary" or place else 1.0 - value)
        for source in sources
        for value, texts in enumerate((ordinary, hateful))
        for place, text in enumerate(texts)
        if not (value and source == "ordinary")
    ]
    table = datasets.Dataset.from_dict(
        {
            "text": [text for text, _, _ in rows],
            "source": [source for _, source, _ in rows],
            "labels": [[value] * len(LABELS) for _, _, value in rows],
            "heads": [[value, float("Muslims" in text), value] for text, _, value in rows],
            "weak": [0] * len(rows),
        }
    )
    splits = datasets.DatasetDict({"validation": table, "calibration": table})
    splits.save_to_disk(str(folder / "prepare" / "data"))
    (folder / "prepare" / "heads.json").write_text(json.dumps(HEADS))
    return folder


def make(cascade: Bundle, run: Path, version: str, *more: str) -> Result:
    student, base = (str(cascade.stages[stage].path) for stage in ("student", "base"))
    options = ["--version", version, "--run", str(run), "--work", str(run / "work")]
    places = ["--bundles", str(cascade.path.parent.parent), "--name", "together"]
    fixed = ["--base-cost", "3", "--student-share", "0.25", "--max-lost", "1"]
    few = ["--unflagged-at", "balanced"]
    return CliRunner().invoke(
        app, ["model", "cascade", student, base, *options, *places, *fixed, *few, *more]
    )


@pytest.fixture(scope="module")
def both(cascade: Bundle, run: Path) -> Bundle:
    done = make(cascade, run, "1.0.0")
    assert done.exit_code == 0, done.output
    return open_bundle(cascade.path.parent.parent / "together" / "1.0.0")


def log_odds(probability: float) -> float:
    return math.log(probability / (1 - probability))


def untimed(score: Score) -> Score:
    return replace(score, timings=None)  # type: ignore[arg-type]


def test_what_is_sent_on_has_the_calibrated_mean_of_both(cascade: Bundle, both: Bundle) -> None:
    assert both.cascade is not None
    assert both.cascade.ensemble is not None
    student, base = (cascade.stages[stage].scorer.score(HATEFUL) for stage in ("student", "base"))
    found = both.scorer.score(HATEFUL)
    assert found.stage == "base"
    for label, probability in found.scores.items():
        calibration = both.cascade.ensemble.calibrations[label]
        mean = 0.25 * log_odds(student.scores[label]) + 0.75 * log_odds(base.scores[label])
        logit = calibration.slope * mean + calibration.intercept
        assert probability == pytest.approx(1 / (1 + math.exp(-logit)))
    assert {one.category for one in found.targets} == {one.category for one in base.targets}
    assert found.spans == base.spans
    assert untimed(both.scorer.score_by("base", HATEFUL)) == untimed(found)
    among = both.scorer.score_all([HARMLESS, HATEFUL])
    assert [untimed(one) for one in among if isinstance(one, Score)] == [
        untimed(both.scorer.score(text)) for text in (HARMLESS, HATEFUL)
    ]


def test_what_is_settled_has_the_answer_of_the_student(cascade: Bundle, both: Bundle) -> None:
    found = both.scorer.score(HARMLESS)
    assert found.stage == "student"
    assert found.scores == cascade.stages["student"].scorer.score(HARMLESS).scores


def test_both_have_thresholds_of_their_own(cascade: Bundle, both: Bundle) -> None:
    assert both.cascade is not None
    assert both.cascade.ensemble is not None
    assert both.manifest.operating_points == both.cascade.ensemble.operating_points
    assert both.manifest.operating_points != cascade.stages["base"].manifest.operating_points
    for label, bound in both.cascade.bounds.items():
        assert bound <= both.manifest.threshold(label, "balanced")
    assert "those of the student count 0.25" in (both.path / "README.md").read_text()


def test_a_recipe_that_lacks_a_label_is_refused(cascade: Bundle, run: Path, tmp_path: Path) -> None:
    recipe = load_recipe(Path("mpnet"))
    labels = {name: one for name, one in recipe.labels.items() if name != "threat"}
    shipped = Path("training/recipes/mpnet.toml").read_text()
    start, rest = shipped.split("[labels.threat]\n")
    cut = tmp_path / "cut.toml"
    cut.write_text(start + rest[rest.index("# In a window") :])
    assert set(load_recipe(cut).labels) == set(labels)
    done = make(cascade, run, "1.0.1", "--recipe", str(cut))
    assert done.exit_code == 1
    assert "says nothing of labels.threat" in str(done.exception)


def test_what_has_no_effect_and_what_cannot_be_had_is_refused(
    cascade: Bundle, run: Path, tmp_path: Path
) -> None:
    done = make(cascade, run, "1.0.1", "--recipe", "mpnet", "--student-share", "0")
    assert done.exit_code == 2
    assert "no effect without --student-share" in done.output
    shipped = Path("training/recipes/mpnet.toml").read_text()
    other = tmp_path / "other.toml"
    other.write_text(shipped.replace("[points]\n", '[points]\nlanguages = ["ordinary"]\n'))
    done = make(cascade, run, "1.0.1", "--recipe", str(other))
    assert done.exit_code == 1
    assert "no thresholds by language" in str(done.exception)
