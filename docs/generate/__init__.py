"""Pages of the reference that are written from the code each time the site is built."""

from pathlib import Path

from generate.bundle import bundle
from generate.command import command_line, settings
from generate.interface import interface, refusals
from generate.measures import metrics
from upstander.models.shipped import DEFAULT_BUNDLE


def write_pages(folder: Path) -> None:
    """Write every page that is not there yet or says something else."""
    folder.mkdir(exist_ok=True)
    pages = {
        "settings": settings(),
        "command": command_line(),
        "errors": refusals(),
        "http": interface(),
        "metrics": metrics(),
        "bundle": bundle(),
        "model-card": (DEFAULT_BUNDLE / "README.md").read_text(encoding="utf-8"),
    }
    for name, text in pages.items():
        page = folder / f"{name}.md"
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")
