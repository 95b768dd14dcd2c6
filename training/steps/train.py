"""train: fine-tune the encoder and its heads with `transformers.Trainer`."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, cast

import numpy as np
import torch
from accelerate import PartialState
from safetensors.torch import load_file, save_file
from transformers import (
    Trainer,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from upstander.evaluation.progress import track
from upstander.training.base_model import base_of
from upstander.training.batches import Units
from upstander.training.callbacks import ShowProgress, StopOnInterrupt
from upstander.training.encoding import EncodedRows
from upstander.training.model import HeadedEncoder
from upstander.training.recipe import Recipe, Training
from upstander.training.trainer import Split, trainer_of

WEIGHTS = "model.safetensors"


def train(recipe: Recipe, encoded: Path, taught: Path, out: Path) -> dict[str, Any]:
    """Write `out/model.safetensors`, `out/heads.json` and checkpoints; resume if there are any.

    taught: the folder of the step `teach`, which holds nothing unless the recipe has a teacher.
    Every epoch is run to its end, and the last weights are taken: an evaluation on the way pools
    rows of many definitions, and its best is not the network's. With several `members` each is
    trained in a folder of its own, in another order of the rows, and the network is the mean of
    their weights. Ctrl-C writes a checkpoint before it ends the run.
    """
    # Under torchrun the first process lays out the folder, and the others begin after it.
    PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()
    base = base_of(recipe.base, encoded.parent)
    options = recipe.training
    split = Split.open(encoded, taught, recipe)
    heads = _modelled(split.training, options)
    distil_weight = recipe.distil.weight if recipe.distil else 0.0

    members = []
    for number in range(1, options.members + 1):
        set_seed(recipe.seed)  # all begin the same, heads too: only then do their weights average
        model = HeadedEncoder.from_base(base, heads, options, distil_weight)
        title = f"training {number} of {options.members}" if options.members > 1 else "training"
        trainer = trainer_of(recipe, out / f"member-{number}", model, split, heads, number)
        members.append(train_network(title, trainer))
    files = [out / f"member-{number}" / WEIGHTS for number in range(1, options.members + 1)]
    averaged = average(files)
    model.load_state_dict(averaged)
    validation = cast("Units", trainer.eval_dataset)
    metrics = trainer.predict(validation).metrics or {}
    units = cast("Units", trainer.train_dataset)
    report: dict[str, Any] = {
        "rows": units.rows,
        "units": len(units),
        "too_long": len(split.training) - units.rows,
        "precision": precision_of(trainer),
        "device": device_name(),
        "steps": sum(member["steps"] for member in members),
        "seconds": sum(member["seconds"] for member in members),
        "members": members,
        "auc": metrics["test_auc"],
    }
    if PartialState().is_main_process:
        save_file(averaged, out / WEIGHTS)
        (out / "heads.json").write_text(json.dumps(heads, indent=2) + "\n", encoding="utf-8")
    return report


def device_name() -> str:
    """What it trains on, in words."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


def precision_of(trainer: Trainer) -> str:
    """The mixed-precision mode."""
    return "bf16" if trainer.args.bf16 else "fp16" if trainer.args.fp16 else "fp32"


def train_network(title: str, trainer: Trainer) -> dict[str, Any]:
    """Train in the folder of the trainer, from its last checkpoint; skip what is finished."""
    folder = Path(str(trainer.args.output_dir))
    record = folder / "member.json"
    if record.is_file():
        finished: dict[str, Any] = json.loads(record.read_text())
        return finished
    checkpoint = get_last_checkpoint(str(folder)) if folder.is_dir() else None  # type: ignore[no-untyped-call]
    interrupt = StopOnInterrupt()
    trainer.add_callback(interrupt)
    with (
        track(title, total=_steps(trainer), unit="steps") as progress,
        interrupt.listening(),
    ):
        trainer.add_callback(ShowProgress(progress))
        result = trainer.train(resume_from_checkpoint=checkpoint)
    if interrupt.asked:
        raise KeyboardInterrupt

    trainer.save_model(str(folder))
    report = {
        "resumed_at": int(checkpoint.rpartition("-")[2]) if checkpoint else 0,
        "steps": trainer.state.global_step,
        "seconds": round(result.metrics.get("train_runtime", 0.0)),
        "auc": trainer.evaluate()["eval_auc"],
        "history": [entry for entry in trainer.state.log_history if "eval_auc" in entry],
    }
    if trainer.is_world_process_zero():
        # A pickle, and nothing that the recipe does not say.
        (folder / "training_args.bin").unlink()
        record.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    trainer.accelerator.wait_for_everyone()
    return report


def average(files: Sequence[Path], shares: Sequence[float] = ()) -> dict[str, torch.Tensor]:
    """The mean of each weight over several fine-tuned networks of one start (Wortsman 2022).

    shares: of each network, which sum to 1; none are equal ones.
    """
    states = [load_file(file) for file in files]
    counts = torch.tensor(shares or [1 / len(states)] * len(states), dtype=torch.float64)
    return {
        name: torch.tensordot(
            counts, torch.stack([state[name].double() for state in states]), dims=1
        ).to(value.dtype)
        for name, value in states[0].items()
    }


def load_trained(recipe: Recipe, trained: Path) -> tuple[HeadedEncoder, list[str]]:
    """The fine-tuned network of a step of a run, ready for inference, and its heads' names."""
    model, heads = load_network(recipe, trained.parent, trained / WEIGHTS, trained / "heads.json")
    return model.eval(), heads


def load_network(
    recipe: Recipe, run: Path, weights: Path, names: Path
) -> tuple[HeadedEncoder, list[str]]:
    """A network and the names of its heads, from a file of each.

    run: the folder of the run, for its encoder.
    """
    heads = json.loads(names.read_text(encoding="utf-8"))
    distil_weight = recipe.distil.weight if recipe.distil else 0.0
    base = base_of(recipe.base, run)
    model = HeadedEncoder.from_base(base, heads, recipe.training, distil_weight)
    model.load_state_dict(load_file(weights))
    return model, heads


def _modelled(rows: EncodedRows, options: Training) -> list[str]:
    """The heads that have positive rows to learn from; a category needs `min_target_rows`."""
    positive = rows.label_heads[rows.label_values >= 0.5]
    counts = np.bincount(positive, minlength=len(rows.heads))
    return [
        head
        for head, count in zip(rows.heads, counts, strict=True)
        if count >= (options.min_target_rows if head.startswith("target.") else 1)
    ]


def _steps(trainer: Trainer) -> int:
    arguments = trainer.args
    rows = len(cast("Units", trainer.train_dataset))
    batch: int = arguments.per_device_train_batch_size * max(1, arguments.world_size)
    return math.ceil(math.ceil(rows / batch) * arguments.num_train_epochs)
