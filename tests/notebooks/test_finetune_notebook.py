"""The notebook of fine-tuning: a made-up forum, from nothing to a served bundle that is better."""

import re
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient
from test_notebooks import NOTEBOOKS, pictures, told

SECONDS = 600
"""Of a cell; the one that fine-tunes takes most of a minute."""


def test_a_made_up_forum_gets_a_better_bundle(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPSTANDER_NOTEBOOK_ROWS", "150")
    monkeypatch.setenv("UPSTANDER_DATA", str(tmp_path))  # no suite but those that come along
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    notebook = nbformat.read(NOTEBOOKS / "04-fine-tuning.ipynb", as_version=4)
    where = {"metadata": {"path": str(NOTEBOOKS)}}
    NotebookClient(notebook, timeout=SECONDS, resources=where).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    said = told(outputs)
    assert pictures(outputs) == 1
    change = re.search(r"the macro-F1 changed by ([+-]\d\.\d+)", said)
    assert change
    assert float(change[1]) > 0.03
    assert "written: bundles/forum/0.1.0" in said
    assert re.search(r"^forum 0\.1\.0 [01]\.\d+", said, re.MULTILINE)
