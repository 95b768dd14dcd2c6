"""The card's table of goals: what is met, what is missed, and what has no number."""

from typing import Any

from evaluation.goal import Goal
from evaluation.metrics import Measured
from training.card import results

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
