"""The suites that a bundle is judged by: to add one, write a module like `hatecheck`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from evaluation.suites import dynahate, hatecheck
from evaluation.suites.case import Case

SUITES: Final[Mapping[str, Callable[[Path], list[Case]]]] = MappingProxyType(
    {hatecheck.NAME: hatecheck.load, dynahate.NAME: dynahate.load}
)
"""Suite name to its loader, which takes the data folder."""
