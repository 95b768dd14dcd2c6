"""The evaluation suites.

To add one whose columns say it all, add a table to `listed.toml`; else write a module like
`hatecheck`.
"""

from collections.abc import Callable, Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Final

from upstander.evaluation.suites import (
    cold,
    counterspeech,
    dehumcheck,
    dehumcheck_world,
    dynahate,
    gahd,
    hatecheck,
    hatemoderate,
    hatemoji,
    hatexplain,
    jigsaw,
    jigsaw_bias,
    listed,
    multilingual_hatecheck,
    natural,
    natural_swapped,
    ordinary,
    ordinary_languages,
    perspective,
    polar,
    toldbr,
)
from upstander.evaluation.suites.case import Case

SUITES: Final[Mapping[str, Callable[[Path], list[Case]]]] = MappingProxyType(
    {
        ordinary.NAME: ordinary.load,
        ordinary.MORE: ordinary.load_more,
        natural.NAME: natural.load,
        natural_swapped.NAME: natural_swapped.load,
        hatecheck.NAME: hatecheck.load,
        dynahate.NAME: dynahate.load,
        dehumcheck.NAME: dehumcheck.load,
        dehumcheck_world.NAME: dehumcheck_world.load,
        hatemoderate.NAME: hatemoderate.load,
        hatexplain.NAME: hatexplain.load,
        hatemoji.NAME: hatemoji.load,
        jigsaw.NAME: jigsaw.load,
        jigsaw_bias.NAME: jigsaw_bias.load,
        perspective.WIKIPEDIA: perspective.load_wikipedia,
        perspective.RTP: perspective.load_rtp,
        counterspeech.NAME: counterspeech.load,
    }
)
"""The suites that the project's goals rest on: name to loader, which takes the data folder."""

IN_LANGUAGES: Final[Mapping[str, Callable[[Path], list[Case]]]] = MappingProxyType(
    {
        multilingual_hatecheck.NAME: multilingual_hatecheck.load,
        gahd.NAME: gahd.load,
        toldbr.NAME: toldbr.load,
        cold.NAME: cold.load,
        ordinary_languages.NAME: ordinary_languages.load,
        polar.NAME: polar.load,
    }
)
"""The suites in other languages than English, on which bundles that serve them have goals too."""

EVERY_SUITE: Final[Mapping[str, Callable[[Path], list[Case]]]] = MappingProxyType(
    {**SUITES, **IN_LANGUAGES, **listed.loaders()}
)
"""All of these and the listed ones."""
