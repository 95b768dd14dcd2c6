"""Make the client that blocks of the one that is awaited: `_sync` of `upstander/client/_async`.

    python deploy/sync_client.py

As httpcore does it: the same text without `async` and `await`, and with the names of the other
half of httpx. ruff formats what comes out, so that it is checked like code that a person wrote.
"""

import re
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Final

CLIENT: Final = Path(__file__).parent.parent / "upstander/client"
SOURCE: Final = CLIENT / "_async"
MADE: Final = CLIENT / "_sync"

_NOTE: Final = "# Made by deploy/sync_client.py: change `_async`, and run it.\n\n"

_RUFF: Final = (
    (
        *("check", "--quiet", "--fix-only", "--select", "I"),
        *("--config", "lint.isort.known-first-party=['upstander']"),  # where `_sync` is missing
    ),
    ("format",),
)

_RULES: Final = tuple(
    (re.compile(pattern), replacement)
    for pattern, replacement in (
        ("The client to be awaited; .*", 'The client that blocks."""'),
        ("the client to be awaited", "the client that blocks"),
        ("For tasks of one event loop; close", "Thread-safe; close"),
        ("an `async with`", "a `with`"),
        (r"AsyncGenerator\[(\w+), None\]", r"Generator[\1, None, None]"),
        ("AsyncGenerator", "Generator"),
        (r"\b(handle)_async(_request)\b", r"\1\2"),
        (r"\ba(closing|iter_bytes|close|read)\b", r"\1"),
        (r"__a(enter|exit)__", r"__\1__"),
        (r"\basync_chunks\b", "chunks"),
        ("AnyPost, AnyPosts, ", "AnyPost, "),
        (r"\bAnyPosts\b", "Iterable[AnyPost]"),
        (r"\b_async\b", "_sync"),
        (r"\bAsync(?=[A-Z])", ""),
        (r"\b(async|await) ", ""),
    )
)
"""What stands in the one client, and what stands there in the other; in this order."""


def synchronous(text: str) -> str:
    """A module of the client that blocks. text: the module of the other one."""
    for pattern, replacement in _RULES:
        text = pattern.sub(replacement, text)
    text = _NOTE + text
    for command in _RUFF:
        text = subprocess.run(  # noqa: S603 - ruff, on our own text
            [sys.executable, "-m", "ruff", *command, "--stdin-filename", str(MADE / "x.py"), "-"],
            input=text,
            capture_output=True,
            text=True,
            check=True,
        ).stdout
    return text


def modules() -> Mapping[Path, str]:
    """Every module of the client that blocks, as it must be."""
    return {
        MADE / file.name: synchronous(file.read_text(encoding="utf-8"))
        for file in sorted(SOURCE.glob("*.py"))
    }


def main() -> None:
    """Write them."""
    MADE.mkdir(exist_ok=True)
    for file, text in modules().items():
        file.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main()
