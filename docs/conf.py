"""How the site is built: `make docs` writes it to docs/_build, and fails on any warning."""

import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).parent))

from generate import write_pages

from models.shipped import DEFAULT_BUNDLE

project = "Upstander"
author = "the Upstander contributors"
extensions = ["myst_parser"]
source_suffix = {".md": "markdown"}
exclude_patterns = ["_build", "reports"]
html_theme = "furo"
html_title = "Upstander"
html_static_path: list[str] = []
html_show_sourcelink = False
myst_heading_anchors = 4
linkcheck_ignore = [r"http://(127\.0\.0\.1|localhost).*"]
linkcheck_timeout = 20

write_pages(Path(__file__).parent / "generated")

CARD = f"../{DEFAULT_BUNDLE.relative_to(Path(__file__).parent.parent)}/README.md"


def setup(app: Any) -> None:
    """What reads well in the repository and is elsewhere here."""
    app.connect("source-read", _link_what_is_here)


def _link_what_is_here(_app: Any, _name: str, source: list[str]) -> None:
    linked = source[0].replace(CARD, "generated/model-card.md")
    source[0] = linked.replace("/report.md)", "/report.html)")
