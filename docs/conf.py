"""How the site is built: `make docs` writes it to docs/_build, and fails on any warning."""

import re
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from generate import write_pages

from upstander.models.shipped import DEFAULT_BUNDLE

project = "Upstander"
author = "the Upstander contributors"
project_copyright = f"2026 {author}"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build"]
html_theme = "furo"
html_title = "Upstander"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_extra_path = ["openapi.json"]
html_show_sourcelink = False
myst_heading_anchors = 4
linkcheck_ignore = [r"http://(127\.0\.0\.1|localhost).*"]
linkcheck_timeout = 20

write_pages(Path(__file__).parent / "generated")

CARD = f"../{DEFAULT_BUNDLE.resolve().relative_to(Path(__file__).resolve().parents[1])}/README.md"

_PICTURE = re.compile(r"^!\[([^\]]*)\]\((\S+)-light\.(png|svg)\)$", re.MULTILINE)
_CELL = re.compile(r"<tr[^>]*>\s*<td[^>]*>\s*<p><code.*?</td>|<td.*?</td>", re.DOTALL)
_LONG = re.compile(r"(?<=[\s>])[^\s<>]{20,}(?=[\s<])")
_END_OF_A_PART = re.compile(r"(?<=[_/.:?=@])(?=[\w$])")


def setup(app: Any) -> None:
    """Links that lead elsewhere here, pictures in the colours of the theme, and long names."""
    app.connect("source-read", _link_what_is_here)
    app.connect("html-page-context", _break_names)


def _link_what_is_here(app: Any, name: str, source: list[str]) -> None:
    linked = source[0].replace(CARD, "generated/model-card.md")
    linked = linked.replace("/report.md)", "/report.html)")
    folder = Path(app.srcdir, name).parent

    def of_both_themes(found: re.Match[str]) -> str:
        alt, start, kind = found.groups()
        if not (folder / f"{start}-dark.{kind}").is_file():
            return found[0]
        return "\n".join(
            f"```{{image}} {start}-{theme}.{kind}\n:alt: {alt}\n:class: only-{theme}\n```"
            for theme in ("light", "dark")
        )

    source[0] = _PICTURE.sub(of_both_themes, linked)


def _break_names(_: Any, _page: str, _template: str, context: dict[str, Any], _tree: Any) -> None:
    """A long name in a table may break between its parts, but not that which a row begins with."""

    def broken(cell: re.Match[str]) -> str:
        if cell[0].startswith("<tr"):
            return cell[0]
        return _LONG.sub(lambda name: _END_OF_A_PART.sub("<wbr>", name[0]), cell[0])

    context["body"] = _CELL.sub(broken, context.get("body", ""))
