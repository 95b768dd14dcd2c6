"""The notebook of fine-tuning: a made-up forum, from nothing to a served bundle that is better."""

import re
from pathlib import Path

import pytest
from test_notebooks import pictures, run, told


def test_a_made_up_forum_gets_a_better_bundle(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = run("04-fine-tuning.ipynb", monkeypatch, made_up, tmp_path)
    said = told(outputs)
    assert pictures(outputs) == 1
    change = re.search(r"the macro-F1 changed by ([+-]\d\.\d+)", said)
    assert change
    assert float(change[1]) > 0.03
    assert "written: bundles/forum/0.1.0" in said
    assert re.search(r"^forum 0\.1\.0 [01]\.\d+", said, re.MULTILINE)
