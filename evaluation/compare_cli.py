"""`upstander compare`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upstander.evaluation.command_options import PIPED, BundleOption, refuse_without_effect
from upstander.models.shipped import DEFAULT_BUNDLE

if TYPE_CHECKING:
    from upstander.evaluation.compare import Bad, Stored

_SHOWN = 10


def compare(
    context: typer.Context,
    input: Annotated[
        Path,
        typer.Argument(
            help="JSON lines, CSV or Parquet with a text and the scores that Perspective gave it."
        ),
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
    text_column: Annotated[str, typer.Option(help="Column of a table with the text.")] = "text",
    delimiter: Annotated[
        str | None,
        typer.Option(
            help="Delimiter of CSV: a character, or its name.", show_default="by the header"
        ),
    ] = None,
    encoding: Annotated[str, typer.Option(help="Encoding of CSV.")] = "utf-8",
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

    from upstander.evaluation.batch.csv_rows import delimiter_of
    from upstander.evaluation.batch.encodings import codec_of
    from upstander.evaluation.batch.row import Columns
    from upstander.evaluation.batch.rows import FORMATS, ending_of
    from upstander.evaluation.compare import MIN_TEXTS, THRESHOLDS, read_stored
    from upstander.evaluation.compare import compare as compared
    from upstander.evaluation.progress import track
    from upstander.evaluation.show import show_comparison
    from upstander.models.bundle import open_bundle
    from upstander.models.errors import UpstanderError
    from upstander.models.files import write_whole
    from upstander.models.overwriting import refuse_overwriting

    kind = FORMATS.get(ending_of(input))
    refuse_without_effect(
        context,
        {
            "where the input is no CSV": () if kind == "csv" else ("delimiter", "encoding"),
            "where the input is no table": () if kind in ("csv", "parquet") else ("text_column",),
        },
    )
    codec_of(encoding)
    columns = Columns(
        text_column,
        encoding=encoding,
        delimiter=None if delimiter is None else delimiter_of(delimiter),
    )
    if output is not None:
        if output.is_dir():
            raise UpstanderError(f"{output} is a folder: give a file to write")
        refuse_overwriting([output], [input, bundle])
    with track("comparing", total=None, unit="texts") as progress:

        def rows() -> "Iterator[Stored | Bad]":
            for row in read_stored(input, columns):
                progress.advance()
                yield row

        found = compared(open_bundle(bundle), rows(), tuple(threshold or THRESHOLDS))
    console = Console()
    show_comparison(found, console if console.is_terminal else Console(width=PIPED))
    for one in found.attributes:
        if one.uncertain:
            old = ", ".join(f"{threshold:g}" for threshold in one.uncertain)
            typer.echo(
                f"upstander: {one.attribute}: fewer than {MIN_TEXTS} texts are flagged, or fewer "
                f"are not, at the old threshold {old}: the new one is uncertain there: add texts",
                err=True,
            )
    if output is not None:
        write_whole(output, (json.dumps(asdict(found), indent=2) + "\n").encode())
    if found.bad:
        for bad in found.bad[:_SHOWN]:
            typer.echo(f"upstander: {input}, line {bad.line}: {bad.problem}", err=True)
        typer.echo(f"upstander: {len(found.bad)} lines could not be compared", err=True)
        raise typer.Exit(3)
