"""Parts as the card for people, from card.md.jinja."""

from collections.abc import Sequence
from functools import cache
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template

from upstander.models.manifest import Manifest
from upstander.training.card.about import base_of
from upstander.training.card.parts import Part


def markdown(parts: Sequence[Part], manifest: Manifest, release_date: str) -> str:
    """The whole card, with the front matter that model hubs read. release_date: YYYY-MM-DD."""
    return _template().render(
        parts=parts,
        name=manifest.name,
        version=manifest.version,
        description=manifest.description,
        base=base_of(manifest),
        release_date=release_date,
        languages=_languages(manifest),
    )


def _languages(manifest: Manifest) -> str:
    """The codes of the languages as YAML has them: one, or a list."""
    codes = [language.code for language in manifest.languages]
    return codes[0] if len(codes) == 1 else f"[{', '.join(codes)}]"


def one(part: Part, level: int = 2) -> str:
    """A part alone. level: of its heading."""
    module = _template().make_module({"parts": (), **_UNTITLED})
    return str(module.__dict__["part"](part, level))


_UNTITLED = dict.fromkeys(
    ("name", "version", "description", "base", "release_date", "languages"), ""
)


@cache
def _template() -> Template:
    # Markdown is written, not HTML: nothing is escaped.
    environment = Environment(  # noqa: S701
        loader=FileSystemLoader(Path(__file__).parent),
        undefined=StrictUndefined,
        keep_trailing_newline=True,
    )
    return environment.get_template("card.md.jinja")
