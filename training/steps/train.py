"""train: fine-tune the encoder and its heads with `transformers.Trainer`."""

import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import datasets
import numpy as np
import numpy.typing as npt
import torch
from accelerate import PartialState
from safetensors.torch import load_file, save_file
from sklearn.metrics import roc_auc_score
from tokenizers import Tokenizer
from transformers import (
    EarlyStoppingCallback,
    EvalPrediction,
    PrinterCallback,
    Trainer,
    TrainingArguments,
    set_seed,
)
from transformers.trainer_utils import get_last_checkpoint

from training.base import load_tokenizer, resolve
from training.callbacks import ShowProgress, StopOnInterrupt
from training.errors import RecipeError
from training.model import HeadedEncoder
from training.recipe import Recipe, Training
from upstander.progress import track

WEIGHTS = "model.safetensors"

_ENOUGH: Final = 20
"""Rows of either kind from which on a head's area under the curve is looked at."""


def train(recipe: Recipe, prepared: Path, out: Path) -> dict[str, Any]:
    """Write `out/model.safetensors`, `out/heads.json` and checkpoints; resume if there are any.

    With several `members` each is trained in a folder of its own, in another order of the rows, and
    the network is the mean of their weights. Ctrl-C writes a checkpoint before it ends the run.
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
    training = encode(tables["train"], tokenizer, every_head, heads, options)
    validation = encode(tables["validation"], tokenizer, every_head, heads, options)
    validation = validation.shuffle(seed=recipe.seed)
    validation = validation.select(range(min(options.eval_rows, len(validation))))
    _check_best_head(options.best_head, heads, validation)

    members = []
    for number in range(1, options.members + 1):
        set_seed(recipe.seed)  # all begin the same, heads too: only then do their weights average
        model = HeadedEncoder.from_base(base, len(heads), options.dropout)
        title = f"training {number} of {options.members}" if options.members > 1 else "training"
        folder = out / f"member-{number}"
        arguments = _arguments(recipe, folder, recipe.seed + number)
        members.append(_train_member(title, model, arguments, training, validation, heads, options))
    report: dict[str, Any] = {
        "rows": len(training),
        "too_long": len(tables["train"]) - len(training),
        "precision": "bf16" if arguments.bf16 else "fp16" if arguments.fp16 else "fp32",
        "steps": sum(member["steps"] for member in members),
        "seconds": sum(member["seconds"] for member in members),
        "members": members,
    }
    if PartialState().is_main_process:
        files = [out / f"member-{number}" / WEIGHTS for number in range(1, options.members + 1)]
        save_file(average(files), out / WEIGHTS)
        (out / "heads.json").write_text(json.dumps(heads, indent=2) + "\n", encoding="utf-8")
    return report


def _train_member(
    title: str,
    model: HeadedEncoder,
    arguments: TrainingArguments,
    training: datasets.Dataset,
    validation: datasets.Dataset,
    heads: Sequence[str],
    options: Training,
) -> dict[str, Any]:
    """Train in the folder of `arguments`, from its last checkpoint; skip what is finished."""
    folder = Path(str(arguments.output_dir))
    record = folder / "member.json"
    if record.is_file():
        finished: dict[str, Any] = json.loads(record.read_text())
        return finished
    interrupt = StopOnInterrupt()
    trainer = Trainer(
        model=model,
        args=arguments,
        train_dataset=training,
        eval_dataset=validation,
        data_collator=Collator(model.encoder.config.pad_token_id or 0),
        compute_metrics=lambda prediction: _metrics(prediction, heads),
        callbacks=[
            EarlyStoppingCallback(early_stopping_patience=options.patience),
            interrupt,
        ],
    )
    trainer.remove_callback(PrinterCallback)
    checkpoint = get_last_checkpoint(str(folder)) if folder.is_dir() else None  # type: ignore[no-untyped-call]
    with (
        track(title, total=_steps(trainer, len(training)), unit="steps") as progress,
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
        "best": trainer.state.best_metric,
        "history": [entry for entry in trainer.state.log_history if "eval_auc" in entry],
    }
    if trainer.is_world_process_zero():
        # A pickle, and nothing that the recipe does not say.
        (folder / "training_args.bin").unlink()
        record.write_text(json.dumps(report, indent=2) + "\n", encoding="utf-8")
    trainer.accelerator.wait_for_everyone()
    return report


def average(files: Sequence[Path]) -> dict[str, torch.Tensor]:
    """The mean of each weight over several fine-tuned networks of one start (Wortsman 2022)."""
    states = [load_file(file) for file in files]
    return {
        name: torch.stack([state[name].double() for state in states]).mean(dim=0).to(value.dtype)
        for name, value in states[0].items()
    }


def load_trained(recipe: Recipe, trained: Path) -> tuple[HeadedEncoder, list[str]]:
    """The fine-tuned network, ready for inference, and the names of its heads."""
    heads = json.loads((trained / "heads.json").read_text())
    model = HeadedEncoder.from_base(resolve(recipe.base), len(heads), recipe.training.dropout)
    model.load_state_dict(load_file(trained / WEIGHTS))
    return model.eval(), heads


def encode(
    table: datasets.Dataset,
    tokenizer: Tokenizer,
    every_head: Sequence[str],
    heads: Sequence[str],
    options: Training,
) -> datasets.Dataset:
    """Tokens, labels and weights of each row; rows longer than `max_length` are left out."""
    kept = [every_head.index(head) for head in heads]
    head_weights = np.array([_head_weight(head, options) for head in heads], dtype=np.float32)

    def convert(batch: Mapping[str, list[Any]]) -> dict[str, list[Any]]:
        ids = [encoding.ids for encoding in tokenizer.encode_batch(batch["text"])]
        weak = np.array(batch["weak"], dtype=np.float32)[:, kept]
        return {
            "input_ids": ids,
            "length": [len(row) for row in ids],
            "labels": list(np.array(batch["heads"], dtype=np.float32)[:, kept]),
            "weights": list(head_weights * np.where(weak > 0, options.weak_weight, 1.0)),
        }

    # In memory: a cache file would land in the folder of the step before, and change it.
    encoded = table.map(
        convert, batched=True, remove_columns=table.column_names, keep_in_memory=True
    )
    return encoded.filter(
        lambda length: length <= options.max_length, input_columns="length", keep_in_memory=True
    )


@dataclass(frozen=True, slots=True)
class Collator:
    """Pads rows to the longest of their batch."""

    padding: int

    def __call__(self, rows: Sequence[Mapping[str, Any]]) -> dict[str, torch.Tensor]:
        longest = max(len(row["input_ids"]) for row in rows)
        ids = torch.full((len(rows), longest), self.padding)
        mask = torch.zeros(len(rows), longest, dtype=torch.long)
        for index, row in enumerate(rows):
            ids[index, : len(row["input_ids"])] = torch.tensor(row["input_ids"])
            mask[index, : len(row["input_ids"])] = 1
        return {
            "input_ids": ids,
            "attention_mask": mask,
            "labels": torch.tensor(np.array([row["labels"] for row in rows], dtype=np.float32)),
            "weights": torch.tensor(np.array([row["weights"] for row in rows], dtype=np.float32)),
        }


def _modelled(every_head: Sequence[str], table: datasets.Dataset, options: Training) -> list[str]:
    """The heads that have positive rows to learn from; a category needs `min_target_rows`."""
    values = np.array(table["heads"], dtype=np.float32)
    positives = dict(zip(every_head, np.nansum(values == 1, axis=0), strict=True))
    return [
        head
        for head in every_head
        if positives[head] >= (options.min_target_rows if head.startswith("target.") else 1)
    ]


def _check_best_head(best: str, heads: Sequence[str], validation: datasets.Dataset) -> None:
    """Raise RecipeError now, rather than at the first evaluation."""
    if best and best not in heads:
        raise RecipeError(f"training.best_head: {best!r} is not among {', '.join(heads)}")
    if best and not _can_tell(np.array(validation["labels"])[:, heads.index(best)]):
        raise RecipeError(
            f"training.best_head: {best} has fewer than {_ENOUGH} validation rows of a kind: "
            "raise training.eval_rows, or leave best_head out"
        )


def _can_tell(labels: npt.NDArray[np.float32]) -> bool:
    return min(int((labels == 1).sum()), int((labels == 0).sum())) >= _ENOUGH


def _head_weight(head: str, options: Training) -> float:
    return options.head_weights.get(head, options.head_weights.get(head.partition(".")[0], 1.0))


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
        load_best_model_at_end=True,
        metric_for_best_model=f"auc_{options.best_head}" if options.best_head else "auc",
        greater_is_better=True,
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
        if not head.startswith("target.") and _can_tell(labels[:, column]):
            known = ~np.isnan(labels[:, column])
            scores[head] = float(roc_auc_score(labels[known, column] == 1, logits[known, column]))
    mean = float(np.mean(list(scores.values()))) if scores else 0.0
    return {"auc": mean, **{f"auc_{head}": value for head, value in scores.items()}}


def _steps(trainer: Trainer, rows: int) -> int:
    arguments = trainer.args
    batch: int = arguments.per_device_train_batch_size * max(1, arguments.world_size)
    return math.ceil(math.ceil(rows / batch) * arguments.num_train_epochs)
