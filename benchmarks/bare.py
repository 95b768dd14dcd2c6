"""The limit: what `session.run` alone reaches, on a thread a core, with texts already in tokens.

    python -m benchmarks.bare BUNDLE THREADS SECONDS

prints a JSON object: posts a second, and the median seconds of one run on one thread.
"""

import json
import sys
import threading
import time
from pathlib import Path

import numpy as np
from tokenizers import Tokenizer

from upstander.evaluation.synthetic_posts import posts
from upstander.models.bundle import read_manifest
from upstander.models.session import open_session


def main(bundle: Path, threads: int, seconds: float) -> None:
    """Measure and print."""
    tokenizer = Tokenizer.from_file(str(bundle / "tokenizer.json"))
    tokenizer.enable_truncation(read_manifest(bundle).window.length)
    session = open_session(bundle / "model.onnx")
    ids = [
        {"input_ids": np.array([encoding.ids], dtype=np.int64)}
        for encoding in tokenizer.encode_batch(posts(2000))
    ]
    for feed in ids[:50]:
        session.run(None, feed)
    alone = []
    for feed in ids[:300]:
        started = time.perf_counter()
        session.run(None, feed)
        alone.append(time.perf_counter() - started)

    done = [0] * threads
    is_over = threading.Event()

    def run(lane: int) -> None:
        index = lane
        while not is_over.is_set():
            session.run(None, ids[index % len(ids)])
            index += threads
            done[lane] += 1

    lanes = [threading.Thread(target=run, args=(lane,)) for lane in range(threads)]
    started = time.perf_counter()
    for lane in lanes:
        lane.start()
    time.sleep(seconds)
    is_over.set()
    for lane in lanes:
        lane.join()
    elapsed = time.perf_counter() - started
    print(json.dumps({"rate": sum(done) / elapsed, "median": float(np.median(alone))}))  # noqa: T201


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), float(sys.argv[3]))
