"""Reading the TOML files of the suite."""

import tomllib
from functools import cache
from pathlib import Path
from typing import Any, Final

_HERE: Final = Path(__file__).parent


@cache
def read(name: str) -> dict[str, Any]:
    """The file's tables. name: relative to the suite's folder."""
    with (_HERE / name).open("rb") as file:
        return tomllib.load(file)
