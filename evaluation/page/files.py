"""The files of a report that people read."""

from pathlib import Path
from typing import Final

from upstander.evaluation.page.build import has_texts, lead_of, sections, title_of
from upstander.evaluation.page.provenance import Provenance
from upstander.evaluation.page.render import html, markdown
from upstander.evaluation.runner import Evaluation
from upstander.models.files import write_whole

PAGES: Final = ("report.html", "report.md")


def write_page(evaluation: Evaluation, made: Provenance, folder: Path, texts: bool) -> None:
    """`report.html` and `report.md`. texts: whether the worst errors are shown with their texts."""
    title, parts = title_of(made), list(sections(evaluation, made, texts))
    lead = lead_of(made, texts and has_texts(evaluation))
    folder.mkdir(parents=True, exist_ok=True)
    written = html(title, lead, parts), markdown(title, parts)
    for name, content in zip(PAGES, written, strict=True):
        write_whole(folder / name, content.encode("utf-8", "surrogatepass"))
