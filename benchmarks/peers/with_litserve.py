"""LitServe with the bundle: `python with_litserve.py PORT WORKERS`."""

import sys
from typing import Any

import litserve
from scoring import Scoring


class Classifier(litserve.LitAPI):
    """One text a call; batches would only be padded."""

    def setup(self, device: str) -> None:
        """Once a worker."""
        self._scoring = Scoring()

    def decode_request(self, request: dict[str, Any]) -> str:
        """The text of a post."""
        text: str = request["text"]
        return text

    def predict(self, text: str) -> list[float]:
        """Its probabilities."""
        return self._scoring.score(text)

    def encode_response(self, output: list[float]) -> dict[str, list[float]]:
        """As JSON."""
        return {"scores": output}


if __name__ == "__main__":
    litserve.LitServer(
        Classifier(), accelerator="cpu", workers_per_device=int(sys.argv[2]), fast_queue=True
    ).run(
        host="127.0.0.1",
        port=int(sys.argv[1]),
        num_api_servers=1,
        log_level="warning",
        generate_client_file=False,
    )
