"""`upstander score` over Ray Data.

Each row of the Ray data set is a piece: so many rows of a source, in one value. A piece that a
worker was killed over is scored again by another; the driver writes each as a part, as the local
engine does, so the output is the same to the byte.
"""

import pickle
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import count, islice
from typing import Any, Final

from upstander.evaluation.batch.lines import sorted_lines
from upstander.evaluation.batch.pipeline import Answer, answered
from upstander.evaluation.batch.result_cache import ResultCache
from upstander.evaluation.batch.row import Columns
from upstander.evaluation.batch.run import Done, Task, count_all, rows_of
from upstander.evaluation.batch.shards import Shards
from upstander.evaluation.batch.sources import Source
from upstander.evaluation.cluster.session import cluster, mapped
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.progress import track

Make = Callable[[], tuple[Answer, Mapping[str, str]]]
"""Opens on a worker what answers there, with the checksums of what it answers by."""

_READING: Final = 0.5
"""Of a CPU, as Ray counts: two sources are read at a time on a machine of its own."""


@dataclass(frozen=True, slots=True)
class RayEngine:
    """make: what each worker begins with. workers: how many; 0 is a CPU each."""

    make: Make
    workers: int = 0

    def __call__(self, task: Task, parts: Shards, rows_a_part: int) -> Done:
        """Write the parts that are missing. Raises EvaluationError."""
        for source in task.sources:
            if source.fingerprint() is None:
                raise EvaluationError(
                    f"{source.name} cannot be read by other processes: give a file"
                )
        there = set(parts.names())
        read = partial(
            _read,
            sources=task.sources,
            columns=task.columns,
            size=rows_a_part,
            there=there,
        )
        done = resumed = 0
        with cluster(self.workers) as workers, track("scoring", count_all(task), "rows") as shown:
            for piece in mapped(
                [{"source": number} for number in range(len(task.sources))],
                partial(_steps, read=read, make=self.make, decides=task.decides, workers=workers),
            ):
                if piece["name"] in there:
                    resumed += piece["rows"]
                else:
                    parts.write(piece["name"], piece["answers"], piece["errors"])
                done += piece["rows"]
                shown.advance(piece["rows"])
        bad, unwanted = parts.without_answer()
        return Done(done, bad, resumed, unwanted)


def _steps(data: Any, read: Any, make: Make, decides: Mapping[str, str], workers: int) -> Any:
    from ray.data import ActorPoolStrategy

    pieces = data.map_batches(read, batch_size=1, batch_format="pyarrow", num_cpus=_READING)
    return pieces.map_batches(
        _Scoring,
        fn_constructor_args=(make, dict(decides)),
        batch_size=1,
        batch_format="pyarrow",
        compute=ActorPoolStrategy(size=workers),
        num_cpus=1,
    )


def _read(
    batch: Any, sources: Sequence[Source], columns: Columns, size: int, there: Collection[str]
) -> Iterator[Any]:
    """A source, piece by piece; of those that are there already, how many rows they have."""
    (number,) = batch["source"].to_pylist()
    rows = rows_of(sources[number], columns)
    for place in count():
        piece = list(islice(rows, size))
        if not piece:
            return
        name = f"{number:06}-{place:08}"
        yield _table(
            name=name, rows=len(piece), piece=b"" if name in there else pickle.dumps(piece)
        )


class _Scoring:
    """A worker."""

    def __init__(self, make: Make, decides: Mapping[str, str]) -> None:
        self._answer, own = make()
        if differs := [name for name, value in decides.items() if own.get(name) != value]:
            raise EvaluationError(
                f"a worker has another {' and '.join(differs)} than this machine: install the same "
                "on all of them"
            )
        self._known = ResultCache()

    def __call__(self, batch: Any) -> Any:
        (row,) = batch.to_pylist()
        name, rows, piece = row["name"], row["rows"], row["piece"]
        answers = errors = b""
        if piece:
            read = pickle.loads(piece)  # noqa: S301 - of `_read`, in this very run
            found = answered(read, self._answer, self._known, rows, threads=1)
            answers, errors = sorted_lines(one for pieces in found for one in pieces)
        return _table(name=name, rows=rows, answers=answers, errors=errors)


def _table(**values: Any) -> Any:
    import pyarrow as pa

    # Large: a piece of long posts may have more than two gigabytes.
    kinds = {bytes: pa.large_binary(), str: pa.string(), int: pa.int64()}
    return pa.table({name: pa.array([value], kinds[type(value)]) for name, value in values.items()})
