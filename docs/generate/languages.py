"""Which of Perspective's languages are served: the table of the guide, out of the manifests.

`PYTHONPATH=docs .venv/bin/python -m generate.languages` fills it in again.
"""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from generate.tables import table
from upstander.models.bundle import read_manifest
from upstander.models.manifest import Manifest
from upstander.models.shipped import DEFAULT_BUNDLE, find_bundle

GUIDE: Final = Path(__file__).parent.parent / "migrating-from-perspective.md"
MULTILINGUAL: Final = Path("upstander-multilingual")

PERSPECTIVE: Final = {
    "ar": "Arabic",
    "zh": "Chinese",
    "cs": "Czech",
    "nl": "Dutch",
    "en": "English",
    "fr": "French",
    "de": "German",
    "hi": "Hindi",
    "hi-Latin": "Hindi in Latin letters",
    "id": "Indonesian",
    "it": "Italian",
    "ja": "Japanese",
    "ko": "Korean",
    "pl": "Polish",
    "pt": "Portuguese",
    "ru": "Russian",
    "es": "Spanish",
    "sv": "Swedish",
}
"""The languages in which Perspective scored toxicity, by its codes."""

_PLACE: Final = re.compile(r"(<!-- languages -->\n).*?(<!-- end -->)", re.DOTALL)


def languages() -> str:
    """A row for each language, with the bundle that serves it and what was measured in it."""
    return table(("language", "code", "bundle", "measured"), _rows(list(_shipped())))


def filled(page: str) -> str:
    """The page with the table of today in its place."""
    return _PLACE.sub(lambda found: f"{found[1]}{languages()}\n{found[2]}", page)


def _shipped() -> Iterator[Manifest]:
    """Manifests of the bundles that are shipped, in the order in which they are routed to."""
    yield read_manifest(DEFAULT_BUNDLE)
    folder = find_bundle(MULTILINGUAL)
    if folder.is_dir():
        yield read_manifest(folder)


def _rows(manifests: list[Manifest]) -> Iterator[tuple[str, str, str, str]]:
    for code, name in PERSPECTIVE.items():
        served = next(
            (
                (manifest, language)
                for manifest in manifests
                for language in manifest.languages
                if language.code == code
            ),
            None,
        )
        if served is None:
            yield name, f"`{code}`", "not served", ""
            continue
        manifest, language = served
        every = {label.name for label in manifest.labels} == set(language.measured)
        measured = "all labels" if every else ", ".join(f"`{one}`" for one in language.measured)
        yield name, f"`{code}`", f"`{manifest.name}`", measured or "served, and not measured"


if __name__ == "__main__":
    GUIDE.write_text(filled(GUIDE.read_text(encoding="utf-8")), encoding="utf-8")
