"""Whether the console stays smooth with a long file: 100,000 rows beside 1,000.

    python -m benchmarks.console [--rows 100000] [--turns 12]

Starts a server and Chromium, drops a file of each length on the page File, and prints how long a
sort, a filter, a step of the threshold and a frame of scrolling take. Each is the time until the
browser has drawn, in milliseconds: median, least and most. A frame takes 16.7 at 60 a second; what
is shorter than one is not seen. Needs Debian's chromium and the extra `dev`.
"""

import argparse
import os
import shutil
import statistics
import sys
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Final

from playwright.sync_api import FilePayload, Page, sync_playwright

from upstander.evaluation.errors import EvaluationError
from upstander.evaluation.markdown import table
from upstander.evaluation.server_process import started
from upstander.evaluation.synthetic_posts import posts

_FEW: Final = 1_000
_DISTINCT: Final = 1_000
"""Texts that differ: the service scores each once, and what is measured comes after."""

_PATIENCE: Final = 600_000
"""Milliseconds."""

_DRAWN: Final = """
const drawn = () => new Promise((done) => requestAnimationFrame(() => setTimeout(done)));
async function timed(work) {
  await drawn();
  const begun = performance.now();
  work();
  await drawn();
  return performance.now() - begun;
}
function change(element, value) {
  element.value = value;
  element.dispatchEvent(new Event(element.tagName === "SELECT" ? "change" : "input"));
}
"""
_MEASURED: Final = {
    "sort": """
        const heads = [...document.querySelectorAll(".rows thead button")];
        return timed(() => heads[turn % heads.length].click());""",
    "filter": """
        return timed(() => change(document.getElementById("of-band"), ["allow", "any"][turn % 2]));
    """,
    "step of the threshold": """
        return timed(() => change(document.getElementById("threshold"), 0.1 + 0.01 * turn));""",
}
_SCROLLED: Final = """
    const frame = document.querySelector(".frame");
    const times = [];
    for (let step = 0; step < 120; step += 1) {
      times.push(await timed(() => (frame.scrollTop += 700)));
      if (frame.scrollTop + frame.clientHeight >= frame.scrollHeight) frame.scrollTop = 0;
    }
    return times;"""


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    parser.add_argument("--rows", type=int, default=100_000)
    parser.add_argument("--turns", type=int, default=12, help="how often each is done")
    arguments = parser.parse_args()
    with _console() as page:
        found = {rows: _measured(page, rows, arguments.turns) for rows in (_FEW, arguments.rows)}
    rows = (
        [name, *(_spread(times[name]) for times in found.values())]
        for name in next(iter(found.values()))
    )
    print("\n".join(table(["", *(f"{rows:,} rows" for rows in found)], rows)))  # noqa: T201


@contextmanager
def _console() -> Iterator[Page]:
    """The page File of a server of its own. Raises EvaluationError without a browser."""
    path = shutil.which("chromium")
    if path is None:
        raise EvaluationError("There is no chromium here: apt-get install chromium.")
    with (
        tempfile.TemporaryDirectory(prefix="upstander-bench-") as place,
        sync_playwright() as playwright,
    ):
        command = [sys.executable, "-m", "upstander", "serve", "--port", "{port}"]
        with started(command, "/readyz", os.environ, Path(place) / "server.log") as running:
            # A container runs as root, where Chromium's own sandbox refuses to.
            browser = playwright.chromium.launch(executable_path=path, args=["--no-sandbox"])
            page = browser.new_page()
            page.goto(f"http://127.0.0.1:{running.port}/#file")
            yield page
            browser.close()


def _measured(page: Page, rows: int, turns: int) -> dict[str, list[float]]:
    """Milliseconds of each thing that is done, for a file of so many rows."""
    distinct = posts(_DISTINCT)
    lines = "\n".join(distinct[row % _DISTINCT] for row in range(rows))
    page.get_by_label("Drop a file here").set_input_files(
        FilePayload(name="posts.txt", mimeType="text/plain", buffer=lines.encode())
    )
    page.get_by_role("button", name=f"Score {rows:,} posts").click()
    page.get_by_text(f"{rows:,} of {rows:,} posts scored.").wait_for(timeout=_PATIENCE)
    found = {
        name: [
            page.evaluate(f"async (turn) => {{ {_DRAWN} {work} }}", turn) for turn in range(turns)
        ]
        for name, work in _MEASURED.items()
    }
    found["frame of scrolling"] = page.evaluate(f"async () => {{ {_DRAWN} {_SCROLLED} }}")
    return found


def _spread(times: Sequence[float]) -> str:
    return f"{statistics.median(times):.0f} ({min(times):.0f} to {max(times):.0f})"


if __name__ == "__main__":
    main()
