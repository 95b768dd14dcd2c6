"""train: fine-tune the encoder and its heads with `transformers.Trainer`."""

import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

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
from transformers.trainer_pt_utils import LengthGroupedSampler
from transformers.trainer_utils import get_last_checkpoint

from training.base import resolve
from training.callbacks import ShowProgress, StopOnInterrupt
from training.encoding import Collator, EncodedRows, Taught, Units
from training.model import HeadedEncoder
from training.recipe import Recipe, Training
from training.teacher import read_taught
from upstander.progress import track

WEIGHTS = "model.safetensors"

_LOADERS: Final = 6

_ENOUGH: Final = 20
"""Rows of either kind from which on a head's area under the curve is looked at."""


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
    base = resolve(recipe.base)
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


@dataclass(frozen=True, slots=True)
class Split:
    """The rows that train and those that the progress is told on.

    taught: what a teacher says of the training rows, if there is one.
    """

    training: EncodedRows
    validation: EncodedRows
    taught: Taught | None = None

    @classmethod
    def open(cls, encoded: Path, taught: Path, recipe: Recipe) -> "Split":
        """Read the folders of the steps `encode` and `teach`."""
        training, validation = (
            EncodedRows.load(encoded / f"{name}.safetensors") for name in ("train", "validation")
        )
        return cls(training, validation, read_taught(taught) if recipe.distil else None)


def device_name() -> str:
    """What it trains on, in words."""
    return torch.cuda.get_device_name() if torch.cuda.is_available() else "CPU"


class _Trainer(Trainer):
    """A Trainer whose batches hold rows of like length, and cut what they need out of the arrays.

    The collator of training rows also brings what the teacher says of them.
    """

    evaluation_collator: Collator

    def _get_train_sampler(
        self,
        train_dataset: Any = None,  # noqa: ARG002 - the name that Trainer calls it by
    ) -> LengthGroupedSampler:
        units = cast("Units", self.train_dataset)
        generator = torch.Generator().manual_seed(self.args.seed)
        return LengthGroupedSampler(
            self.args.train_batch_size * self.args.gradient_accumulation_steps,
            lengths=units.lengths,
            generator=generator,
        )

    def get_eval_dataloader(self, eval_dataset: Any = None) -> torch.utils.data.DataLoader[Any]:
        return self._plain(eval_dataset or self.eval_dataset)

    def get_test_dataloader(self, test_dataset: Any) -> torch.utils.data.DataLoader[Any]:
        return self._plain(test_dataset)

    def _plain(self, units: Any) -> torch.utils.data.DataLoader[Any]:
        loader = torch.utils.data.DataLoader(
            units, self.args.eval_batch_size, collate_fn=self.evaluation_collator
        )
        prepared: torch.utils.data.DataLoader[Any] = self.accelerator.prepare(loader)
        return prepared


def trainer_of(
    recipe: Recipe,
    folder: Path,
    model: HeadedEncoder,
    split: Split,
    heads: Sequence[str],
    number: int = 0,
    wanted: npt.NDArray[np.bool_] | None = None,
) -> Trainer:
    """What trains a network in a folder.

    number: of the order that the rows come in. wanted: which training rows are used; None is all.
    """
    options = recipe.training
    # cuDNN plans its attention anew for each shape of a batch, which takes longer than a step.
    torch.backends.cuda.enable_cudnn_sdp(False)
    padding = model.encoder.config.pad_token_id or 0
    random = np.random.default_rng(recipe.seed)
    rows = len(split.validation)
    shown = np.zeros(rows, dtype=np.bool_)
    shown[random.permutation(rows)[: options.eval_rows]] = True
    trainer = _Trainer(
        model=model,
        args=_arguments(recipe, folder, recipe.seed + number),
        train_dataset=Units(split.training, options.max_length, wanted),
        eval_dataset=Units(split.validation, options.max_length, shown),
        data_collator=Collator(padding, split.training, heads, options, split.taught),
        compute_metrics=lambda prediction: _metrics(prediction, heads),
        optimizers=(optimizer_of(model, options), None),
    )
    trainer.evaluation_collator = Collator(padding, split.validation, heads, options)
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
        ],
        fused=torch.cuda.is_available(),
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
    model, heads = load_network(recipe, trained / WEIGHTS, trained / "heads.json")
    return model.eval(), heads


def load_network(recipe: Recipe, weights: Path, names: Path) -> tuple[HeadedEncoder, list[str]]:
    """A network and the names of its heads, from a file of each."""
    heads = json.loads(names.read_text(encoding="utf-8"))
    distil_weight = recipe.distil.weight if recipe.distil else 0.0
    model = HeadedEncoder.from_base(resolve(recipe.base), heads, recipe.training, distil_weight)
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


def _can_tell(labels: npt.NDArray[np.float32]) -> bool:
    return min(int((labels >= 0.5).sum()), int((labels < 0.5).sum())) >= _ENOUGH


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
        # A GPU waits for batches that are cut in its own process; two cores have none to spare.
        dataloader_num_workers=_LOADERS if torch.cuda.is_available() else 0,
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
            scores[head] = float(roc_auc_score(labels[known, column] >= 0.5, logits[known, column]))
    mean = float(np.mean(list(scores.values()))) if scores else 0.0
    return {"auc": mean, **{f"auc_{head}": value for head, value in scores.items()}}


def _steps(trainer: Trainer) -> int:
    arguments = trainer.args
    rows = len(cast("Units", trainer.train_dataset))
    batch: int = arguments.per_device_train_batch_size * max(1, arguments.world_size)
    return math.ceil(math.ceil(rows / batch) * arguments.num_train_epochs)
