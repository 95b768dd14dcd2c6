"""Scoring files with resume; the output appears only when it is complete."""

import shutil
import sqlite3
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import count, islice
from pathlib import Path
from typing import Any, BinaryIO

from upstander.evaluation.batch.lines import line_in_place, sorted_lines
from upstander.evaluation.batch.output import Output
from upstander.evaluation.batch.pipeline import Answer, answered
from upstander.evaluation.batch.result_cache import ResultCache
from upstander.evaluation.batch.row import Columns, Row
from upstander.evaluation.batch.shape import Kind, shape_of
from upstander.evaluation.batch.shards import Shards
from upstander.evaluation.batch.sources import Source
from upstander.evaluation.batch.writing import write_answers
from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.progress import track
from upstander.models.files import replacing
from upstander.models.manifest import Manifest


@dataclass(frozen=True, slots=True)
class Task:
    """What is to be scored, how, and by what.

    decides: what tells the answers of one run from those of another: checksums of the bundle and
        of the policy, by name.
    has_language: whether an answer has the language of its text.
    """

    sources: Sequence[Source]
    columns: Columns
    answer: Answer
    manifest: Manifest
    decides: Mapping[str, str]
    has_language: bool = True


@dataclass(frozen=True, slots=True)
class Done:
    """rows: of the input. bad: those of them that could not be scored. resumed: those that a run
    before had done. unwanted: those that were not to be scored, for their language."""

    rows: int
    bad: int
    resumed: int
    unwanted: int = 0


Engine = Callable[[Task, Shards, int], Done]
"""Writes the parts that are missing, of so many rows each."""


def score_to_file(
    task: Task,
    place: Output,
    *,
    restart: bool = False,
    rows_a_part: int = 4096,
    engine: tuple[str, Engine] | None = None,
) -> Done:
    """Score everything into an output, and what cannot be scored into `OUTPUT.errors.jsonl`.

    The two are written beside their places and renamed; until then the parts of the run lie in
    `OUTPUT.parts`, and the same call goes on from there. restart: forget them. rows_a_part: a kill
    costs two parts, one that is being scored and one that waits behind it.
    engine: its name, and what writes the parts; None is this process.

    Raises EvaluationError if a source cannot be read, the disk is full, or the parts are of another
    run, and UpstanderError if a source would be written over.
    """
    place.check(file for source in task.sources for file in source.files())
    engine_name, write_parts = engine or ("local", _score)
    described = _described(task, rows_a_part, engine_name)
    parts = Shards(place.parts, described)
    anew = restart or any(source.fingerprint() is None for source in task.sources)
    try:
        with parts.opened(anew=anew):
            done = write_parts(task, parts, rows_a_part)
            _check_rows(task, done)
            _join(parts, place, task)
    except (OSError, sqlite3.OperationalError) as error:
        raise EvaluationError(
            f"{place.path} cannot be written: {error}; what is done lies in {parts.folder}: make "
            "room and run the same command again"
        ) from error
    parts.remove()
    return done


def score_to_stream(task: Task, stream: BinaryIO) -> Done:
    """Score everything into a stream, a JSON object a line; a bad row has an error in its place.

    Raises EvaluationError if a source cannot be read, or there is no row.
    """
    known = ResultCache()
    rows = bad = unwanted = 0
    try:
        with track("scoring", total=count_all(task), unit="rows") as progress:
            for piece in answered(_rows(task), task.answer, known, size=64):
                for one in piece:
                    stream.write(line_in_place(one))
                    unwanted += one.is_unwanted
                    bad += one.answer is None and not one.is_unwanted
                stream.flush()
                rows += len(piece)
                progress.advance(len(piece))
    finally:
        known.close()
    done = Done(rows, bad, 0, unwanted)
    _check_rows(task, done)
    return done


def _check_rows(task: Task, done: Done) -> None:
    if not done.rows:
        names = ", ".join(source.name for source in task.sources)
        raise EvaluationError(f"{names}: no row, so there is nothing to score")


def _described(task: Task, rows_a_part: int, engine: str) -> dict[str, Any]:
    columns = task.columns
    return {
        "input": [source.fingerprint() for source in task.sources],
        **task.decides,
        "text column": columns.text,
        "id column": columns.id,
        "format": columns.kind,
        "encoding": columns.encoding,
        "longest text": columns.longest,
        # Not there unless they are given: a run that an older version began goes on.
        "delimiter": columns.delimiter,
        "id needed": columns.needs_id or None,
        "language": task.decides.get("language"),
        "kept columns": "all" if columns.everything else list(columns.others) or None,
        "rows a part": rows_a_part,
        "engine": engine,
    }


def count_all(task: Task) -> int | None:
    """About how many rows there are; None if nobody can tell."""
    counts = [source.count(task.columns) for source in task.sources]
    known = [count for count in counts if count is not None]
    return sum(known) if len(known) == len(counts) else None


def rows_of(source: Source, columns: Columns) -> Iterator[Row]:
    """The rows of a source, which know what they are of."""
    return (replace(row, file=source.name) for row in source.rows(columns))


def _rows(task: Task) -> Iterator[Row]:
    for source in task.sources:
        yield from rows_of(source, task.columns)


def _score(task: Task, parts: Shards, rows_a_part: int) -> Done:
    """Write the parts that are missing, one after the other."""
    rows = _rows(task)
    there = set(parts.names())
    number = next(n for n in count() if f"{n:08}" not in there)  # what lies after a gap is redone
    done = resumed = sum(1 for _ in islice(rows, number * rows_a_part))
    total = count_all(task)
    known = ResultCache(parts.folder / "known.db")
    try:
        with track(
            "scoring", None if total is None else max(total - resumed, 1), "rows"
        ) as progress:
            for piece in answered(rows, task.answer, known, rows_a_part, tick=progress.advance):
                parts.write(f"{number:08}", *sorted_lines(piece))
                number += 1
                done += len(piece)
    finally:
        known.close()
    bad, unwanted = parts.without_answer()
    return Done(done, bad, resumed, unwanted)


def _join(parts: Shards, output: Output, task: Task) -> None:
    columns = task.columns
    kept: dict[str, Kind] | None = None
    if columns.everything or columns.others:
        kept = dict.fromkeys(columns.others, "text")  # what each holds is seen when it is written
    shape = shape_of(task.manifest, kept, has_language=task.has_language)
    with replacing(output.path) as whole:
        write_answers(parts.answers(), shape, output, whole)
        if any(parts.without_answer()):
            with replacing(output.errors) as listed:
                _concatenate(parts.errors(), listed)
        else:
            output.errors.unlink(missing_ok=True)  # of a run before


def _concatenate(files: Iterable[Path], path: Path) -> None:
    with path.open("wb") as whole:
        for file in files:
            with file.open("rb") as part:
                shutil.copyfileobj(part, whole)
