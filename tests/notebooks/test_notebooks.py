"""The notebooks run to their end on made-up data, and what is committed of a run holds no text."""

import json
from pathlib import Path

import nbformat
import pytest
from made_up_data import DEHUMANIZING, HARMLESS, HATEFUL
from nbformat import NotebookNode
from notebook_runs import NOTEBOOKS, pictures, run_notebook, told

from upstander.evaluation.suites import dehumcheck


@pytest.mark.parametrize("path", sorted(NOTEBOOKS.glob("*.ipynb")), ids=lambda path: path.name)
def test_a_notebook_is_committed_as_one_run_left_it_and_without_texts(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    outputs = [output for cell in code for output in cell.outputs]
    counts = [cell.execution_count for cell in code]
    # `jupyter execute --inplace` runs every cell once, from the first to the last.
    assert counts == list(range(1, len(code) + 1)) or not (outputs or any(counts)), path.name
    assert not [output for output in outputs if output.output_type == "error"]
    everything = json.dumps(outputs)
    assert "Traceback" not in everything
    assert str(Path.home()) not in everything
    assert not [case.id for case in dehumcheck.load(Path()) if case.text in everything]


def run(name: str, monkeypatch: pytest.MonkeyPatch, data: Path, home: Path) -> list[NotebookNode]:
    """The outputs of a notebook on made-up data and few rows."""
    monkeypatch.setenv("UPSTANDER_DATA", str(data))
    monkeypatch.setenv("UPSTANDER_NOTEBOOK_ROWS", "150")
    monkeypatch.setenv("HF_HOME", str(home))
    return run_notebook(name)


def test_the_data_is_explored(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    outputs = run("01-data.ipynb", monkeypatch, made_up, tmp_path)
    assert pictures(outputs) == 5
    # dynahate, hatemoji_build, davidson, contrast, contrast_languages
    assert "750 rows of 5 data sets" in told(outputs)
    assert "left out, because a file of it is missing: dehum_natural, " in told(outputs)
    everything = json.dumps(outputs)
    for pattern in (*DEHUMANIZING, *HATEFUL, *HARMLESS):
        assert max(pattern.split("{}"), key=len) not in everything


@pytest.mark.parametrize(
    ("name", "drawn", "said"),
    [
        ("02-errors.ipynb", 3, "within 0.1 of the threshold"),
        ("03-thresholds-and-fairness.ipynb", 5, "mean range "),
    ],
)
def test_the_errors_and_thresholds_are_drawn_and_no_text_is_shown(
    name: str,
    drawn: int,
    said: str,
    made_up: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    outputs = run(name, monkeypatch, made_up, tmp_path)
    assert pictures(outputs) == drawn
    assert said in told(outputs)
    everything = json.dumps(outputs)
    assert not [case.id for case in dehumcheck.load(Path()) if case.text in everything]
