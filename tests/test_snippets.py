"""What the docs tell people to type: run where that can be, and known to the command everywhere."""

import importlib.util
import os
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
import typer
from conftest import ROOT, Server

from upstander.cli import app as command

PAGES = [
    *(ROOT / name for name in ("README.md", "CONTRIBUTING.md", "examples/README.md")),
    *sorted((ROOT / "docs").glob("*.md")),
]
FENCE = re.compile(r"^( *)```(\w*)\n(.*?)^\1```", re.MULTILINE | re.DOTALL)
SERVED = re.compile(r"(?:http://)?(?:127\.0\.0\.1|localhost):8000")


def snippets() -> Iterator[Any]:
    """Blocks that say that they are `python` or `sh`: these run as they stand."""
    for page in PAGES:
        for number, found in enumerate(FENCE.finditer(page.read_text()), start=1):
            if found[2] in ("python", "sh"):
                yield pytest.param(found[2], found[3], id=f"{page.stem}-{number}")


@pytest.mark.parametrize(("language", "code"), list(snippets()))
def test_every_snippet_runs(language: str, code: str, server: Server, tmp_path: Path) -> None:
    code = SERVED.sub(server.url, code)
    program = [sys.executable, "-W", "error", "-c"] if language == "python" else ["bash", "-euc"]
    path = f"{Path(sys.executable).parent}:{os.environ['PATH']}"
    done = subprocess.run(
        [*program, code],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    if "curl" in code:
        assert '"error"' not in done.stdout
        assert done.stdout.startswith("{")


def commands(inline: bool) -> Iterator[tuple[str, str]]:
    """Page and line of every command of ours in a block of code, indented or fenced.

    inline: also those within a sentence, which may leave out what they need.
    """
    for page in PAGES:
        text = page.read_text()
        blocks = [found[3] for found in FENCE.finditer(text)]
        blocks += re.findall(r"(?:^ {4}(?!- |\d\. ).*\n)+", FENCE.sub("", text), re.MULTILINE)
        named = re.findall(r"`(upstander [a-z][^`]*|make [a-z-]+|python -m [^`]*)`", text)
        lines = "\n".join(blocks).replace("\\\n", " ").splitlines()
        for line in [*lines, *(named if inline else ())]:
            for part in re.split(r"\s\|\s|&&", " ".join(line.split())):
                words = part.partition(" #")[0].strip()
                if re.match(r"(upstander|make|python -m|pytest) ", words):
                    yield page.name, words


@cache
def tree() -> Any:
    return typer.main.get_command(command)


@pytest.mark.parametrize(("page", "line"), sorted(set(commands(inline=True))))
def test_every_command_is_one_that_there_is(page: str, line: str) -> None:
    words = shlex.split(line.replace("...", " ").replace("'", '"'))
    if words[0] == "make":
        targets = re.findall(r"^([a-z-]+):", (ROOT / "Makefile").read_text(), re.MULTILINE)
        assert words[1] in targets
    elif words[0] == "pytest":
        assert all((ROOT / w.partition("::")[0]).exists() for w in words if w.startswith("tests"))
    elif words[0] == "python":
        name = words[2].rstrip("`.,")
        assert name in ("venv", "pip") or importlib.util.find_spec(name), name
    else:
        found, rest = tree(), words[1:]
        while rest and rest[0] in getattr(found, "commands", {}):
            found, rest = found.commands[rest[0]], rest[1:]
        assert not getattr(found, "commands", None) or not rest or rest[0].startswith("-"), line
        inner = getattr(found, "commands", {})
        parameters = [p for one in (found, *inner.values()) for p in one.params]
        known = {o for p in parameters for o in (*p.opts, *p.secondary_opts)}
        for word in rest:
            if word.startswith("-") and len(word) > 1 and not word[1].isdigit():
                assert word.partition("=")[0].rstrip(".,;)") in known, f"{line}: {word}"


def test_every_link_leads_somewhere() -> None:
    for page in [*PAGES, *(ROOT / "docs/decisions").glob("*.md")]:
        text = FENCE.sub("", page.read_text())
        for address in re.findall(r"\]\(([^)\s]+)\)", text):
            path, _, anchor = address.partition("#")
            if "://" in path or path.startswith("generated/"):  # the site's build looks at those
                continue
            target = page.parent / path if path else page
            assert target.exists(), f"{page.name}: {address}"
            if anchor and target.suffix == ".md":
                assert anchor in anchors(target), f"{page.name}: {address}"


def anchors(page: Path) -> set[str]:
    """As GitHub makes them of headings."""
    found = re.findall(r"^#+ (.*)$", page.read_text(), re.MULTILINE)
    return {re.sub(r"[^\w\- ]", "", title.lower()).replace(" ", "-") for title in found}
