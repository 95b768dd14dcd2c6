"""`upstander train` and `upstander data`."""

from pathlib import Path
from typing import Annotated, Literal

import typer

from upstander.evaluation.command_options import refuse_without_effect
from upstander.evaluation.options import DelimiterOption, EncodingOption, PositiveOption
from upstander.evaluation.paths import DataOption, data_folder
from upstander.models.shipped import BUNDLES

data = typer.Typer(help="List, fetch and check the labelled data.", no_args_is_help=True)

_INTERRUPTED = 130
_PART = 3
_AUDITED = ("report.html", "report.md", "label_issues.jsonl")
_OF_OWN_FILES = ("label", "text", "id_column", "positive", "encoding", "delimiter")

Step = Literal[
    "prepare", "encode", "teach", "train", "refine", "calibrate", "export", "evaluate", "bundle"
]


def train(
    recipe: Annotated[Path, typer.Argument(help="A TOML file, or the name of a shipped recipe.")],
    set_: Annotated[
        list[str] | None,
        typer.Option("--set", help="Override one key of the recipe: training.epochs=2"),
    ] = None,
    data: DataOption = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder of the run.", show_default="runs/RECIPE")
    ] = None,
    bundles: Annotated[
        Path,
        typer.Option(
            help="Where the finished bundle goes, as NAME/VERSION.",
            show_default="the folder of the shipped bundles",
        ),
    ] = BUNDLES,
    continue_from: Annotated[
        Path | None,
        typer.Option(
            help="Begin with the network of another run, RUN/train or RUN/refine, as it is.",
            show_default=False,
        ),
    ] = None,
    until: Annotated[Step, typer.Option(help="Last step to run.")] = "bundle",
) -> None:
    """Train a model: prepare, encode, teach, train, refine, calibrate, export, evaluate, bundle.

    A step whose inputs are unchanged is skipped, and a run that was stopped goes on where it was.
    For several GPUs run up to `teach` first, then `torchrun --nproc-per-node N -m upstander train
    RECIPE --until train`, then the rest.
    """
    from upstander.training.pipeline import run_pipeline
    from upstander.training.recipe import load_recipe
    from upstander.training.run import Run

    loaded = load_recipe(recipe, set_ or ())
    run = Run(loaded, data_folder(data), out or Path("runs") / recipe.stem, bundles, continue_from)
    try:
        run_pipeline(run, until, say=typer.echo)
    except KeyboardInterrupt:
        typer.echo("upstander: interrupted; the same command goes on where it was", err=True)
        raise typer.Exit(_INTERRUPTED) from None


@data.command("list")
def list_sources() -> None:
    """List the data sets, their licences, and what they are used for."""
    from rich.console import Console
    from rich.table import Table

    from upstander.training.sources import SOURCES, SUITE_FILES

    table = Table("name", "rows", "labels", "licence", "verified", box=None, pad_edge=False)
    for source in SOURCES.values():
        made = sum(1 for _ in source.make(Path())) if source.make else 0
        table.add_row(
            source.name,
            f"{made + sum(file.rows for file in source.files):,}",
            ", ".join(source.heads),
            source.licence,
            "yes" if source.licence_verified else "no",
        )
    for name, suite in SUITE_FILES.items():
        table.add_row(
            name,
            f"{sum(file.rows for file in suite.files):,}",
            "for evaluation only",
            suite.licence,
            "yes" if suite.licence_verified else "no",
        )
    Console().print(table)


@data.command()
def check(data: DataOption = None) -> None:
    """Check rows, checksums and labels of every data set, and list what leaks between splits."""
    from upstander.training.check import check_data

    raise typer.Exit(check_data(data_folder(data)))


@data.command()
def audit(
    context: typer.Context,
    names: Annotated[
        list[str] | None,
        typer.Argument(help="Data sets to audit, or files of your own.", show_default="all"),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="LABEL=COLUMN: a label and the column of your files that answers it.",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        str, typer.Option("--text", "--text-column", help="Column of your files with the text.")
    ] = "text",
    id_column: Annotated[str, typer.Option(help="Column of your files with your id.")] = "id",
    positive: PositiveOption = None,
    encoding: EncodingOption = "utf-8",
    delimiter: DelimiterOption = None,
    data: DataOption = None,
    out: Annotated[
        Path, typer.Option(help="Folder for report.html, report.md and label_issues.jsonl.")
    ] = Path("runs/audit"),
) -> None:
    """Look for repeats, contradictions, leaks and doubtful labels; nothing is changed.

    Files of your own need no torch, and the report shows their texts behind a click.
    """
    are_files = bool(names) and all(map(_is_file, names or ()))
    refuse_without_effect(
        context,
        {
            "on data sets": () if are_files else _OF_OWN_FILES,
            "on files of your own": ("data",) if are_files else (),
        },
    )
    if are_files:
        from upstander.evaluation.batch.csv_rows import delimiter_of
        from upstander.evaluation.batch.encodings import codec_of
        from upstander.models.overwriting import refuse_overwriting
        from upstander.training.audit.own import audit_own
        from upstander.training.finetune.labelled import Asked, columns_of_labels, files_of

        codec_of(encoding)
        asked = Asked(
            columns_of_labels(label or []),
            frozenset(positive or ()),
            text,
            id_column,
            encoding=encoding,
            delimiter=None if delimiter is None else delimiter_of(delimiter),
        )
        refuse_overwriting([out / name for name in _AUDITED], files_of(names or []))
        for line in audit_own(names or [], asked, out):
            typer.echo(line)
        typer.echo(f"written to {out}: {', '.join(_AUDITED)}")
        return
    from upstander.training.audit.report import audit as audited
    from upstander.training.audit.report import write_audit
    from upstander.training.check import examples_of, held_out_texts

    folder = data_folder(data)
    examples, left_out = examples_of(names or [], folder)
    write_audit(audited(examples, held_out_texts(folder)), out)
    typer.echo(f"written to {out}: {', '.join(_AUDITED)}")
    for problem in left_out:
        typer.echo(f"upstander: left out: {problem}", err=True)
    if left_out:
        raise typer.Exit(_PART)


def _is_file(name: str) -> bool:
    """Whether a name is that of a file, and of no data set: those have neither dot nor slash."""
    return "." in name or "/" in name or Path(name).is_file()


@data.command()
def fetch(
    names: Annotated[
        list[str] | None, typer.Argument(help="Data sets to fetch.", show_default="all")
    ] = None,
    to: Annotated[Path, typer.Option(help="Folder to write to.")] = Path("data"),
    mirror: Annotated[
        str,
        typer.Option(
            help="Fetch prepared files from this address instead of the public originals."
        ),
    ] = "",
) -> None:
    """Download the public originals, verify them, and convert them to the files that are read."""
    from upstander.training.fetch import fetch_data

    raise typer.Exit(fetch_data(names or [], to, mirror))
