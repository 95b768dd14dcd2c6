"""`upstander evaluate` over Ray Data."""

import pickle
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any, Final

from upstander.evaluation.cluster.session import mapped
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.scoring import scored, weighed
from upstander.models.bundle import open_bundle
from upstander.models.manifest import Manifest
from upstander.models.rationale import Span
from upstander.models.score import Score

_AT_A_TIME: Final = 256


@dataclass(frozen=True, slots=True)
class RayScorer:
    """A bundle that is opened by every worker of a running cluster.

    sha256: of the bundle, which must be the same everywhere.
    """

    bundle: Path
    manifest: Manifest
    sha256: str
    workers: int

    def scores(self, texts: Sequence[str]) -> Iterator[Score | None]:
        """The score of each text, in order; None for one without a visible character."""
        pieces = [
            {"place": place, "texts": list(texts[place : place + _AT_A_TIME])}
            for place in range(0, len(texts), _AT_A_TIME)
        ]
        if not pieces:
            return
        early: dict[int, bytes] = {}
        place = 0
        for done in mapped(pieces, partial(_steps, scorer=self)):
            early[done["place"]] = done["scores"]
            while place in early:
                yield from pickle.loads(early.pop(place))  # noqa: S301 - of `_Scoring`, in this run
                place += _AT_A_TIME

    def words(self, texts: Sequence[str]) -> Iterator[tuple[Span, ...]]:
        """Every word of each text with its probability: few texts, so on this machine."""
        return weighed(open_bundle(self.bundle).scorer, texts)


def _steps(data: Any, scorer: RayScorer) -> Any:
    from ray.data import ActorPoolStrategy

    return data.map_batches(
        _Scoring,
        fn_constructor_args=(scorer.bundle, scorer.sha256),
        batch_size=1,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(size=scorer.workers),
        num_cpus=1,
    )


class _Scoring:
    """A worker."""

    def __init__(self, folder: Path, sha256: str) -> None:
        bundle = open_bundle(folder)
        if bundle.sha256 != sha256:
            raise EvaluationError(
                f"a worker has another bundle in {folder} than this machine: install the same on "
                "all of them"
            )
        self._scorer = bundle.scorer

    def __call__(self, batch: Any) -> Any:
        import pyarrow as pa

        (row,) = batch.to_pylist()
        scores = [*scored(self._scorer, row["texts"], threads=1)]
        values = {"place": [row["place"]], "scores": [pickle.dumps(scores)]}
        return pa.table(values)
