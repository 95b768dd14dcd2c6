"""How many files a post crosses: a new stage on its way is a decision, and no accident."""

from benchmarks.walk import POST, files_of

MAX_FILES = 32
"""docs/decisions/0036-one-installed-package.md"""


def test_a_post_crosses_no_more_files_than_it_did() -> None:
    calls = files_of(POST)
    assert next(iter(calls)) == "serving/protocol.py"
    assert {"serving/auth.py", "models/scorer.py", "models/response.py"} < set(calls)
    assert len(calls) <= MAX_FILES, ", ".join(calls)
