"""Timing: the cost of the heads, and of scoring relative to the bare graph.

What is compared is timed in turn in one process, so that whatever else the machine does falls on
both alike.
"""

import time
from collections import deque
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from onnxruntime import InferenceSession
from tokenizers import Tokenizer

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.intervals import Counts, Measured, bootstrap
from upstander.evaluation.scoring import in_order
from upstander.evaluation.synthetic_posts import posts
from upstander.models.manifest import Manifest
from upstander.models.scorer import Scorer
from upstander.models.session import open_session

TOKENS: Final = 32
_RUNS: Final = 1000
_WARM_UP: Final = 50
_POSTS: Final = 300
_TURNS: Final = 9


def run_against_encoder(model: Path, runs: int = _RUNS) -> Measured:
    """Median time of the graph over that of its encoder, at 32 tokens; its rows are pairs of runs.

    Raises EvaluationError if the graph has no layer normalisation to end the encoder at.
    """
    return _run_against(open_session(model), open_session(bare_encoder(model)), runs)


def run_against_graph(model: Path, other: Path, runs: int = _RUNS) -> Measured:
    """Median time of a graph over that of another, at 32 tokens; its rows are pairs of runs."""
    return _run_against(open_session(model), open_session(other), runs)


def _run_against(one: InferenceSession, other: InferenceSession, runs: int) -> Measured:
    ids = {"input_ids": np.arange(1, TOKENS + 1, dtype=np.int64)[np.newaxis]}
    seconds = np.empty((runs, 2))
    for index in range(-_WARM_UP, runs):
        # Whichever goes second finds warmer caches: they take turns.
        for which in (0, 1) if index % 2 else (1, 0):
            session = (one, other)[which]
            started = time.perf_counter()
            session.run(None, ids)
            if index >= 0:
                seconds[index, which] = time.perf_counter() - started

    def ratio(rows: Counts) -> float:
        of_one, of_other = np.median(seconds[rows], axis=0)
        return float(of_one / of_other)

    return bootstrap(runs, ratio)


def base_over_student(student: Scorer, base: Scorer, runs: int = _POSTS) -> Measured:
    """Median time of a run of one model over that of another, at 32 tokens; its rows are pairs."""
    text = " ".join(["word"] * (TOKENS - 2))
    seconds = np.empty((runs, 2))
    for index in range(-_WARM_UP, runs):
        for which in (0, 1) if index % 2 else (1, 0):
            scorer = (base, student)[which]
            inference = scorer.begin(scorer.normalise(text))
            started = time.perf_counter()
            inference.run()
            if index >= 0:
                seconds[index, which] = time.perf_counter() - started

    def ratio(rows: Counts) -> float:
        of_base, of_student = np.median(seconds[rows], axis=0)
        return float(of_base / of_student)

    return bootstrap(runs, ratio)


def score_against_run(graph: Path, manifest: Manifest) -> tuple[Measured, Measured]:
    """What a score takes beside its bare `session.run`, one post at a time; and posts a second.

    The first is the median time of a score, from the text to its spans, over that of a run of its
    tokens, on one thread; its rows are posts. The second is the rate of scores over that of runs,
    on a thread a core, a median of turns; its rows are turns.
    graph: model.onnx, with the tokenizer beside it.
    """
    scorer = Scorer(graph, graph.with_name("tokenizer.json"), manifest)
    tokenizer = Tokenizer.from_file(str(graph.with_name("tokenizer.json")))
    tokenizer.enable_truncation(manifest.window.length)
    session = open_session(graph)
    texts = posts(_POSTS)
    feeds = [
        {"input_ids": np.array([encoding.ids], dtype=np.int64)}
        for encoding in tokenizer.encode_batch(texts)
    ]

    def run(feed: dict[str, npt.NDArray[np.int64]]) -> None:
        session.run(None, feed)

    def seconds_of(work: Callable[[], object]) -> float:
        started = time.perf_counter()
        work()
        return time.perf_counter() - started

    alone = np.array(
        [
            (seconds_of(partial(scorer.score, text)), seconds_of(partial(run, feed)))
            for text, feed in zip(texts, feeds, strict=True)
        ]
    )
    together = np.array(
        [
            (
                seconds_of(lambda: deque(in_order(scorer.score, texts), maxlen=0)),
                seconds_of(lambda: deque(in_order(run, feeds), maxlen=0)),
            )
            for _ in range(_TURNS)
        ]
    )
    rates = together[:, 1] / together[:, 0]

    def latency(rows: Counts) -> float:
        of_score, of_run = np.median(alone[rows], axis=0)
        return float(of_score / of_run)

    return (
        bootstrap(len(alone), latency),
        bootstrap(_TURNS, lambda rows: float(np.median(rates[rows]))),
    )


def bare_encoder(model: Path) -> bytes:
    """The part of a graph from its input to the last layer normalisation, as ONNX."""
    import onnx
    from onnx.utils import Extractor

    graph = onnx.load(model)
    ends = [node.output[0] for node in graph.graph.node if node.op_type == "LayerNormalization"]
    if not ends:
        raise EvaluationError(f"{model}: no layer normalisation, so the encoder has no end")
    if ends[-1] not in {value.name for value in graph.graph.value_info}:
        graph.graph.value_info.append(
            onnx.helper.make_tensor_value_info(ends[-1], onnx.TensorProto.FLOAT, None)
        )
    part: bytes = Extractor(graph).extract_model(["input_ids"], [ends[-1]]).SerializeToString()
    return part
