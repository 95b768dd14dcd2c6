"""A run: `prepare → encode → teach → train → refine → calibrate → export → evaluate → bundle`.

Each step is a plain function that writes one folder of the run and returns what it did. Beside its
files the step leaves `step.json`: a hash of all that it read, the hash of what it wrote, and its
report. A step whose hash of inputs is unchanged is skipped, so a run that was killed goes on where
it was, and a changed recipe repeats only what it touches. What a repeated step had before is kept
beside it, as `STEP.before`.
"""

import hashlib
import json
import os
import shutil
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, Final

from upstander.models.bundle import sha256_of
from upstander.models.files import write_whole
from upstander.training.run import REPORT, Run
from upstander.training.sources import SOURCES, SUITE_FILES
from upstander.training.sources.suites import OTHER_LANGUAGES
from upstander.training.world_groups import FILES as GROUP_FILES
from upstander.training.world_groups import swaps_groups

STEPS: Final = (
    "prepare",
    "encode",
    "teach",
    "train",
    "refine",
    "calibrate",
    "export",
    "evaluate",
    "bundle",
)


def run_pipeline(run: Run, until: str = STEPS[-1], say: Callable[[str], None] = print) -> None:
    """Run the steps in order, up to and including `until`, skipping those that are unchanged."""
    from upstander.training.steps.bundle import bundle
    from upstander.training.steps.calibrate import calibrate
    from upstander.training.steps.encode import encode
    from upstander.training.steps.evaluate import evaluate
    from upstander.training.steps.export import export
    from upstander.training.steps.prepare import prepare
    from upstander.training.steps.refine import refine, take_network
    from upstander.training.steps.teach import teach
    from upstander.training.steps.train import train

    work: Mapping[str, Callable[[Run], dict[str, Any]]] = {
        "prepare": lambda r: prepare(r.recipe, r.data, r.step("prepare")),
        "encode": lambda r: encode(r.recipe, r.step("prepare"), r.step("encode")),
        "teach": lambda r: teach(r.recipe, r.step("encode"), r.teacher, r.step("teach")),
        "train": lambda r: (
            take_network(r.start, r.step("train"))
            if r.start
            else train(r.recipe, r.step("encode"), r.step("teach"), r.step("train"))
        ),
        "refine": lambda r: refine(
            r.recipe, r.step("encode"), r.step("teach"), r.step("train"), r.step("refine")
        ),
        "calibrate": lambda r: calibrate(
            r.recipe, r.data, r.step("prepare"), r.step("refine"), r.step("calibrate")
        ),
        "export": lambda r: export(
            r.recipe, r.step("prepare"), r.step("refine"), r.step("calibrate"), r.step("export")
        ),
        "evaluate": lambda r: evaluate(
            r.data, r.step("prepare"), r.step("export"), r.step("evaluate")
        ),
        "bundle": bundle,
    }
    if int(os.environ.get("RANK", "0")) > 0:
        # Under torchrun every process trains; the first alone keeps the folders.
        work["train"](run)
        return
    for name in STEPS:
        _run_step(run, name, work[name], say)
        if name == until:
            return


def _run_step(
    run: Run, name: str, work: Callable[[Run], dict[str, Any]], say: Callable[[str], None]
) -> None:
    # The bundle itself lies outside the run, and may have been removed to be written again.
    is_there = name != "bundle" or (run.bundles / run.recipe.name / run.recipe.version).is_dir()
    run_step(run.step(name), _inputs(run, name), lambda: work(run), say, is_there)


def run_step(
    folder: Path,
    inputs: Mapping[str, str],
    work: Callable[[], dict[str, Any]],
    say: Callable[[str], None],
    is_there: bool = True,
) -> None:
    """Do the work of a step in its folder, unless it was done with the same inputs.

    inputs: everything that it reads, hashed. work: returns the report of the step.
    is_there: whether what it leaves outside of its folder is still there.
    """
    record, name = folder / REPORT, folder.name
    if record.is_file():
        previous = json.loads(record.read_text())
        unchanged = previous["inputs"] == inputs and previous["outputs"] == _outputs(folder)
        if unchanged and is_there:
            say(f"{name}: unchanged, skipped")
            return
        _set_aside(folder)
    elif folder.is_dir() and not _belongs(folder, inputs):
        _set_aside(folder)  # left by a killed run with other inputs
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "inputs.json").write_text(json.dumps(inputs, indent=2), encoding="utf-8")
    started = time.monotonic()
    report = work()
    seconds = round(time.monotonic() - started, 1)
    finished = {
        "step": name,
        "inputs": inputs,
        "seconds": seconds,
        "report": report,
        "outputs": _outputs(folder),
    }
    write_whole(record, (json.dumps(finished, indent=2) + "\n").encode())
    say(f"{name}: done in {seconds} s")


def _set_aside(folder: Path) -> None:
    """Keep the last result of a step that is about to be repeated: an hour of training, perhaps."""
    before = folder.with_name(f"{folder.name}.before")
    shutil.rmtree(before, ignore_errors=True)
    folder.rename(before)


def _belongs(folder: Path, inputs: Mapping[str, str]) -> bool:
    """Whether an unfinished folder was begun with these inputs, so that its checkpoints count."""
    begun = folder / "inputs.json"
    return begun.is_file() and json.loads(begun.read_text()) == inputs


def _inputs(run: Run, name: str) -> dict[str, str]:
    """Everything that a step reads, hashed: its part of the recipe, files, and the steps before."""
    recipe = run.recipe
    parts: dict[str, Any] = {
        "prepare": [recipe.seed, recipe.sources, recipe.splits, recipe.rationale.sources],
        "encode": [recipe.seed, recipe.base, recipe.rationale],
        "teach": [recipe.distil and recipe.distil.teacher],
        "train": [recipe.seed, recipe.base, recipe.training, recipe.distil],
        "refine": [recipe.refine],
        "calibrate": [
            recipe.labels,
            recipe.points,
            recipe.rationale,
            recipe.export.window_length,
            recipe.export.window_overlap,
            recipe.export.scale,
        ],
        "export": [recipe.export],
        "evaluate": [],
        "bundle": [recipe],
    }
    inputs = {"recipe": hash_of(parts[name])}
    if name == "prepare":
        sources = (SOURCES[name] for name in recipe.sources)
        files = [file for source in sources for file in (*source.files, *source.extra_files)]
        for suite, own in SUITE_FILES.items():  # withheld
            files += own.files if recipe.languages or suite not in OTHER_LANGUAGES else ()
        for file in files:
            inputs[file.path] = file_hash(run.data / file.path)
        # Contrast sentences name these groups too, where there are any.
        if swaps_groups(recipe.sources.values()) or "contrast" in recipe.sources:
            inputs |= {name: file_hash(run.data / name) for name in GROUP_FILES}
    if name == "teach" and run.teacher is not None:
        inputs["teacher"] = file_hash(run.teacher / "refine" / "model.safetensors")
        inputs["teacher's rows"] = file_hash(run.teacher / "encode" / "train.safetensors")
    if name == "train" and run.start is not None:
        inputs["start"] = file_hash(run.start / "model.safetensors")
    if name == "evaluate":
        for path in sorted(run.data.rglob("*.gz")):
            inputs[str(path.relative_to(run.data))] = file_hash(path)
    for earlier in STEPS[: STEPS.index(name)]:
        inputs[earlier] = file_hash(run.step(earlier) / REPORT)
    return inputs


def _outputs(folder: Path) -> str:
    """One hash of the names and sizes of a step's files.

    Checkpoints may be removed by hand, and whoever looks at the tables with `datasets` leaves its
    cache files beside them: neither changes the result.
    """
    files = sorted(
        (str(path.relative_to(folder)), path.stat().st_size)
        for path in folder.rglob("*")
        if path.is_file()
        and path.name != REPORT
        and "checkpoint-" not in str(path)
        and not path.name.startswith("cache-")
    )
    return hashlib.sha256(repr(files).encode()).hexdigest()


def hash_of(value: Any) -> str:
    """SHA-256 of a value, of models and of what has a form in words."""

    def plain(item: Any) -> Any:
        return item.model_dump(mode="json") if hasattr(item, "model_dump") else str(item)

    return hashlib.sha256(json.dumps(value, default=plain, sort_keys=True).encode()).hexdigest()


def file_hash(path: Path) -> str:
    """SHA-256 of a file, or that it is missing."""
    return sha256_of(path) if path.is_file() else "missing"
