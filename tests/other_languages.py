"""A bundle of other languages, and posts in some: what the tests of several languages share."""

import json
import shutil
from typing import Final

import pytest

from upstander.models.bundle import CONTENTS, Bundle, open_bundle, sha256_of

ENGLISH: Final = "The new neighbours are kind people and they help us every day."
GERMAN: Final = "Die neuen Nachbarn sind freundliche Leute und helfen uns jeden Tag."
FRENCH: Final = "Les nouveaux voisins sont gentils et nous aident tous les jours."
SHORT: Final = "Guten Tag"
"""Too short to be sure of its language."""


@pytest.fixture(scope="session")
def other_languages(bundle: Bundle, tmp_path_factory: pytest.TempPathFactory) -> Bundle:
    """The shipped graph under another name, for German and Italian."""
    folder = tmp_path_factory.mktemp("other-languages") / "1.0.0"
    shutil.copytree(bundle.path, folder)
    manifest = json.loads((folder / "manifest.json").read_text())
    manifest |= {"name": "other-languages", "version": "1.0.0"}
    manifest["languages"] = [
        {"code": "de", "measured": ["hate", "dehumanization"]},
        {"code": "it", "measured": []},
    ]
    (folder / "manifest.json").write_text(json.dumps(manifest))
    sums = "".join(f"{sha256_of(folder / name)}  {name}\n" for name in CONTENTS)
    (folder / "SHA256SUMS").write_text(sums)
    return open_bundle(folder)
