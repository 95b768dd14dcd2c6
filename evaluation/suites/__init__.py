"""The suites that a bundle is judged by: to add one, write a module like `hatecheck`."""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from evaluation.suites import (
    dehumcheck,
    dynahate,
    hatecheck,
    hatemoderate,
    hatemoji,
    hatexplain,
    jigsaw,
    jigsaw_bias,
)
from evaluation.suites.case import Case

SUITES: Final[Mapping[str, Callable[[Path], list[Case]]]] = MappingProxyType(
    {
        hatecheck.NAME: hatecheck.load,
        dynahate.NAME: dynahate.load,
        dehumcheck.NAME: dehumcheck.load,
        hatemoderate.NAME: hatemoderate.load,
        hatexplain.NAME: hatexplain.load,
        hatemoji.NAME: hatemoji.load,
        jigsaw.NAME: jigsaw.load,
        jigsaw_bias.NAME: jigsaw_bias.load,
    }
)
"""Suite name to its loader, which takes the data folder."""
