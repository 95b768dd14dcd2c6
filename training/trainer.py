"""A `transformers.Trainer` over encoded rows."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, cast

import numpy as np
import numpy.typing as npt
import torch
from sklearn.metrics import roc_auc_score
from transformers import EvalPrediction, PrinterCallback, Trainer, TrainingArguments
from transformers.trainer_pt_utils import LengthGroupedSampler

from upstander.training.batches import Collator, Taught, Units
from upstander.training.encoding import EncodedRows
from upstander.training.model import HeadedEncoder
from upstander.training.recipe import Recipe, Training
from upstander.training.teacher import read_taught

_LOADERS: Final = 6

_ENOUGH: Final = 20
"""Rows of either kind from which on a head's area under the curve is looked at."""


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
    as_they_are = options.model_copy(update={"concatenate": None})
    trainer.evaluation_collator = Collator(padding, split.validation, heads, as_they_are)
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


def _can_tell(labels: npt.NDArray[np.float32]) -> bool:
    return min(int((labels >= 0.5).sum()), int((labels < 0.5).sum())) >= _ENOUGH


def _arguments(recipe: Recipe, out: Path, seed: int) -> TrainingArguments:
    options = recipe.training
    precision = options.precision if options.precision != "auto" else best_precision()
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


def best_precision() -> str:
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
