"""What the heads cost: the time of one run against that of the bare encoder inside the same graph.

Both are timed in turn in one process on one thread, so that whatever else the machine does falls
on both alike.
"""

import time
from pathlib import Path
from typing import Final

import numpy as np

from evaluation.errors import EvaluationError
from evaluation.metrics import Counts, Measured, bootstrap
from models.session import open_session

TOKENS: Final = 32
_RUNS: Final = 1000
_WARM_UP: Final = 50


def run_against_encoder(model: Path, runs: int = _RUNS) -> Measured:
    """Median time of the graph over that of its encoder, at 32 tokens; its rows are pairs of runs.

    Raises EvaluationError if the graph has no layer normalisation to end the encoder at.
    """
    whole = open_session(model)
    bare = open_session(bare_encoder(model))
    ids = {"input_ids": np.arange(1, TOKENS + 1, dtype=np.int64)[np.newaxis]}
    seconds = np.empty((runs, 2))
    for index in range(-_WARM_UP, runs):
        # Whichever goes second finds warmer caches: they take turns.
        for which in (0, 1) if index % 2 else (1, 0):
            session = (whole, bare)[which]
            started = time.perf_counter()
            session.run(None, ids)
            if index >= 0:
                seconds[index, which] = time.perf_counter() - started

    def ratio(rows: Counts) -> float:
        of_whole, of_bare = np.median(seconds[rows], axis=0)
        return float(of_whole / of_bare)

    return bootstrap(runs, ratio)


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
