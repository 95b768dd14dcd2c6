"""The card: what it opens with, its goals, what the operating points do, and both of its forms."""

import json
import re
from pathlib import Path
from typing import Any

from upstander.evaluation.goal import Goal
from upstander.evaluation.intervals import Measured
from upstander.evaluation.world_goals import (
    DEFAULT_FLAGGED,
    DEFAULT_FOUND,
    NATURAL_FOUND,
    ORDINARY_FLAGGED,
)
from upstander.models.bundle import Bundle
from upstander.models.card import SECTIONS
from upstander.models.manifest import Estimate
from upstander.training.card import about, labels, render, results, training
from upstander.training.card.parts import Link, Part, Table, Written, plain
from upstander.training.card.structure import id_of, structure
from upstander.training.finetune.card import render_card as finetuned_card
from upstander.training.recipe import load_recipe

MEASURED = Measured(0.8, 0.7, 0.9, 100)


def rows(*goals: Goal) -> list[dict[str, Any]]:
    return [goal.to_json() for goal in goals]


def test_a_goal_without_a_number_is_not_met() -> None:
    part = results.goals(
        rows(
            Goal("reached", MEASURED, 0.7, 0.9),
            Goal("not reached", MEASURED, 0.9, 0.95),
            Goal("another", MEASURED, 0.5, 0.4, lower_is_better=True),
            Goal("not measured", None, 0.7, 0.9, note="jigsaw left out"),
            Goal("only shown", MEASURED),
        ),
        tried="",
    )
    card = render.one(part)
    assert "1 of 4 are met." in card
    assert "\nMissed: not reached; another." in card
    lines = {line.split(" | ")[0].removeprefix("| "): line for line in card.splitlines()}
    assert lines["reached"].endswith("| 0.7 | 0.9 | met |")
    assert lines["not reached"].endswith("| **missed** |")
    assert lines["another"].endswith("| ≤ 0.5 | ≤ 0.4 | **missed** |")
    assert lines["not measured (jigsaw left out)"].endswith("|  |  | 0.7 | 0.9 |  |")
    assert "What was tried" not in card


def test_what_was_tried_stands_under_the_goals() -> None:
    card = render.one(results.goals(rows(Goal("reached", MEASURED, 0.7, 0.8)), "More rows.\n"))
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
    changed_manifest = manifest.model_copy(update={"operating_points": changed})
    card = render.one(labels.outputs(changed_manifest, {"own_thresholds": {}}))
    assert "1 at `quiet`, 5 at `balanced`, 20 at `watchful`" in card
    hate = card.splitlines().index(next(x for x in card.splitlines() if x.startswith("| hate |")))
    quiet, own, watchful = card.splitlines()[hate : hate + 3]
    assert "| 4.2 (3.0 to 6.1) | 0.80 (0.75 to 0.85) | 0.60 (0.55 to 0.65) |" in own
    assert (quiet.split(" | ")[2], watchful.split(" | ")[2]) == ("quiet", "watchful")
    assert quiet.split(" | ")[4] == ""  # what was not measured is left empty


def test_the_policies_come_before_the_points(bundle: Bundle) -> None:
    numbers = {
        DEFAULT_FLAGGED: Measured(0.0023, 0.001, 0.004, 9000),
        DEFAULT_FOUND: Measured(0.75, 0.7, 0.8, 200),
        ORDINARY_FLAGGED: None,
        NATURAL_FOUND: Measured(0.8, 0.7, 0.9, 90),
    }
    goals = rows(*(Goal(name, measured) for name, measured in numbers.items()))
    lines = render.one(results.thousand(goals, bundle.manifest)).splitlines()
    told = [line for line in lines if line.startswith("| the ")]
    assert told == [
        "| the default policy, `hate` | 2.3 (1.0 to 4.0) | 75.0 (70.0 to 80.0) | 9,000; 200 |"
    ]
    points = [line.split(" | ")[:2] for line in lines if line.startswith(("| hate", "| dehum"))]
    assert ["| hate", "balanced"] in points
    assert len(points) == 2 * len(bundle.manifest.point_names)


def test_both_forms_are_of_the_same_parts(bundle: Bundle) -> None:
    table = Table(
        ("what", "number", "also"),
        [["`one`", "1", "**no**"], ["", "2", ""], [Link("there", "https://a.example"), "", ""]],
    )
    tried = (
        "We *tried* this.\nAnd:\n\n- one thing\n- **another**\n\n"
        "| a | b |\n| --- | --- |\n| c | d |"
    )
    part = Part("Of 1,000 `posts`", ["Some *words*\nof it.", table, Written(tried)])
    text = render.one(part, 3)
    assert text.startswith("### Of 1,000 `posts`\n\nSome *words*\nof it.\n\n| what | number |")
    assert "| [there](https://a.example) |  |  |\n\nWe *tried* this." in text
    sections = {name: Part(title, ["Something."]) for name, title in SECTIONS.items()}
    sections["trainingData"] = Part("Training data", [], [part])
    card = structure(sections, bundle.manifest, "2026-01-02")
    (inner,) = card.sections[0].subsections or ()
    assert (inner.id, inner.title) == ("of-1-000-posts", "Of 1,000 posts")
    assert [(field.label, field.value) for field in inner.fields] == [
        ("Of 1,000 posts", "Some words of it."),
        ("one", "number: 1; also: no"),
        ("one", "number: 2"),  # an empty cell is that of the row above
        ("there (https://a.example)", "not measured"),
        ("Of 1,000 posts", "We tried this. And:"),
        ("Of 1,000 posts", "one thing"),
        ("Of 1,000 posts", "another"),
        ("c", "d"),
    ]
    whole = render.markdown(list(sections.values()), bundle.manifest, "2026-01-02")
    assert whole.startswith("---\nlanguage: en\n")
    assert f"\n\n# {bundle.manifest.name} {bundle.manifest.version}\n\n" in whole
    assert whole.endswith("\n## Relevant links\n\nSomething.\n")
    assert "\n\n\n" not in whole


def test_the_facts_of_the_shipped_card_are_made_by_the_same_parts(bundle: Bundle) -> None:
    """What needs no report of a run, as the committed card has it."""
    committed = json.loads(bundle.card or b"")
    kept = {
        (field["label"], field["value"])
        for section in committed["sections"]
        for own in (section, *section.get("subsections", ()))
        for field in own["fields"]
    }
    manifest = bundle.manifest
    parts = [
        about.intended_use(manifest),
        about.names_elsewhere(manifest),
        about.links(manifest),
        labels.outputs(manifest, {"own_thresholds": {}}),
        results.suites(manifest.metrics, []),
    ]
    sections = {name: Part(title, ["Something."]) for name, title in SECTIONS.items()}
    sections["trainingData"] = Part("Training data", [], parts)
    made = structure(sections, manifest, "2026-01-02").sections[0].subsections or ()
    assert [part.id for part in made] == [id_of(part.title) for part in parts]
    fields = [(field.label, plain(field.value)) for part in made for field in part.fields]
    assert len(fields) > 100
    assert [field for field in fields if field not in kept] == []


def test_a_fine_tuned_bundle_has_a_card_of_the_same_template(bundle: Bundle) -> None:
    change = {"value": 0.1, "low": 0.05, "high": 0.15, "rows": 40}
    compared = {"suite": "own", "label": "hate", "rows": 40, "theirs": {"auc": 0.7},
                "ours": {"auc": 0.8}, "differences": {"auc": change}}  # fmt: skip
    reports = {
        "rows": {
            "left_out": {"repeats": 2},
            "parts": {"train": 100, "tune": 20, "test": 40},
            "answers": {"hate": (30, 70)},
        },
        "learn": {"windows": 120, "rehearsed": 50, "epochs": 2, "steps": 9, "batch_size": 16,
                  "learning_rate": 2e-5, "precision": "fp32", "device": "CPU"},
        "blend": {"share": 0.5, "own": ["hate"], "lost": 0.001},
        "judge": {"own": [compared], "suites": [], "too_few": ["hate"], "left_out": ["natural"]},
    }  # fmt: skip
    text, card = finetuned_card(bundle.manifest, bundle.manifest, reports, "2026-01-02")
    headings = re.findall(r"^## (.+)$", text, re.MULTILINE)
    assert headings[:2] == ["Intended use", "Limits"]
    assert headings[-1] == "Checksums"
    assert "| own | hate | auc | 0.700 | 0.800 | 0.100 (0.050 to 0.150) | 40 |" in text
    assert "Too few to tell (hate)" in text
    assert [section.id for section in card.sections] == list(SECTIONS)
    (own, _) = card.sections[3].subsections or ()
    assert own.fields[0].value.startswith("label: hate; number: auc; before: 0.700; now: 0.800")


def test_the_card_names_the_recipe_that_repeats_the_training(bundle: Bundle) -> None:
    reports = {
        "train": {"rows": 1, "steps": 1, "precision": "bf16", "seconds": 60, "device": "CPU",
                  "too_long": 0},
        "refine": {},
    }  # fmt: skip
    recipe = load_recipe(Path("mpnet")).model_copy(update={"refine": ()})
    text = str(training.how(recipe, reports, bundle.manifest))
    assert "`upstander train mpnet`" in text  # its bundle is upstander-base
    assert "layers 4, 8; layers of the base above those are cut off" in text
