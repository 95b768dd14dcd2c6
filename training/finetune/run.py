"""A fine-tuning from rows to a bundle, a folder a step, so that it goes on where it was."""

import json
import shutil
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

from upstander.models.bundle import open_bundle
from upstander.models.errors import BundleExists
from upstander.training.errors import BaseModelError, TrainingError
from upstander.training.finetune import steps
from upstander.training.finetune.labelled import files_of
from upstander.training.finetune.learn import START, TRAINED
from upstander.training.finetune.network import Network, network_of
from upstander.training.finetune.publish import publish
from upstander.training.finetune.steps import Job
from upstander.training.pipeline import file_hash, hash_of, run_step
from upstander.training.run import step_report

_NEEDED: Final = 1.2e9
"""Bytes that a run may write: four copies of the weights, and two checkpoints of the training."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of it.

    bundle: the folder, or None if none was written. gain: mean over the labels that can be judged
    of the difference in macro-F1 on the test rows; None if there is none. broken: answers of
    regression cases that are not given.
    """

    bundle: Path | None
    gain: float | None
    too_few: Sequence[str]
    broken: Sequence[Mapping[str, Any]]
    reports: Mapping[str, Any]


def finetune(job: Job, say: Callable[[str], None] = lambda _: None) -> Outcome:
    """Run the steps that are not done yet. Raises UpstanderError that says what to do."""
    start = open_bundle(job.bundle)
    if start.cascade is not None:
        raise BaseModelError(
            f"{job.bundle} is a cascade of two models: fine-tune the bundle of one of them"
        )
    network = network_of(start.manifest, start.sha256)
    _refuse_full_disk(job.folder)
    whole = _inputs(job, network, "bundle")
    if job.destination.exists() and not _is_ours(job, whole):
        raise BundleExists(
            f"{job.destination} exists and is of other rows or options: raise --version, or give "
            "another --name"
        )
    make: Mapping[str, Callable[[], dict[str, Any]]] = {
        "rows": lambda: steps.rows(job),
        "learn": lambda: steps.learn(job, network, start),
        "blend": lambda: steps.blend(job, network, start),
        "export": lambda: steps.export(job, network, start),
        "judge": lambda: steps.judge(job, start),
    }
    for name, do in make.items():
        run_step(job.step(name), _inputs(job, network, name), do, say)
    reports = {name: step_report(job.step(name)) for name in make}
    judged = reports["judge"]
    found = Outcome(None, judged["gain"], judged["too_few"], judged["broken"], reports)
    if (found.broken or not helps(found)) and not job.anyway:
        return found

    def work() -> dict[str, Any]:
        files = {path.name: file_hash(path) for path in files_of(job.inputs)}
        if job.destination.is_dir():  # a run that was killed right after it had written it
            written = open_bundle(job.destination)
        else:
            written = publish(
                job.step("export"), start, job.name, job.version, files, reports, job.destination
            )
        return {"bundle": str(job.destination), "sha256": written.sha256}

    run_step(job.step("bundle"), whole, work, say, job.destination.is_dir())
    return Outcome(job.destination, found.gain, found.too_few, found.broken, reports)


def _refuse_full_disk(folder: Path) -> None:
    """Raise TrainingError if a run would fill the disk, rather than fill it."""
    there = next(path for path in (folder.absolute(), *folder.absolute().parents) if path.exists())
    free = shutil.disk_usage(there).free
    if free < _NEEDED:
        raise TrainingError(
            f"{there} has {free / 1e9:.1f} GB free, and a run writes up to {_NEEDED / 1e9:.1f} GB: "
            "make room, or name another place with --out"
        )


def helps(found: Outcome) -> bool:
    """Whether the test rows show that it is better, or cannot show anything."""
    return found.gain is None or found.gain > 0


def _inputs(job: Job, network: Network, name: str) -> dict[str, str]:
    """Everything that a step reads, hashed: options, and files as those before it left them.

    So a step is skipped whose files came out as they were. The bundle depends on all of it.
    """
    step = job.step
    tuned = step("blend") / "tuned.json"
    rows = step("rows") / steps.ROWS
    cases = [] if job.regressions is None else [job.regressions]
    asked = sorted(asdict(job.asked).items(), key=lambda option: option[0])
    options: dict[str, list[Any]] = {
        "rows": [asked, job.by, job.seed, job.suites],
        "learn": [network.record.sha256, job.epochs, job.rehearsal, job.seed],
        "blend": [job.prevalence, job.most_lost, job.rehearsal],
        "export": [],
        "judge": [job.suites, job.data],
    }
    reads: dict[str, list[Path]] = {
        "rows": [*files_of(job.inputs), *cases],
        "learn": [rows],
        "blend": [rows, step("learn") / START, step("learn") / TRAINED, *cases],
        "export": [rows, tuned, step("blend") / "model.safetensors"],
        "judge": [rows, tuned, step("export") / "model.onnx", *cases],
    }
    if name == "bundle":
        everything = [*options.values(), job.name, job.version, job.anyway]
        own = {"options": hash_of(_sorted(everything))}
        return own | _hashes(reads["rows"])
    own = {"options": hash_of(_sorted(options[name]))}
    return own | _hashes(reads[name])


def _hashes(paths: Sequence[Path]) -> dict[str, str]:
    """Files by place and name: the same ones under another path are no other run."""
    return {f"{n} {path.name}": file_hash(path) for n, path in enumerate(paths)}


def _sorted(value: Any) -> Any:
    """Sets have another order in each process."""
    if isinstance(value, frozenset | set):
        return sorted(value)
    if isinstance(value, list | tuple):
        return [_sorted(one) for one in value]
    return value


def _is_ours(job: Job, inputs: Mapping[str, str]) -> bool:
    """Whether the bundle that is there came of this run with the same inputs."""
    begun = job.step("bundle") / "inputs.json"
    return begun.is_file() and json.loads(begun.read_text(encoding="utf-8")) == inputs
