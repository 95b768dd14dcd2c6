"""The floor: what uvicorn and Starlette take for a post of which nothing is asked.

    python -m benchmarks.floor PORT BUNDLE

serves `POST /fixed`, which reads a body of JSON and answers with a fixed one as long as an answer
of Upstander, and `POST /run`, which also runs the graph once, at once and on the event loop, with a
text that is in tokens already. There are no keys, limits, threads, records or metrics, no
tokenising and no policy, so no server in Python on uvicorn answers a post sooner. The second route
takes longer than the first and a bare run together: a run leaves nothing else in the caches of its
core, so the same Python costs several times as much after it.
"""

import itertools
import sys
from pathlib import Path
from typing import Final

import numpy as np
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route
from tokenizers import Tokenizer

from upstander.evaluation.synthetic_posts import posts
from upstander.models.bundle import read_manifest
from upstander.models.session import open_session

_TEXTS: Final = 2000
_ANSWER: Final = b'{"answer": "' + b"x" * 1280 + b'"}'


def application(bundle: Path) -> Starlette:
    """Both routes, and one that says that it is there. bundle: folder of one graph."""
    tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))
    tokenizer.enable_truncation(read_manifest(bundle).window.length)
    session = open_session(bundle / "model.onnx")
    ids = itertools.cycle(
        {"input_ids": np.array([encoding.ids], dtype=np.int64)}
        for encoding in tokenizer.encode_batch(posts(_TEXTS))
    )

    async def fixed(request: Request) -> Response:
        await request.json()
        return Response(_ANSWER, media_type="application/json")

    async def run(request: Request) -> Response:
        await request.json()
        session.run(None, next(ids))
        return Response(_ANSWER, media_type="application/json")

    async def ready(_: Request) -> Response:
        return Response()

    return Starlette(
        routes=[
            Route("/fixed", fixed, methods=["POST"]),
            Route("/run", run, methods=["POST"]),
            Route("/ready", ready),
        ]
    )


if __name__ == "__main__":
    uvicorn.run(
        application(Path(sys.argv[2])),
        port=int(sys.argv[1]),
        loop="uvloop",
        http="httptools",
        log_level="warning",
        access_log=False,
    )
