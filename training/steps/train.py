"""train: fine-tune the encoder and its heads with `transformers.Trainer`."""

import json
import math
from collections.abc import Sequence
from pathlib import Path
from typing import Any, Final, cast

import datasets
import numpy as np
import numpy.typing as npt
import torch
from accelerate import PartialState
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score
from transformers import (
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from training.base import load_tokenizer, resolve
from training.callbacks import ShowProgress, StopOnInterrupt
from training.encoding import Collator, encode
from training.model import HeadedEncoder
from training.recipe import Recipe, Training
from upstander.progress import track

WEIGHTS = "model.safetensors"

_ENOUGH: Final = 20
"""Rows of either kind from which on a head's area under the curve is looked at."""


def train(recipe: Recipe, prepared: Path, out: Path) -> dict[str, Any]:
    """Write `out/model.safetensors`, `out/heads.json` and checkpoints; resume if there are any.

    Every epoch is run to its end, and the last weights are taken: an evaluation on the way pools
    rows of many definitions, and its best is not the network's. With several `members` each is
    trained in a folder of its own, in another order of the rows, and the network is the mean of
    their weights. Ctrl-C writes a checkpoint before it ends the run.
    """
    # Under torchrun the first process lays out the folder, and the others begin after it.
    PartialState(cpu=not torch.cuda.is_available()).wait_for_everyone()
    datasets.disable_progress_bars()  # ours say the same, also where there is no terminal
    base = resolve(recipe.base)
    options = recipe.training
    tables = datasets.load_from_disk(str(prepared / "data"))
    every_head = json.loads((prepared / "heads.json").read_text())
    heads = _modelled(every_head, tables["train"], options)
    tokenizer = load_tokenizer(base)
    training = encode(
        tables["train"], tokenizer, every_head, heads, options, recipe.rationale.sources
    )
    validation = encode(
        tables["validation"], tokenizer, every_head, heads, options, recipe.rationale.sources
    )
    validation = select_validation(validation, recipe)

    members = []
    for number in range(1, options.members + 1):
        set_seed(recipe.seed)  # all begin the same, heads too: only then do their weights average
        model = HeadedEncoder.from_base(base, heads, options)
        title = f"training {number} of {options.members}" if options.members > 1 else "training"
        folder = out / f"member-{number}"
        trainer = trainer_of(recipe, folder, model, training, validation, heads, number)
        members.append(train_network(title, trainer))
    files = [out / f"member-{number}" / WEIGHTS for number in range(1, options.members + 1)]
    averaged = average(files)
    model.load_state_dict(averaged)
    metrics = trainer.predict(validation).metrics or {}
    report: dict[str, Any] = {
        "rows": sum(map(len, training["labels"])),
        "units": len(training),
        "too_long": len(tables["train"]) - sum(map(len, training["labels"])),
        "precision": precision_of(trainer),
        "steps": sum(member["steps"] for member in members),
        "seconds": sum(member["seconds"] for member in members),
        "members": members,
        "auc": metrics["test_auc"],
    }
    if PartialState().is_main_process:
        save_file(averaged, out / WEIGHTS)
        (out / "heads.json").write_text(json.dumps(heads, indent=2) + "\n", encoding="utf-8")
    return report


def select_validation(validation: datasets.Dataset, recipe: Recipe) -> datasets.Dataset:
    """The validation rows that the progress is told on."""
    shuffled = validation.shuffle(seed=recipe.seed)
    return shuffled.select(range(min(recipe.training.eval_rows, len(shuffled))))


def trainer_of(
    recipe: Recipe,
    folder: Path,
    model: HeadedEncoder,
    training: datasets.Dataset,
    validation: datasets.Dataset,
    heads: Sequence[str],
    number: int = 0,
) -> Trainer:
    """What trains a network in a folder. number: of the order that the rows come in."""
    options = recipe.training
    trainer = Trainer(
        model=model,
        args=_arguments(recipe, folder, recipe.seed + number),
        train_dataset=training,
        eval_dataset=validation,
        data_collator=Collator(model.encoder.config.pad_token_id or 0),
        compute_metrics=lambda prediction: _metrics(prediction, heads),
        optimizers=(optimizer_of(model, options), None),
    )
    trainer.remove_callback(PrinterCallback)
    return trainer


def optimizer_of(model: HeadedEncoder, options: Training) -> torch.optim.Optimizer:
    """AdamW with a rate for the encoder and one for the heads; biases and norms do not decay."""
    groups: dict[tuple[bool, bool], list[torch.nn.Parameter]] = {}
    for name, parameter in model.named_parameters():
        place = (name.startswith("encoder."), parameter.ndim > 1)
        groups.setdefault(place, []).append(parameter)
    return torch.optim.AdamW(
        [
            {
                "params": parameters,
                "lr": options.learning_rate if in_encoder else options.head_learning_rate,
                "weight_decay": options.weight_decay if is_matrix else 0.0,
            }
            for (in_encoder, is_matrix), parameters in groups.items()
        ]
    )


def precision_of(trainer: Trainer) -> str:
    """What it multiplies in."""
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
    """The fine-tuned network of a step, ready for inference, and the names of its heads."""
    heads = json.loads((trained / "heads.json").read_text())
    model = HeadedEncoder.from_base(resolve(recipe.base), heads, recipe.training)
    model.load_state_dict(load_file(trained / WEIGHTS))
    return model.eval(), heads


def _modelled(every_head: Sequence[str], table: datasets.Dataset, options: Training) -> list[str]:
    """The heads that have positive rows to learn from; a category needs `min_target_rows`."""
    values = np.array(table["heads"], dtype=np.float32)
    positives = dict(zip(every_head, np.nansum(values == 1, axis=0), strict=True))
    return [
        head
        for head in every_head
        if positives[head] >= (options.min_target_rows if head.startswith("target.") else 1)
    ]


def _can_tell(labels: npt.NDArray[np.float32]) -> bool:
    return min(int((labels == 1).sum()), int((labels == 0).sum())) >= _ENOUGH


def _arguments(recipe: Recipe, out: Path, seed: int) -> TrainingArguments:
    options = recipe.training
    precision = options.precision if options.precision != "auto" else _best_precision()
    return TrainingArguments(
        output_dir=str(out),
        num_train_epochs=options.epochs,
        learning_rate=options.learning_rate,
        weight_decay=options.weight_decay,
        warmup_steps=options.warmup,
        per_device_train_batch_size=options.batch_size,
        per_device_eval_batch_size=4 * options.batch_size,
        train_sampling_strategy="group_by_length",
        length_column_name="length",
        bf16=precision == "bf16",
        fp16=precision == "fp16",
        use_cpu=not torch.cuda.is_available(),
        eval_strategy="steps",
        eval_steps=options.eval_steps,
        save_strategy="steps",
        save_steps=options.eval_steps,
        save_total_limit=2,
        logging_steps=options.eval_steps,
        label_names=["labels"],
        remove_unused_columns=False,
        disable_tqdm=True,
        report_to=[],
        seed=seed,
        dataloader_num_workers=0,
    )


def _best_precision() -> str:
    """bf16 where the hardware multiplies it natively: 1.7 times faster on an AVX-512 BF16 CPU."""
    if torch.cuda.is_available():
        return "bf16" if torch.cuda.is_bf16_supported() else "fp16"
    has_bf16 = getattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    return "bf16" if has_bf16() else "fp32"


def _metrics(prediction: EvalPrediction, heads: Sequence[str]) -> dict[str, float]:
    """Mean area under the ROC curve over the label heads that have rows enough to tell."""
    logits = np.asarray(prediction.predictions)
    labels = np.asarray(prediction.label_ids)
    scores = {}
    for column, head in enumerate(heads):
        if not head.startswith(("target.", "mechanism.")) and _can_tell(labels[:, column]):
            known = ~np.isnan(labels[:, column])
            scores[head] = float(roc_auc_score(labels[known, column] == 1, logits[known, column]))
    mean = float(np.mean(list(scores.values()))) if scores else 0.0
    return {"auc": mean, **{f"auc_{head}": value for head, value in scores.items()}}


def _steps(trainer: Trainer) -> int:
    arguments = trainer.args
    rows = len(cast("datasets.Dataset", trainer.train_dataset))
    batch: int = arguments.per_device_train_batch_size * max(1, arguments.world_size)
    return math.ceil(math.ceil(rows / batch) * arguments.num_train_epochs)
