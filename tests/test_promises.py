"""Every test that a page names as what shows a claim is there."""

import re

import pytest
from conftest import ROOT

LEAST = {
    "docs/promises.md": 30,
    "docs/operations.md": 20,
    "docs/privacy.md": 6,
    "docs/supply-chain.md": 8,
    "docs/upgrades.md": 8,
    "SECURITY.md": 8,
}
"""Pages, and how many tests each names at least."""


def named(page: str) -> list[tuple[str, str]]:
    """(file, test or "") of each; a test without a file is of the file before it."""
    text = (ROOT / page).read_text(encoding="utf-8")
    found = []
    file = ""
    for name in re.findall(r"`((?:tests/[\w/]+\.py)?(?:::\w+)?)`", text):
        if not name:  # of the fence of a block
            continue
        path, _, test = name.partition("::")
        file = path or file
        found.append((file, test))
    return found


@pytest.mark.parametrize("page", LEAST)
def test_there_are_promises(page: str) -> None:
    assert len(named(page)) >= LEAST[page]


@pytest.mark.parametrize(("file", "test"), sorted({one for page in LEAST for one in named(page)}))
def test_what_is_named_is_there(file: str, test: str) -> None:
    text = (ROOT / file).read_text(encoding="utf-8")
    assert f"def {test}(" in text if test else "def test_" in text
