"""Engines: scoring in this process, or on a cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from upstander.evaluation.engine_options import Engine
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.scoring import ManyScorer
from upstander.models.bundle import open_bundle
from upstander.models.scorer import Scorer


@contextmanager
def scorers(engine: Engine, workers: int | None) -> Iterator[Callable[[Path], Scorer | ManyScorer]]:
    """What opens a bundle to score with, as long as the engine runs. Raises EvaluationError."""
    if engine == "local":
        if workers is not None:
            raise EvaluationError("--workers is of --engine ray: this machine uses all its cores")
        yield lambda path: open_bundle(path).scorer
        return
    from upstander.evaluation.cluster.session import cluster
    from upstander.evaluation.cluster.texts import RayScorer

    with cluster(workers or 0) as number:

        def open_scorer(path: Path) -> RayScorer:
            bundle = open_bundle(path)
            return RayScorer(path.resolve(), bundle.manifest, bundle.sha256, number)

        yield open_scorer
