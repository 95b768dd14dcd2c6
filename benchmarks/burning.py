"""A program that takes processor time and does nothing, until it is stopped.

    python -m benchmarks.burning SHARE

takes that share of one core, in turns of 20 ms. Beside it a server has as little of the machine as
beside clients whose own work takes as much.
"""

import sys
import time
from typing import Final

_TURN: Final = 0.02


def burn(share: float) -> None:
    """Never returns. share: of one core, in [0, 1]."""
    while True:
        begun = time.perf_counter()
        while time.perf_counter() - begun < share * _TURN:
            pass
        time.sleep(max(0.0, begun + _TURN - time.perf_counter()))


if __name__ == "__main__":
    burn(float(sys.argv[1]))
