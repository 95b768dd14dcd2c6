"""Training on the answers of the user, with distillation of everything else.

On a row of the user the labels that were answered are learned; every other output, and every token,
is to stay as it was (Li and Hoiem 2016, Learning without Forgetting). Made-up sentences are
rehearsed with all outputs as they were. The network computes with the rounding of its graph, so
that it learns around it.
"""

import math
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from safetensors.torch import save_file
from tokenizers import Tokenizer
from transformers import set_seed

from upstander.models.manifest import Manifest, Window
from upstander.training.base_choice import BaseModelChoice
from upstander.training.batches import Taught
from upstander.training.encoding import UNKNOWN, EncodedRows, number_type
from upstander.training.finetune.labelled import Labelled
from upstander.training.finetune.network import HEAD_WEIGHTS, Network, head_names
from upstander.training.finetune.rehearsal import sentences
from upstander.training.finetune.windows import fast, open_tokenizer, windows_of
from upstander.training.inference import logits_of
from upstander.training.model import HeadedEncoder
from upstander.training.recipe import Distil, RationaleChoice, Recipe, Training
from upstander.training.seeded_random import uniform
from upstander.training.steps.train import device_name, precision_of, train_network
from upstander.training.trainer import Split, trainer_of

START: Final = "start.safetensors"
TRAINED: Final = "training/model.safetensors"

_DISTIL: Final = 0.5
_REVIEWED: Final = 3
"""How often a text that people reviewed is seen in an epoch."""

_MAX_WINDOWS: Final = 6
"""Of one text, so that a few long ones do not become most of the training."""

_ROWS_SEEN: Final = 4000
"""Few rows are seen often: until so many were, all epochs together, but no more than ten times."""

_MAX_EPOCHS: Final = 10
_REHEARSED: Final = (300, 1000)


@dataclass(frozen=True, slots=True)
class Piece:
    """A window of a text. labels: number of an output to its answer. text: which it is of."""

    ids: Sequence[int]
    labels: Mapping[int, float]
    text: int


def learn(
    network: Network,
    manifest: Manifest,
    tokenizer_file: Path,
    rows: Sequence[Labelled],
    shown: Sequence[Labelled],
    out: Path,
    *,
    seed: int = 0,
    epochs: float = 0.0,
    rehearsal: int | None = None,
) -> dict[str, Any]:
    """Train on rows, and leave the network of before and of after in `out`.

    shown: rows that the progress is told on. epochs: 0 chooses. rehearsal: sentences that are
    rehearsed; None is half as many as there are windows of rows, 300 to 1,000.
    """
    outputs = [output.name for output in manifest.outputs]
    tokenizer = open_tokenizer(tokenizer_file)
    options = _options(network, manifest.window, len(rows), epochs)
    set_seed(seed)
    model = network.load(outputs, options, _DISTIL)
    save_file(model.state_dict(), out / START)
    own, known = _taught_pieces(model.eval(), tokenizer, manifest.window, rows, outputs)
    low, high = _REHEARSED
    wanted = rehearsal if rehearsal is not None else min(max(len(own) // 2, low), high)
    made = [sentence.text for sentence in sentences(wanted, held_out=False, seed=seed)]
    again, said = _rehearsed_pieces(model, tokenizer, manifest.window, made, len(rows))
    training = encoded([*own, *again], outputs, seed)
    taught = Taught(
        np.concatenate([known.logits, said.logits]),
        np.concatenate([known.marks, said.marks]),
        tuple(head_names(outputs)),
    )
    validation = encoded(_pieces(tokenizer, manifest.window, shown or rows, outputs), outputs, seed)
    recipe = _recipe(network, options, seed)
    folder = out / "training"
    trainer = trainer_of(
        recipe, folder, model.train(), Split(training, validation, taught), training.heads, 1
    )
    report = train_network("fine-tuning", trainer)
    for checkpoint in folder.glob("checkpoint-*"):
        shutil.rmtree(checkpoint)
    return {
        "rows": len(rows),
        "windows": len(own),
        "rehearsed": len(again),
        "epochs": options.epochs,
        "learning_rate": options.learning_rate,
        "batch_size": options.batch_size,
        "steps": report["steps"],
        "seconds": report["seconds"],
        "precision": precision_of(trainer),
        "device": device_name(),
    }


def _options(network: Network, window: Window, rows: int, epochs: float) -> Training:
    chosen = epochs or min(_MAX_EPOCHS, max(2, math.ceil(_ROWS_SEEN / max(rows, 1))))
    return Training(
        epochs=chosen,
        learning_rate=1e-4,
        head_learning_rate=1e-3,
        warmup=0.1,
        batch_size=32,
        max_length=window.length,
        layers=network.record.layers,
        eval_rows=400,
        eval_steps=50,
        head_weights=HEAD_WEIGHTS,
    )


def _recipe(network: Network, options: Training, seed: int) -> Recipe:
    """What the trainer asks a recipe for; the rest is empty."""
    base = network.record.base
    return Recipe(
        name="finetune",
        version="0.0.0",
        description="",
        seed=seed,
        base=BaseModelChoice(name=base.name, licence=base.licence),
        sources={},
        training=options,
        distil=Distil(teacher=network.record.name, weight=_DISTIL),
        labels={},
        rationale=RationaleChoice(sources=(), calibrate=""),
    )


@dataclass(frozen=True, slots=True)
class _Said:
    """What the network said of pieces before. logits: (pieces, outputs). marks: of all tokens."""

    logits: NDArray[np.float16]
    marks: NDArray[np.float16]


def _said(model: HeadedEncoder, pieces: Sequence[Piece]) -> _Said:
    if not pieces:
        return _Said(np.zeros((0, model.heads.out_features), np.float16), np.zeros(0, np.float16))
    with fast():
        logits, tokens = logits_of(model, [piece.ids for piece in pieces])
    marks = []
    for own in tokens:
        marks.append(own.copy())
        marks[-1][[0, -1]] = np.nan  # nobody asks for the special ones
    return _Said(logits.astype(np.float16), np.concatenate(marks).astype(np.float16))


def _taught_pieces(
    model: HeadedEncoder,
    tokenizer: Tokenizer,
    window: Window,
    rows: Sequence[Labelled],
    outputs: Sequence[str],
) -> tuple[list[Piece], _Said]:
    """The windows of the rows of the user, and what the network is to go on saying of them.

    What does not hold of a text holds of none of its windows. What holds of it is in one of them at
    least, and that is the one for which the network gives it most; of the others nothing is known.
    """
    pieces = _pieces(tokenizer, window, rows, outputs)
    said = _said(model, pieces)
    logits = said.logits.astype(np.float32)
    highest: dict[tuple[int, int], int] = {}
    for place, piece in enumerate(pieces):
        for output in (output for output, value in piece.labels.items() if value):
            best = highest.setdefault((piece.text, output), place)
            if logits[place, output] > logits[best, output]:
                highest[piece.text, output] = place
    found = []
    for place, piece in enumerate(pieces):
        labels = {
            output: value
            for output, value in piece.labels.items()
            if not value or highest[piece.text, output] == place
        }
        found.append(Piece(piece.ids, labels, piece.text))
        for output in labels:
            logits[place, output] = np.nan  # the answer counts there, and not what was said
    kept = _Said(logits.astype(np.float16), said.marks)
    return _again(found, kept, {number for number, row in enumerate(rows) if row.reviewed})


def _again(pieces: Sequence[Piece], said: _Said, reviewed: set[int]) -> tuple[list[Piece], _Said]:
    """The same, with what people reviewed several times."""
    ends = np.cumsum([len(piece.ids) for piece in pieces])
    more = [place for place, piece in enumerate(pieces) if piece.text in reviewed]
    places = [*range(len(pieces)), *more * (_REVIEWED - 1)]
    marks = [said.marks[ends[place] - len(pieces[place].ids) : ends[place]] for place in places]
    return (
        [pieces[place] for place in places],
        _Said(said.logits[places], np.concatenate(marks) if marks else said.marks),
    )


def _rehearsed_pieces(
    model: HeadedEncoder, tokenizer: Tokenizer, window: Window, texts: Sequence[str], first: int
) -> tuple[list[Piece], _Said]:
    """Made-up sentences, which teach nothing but what the network said. first: their number."""
    pieces = [
        Piece(ids, {}, first + number)
        for number, parts in enumerate(windows_of(tokenizer, window, texts))
        for ids in parts[:1]
    ]
    return pieces, _said(model, pieces)


def _pieces(
    tokenizer: Tokenizer, window: Window, rows: Sequence[Labelled], outputs: Sequence[str]
) -> list[Piece]:
    cut = windows_of(tokenizer, window, [row.text for row in rows])
    return [
        Piece(ids, {outputs.index(n): float(holds) for n, holds in row.labels.items()}, number)
        for number, (row, parts) in enumerate(zip(rows, cut, strict=True))
        for ids in parts[:_MAX_WINDOWS]
    ]


def encoded(pieces: Sequence[Piece], outputs: Sequence[str], seed: int) -> EncodedRows:
    """Pieces as the flat arrays that training reads; each is a unit of its own."""
    ids = [i for piece in pieces for i in piece.ids]
    lengths = [len(piece.ids) for piece in pieces]
    counts = [len(piece.labels) for piece in pieces]
    heads = [head for piece in pieces for head in piece.labels]
    values = [value for piece in pieces for value in piece.labels.values()]
    return EncodedRows(
        ids=np.array(ids, dtype=number_type(max(ids, default=0) + 1)),
        starts=np.concatenate([[0], np.cumsum(lengths)]).astype(np.int64),
        marks=np.full(sum(lengths), UNKNOWN, dtype=np.int8),
        label_starts=np.concatenate([[0], np.cumsum(counts)]).astype(np.int64),
        label_heads=np.array(heads, dtype=np.uint8),
        label_values=np.array(values, dtype=np.float32),
        label_weak=np.zeros(len(values), dtype=np.uint8),
        units=np.arange(len(pieces), dtype=np.int64),
        draws=np.array([uniform(seed, n) for n in range(len(pieces))], dtype=np.float32),
        sources=np.zeros(len(pieces), dtype=np.uint8),
        heads=tuple(head_names(outputs)),
        source_names=("own",),
    )
