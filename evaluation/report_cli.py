"""`upstander report`."""

import os
from pathlib import Path
from typing import Annotated

import typer

from upstander.evaluation.paths import DataOption, data_folder
from upstander.models.errors import UpstanderError


def report(
    numbers: Annotated[
        Path, typer.Argument(help="The report.json of an evaluation.", show_default=False)
    ],
    data: DataOption = None,
    texts: Annotated[
        bool,
        typer.Option(
            help="Show the texts of the worst errors, behind a click, where their suite is in the "
            "data folder."
        ),
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(help="Folder for report.html and report.md.", show_default="that of the file"),
    ] = None,
) -> None:
    """Make the page of an evaluation again from its numbers, without scoring anything."""
    from upstander.evaluation.page.files import PAGES, write_page
    from upstander.evaluation.page.stored import read_evaluation, with_texts
    from upstander.evaluation.suites import EVERY_SUITE
    from upstander.models.overwriting import refuse_overwriting

    evaluation, made = read_evaluation(numbers)
    place = out or numbers.parent
    if place.exists() and not place.is_dir():
        raise UpstanderError(f"--out {place}: it is a file: give a folder")
    refuse_overwriting([place / name for name in PAGES], [numbers])
    if texts:
        evaluation = with_texts(evaluation, EVERY_SUITE, _folder(data))
    write_page(evaluation, made, place, texts)
    typer.echo(f"written to {place}: {', '.join(PAGES)}")


def _folder(data: Path | None) -> Path | None:
    """The data folder; None where nobody named one and there is none: it is not needed."""
    try:
        return data_folder(data)
    except UpstanderError:
        if data is not None or "UPSTANDER_DATA" in os.environ:
            raise
        return None
