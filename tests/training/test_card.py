"""The card: its table of goals, and what the operating points do."""

from typing import Any

from evaluation.goal import Goal
from evaluation.intervals import Measured
from models.bundle import Bundle
from models.manifest import Estimate
from training.card import labels, results

MEASURED = Measured(0.8, 0.7, 0.9, 100)


def rows(*goals: Goal) -> list[dict[str, Any]]:
    return [goal.to_json() for goal in goals]


def test_a_goal_without_a_number_is_not_met() -> None:
    card = results.goals(
        rows(
            Goal("reached", MEASURED, 0.7, 0.9),
            Goal("not reached", MEASURED, 0.9, 0.95),
            Goal("another", MEASURED, 0.5, 0.4, lower_is_better=True),
            Goal("not measured", None, 0.7, 0.9, note="jigsaw left out"),
            Goal("only shown", MEASURED),
        ),
        tried="",
    )
    assert "1 of 4 are met." in card
    assert "\nMissed: not reached; another." in card
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in card.splitlines()}
    assert lines["reached"].endswith("| 0.7 | 0.9 | met |")
    assert lines["not reached"].endswith("| **missed** |")
    assert lines["another"].endswith("| ≤ 0.5 | ≤ 0.4 | **missed** |")
    assert lines["not measured (jigsaw left out)"].endswith("|  |  | 0.7 | 0.9 |  |")
    assert "What was tried" not in card


def test_what_was_tried_stands_under_the_goals() -> None:
    card = results.goals(rows(Goal("reached", MEASURED, 0.7, 0.8)), tried="More rows.\n")
    assert "| aim met |" in card
    assert "Missed" not in card
    assert card.endswith("### What was tried, and what stands in the way\n\nMore rows.")


def test_the_points_of_a_label_say_what_they_do_to_ordinary_posts(bundle: Bundle) -> None:
    manifest = bundle.manifest
    measured = {
        "recall": Estimate(value=0.8, low=0.75, high=0.85),
        "recall_adversarial": Estimate(value=0.6, low=0.55, high=0.65),
        "ordinary": Estimate(value=0.0042, low=0.003, high=0.0061),
    }
    point = manifest.point("hate").model_copy(update=measured)
    points = manifest.operating_points
    balanced = {**points["balanced"], "hate": point}
    unmeasured = manifest.point("hate", "quiet").model_copy(update={"ordinary": None})
    quieter = {**points["quiet"], "hate": unmeasured}
    changed = {**points, "balanced": balanced, "quiet": quieter}
    card = labels.outputs(
        manifest.model_copy(update={"operating_points": changed}),
        {"own_thresholds": {}},
    )
    assert "1 at `quiet`, 5 at `balanced`, 20 at `watchful`" in card
    hate = card.splitlines().index(next(x for x in card.splitlines() if x.startswith("| hate |")))
    quiet, own, watchful = card.splitlines()[hate : hate + 3]
    assert "| 4.2 (3.0 to 6.1) | 0.80 (0.75 to 0.85) | 0.60 (0.55 to 0.65) |" in own
    assert (quiet.split(" | ")[2], watchful.split(" | ")[2]) == ("quiet", "watchful")
    assert quiet.split(" | ")[4] == ""  # what was not measured is left empty
