"""A notebook, run to its end, and what it shows."""

from pathlib import Path

import nbformat
from nbclient import NotebookClient
from nbformat import NotebookNode

NOTEBOOKS = Path(__file__).parent.parent / "notebooks"


def run_notebook(name: str, seconds: int = 120) -> list[NotebookNode]:
    """Its outputs, none of which is an error. seconds: that a cell may take."""
    notebook = nbformat.read(NOTEBOOKS / name, as_version=4)
    where = {"metadata": {"path": str(NOTEBOOKS)}}  # as Jupyter starts it
    NotebookClient(notebook, timeout=seconds, resources=where).execute()
    outputs = [output for cell in notebook.cells for output in cell.get("outputs", [])]
    assert not [output for output in outputs if output.output_type == "error"]
    return outputs


def pictures(outputs: list[NotebookNode]) -> int:
    kinds = [output.get("data", {}).keys() for output in outputs]
    return sum(bool({"image/png", "image/svg+xml"} & kind) for kind in kinds)


def told(outputs: list[NotebookNode]) -> str:
    return "".join(output.text for output in outputs if output.get("name") == "stdout")
