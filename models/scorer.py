"""Scoring one text: encode, cut into windows, one run per window, calibrate.

The only scoring path there is. One text a run and never padded: cost is linear in padded tokens,
so batching is slower on a CPU, and int8 scales that span a batch would make a text's score depend
on its neighbours.
"""

import math
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Protocol, cast

import numpy as np
from numpy.typing import NDArray
from tokenizers import Encoding, Tokenizer

from upstander.models.errors import TextError
from upstander.models.manifest import Manifest
from upstander.models.normaliser import Normalised, normalise
from upstander.models.rationale import Span, Token, spans, words
from upstander.models.score import MechanismScore, Reading, Score, Stage, TargetScore, Timings, Work
from upstander.models.session import open_session

Floats = NDArray[np.float64]

_SPECIAL_TOKENS: Final = 2
"""Of every window: one at its begin and one at its end."""

_LONG: Final = 1024
"""Characters from which on a text is tokenised as a batch of one, which is slower to begin and lets
go of the interpreter lock: `encode` holds it, 25 ms for 20 KB."""


class Scorer:
    """Scores texts with one ONNX session. Thread-safe: runs share the session and nothing else."""

    def __init__(self, model: Path, tokenizer: Path, manifest: Manifest) -> None:
        self.manifest = manifest
        self._tokenizer = Tokenizer.from_file(str(tokenizer))
        # Set once, here: setting it per call is what makes a shared tokenizer unsafe.
        self._tokenizer.enable_truncation(manifest.window.length, stride=manifest.window.overlap)
        self._tokenizer.no_padding()
        self._session = open_session(model)
        self._outputs = ["logits"] if manifest.rationale is None else ["logits", "rationale"]
        self._names = [output.name for output in manifest.outputs]
        self._slopes = np.array([o.calibration.slope for o in manifest.outputs], dtype=np.float64)
        self._intercepts = np.array(
            [o.calibration.intercept for o in manifest.outputs], dtype=np.float64
        )

    def score(self, text: str) -> Score:
        """Score one text of any length.

        Raises TextError if nothing visible is left of it after normalisation.
        """
        started = time.perf_counter()
        normalised = self.normalise(text)
        after_normalise = time.perf_counter()
        return self.explain(normalised, self.read(normalised), after_normalise - started)

    def score_by(self, stage: Stage | None, text: str) -> Score:
        """As `score`, by a stage of a cascade whatever its bounds say; None lets it choose."""
        assert stage is None  # noqa: S101 - a bundle of one graph has no stages
        return self.score(text)

    def score_all(self, texts: Sequence[str]) -> list[Score | TextError]:
        """The same of several texts, in their order: a text that cannot be scored has its error.

        The scores are those of `score` to the bit. Each step is taken for all texts before the
        next, so that its code and its tables stay in the cache: about 5 % less time a text.
        """
        clock = time.perf_counter
        found: dict[int, Score | TextError] = {}
        prepared = []
        for place, text in enumerate(texts):
            started = clock()
            try:
                normalised = self.normalise(text)
            except TextError as error:
                found[place] = error
                continue
            prepared.append((place, normalised, clock() - started))
        encoded = []
        for _, normalised, _ in prepared:
            started = clock()
            encoded.append((self._windows(normalised), clock() - started))
        readings = []
        for windows, tokenize in encoded:
            started = clock()
            results = [self._run(window) for window in windows]
            readings.append((windows, results, tokenize, clock() - started))
        for (place, normalised, seconds), reading in zip(prepared, readings, strict=True):
            found[place] = self.explain(normalised, self._reading(*reading), seconds)
        return [found[place] for place in range(len(texts))]

    def words(self, text: str) -> tuple[Span, ...]:
        """Every word of a text and what it carries: the probability that it would be marked.

        Empty if the bundle marks no words. Raises TextError as `score` does.
        """
        normalised = self.normalise(text)
        if self.manifest.rationale is None:
            return ()
        windows = self._windows(normalised)
        logits = [self._run(window)[1][0] for window in windows]
        return words(normalised, self._tokens_of(windows, logits, threshold=0.0))

    def normalise(self, text: str) -> Normalised:
        """The text as the model reads it. Raises TextError if nothing visible is left of it."""
        normalised = normalise(text)
        if not normalised.text:
            raise TextError("The text is empty: send at least one visible character.")
        return normalised

    def read(self, normalised: Normalised) -> Reading:
        """What the graph says of a normalised text: tokenise, one run a window, calibrate."""
        inference = self.begin(normalised)
        while inference.left:
            inference.run()
        return inference.reading()

    def begin(self, normalised: Normalised) -> "Inference":
        """The same, with the runs left to the caller, who may do something else between them."""
        started = time.perf_counter()
        windows = self._windows(normalised)
        return _GraphInference(self, windows, time.perf_counter() - started)

    def fewest_windows(self, normalised: Normalised) -> int:
        """Windows that a text has at the least; found without tokenising, which takes longer.

        Each word between white space is at least one token.
        """
        window = self.manifest.window
        inner = window.length - _SPECIAL_TOKENS
        beyond = len(normalised.text.split()) - inner
        return 1 + max(0, math.ceil(beyond / (inner - window.overlap)))

    def _windows(self, normalised: Normalised) -> list[Encoding]:
        text = normalised.text
        if len(text) < _LONG:
            encoding = self._tokenizer.encode(text)
        else:
            (encoding,) = self._tokenizer.encode_batch([text])
        return [encoding, *encoding.overflowing]

    def _reading(
        self,
        windows: Sequence[Encoding],
        results: Sequence[Sequence[Floats]],
        tokenize: float,
        run: float,
    ) -> Reading:
        # Each output keeps its highest window: one dehumanizing sentence is enough. Calibration is
        # monotone, so the highest logit is the highest probability.
        highest = results[0][0][0]
        for result in results[1:]:
            highest = np.maximum(highest, result[0][0])
        probabilities = sigmoid(self._slopes * highest + self._intercepts)
        return Reading(
            probabilities=tuple(probabilities.tolist()),
            tokens=()
            if self.manifest.rationale is None
            else tuple(
                self._tokens_of(
                    windows,
                    [result[1][0] for result in results],
                    self.manifest.rationale.threshold,  # a word below it is in no span
                )
            ),
            windows=len(windows),
            length=_tokens(windows, self.manifest.window.overlap),
            tokenize=tokenize,
            run=run,
        )

    def _run(self, window: Encoding) -> list[Floats]:
        feed = {"input_ids": np.array([window.ids], dtype=np.int64)}
        found: list[Floats] = self._session.run(self._outputs, feed)
        return found

    def explain(self, normalised: Normalised, reading: Reading, seconds: float) -> Score:
        """The score of a text, whose spans are offsets into it as it was sent.

        reading: of the same normalised text, though not necessarily of the same original.
        seconds: what normalising took.
        """
        rationale = self.manifest.rationale
        values = dict(zip(self._names, reading.probabilities, strict=True))
        targets = [TargetScore(t.name, values[t.name]) for t in self.manifest.targets]
        mechanisms = [MechanismScore(m.name, values[m.name]) for m in self.manifest.mechanisms]
        return Score(
            scores={label.name: values[label.name] for label in self.manifest.labels},
            targets=tuple(sorted(targets, key=lambda target: -target.score)),
            mechanisms=tuple(sorted(mechanisms, key=lambda mechanism: -mechanism.score)),
            spans=spans(normalised, reading.tokens, rationale.threshold) if rationale else (),
            obfuscated=normalised.obfuscated,
            windows=reading.windows,
            tokens=reading.length,
            timings=Timings(normalise=seconds, tokenize=reading.tokenize, run=reading.run),
            work=Work(reading.windows, float(reading.windows), reading.length),
        )

    def _tokens_of(
        self, windows: Sequence[Encoding], logits: Sequence[Floats], threshold: float
    ) -> list[Token]:
        """The tokens that reach a threshold, each once, in the order of the text.

        One that two windows share has the higher probability.
        """
        rationale = self.manifest.rationale
        assert rationale is not None  # noqa: S101
        calibration = rationale.calibration
        found: dict[tuple[int, int], float] = {}
        for window, values in zip(windows, logits, strict=True):
            probabilities = sigmoid(
                calibration.slope * values.astype(np.float64) + calibration.intercept
            )
            reached = np.flatnonzero(probabilities >= threshold).tolist()
            if not reached:
                continue
            places, is_special = window.offsets, window.special_tokens_mask
            for index in reached:
                if not is_special[index]:
                    place = places[index]
                    found[place] = max(float(probabilities[index]), found.get(place, 0.0))
        return [Token(*place, probability) for place, probability in sorted(found.items())]


class Inference(Protocol):
    """The runs of one text, a window at a time. For one thread at a time."""

    @property
    def windows(self) -> int:
        """Windows of the text; of a cascade those of the graph that has the most, once known."""

    @property
    def left(self) -> int:
        """Windows that have not been run; 0 once there is a reading."""

    @property
    def cost(self) -> float:
        """Of the next run, in the unit of `Work`."""

    @property
    def total(self) -> float:
        """Cost of all runs that are known to be needed."""

    def run(self) -> None:
        """Run the next window."""

    def reading(self) -> Reading:
        """What the graph says of the text, once no window is left."""


class _GraphInference:
    """That of one graph."""

    cost: Final = 1.0

    def __init__(self, scorer: Scorer, windows: Sequence[Encoding], tokenize: float) -> None:
        """tokenize: seconds that it took to cut the text into these windows."""
        self._scorer = scorer
        self._windows = windows
        self._results: list[list[Floats]] = []
        self._tokenize = tokenize
        self._seconds = 0.0

    @property
    def windows(self) -> int:
        return len(self._windows)

    @property
    def left(self) -> int:
        return len(self._windows) - len(self._results)

    @property
    def total(self) -> float:
        return float(len(self._windows))

    def run(self) -> None:
        started = time.perf_counter()
        self._results.append(self._scorer._run(self._windows[len(self._results)]))
        self._seconds += time.perf_counter() - started

    def reading(self) -> Reading:
        return self._scorer._reading(self._windows, self._results, self._tokenize, self._seconds)


def sigmoid(values: Floats) -> Floats:
    """1 / (1 + exp(-values)), without overflow."""
    return cast("Floats", np.exp(-np.logaddexp(0, -values)))


def _tokens(windows: Sequence[Encoding], overlap: int) -> int:
    # All windows but the first repeat the overlap.
    return sum(len(window.ids) - _SPECIAL_TOKENS for window in windows) - overlap * (
        len(windows) - 1
    )
