"""Every test that docs/promises.md names is there."""

import re

import pytest
from conftest import ROOT

PAGE = (ROOT / "docs/promises.md").read_text(encoding="utf-8")
NAMED = re.findall(r"`((?:tests/[\w/]+\.py)?(?:::\w+)?)`", PAGE)


def named() -> list[tuple[str, str]]:
    """(file, test or "") of each; a test without a file is of the file before it."""
    found = []
    file = ""
    for name in NAMED:
        path, _, test = name.partition("::")
        file = path or file
        found.append((file, test))
    return found


def test_there_are_promises() -> None:
    assert len(named()) > 30


@pytest.mark.parametrize(("file", "test"), named())
def test_what_is_named_is_there(file: str, test: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {test}(" in text if test else "def test_" in text
