"""The guide from Perspective says of each of its languages what the shipped bundles say."""

import importlib
import re
import sys

import pytest
from conftest import ROOT

from upstander.models.bundle import Bundle


@pytest.fixture
def languages(monkeypatch: pytest.MonkeyPatch) -> object:
    """The module of the docs that makes the table."""
    monkeypatch.setattr(sys, "path", [*sys.path, str(ROOT / "docs")])
    return importlib.import_module("generate.languages")


def test_the_guide_has_the_table_of_today(languages: object) -> None:
    page = (ROOT / "docs/migrating-from-perspective.md").read_text()
    again = languages.filled(page)  # type: ignore[attr-defined]
    assert again == page, "PYTHONPATH=docs .venv/bin/python -m generate.languages"
    table = page.partition("<!-- languages -->")[2].partition("<!-- end -->")[0]
    rows = re.findall(r"^\| [\w ]+ \| `([\w-]+)` \| (not served|`[\w-]+`) \| ", table, re.MULTILINE)
    assert len(rows) == 18
    assert dict(rows)["en"] == "`upstander-minilm`"


def test_a_row_tells_what_was_measured(languages: object, bundle: Bundle) -> None:
    label = bundle.manifest.labels[0].name
    (english,) = bundle.manifest.languages
    served = [
        english.model_copy(update={"code": "de", "measured": (label,)}),
        english.model_copy(update={"code": "it", "measured": ()}),
    ]
    other = bundle.manifest.model_copy(update={"name": "other", "languages": tuple(served)})
    rows = {row[1]: row[2:] for row in languages._rows([bundle.manifest, other])}  # type: ignore[attr-defined]
    assert rows["`en`"] == ("`upstander-minilm`", "all labels")
    assert rows["`de`"] == ("`other`", f"`{label}`")
    assert rows["`it`"] == ("`other`", "served, and not measured")
    assert rows["`sv`"] == ("not served", "")
