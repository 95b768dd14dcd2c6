"""Choosing the interpolation between the weights before and after (WiSE-FT).

Between the two weights a network keeps more of what the training did not show (Wortsman et al.
2022, Robust fine-tuning of zero-shot models). Shares are tried from nothing to all; taken is the
one whose probabilities fit the rows that tune best, among those that lose no more of the abilities
of before than is allowed, and that decide most of the regression cases as people did.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
import torch
from numpy.typing import NDArray
from sklearn.metrics import roc_auc_score

from upstander.models.manifest import Manifest
from upstander.training.finetune.calibrate import Tuned, loss, tune
from upstander.training.finetune.labelled import Labelled
from upstander.training.finetune.learn import START, TRAINED
from upstander.training.finetune.network import load_state
from upstander.training.finetune.rehearsal import Sentence
from upstander.training.steps.train import average

Booleans = NDArray[np.bool_]
Floats = NDArray[np.float64]

SHARES: Final = (0.0, 0.25, 0.5, 0.75, 1.0)
_UNTOLD: Final = 0.5
"""What is taken where too few rows tune to tell."""


@dataclass(frozen=True, slots=True)
class Logits:
    """(texts, outputs) each: of the rows that tune, the regression cases, the made-up sentences."""

    tuning: Floats
    cases: Floats
    made: Floats

    @property
    def all(self) -> Floats:
        """Of every text."""
        return np.concatenate([self.tuning, self.cases, self.made])


@dataclass(frozen=True, slots=True)
class Candidate:
    """A share of the trained network, and what it does.

    tuned: of each output. loss: on the rows that tune, a mean over labels; None where too few
    tell. lost: the most that an area under the curve fell on made-up sentences. broken: answers of
    regression cases that it does not give.
    """

    share: float
    tuned: Mapping[str, Tuned]
    loss: float | None
    lost: float
    broken: int


def state_of(folder: Path, share: float) -> dict[str, torch.Tensor]:
    """The weights between those of before and of after the training."""
    if share == 0:
        return load_state(folder / START)
    return average((folder / START, folder / TRAINED), (1 - share, share))


def candidate(
    share: float,
    manifest: Manifest,
    now: Logits,
    before: Logits,
    rows: Sequence[Labelled],
    cases: Sequence[Labelled],
    made: Sequence[Sentence],
    prevalence: float | None,
) -> Candidate:
    """What a share gives. rows, cases, made: of `now` and `before`, in their order."""
    names = [output.name for output in manifest.outputs]
    new, old = now.all, before.all
    tuned: dict[str, Tuned] = {}
    losses = []
    for place, name in enumerate(names):
        said = [row.labels.get(name) for row in rows]
        known = np.array([one is not None for one in said], dtype=np.bool_)
        truth = np.array([one for one in said if one is not None], dtype=np.bool_)
        answered = np.concatenate([known, np.zeros(len(new) - len(known), np.bool_)])
        tuned[name] = tune(
            name, manifest, new[:, place], old[:, place], answered, truth, prevalence
        )
        if tuned[name].is_own:
            losses.append(loss(tuned[name], now.tuning[known, place], truth))
    return Candidate(
        share,
        tuned,
        float(np.mean(losses)) if losses else None,
        _lost(names, now.made, before.made, made),
        len(broken(names, tuned, now.cases, cases)),
    )


def broken(
    names: Sequence[str], tuned: Mapping[str, Tuned], logits: Floats, cases: Sequence[Labelled]
) -> list[tuple[int, str]]:
    """Number of the case and label of every answer that is not given."""
    return [
        (number, label)
        for number, case in enumerate(cases)
        for label, holds in case.labels.items()
        if (
            tuned[label].probabilities(logits[number, names.index(label)]) >= tuned[label].threshold
        )
        != holds
    ]


def _lost(names: Sequence[str], now: Floats, before: Floats, made: Sequence[Sentence]) -> float:
    """The most that an area under the curve fell.

    Areas, because they do not jump when the rounding moves a few sentences over a threshold.
    """
    falls = [0.0]
    for label in ("dehumanization", "hate"):
        truth = np.array([sentence.labels[label] for sentence in made], dtype=np.bool_)
        if truth.any() and not truth.all():
            place = names.index(label)
            was, is_now = (float(roc_auc_score(truth, own[:, place])) for own in (before, now))
            falls.append(was - is_now)
    return max(falls)


def chosen(candidates: Sequence[Candidate], most_lost: float) -> Candidate:
    """The best of some shares, of which one is nothing and loses nothing."""
    kept = [one for one in candidates if one.lost <= most_lost]
    fewest = min(one.broken for one in kept)
    kept = [one for one in kept if one.broken == fewest]

    def cost(one: Candidate) -> float:
        return abs(one.share - _UNTOLD) if one.loss is None else one.loss

    return min(kept, key=cost)
