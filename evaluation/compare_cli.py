"""`upstander compare`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.shipped import DEFAULT_BUNDLE
from upstander.options import PIPED, BundleOption

if TYPE_CHECKING:
    from evaluation.compare import Bad, Stored

_SHOWN = 10


def compare(
    input: Annotated[
        Path, typer.Argument(help="JSON lines with a text and the scores that Perspective gave it.")
    ],
    threshold: Annotated[
        list[float] | None,
        typer.Option(
            min=0,
            max=1,
            help="A threshold on the old scores.",
            show_default="0.5, 0.7, 0.8 and 0.9",
        ),
    ] = None,
    bundle: BundleOption = DEFAULT_BUNDLE,
    output: Annotated[
        Path | None, typer.Option("--json", help="File for the numbers, as JSON.")
    ] = None,
) -> None:
    """Compare scores that Perspective gave with those of a bundle, and find thresholds anew.

    A line that cannot be compared is named, and the exit status is then 3.
    """
    from dataclasses import asdict

    from rich.console import Console

    from evaluation.compare import THRESHOLDS, read_stored
    from evaluation.compare import compare as compared
    from evaluation.show import show_comparison
    from models.bundle import open_bundle
    from models.errors import UpstanderError
    from models.files import write_whole
    from models.overwriting import refuse_overwriting
    from upstander.progress import track

    if output is not None:
        if output.is_dir():
            raise UpstanderError(f"{output} is a folder: give a file to write")
        refuse_overwriting([output], [input, bundle])
    with track("comparing", total=None, unit="texts") as progress:

        def rows() -> "Iterator[Stored | Bad]":
            for row in read_stored(input):
                progress.advance()
                yield row

        found = compared(open_bundle(bundle), rows(), tuple(threshold or THRESHOLDS))
    console = Console()
    show_comparison(found, console if console.is_terminal else Console(width=PIPED))
    if output is not None:
        write_whole(output, (json.dumps(asdict(found), indent=2) + "\n").encode())
    if found.bad:
        for bad in found.bad[:_SHOWN]:
            typer.echo(f"upstander: {input}, line {bad.line}: {bad.problem}", err=True)
        typer.echo(f"upstander: {len(found.bad)} lines could not be compared", err=True)
        raise typer.Exit(3)
