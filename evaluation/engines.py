"""Where the texts of an evaluation are scored: in this process, or by the workers of a cluster."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from evaluation.errors import EvaluationError
from evaluation.scoring import ManyScorer
from models.bundle import open_bundle
from models.scorer import Scorer
from upstander.engines import Engine


@contextmanager
def scorers(engine: Engine, workers: int | None) -> Iterator[Callable[[Path], Scorer | ManyScorer]]:
    """What opens a bundle to score with, as long as the engine runs. Raises EvaluationError."""
    if engine == "local":
        if workers is not None:
            raise EvaluationError("--workers is of --engine ray: this machine uses all its cores")
        yield lambda path: open_bundle(path).scorer
        return
    from evaluation.cluster.session import cluster
    from evaluation.cluster.texts import RayScorer

    with cluster(workers or 0) as number:

        def open_scorer(path: Path) -> RayScorer:
            bundle = open_bundle(path)
            return RayScorer(path.resolve(), bundle.manifest, bundle.sha256, number)

        yield open_scorer
