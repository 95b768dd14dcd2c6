"""The steps of a fine-tuning, each writing one folder and returning what it did."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from safetensors.torch import save_file

from upstander.evaluation.suites.case import letters
from upstander.models.bundle import Bundle
from upstander.models.manifest import Manifest
from upstander.models.scorer import Scorer
from upstander.training.calibration import sigmoid
from upstander.training.finetune import publish
from upstander.training.finetune.blend import SHARES, Candidate, Logits, candidate, chosen, state_of
from upstander.training.finetune.divide import ENOUGH, divide, read_part, write_division
from upstander.training.finetune.judge import broken_cases, compare, load_suites, write_cases
from upstander.training.finetune.labelled import Asked, Labelled, read_labelled
from upstander.training.finetune.learn import learn as train
from upstander.training.finetune.network import Network, new_network
from upstander.training.finetune.rehearsal import sentences
from upstander.training.finetune.windows import open_tokenizer, text_logits
from upstander.training.recipe import Training
from upstander.training.run import step_report

CASES: Final = "cases.jsonl"
ROWS: Final = "rows.jsonl"
_MADE: Final = 400
"""Made sentences by which shares are tried, or as many as are rehearsed, if those are fewer."""

_MIN_MADE: Final = 100
_MAX_TUNING: Final = 600
"""Rows that shares are tried on: more make the choice slower, and no better."""

_COMPARED: Final = 300


@dataclass(frozen=True, slots=True)
class Job:
    """Everything that decides what comes out.

    inputs: files of rows. by: how they are divided. folder: of the run. bundles: where the bundle
    goes, as NAME/VERSION. regressions: a file of cases. prevalence: share of positives that the
    probabilities assume; None is that of the rows. most_lost: of an ability, on made-up sentences.
    anyway: whether a bundle is written that is no better, or breaks a case.
    """

    inputs: tuple[str, ...]
    asked: Asked
    name: str
    version: str
    bundle: Path
    bundles: Path
    folder: Path
    by: Literal["", "group", "time"] = ""
    regressions: Path | None = None
    prevalence: float | None = None
    suites: tuple[str, ...] = ()
    data: Path | None = None
    rehearsal: int | None = None
    epochs: float = 0.0
    seed: int = 0
    most_lost: float = 0.01
    anyway: bool = False

    @property
    def destination(self) -> Path:
        """Where the bundle goes."""
        return self.bundles / self.name / self.version

    def step(self, name: str) -> Path:
        """The folder of a step."""
        return self.folder / name


def _cases(job: Job) -> list[Labelled]:
    if job.regressions is None:
        return []
    return list(read_labelled([str(job.regressions)], job.asked).rows)


def rows(job: Job) -> dict[str, Any]:
    """Read and divide the rows."""
    read = read_labelled(job.inputs, job.asked)
    suites = load_suites(job.suites, job.data)
    withheld = {letters(case.text.casefold()) for cases in suites.cases.values() for case in cases}
    kept = {case.key for case in _cases(job)}
    division = divide(read.rows, job.by, job.seed, kept, withheld - kept)
    write_division(division, job.step("rows") / ROWS)
    return {
        "answers": read.counts(),
        "parts": {part: len(division.of(part)) for part in ("train", "tune", "test")},
        "left_out": {**read.left_out, **division.left_out},
    }


def learn(job: Job, network: Network, start: Bundle) -> dict[str, Any]:
    """Train."""
    rows = job.step("rows") / ROWS
    return train(
        network,
        start.manifest,
        start.path / "tokenizer.json",
        read_part(rows, "train"),
        read_part(rows, "tune"),
        job.step("learn"),
        seed=job.seed,
        epochs=job.epochs,
        rehearsal=job.rehearsal,
    )


def blend(job: Job, network: Network, start: Bundle) -> dict[str, Any]:
    """Choose how much of the trained network is taken, its probabilities and thresholds."""
    manifest = start.manifest
    outputs = [output.name for output in manifest.outputs]
    learned, out = job.step("learn"), job.step("blend")
    rows = read_part(job.step("rows") / ROWS, "tune")[:_MAX_TUNING]
    cases = _cases(job)
    few = _MADE if job.rehearsal is None else min(_MADE, max(job.rehearsal, _MIN_MADE))
    made = sentences(few, held_out=True, seed=job.seed)
    tokenizer = open_tokenizer(start.path / "tokenizer.json")
    model = new_network(network.record, outputs, Training(layers=network.record.layers), 0.0).eval()
    groups = [
        [one.text for one in rows], [one.text for one in cases], [one.text for one in made]
    ]  # fmt: skip
    before: Logits | None = None
    tried: list[Candidate] = []
    for share in SHARES:
        model.load_state_dict(state_of(learned, share))
        now = Logits(*(text_logits(model, tokenizer, manifest.window, own) for own in groups))
        before = before or now  # the first share is nothing
        tried.append(candidate(share, manifest, now, before, rows, cases, made, job.prevalence))
    best = chosen(tried, job.most_lost)
    save_file(state_of(learned, best.share), out / "model.safetensors")
    publish.write_tuned(best.tuned, out / "tuned.json")
    return {
        "share": best.share,
        "lost": best.lost,
        "own": [name for name, tuned in best.tuned.items() if tuned.is_own],
        "moved": _moved(manifest, tried[0]),
        "tried": [
            {"share": one.share, "loss": one.loss, "lost": one.lost, "broken": one.broken}
            for one in tried
        ],
    }


def _moved(manifest: Manifest, nothing: Candidate) -> dict[str, float]:
    """The thresholds that fit the tuning rows with the network of before, on its own scale.

    What is better than these is better by the training, and not by a threshold alone.
    """
    found = {}
    for output in manifest.labels:
        tuned = nothing.tuned[output.name]
        if tuned.is_own:
            now, before = tuned.calibration, output.calibration
            at = np.log(tuned.threshold) - np.log1p(-tuned.threshold)
            logit = (at - now.intercept) / now.slope
            found[output.name] = float(sigmoid(before.slope * logit + before.intercept))
    return found


def export(job: Job, network: Network, start: Bundle) -> dict[str, Any]:
    """Make the graph."""
    tuned = job.step("blend")
    rows = read_part(job.step("rows") / ROWS, "tune")[:_COMPARED]
    texts = [row.text for row in rows]
    texts += [one.text for one in sentences(_COMPARED, held_out=True, seed=job.seed)]
    return publish.export(
        network,
        tuned / "model.safetensors",
        start.manifest,
        publish.read_tuned(tuned / "tuned.json"),
        open_tokenizer(start.path / "tokenizer.json"),
        texts,
        job.step("export"),
    )


def judge(job: Job, start: Bundle) -> dict[str, Any]:
    """Compare with the bundle before, and try the cases."""
    exported, rows = job.step("export"), job.step("rows") / ROWS
    manifest = Manifest.model_validate_json((exported / "manifest.json").read_bytes())
    new = Scorer(exported / "model.onnx", start.path / "tokenizer.json", manifest)
    old = start.scorer
    test = read_part(rows, "test")
    suites = load_suites(job.suites, job.data)
    report = compare(new, old, test, suites, step_report(job.step("blend"))["moved"])
    too_few = [one["label"] for one in report["own"] if min(_counts(test, one["label"])) < ENOUGH]
    gains = [
        one["differences"]["macro_f1"]["value"]
        for one in report["own"]
        if one["label"] not in too_few
    ]
    cases = _cases(job)
    reviewed = [row for part in ("train", "tune", "test") for row in read_part(rows, part)]
    kept = {case.key: case for case in (*(row for row in reviewed if row.reviewed), *cases)}
    every = list(kept.values())
    broken = broken_cases(new, old, every)
    held = write_cases(every, broken, job.step("judge") / CASES)
    asked = {case.id for case in cases}
    return {
        **report,
        "too_few": too_few,
        "gain": float(np.mean(gains)) if gains else None,
        "cases": len(cases),
        "broken": [one for one in broken if one["id"] in asked],
        "held": held,
    }


def _counts(rows: Sequence[Labelled], label: str) -> tuple[int, int]:
    answers = [row.labels[label] for row in rows if label in row.labels]
    return sum(answers), len(answers) - sum(answers)
