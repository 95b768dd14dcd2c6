"""Data that other packages ship: only the file is read, and the package is never imported."""

import importlib.util
from pathlib import Path


def packaged_file(package: str, name: str) -> bytes:
    """A file inside an installed package. name: its path there. Raises ImportError."""
    spec = importlib.util.find_spec(package)
    if spec is None or not spec.submodule_search_locations:
        raise ImportError(f"the package {package} is missing: pip install {package}")
    return (Path(spec.submodule_search_locations[0]) / name).read_bytes()
