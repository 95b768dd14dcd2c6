"""How it was trained, and on what."""

import tomllib
from collections.abc import Mapping, Sequence
from typing import Any

from upstander.models.manifest import Manifest
from upstander.training.card.parts import Link, Part, Table
from upstander.training.recipe import RECIPES, Recipe
from upstander.training.sources import SOURCES


def how(recipe: Recipe, reports: Mapping[str, Any], manifest: Manifest) -> Part:
    """The run: rows, steps, minutes, members, and what int8 changed."""
    trained = reports["train"]
    options = recipe.training
    run = (
        f"`upstander train {_shipped_as(recipe)}`, seed "
        f"{recipe.seed}: {trained['rows']:,} rows (repeats included), "
        f"{trained['steps']:,} steps of {options.batch_size} sentences or pairs, learning rate "
        f"{options.learning_rate:g}, {trained['precision']}, {trained['seconds'] / 60:.0f} "
        f"minutes on {trained['device']}{_members(recipe, trained)}. Another "
        f"{trained['too_long']:,} rows were longer than {options.max_length} tokens and left "
        f"out, because the label of a cut text is unknown.{_layers(options.layers)}"
        f"{_continued(trained)}"
    )
    parity = Table(
        ("compared", "rows", "most decisions flipped", "of", "largest difference"),
        [
            [p.compared, f"{p.rows:,}", f"{p.flipped:.2%}", p.worst, f"{p.difference:.3f}"]
            for p in manifest.parity
        ],
    )
    return Part(
        "Training",
        [
            run,
            *_taught(recipe),
            *_refined(recipe, reports["refine"]),
            "From fp32 to int8, on validation rows:",
            parity,
        ],
    )


def _shipped_as(recipe: Recipe) -> str:
    """The name by which `upstander train` knows a recipe that comes along; else its own name."""
    for path in RECIPES.glob("*.toml"):
        if tomllib.loads(path.read_text(encoding="utf-8")).get("name") == recipe.name:
            return path.stem
    return recipe.name


def _layers(layers: Sequence[int]) -> str:
    if not layers:
        return ""
    own = ", ".join(map(str, layers))
    return (
        f" The heads read the states of layers {own}; layers of the base above those are cut off."
    )


def _taught(recipe: Recipe) -> list[str]:
    if recipe.distil is None:
        return []
    return [
        (
            f"It also learned what a larger network (the recipe `{recipe.distil.teacher}`) says of "
            f"the same rows: {recipe.distil.weight:.0%} of the loss."
        )
    ]


def _continued(trained: Mapping[str, Any]) -> str:
    if "continued_from" not in trained:
        return ""
    return (
        " That training was of an earlier run, whose rows may differ from those listed below; its "
        f"network has the checksum {trained['continued_from']}."
    )


def _refined(recipe: Recipe, refined: Mapping[str, Any]) -> list[str]:
    return [
        (
            f"Then refined: {done['rows']:,} rows, all of {', '.join(stage.sources)} and "
            f"{stage.share:.0%} of the others, {done['steps']:,} steps, learning rate "
            f"{stage.learning_rate:g}, {done['seconds'] / 60:.0f} minutes on {done['device']}"
            f"{', computing as the int8 graph does' if stage.quantized else ''}; {stage.blend:.0%} "
            f"of the network is new; the mean area went from {done['auc_before']:.3f} to "
            f"{done['auc']:.3f}."
        )
        for stage, done in zip(recipe.refine, refined.get("stages", ()), strict=True)
    ]


def _members(recipe: Recipe, trained: Mapping[str, Any]) -> str:
    options = recipe.training
    if options.members == 1:
        return ""
    alone = _listed([f"{member['auc']:.3f}" for member in trained["members"]])
    return (
        f", over {options.members} networks whose weights are averaged (area under the ROC "
        f"curve on validation rows, mean of heads: {alone} alone, {trained['auc']:.3f} averaged)"
    )


def _listed(words: Sequence[str]) -> str:
    return " and ".join(filter(None, (", ".join(words[:-1]), words[-1])))


def sources(prepared: Mapping[str, Any], manifest: Manifest) -> Part:
    """Every source with its rows and licence."""
    left_out = "; ".join(f"{reason}: {count:,}" for reason, count in prepared["left_out"].items())
    rows = {source.name: source.rows for source in manifest.sources}
    made = rows.get("contrast", 0)
    words = (
        f"Rows left out before sampling ({left_out}). No text of a suite and none that fills "
        "a template of HateCheck or DehumCheck is in the training data, nor any text of a dev "
        f"or test set. The contrast sets that this project makes are {made:,} of "
        f"{sum(rows.values()):,} rows ({made / max(sum(rows.values()), 1):.0%})."
    )
    table = Table(
        ("source", "training rows", "licence", "verified", "citation", "to know"),
        [
            [
                Link(s.name, s.upstream) if "://" in s.upstream else s.name,
                f"{s.rows:,}",
                s.licence,
                "yes" if s.licence_verified else "**no**",
                s.citation,
                SOURCES[s.name].note,
            ]
            for s in manifest.sources
        ],
    )
    return Part("Sources", [words, table])
