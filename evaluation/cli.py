"""`upstander evaluate` and `upstander compare`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from models.shipped import DEFAULT_BUNDLE
from upstander.folders import DataOption, data_folder

if TYPE_CHECKING:
    from evaluation.compare import Bad, Stored

_Bundle = Annotated[Path, typer.Option("--bundle", help="Folder of the model bundle.")]

_PIPED = 110
"""Columns of a table that goes to a file or a pipe."""


def evaluate(
    suite: Annotated[
        Literal[
            "hatecheck",
            "dynahate",
            "dehumcheck",
            "hatemoderate",
            "hatexplain",
            "hatemoji",
            "jigsaw",
            "jigsaw_bias",
            "all",
        ],
        typer.Option(help="Which suite to run."),
    ] = "all",
    bundle: _Bundle = DEFAULT_BUNDLE,
    data: DataOption = None,
    operating_point: Annotated[
        str, typer.Option(help="Which thresholds to decide by.")
    ] = "balanced",
    timing: Annotated[
        bool, typer.Option(help="Time a run against the bare encoder, with all suites.")
    ] = True,
    output: Annotated[
        Path | None,
        typer.Option("--json", help="File for the numbers; else under runs/evaluate/."),
    ] = None,
) -> None:
    """Judge a bundle by suites of texts that training never saw, and by the project's goals.

    A suite whose files are not in the data folder is left out, and the exit status is then 3.
    """
    from rich.console import Console

    from evaluation.errors import EvaluationError
    from evaluation.goals import evaluate_all, write_evaluation
    from evaluation.show import show_evaluation
    from evaluation.suites import SUITES
    from models.bundle import open_bundle

    folder = data_folder(data)
    if suite != "all" and suite not in SUITES:
        raise EvaluationError(f"--suite {suite}: not in this version; it has {', '.join(SUITES)}")
    opened = open_bundle(bundle)
    manifest = opened.manifest
    if operating_point not in manifest.operating_points:
        raise EvaluationError(
            f"--operating-point {operating_point}: the bundle has "
            f"{', '.join(sorted(manifest.operating_points))}"
        )
    evaluation = evaluate_all(
        opened.scorer,
        folder,
        operating_point,
        suites=None if suite == "all" else (suite,),
        graph=bundle / "model.onnx" if timing else None,
    )
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPED)
    show_evaluation(evaluation, console)
    path = output or Path("runs/evaluate") / f"{manifest.name}-{manifest.version}.json"
    write_evaluation(evaluation, manifest, opened.sha256, path)
    console.print(f"\nwritten to {path}")
    if evaluation.left_out:
        typer.echo(f"upstander: left out: {', '.join(evaluation.left_out)}", err=True)
        raise typer.Exit(3)


def compare(
    input: Annotated[
        Path, typer.Argument(help="JSON lines with a text and the scores that Perspective gave it.")
    ],
    threshold: Annotated[
        list[float] | None,
        typer.Option(help="A threshold on the old scores; may be given more than once."),
    ] = None,
    bundle: _Bundle = DEFAULT_BUNDLE,
    output: Annotated[Path | None, typer.Option("--json", help="File for the numbers.")] = None,
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
    from upstander.progress import track

    with track("comparing", total=None, unit="texts") as progress:

        def rows() -> "Iterator[Stored | Bad]":
            for row in read_stored(input):
                progress.advance()
                yield row

        found = compared(open_bundle(bundle), rows(), tuple(threshold or THRESHOLDS))
    console = Console()
    show_comparison(found, console if console.is_terminal else Console(width=_PIPED))
    if output:
        output.write_text(json.dumps(asdict(found), indent=2) + "\n")
    if found.bad:
        for bad in found.bad[:10]:
            typer.echo(f"upstander: {input}, line {bad.line}: {bad.problem}", err=True)
        typer.echo(f"upstander: {len(found.bad)} lines could not be compared", err=True)
        raise typer.Exit(3)
