"""The notebooks run to their end on made-up data, draw what they promise, and hold no outputs."""

import json
from pathlib import Path

import nbformat
import pytest
from made_up_data import DEHUMANIZING, HARMLESS, HATEFUL
from nbclient import NotebookClient

ROOT = Path(__file__).parent.parent.parent
EXPLORE = ROOT / "notebooks" / "explore_data.ipynb"


@pytest.mark.parametrize("path", sorted((ROOT / "notebooks").glob("*.ipynb")), ids=lambda p: p.name)
def test_a_notebook_is_committed_without_outputs(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert code
    assert not any(cell.outputs or cell.execution_count for cell in code)


def test_the_data_is_explored(
    made_up: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("UPSTANDER_DATA", str(made_up))
    monkeypatch.setenv("UPSTANDER_NOTEBOOK_ROWS", "150")
    monkeypatch.setenv("HF_HOME", str(tmp_path))
    notebook = nbformat.read(EXPLORE, as_version=4)
    where = {"metadata": {"path": str(EXPLORE.parent)}}  # as Jupyter starts it
    NotebookClient(notebook, timeout=120, resources=where).execute()

    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    figures = [output for output in outputs if "image/png" in output.get("data", {})]
    assert len(figures) == 5
    told = "".join(output.text for output in outputs if output.get("name") == "stdout")
    assert "600 rows of 4 data sets" in told  # dynahate, hatemoji_build, davidson, contrast
    assert "left out, because a file of it is missing: toxigen_annotated, " in told
    everything = json.dumps(outputs)
    for pattern in (*DEHUMANIZING, *HATEFUL, *HARMLESS):
        assert max(pattern.split("{}"), key=len) not in everything
