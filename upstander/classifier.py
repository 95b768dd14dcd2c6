"""Scoring in this process: for notebooks, and for posts in lists, pandas, Polars or Arrow.

    from upstander import Classifier

    classifier = Classifier()
    scores = classifier.score(df["text"])
    df["hate"] = scores["hate"]

The scores and decisions are those of the service, to the bit.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from os import PathLike
from pathlib import Path
from typing import Any, Final, cast, overload

import numpy as np
from numpy.typing import NDArray
from pydantic_core import from_json

from upstander.evaluation.batch.pipeline import OtherLanguage, answered
from upstander.evaluation.batch.result_cache import ResultCache
from upstander.evaluation.batch.row import Row, is_whole
from upstander.evaluation.batch.shape import Shape, flat_kinds, flattened, shape_of
from upstander.evaluation.progress import track
from upstander.models.bundle import open_bundle
from upstander.models.errors import TextError, UpstanderError
from upstander.models.manifest import Manifest
from upstander.models.schemas import ErrorReply, Problem, Reply
from upstander.models.shipped import DEFAULT_BUNDLE, DEFAULT_POLICY, SHIPPED_POLICIES, find_bundle
from upstander.predictor import answer_with, languages_of
from upstander.serving.settings import UnservedLanguage

_PIECE: Final = 256
_SHIPPED_POLICY: Final = SHIPPED_POLICIES / f"{DEFAULT_POLICY}.toml"
_NO_TEXT: Final = "there is no text"
_HALF: Final = "the text has half a character, which is in no UTF-8"
_OF_THE_INPUT: Final = ("file", "row", "id")


class UnusableTexts(UpstanderError, TypeError):
    """What was given to `Classifier.score` is neither a text nor texts one after the other."""


class Scores(Sequence[Reply | ErrorReply]):
    """The answers to some texts, in their order.

    An item is the answer to a text, as the service gives it; `ErrorReply` where it has none.
    A label gives a column: `scores["hate"]`.
    """

    def __init__(
        self, answers: Sequence[bytes | str], manifest: Manifest, index: Any | None = None
    ) -> None:
        """answers: as JSON, or why there is none. index: of the pandas Series that was scored."""
        self._answers = answers
        self._shape: Shape = {
            name: kind
            for name, kind in shape_of(manifest, has_language=True).items()
            if name not in _OF_THE_INPUT
        }
        self._labels = tuple(label.name for label in manifest.labels)
        self._index = index

    def __len__(self) -> int:
        return len(self._answers)

    @overload
    def __getitem__(self, place: int) -> Reply | ErrorReply: ...
    @overload
    def __getitem__(self, place: slice) -> list[Reply | ErrorReply]: ...
    @overload
    def __getitem__(self, place: str) -> NDArray[np.float64]: ...

    def __getitem__(
        self, place: int | slice | str
    ) -> Reply | ErrorReply | list[Reply | ErrorReply] | NDArray[np.float64]:
        """An answer, or several; or the probabilities of a label, NaN where a text has none.

        Raises KeyError for a label that the bundle does not have.
        """
        if isinstance(place, str):
            return self._column(place)
        if isinstance(place, slice):
            return [_reply(one) for one in self._answers[place]]
        return _reply(self._answers[place])

    def __iter__(self) -> Iterator[Reply | ErrorReply]:
        return map(_reply, self._answers)

    def columns(self) -> dict[str, list[Any]]:
        """Every value of every answer as a column, such as `scores.hate` and `decision.band`.

        None where an answer has no such value; `error` says why a text has no answer.
        """
        names = [*flat_kinds(self._shape), "error"]
        nothing = flattened({}, self._shape)
        rows = [
            [*nothing, one]
            if isinstance(one, str)
            else [*flattened(from_json(one), self._shape), None]
            for one in self._answers
        ]
        columns = map(list, zip(*rows, strict=True)) if rows else ([] for _ in names)
        return dict(zip(names, columns, strict=True))

    def to_pandas(self) -> Any:
        """The columns as a pandas DataFrame, with the index of the Series that was scored."""
        import pandas as pd

        return pd.DataFrame(self.columns(), index=self._index)

    def to_polars(self) -> Any:
        """The columns as a Polars DataFrame."""
        import polars as pl

        return pl.DataFrame(self.columns(), infer_schema_length=None)

    def to_arrow(self) -> Any:
        """The columns as an Arrow table."""
        import pyarrow as pa

        return pa.table(self.columns())

    def _column(self, label: str) -> NDArray[np.float64]:
        if label not in self._labels:
            raise KeyError(f"{label}: there are {', '.join(self._labels)}")
        return np.array(
            [
                np.nan if isinstance(one, str) else from_json(one)["scores"].get(label, np.nan)
                for one in self._answers
            ],
            dtype=np.float64,
        )


class Classifier:
    """A bundle and a policy in this process. Opening it checks every byte and warms the model.

    It uses a thread a core, and may be used by several threads at once.
    """

    def __init__(
        self,
        bundle: str | PathLike[str] = DEFAULT_BUNDLE,
        *,
        policy: str | PathLike[str] | None = _SHIPPED_POLICY,
        languages_bundle: str | PathLike[str] | None = None,
        unserved_language: UnservedLanguage = "refuse",
        assume_language: str = "",
    ) -> None:
        """bundle: its folder, or the name of a shipped one. policy: the file that decides; None
        decides nothing. languages_bundle: reads texts that are surely in a language that the first
        does not serve. unserved_language: what to do with a text that neither serves: refuse it
        with an error, pass it without scores, or decide it all the same. assume_language: of all
        texts; empty to identify each.

        Raises UpstanderError if one of them cannot be used.
        """
        self._bundle = open_bundle(find_bundle(Path(bundle)))
        others = None if languages_bundle is None else find_bundle(Path(languages_bundle))
        languages = languages_of((), others, unserved_language, assume_language)
        rules = None if policy is None else Path(policy)
        self._answer, _ = answer_with(self._bundle, rules, languages)

    @property
    def manifest(self) -> Manifest:
        """What the bundle says of itself: labels, thresholds, sources."""
        return self._bundle.manifest

    @overload
    def score(  # type: ignore[overload-overlap]  # a text is not many texts, whatever str is
        self, texts: str, *, progress: bool = ...
    ) -> Reply: ...
    @overload
    def score(self, texts: Iterable[object], *, progress: bool = ...) -> Scores: ...

    def score(self, texts: str | Iterable[object], *, progress: bool = True) -> Reply | Scores:
        """Score one text, or many: a list, a Series of pandas or Polars, an Arrow array, an
        iterator.

        Each different text is scored once. progress: whether a bar is shown on standard error.
        Raises TextError for one text with nothing visible in it, or in a language that is not
        served; among many it has its error in its place, as has a missing one. Raises
        UnusableTexts for a table, a mapping or bytes.
        """
        if isinstance(texts, str):
            (one,) = self._scored([texts], progress=False)._answers
            if isinstance(one, str):
                raise TextError(one)
            return Reply.model_validate_json(one)
        return self._scored(_texts_of(texts), progress=progress, index=_index_of(texts))

    def _scored(
        self, texts: Iterable[object], *, progress: bool, index: Any | None = None
    ) -> Scores:
        total = len(texts) if isinstance(texts, Sequence) else None
        rows = (_row(number, text) for number, text in enumerate(texts, start=1))
        known = ResultCache()
        found: list[bytes | str] = []
        try:
            if progress:
                with track("scoring", total, "texts") as shown:
                    pieces = answered(rows, self._answer, known, _PIECE, tick=shown.advance)
                    found.extend(_answer_of(one) for piece in pieces for one in piece)
            else:
                pieces = answered(rows, self._answer, known, _PIECE)
                found.extend(_answer_of(one) for piece in pieces for one in piece)
        finally:
            known.close()
        return Scores(found, self.manifest, index)


def _answer_of(one: Any) -> bytes | str:
    return one.problem if one.answer is None else cast("bytes", one.answer)


def _row(number: int, text: object) -> Row:
    if not isinstance(text, str):  # None, NaN and NA are how a missing text looks
        return Row(number, None, "", _NO_TEXT)
    return Row(number, None, str(text), "" if is_whole(text) else _HALF)


def _texts_of(given: Any) -> Iterable[object]:
    """Texts one after the other, of whatever holds some. Raises UnusableTexts."""
    if hasattr(given, "column_names") or hasattr(given, "columns"):  # Arrow, pandas, Polars
        raise UnusableTexts("a table has several columns: give the one with the texts")
    if isinstance(given, bytes | bytearray | Mapping):
        raise UnusableTexts(f"{type(given).__name__} are no texts: give a list of str")
    for convert in ("to_pylist", "to_list"):  # an Arrow array; a Series of pandas or Polars
        if callable(method := getattr(given, convert, None)):
            return cast("Iterable[object]", method())
    if not isinstance(given, Iterable):
        raise UnusableTexts(f"{type(given).__name__} is no text: give a str, or a list of them")
    return given


def _index_of(given: Any) -> Any | None:
    """The index of a pandas Series; that of a list is a method."""
    index = getattr(given, "index", None)
    return None if index is None or callable(index) else index


def _reply(answer: bytes | str) -> Reply | ErrorReply:
    if isinstance(answer, bytes):
        return Reply.model_validate_json(answer)
    code = "invalid_row" if answer in (_NO_TEXT, _HALF) else "empty_text"
    if isinstance(answer, OtherLanguage):
        code = "unserved_language"
    return ErrorReply(error=Problem(code=code, message=answer))
