"""Paths of the data sets."""

import os
from pathlib import Path
from typing import Annotated

import typer

from upstander.models.errors import UpstanderError

DataOption = Annotated[
    Path | None,
    typer.Option(
        "--data",
        help="Folder of the data sets.",
        show_default="$UPSTANDER_DATA, else ./data, else ../shared/data",
    ),
]


def data_folder(given: Path | None) -> Path:
    """The folder that was given, else the first of the usual ones that exists.

    Raises UpstanderError if a named folder, or every usual one, does not exist.
    """
    named = given or (
        Path(os.environ["UPSTANDER_DATA"]) if "UPSTANDER_DATA" in os.environ else None
    )
    if named is not None:
        if not named.is_dir():
            raise UpstanderError(f"{named} is not a folder: give the folder of the data sets")
        return named
    for usual in (Path("data"), Path("../shared/data")):
        if usual.is_dir():
            return usual
    raise UpstanderError(
        "there is no folder with data sets: run 'upstander data fetch', give one with --data, "
        "or set UPSTANDER_DATA"
    )
