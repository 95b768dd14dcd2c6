"""Paths of the shipped bundles and policies."""

import re
from pathlib import Path
from typing import Final

from upstander.models.strict import VERSION

BUNDLES: Final = Path(__file__).parent / "bundles"

DEFAULT_BUNDLE: Final = BUNDLES / "upstander-minilm" / "2.0.0"
"""The bundle that is served and evaluated unless another is named."""

SHIPPED_POLICIES: Final = Path(__file__).parent.parent / "policies"
DEFAULT_POLICY: Final = "hate"
"""Id of the shipped policy that decides where nobody names one: docs/decisions/0031."""


def find_bundle(named: Path) -> Path:
    """The folder of a bundle: a folder as it is, or the newest version of a shipped bundle's name.

    What is neither stays as it is, and is refused where it is opened.
    """
    if named.exists() or len(named.parts) != 1:
        return named
    versions = [
        (tuple(map(int, folder.name.split("."))), folder)
        for folder in (BUNDLES / named).glob("*")
        if re.fullmatch(VERSION, folder.name)
    ]
    return max(versions)[1] if versions else named
