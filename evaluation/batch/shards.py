"""Shards: the finished parts of a run, each written atomically."""

import json
import shutil
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Final

from filelock import FileLock, Timeout

from upstander.evaluation.batch.lines import unwanted_in
from upstander.evaluation.errors import EvaluationError
from upstander.models.files import write_whole

_RUN: Final = "run.json"
_LOCK: Final = "lock"
_UNFINISHED: Final = ".unfinished"


class Shards:
    """The folder `OUTPUT.parts` of a run, which goes once the output is there.

    A part is two files of JSON lines: the answers, and the rows that could not be scored. It is
    there once its answers are, and they are renamed into place last. Parts come in the order of
    their names.
    """

    def __init__(self, folder: Path, run: Mapping[str, Any]) -> None:
        self.folder = folder
        self._run = run

    @contextmanager
    def opened(self, *, anew: bool = False) -> Iterator[None]:
        """Hold the folder. anew: forget what is in it.

        Raises EvaluationError if another process holds it, it is of another run, or of none.
        """
        self._check_ours()
        self.folder.mkdir(parents=True, exist_ok=True)
        lock = FileLock(self.folder / _LOCK)
        try:
            lock.acquire(timeout=0)
        except Timeout as error:
            raise EvaluationError(
                f"{self.folder} is in use: another process writes the same output"
            ) from error
        try:
            if anew:
                self._empty()
            self._check()
            yield
        finally:
            lock.release()
            if not self.names():
                self.remove()

    def _check_ours(self) -> None:
        """Nothing that a person made is ever removed with a run."""
        there = {path.name for path in self.folder.glob("*")} - {_LOCK}
        if _RUN not in there and not all(name.endswith(_UNFINISHED) for name in there):
            raise EvaluationError(
                f"{self.folder} holds files of no run: move it away, or name another output"
            )

    def _empty(self) -> None:
        for path in self.folder.iterdir():
            if path.name != _LOCK:
                path.unlink()

    def _check(self) -> None:
        described = self.folder / _RUN
        if not described.is_file():
            write_whole(described, json.dumps(self._run, indent=2).encode())
            return
        try:
            before = json.loads(described.read_bytes())
        except ValueError as error:
            raise EvaluationError(f"{described} is damaged: begin anew with --restart") from error
        now = json.loads(json.dumps(self._run))
        changed = [name for name in now if before.get(name) != now[name]]
        if changed:
            raise EvaluationError(
                f"{self.folder} holds a run that was stopped, and its {', '.join(changed)} "
                f"{'was' if len(changed) == 1 else 'were'} different: finish it with the same "
                "command as then, or begin anew with --restart"
            )

    def names(self) -> list[str]:
        """The parts that are there, in order."""
        found = (path.name.partition(".") for path in self.folder.glob("*.jsonl"))
        return sorted(name for name, _, ending in found if ending == "jsonl")

    def write(self, name: str, answers: bytes, errors: bytes) -> None:
        """Keep a part."""
        write_whole(self._errors(name), errors)
        write_whole(self._answers(name), answers)

    def answers(self) -> Iterable[Path]:
        """The files of answers, in order."""
        return (self._answers(name) for name in self.names())

    def errors(self) -> Iterable[Path]:
        """The files of rows that could not be scored, in order."""
        return (self._errors(name) for name in self.names())

    def without_answer(self) -> tuple[int, int]:
        """How many rows could not be scored, and how many were not to be, for their language."""
        lines = unwanted = 0
        for file in self.errors():
            found = file.read_bytes()
            lines += found.count(b"\n")
            unwanted += unwanted_in(found)
        return lines - unwanted, unwanted

    def remove(self) -> None:
        """Forget the run."""
        shutil.rmtree(self.folder, ignore_errors=True)

    def _answers(self, name: str) -> Path:
        return self.folder / f"{name}.jsonl"

    def _errors(self, name: str) -> Path:
        return self.folder / f"{name}.errors.jsonl"


def is_of_a_run(folder: Path) -> bool:
    """Whether a folder has the parts of a run."""
    return folder.suffix == ".parts" and (folder / _RUN).is_file()
