"""BentoML with the bundle: `bentoml serve with_bentoml:Classifier`, in this folder."""

import os

import bentoml
from scoring import Scoring


@bentoml.service(workers=int(os.environ["WORKERS"]))
class Classifier:
    """One text a call; batches would only be padded."""

    def __init__(self) -> None:
        self._scoring = Scoring()

    @bentoml.api
    def score(self, text: str) -> list[float]:
        """Probabilities of a text."""
        return self._scoring.score(text)
