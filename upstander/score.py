"""`upstander score`: posts that nobody has labelled."""

import sys
from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from upstander.evaluation.batch.row import Format
from upstander.evaluation.batch.shape import Layout
from upstander.evaluation.command_options import (
    POLICY,
    given,
    refuse_reading_options,
    refuse_without_effect,
)
from upstander.evaluation.engine_options import EngineOption, WorkersOption
from upstander.models.shipped import DEFAULT_BUNDLE, DEFAULT_POLICY, SHIPPED_POLICIES, find_bundle
from upstander.serving.settings import UnservedLanguage

_INTERRUPTED = 130
_STDOUT = Path("/dev/stdout")
_DASH = Path("-")
_ALL = "all"

SHIPPED_POLICY = SHIPPED_POLICIES / f"{DEFAULT_POLICY}.toml"


def score(
    context: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Files, folders, patterns, or dataset:NAME[:SPLIT].",
            show_default="standard input",
        ),
    ] = None,
    output: Annotated[
        Path | None,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .jsonl, .csv, .tsv or .parquet, and .jsonl.gz or .csv.zst; "
            "- is standard output, as JSON lines.",
            show_default="standard output",
        ),
    ] = None,
    layout: Annotated[
        Layout | None,
        typer.Option(
            help="Nested: objects and lists, as in JSON. Flat: a column for each value, such as "
            "scores.hate.",
            show_default="flat for CSV, else nested",
        ),
    ] = None,
    keep: Annotated[
        list[str] | None,
        typer.Option(
            help="Columns of the input to copy into the output, separated by commas without "
            "spaces, such as author,forum; or all. Others are left out.",
            show_default=False,
        ),
    ] = None,
    only_language: Annotated[
        list[str] | None,
        typer.Option(
            help="Score texts in this language only, such as en; others are listed.",
            show_default=False,
        ),
    ] = None,
    format: Annotated[
        Format | None,
        typer.Option(help="Format of the input.", show_default="by each file's ending"),
    ] = None,
    delimiter: Annotated[
        str | None,
        typer.Option(
            help="Delimiter of CSV: a character, or its name.", show_default="by the header"
        ),
    ] = None,
    text_column: Annotated[str, typer.Option(help="Column or field with the text.")] = "text",
    id_column: Annotated[str, typer.Option(help="Column or field with your id.")] = "id",
    encoding: Annotated[str, typer.Option(help="Encoding of text, JSON and CSV.")] = "utf-8",
    max_characters: Annotated[
        int, typer.Option(min=1, help="A longer text is a row that cannot be scored.")
    ] = 100_000,
    bundle: Annotated[
        Path,
        typer.Option(
            help="Model bundle: its folder, or the name of a shipped one.",
            show_default="the shipped bundle",
        ),
    ] = DEFAULT_BUNDLE,
    languages_bundle: Annotated[
        Path | None,
        typer.Option(
            help="Second bundle, for texts that are surely in a language that the first does not "
            "serve.",
            show_default=False,
        ),
    ] = None,
    unserved_language: Annotated[
        UnservedLanguage,
        typer.Option(
            help="What to do with a text that is surely in a language that is not served: refuse "
            "and list it, pass it without scores, or decide it all the same."
        ),
    ] = "refuse",
    assume_language: Annotated[
        str,
        typer.Option(
            help="Language of all texts, such as en.", show_default="each text's is identified"
        ),
    ] = "",
    policy: Annotated[
        Path,
        typer.Option(help=f"Policy that decides: {POLICY}.", show_default="the shipped policy"),
    ] = SHIPPED_POLICY,
    no_decision: Annotated[
        bool, typer.Option("--no-decision", help="Score only, and decide nothing.")
    ] = False,
    rows_a_part: Annotated[
        int, typer.Option(min=1, help="Rows that are finished at a time: a kill costs two such.")
    ] = 4096,
    engine: EngineOption = "local",
    workers: WorkersOption = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Forget what a stopped run of this output had done.")
    ] = False,
) -> None:
    """Score posts, each text once; a run that was stopped goes on where it was.

    With --output, rows that cannot be scored go to OUTPUT.errors.jsonl with file, line and reason;
    on standard output each has an error in its place. Either way the exit status is then 3. Rows
    whose language is not served, or left out by --only-language, are listed too, and no failure.
    """
    from upstander.evaluation.batch.csv_rows import delimiter_of
    from upstander.evaluation.batch.encodings import codec_of
    from upstander.evaluation.batch.output import Output
    from upstander.evaluation.batch.row import Columns
    from upstander.evaluation.batch.run import Task, score_to_file, score_to_stream
    from upstander.evaluation.batch.sources import find_sources
    from upstander.models.bundle import open_bundle
    from upstander.models.overwriting import refuse_overwriting
    from upstander.models.policy.loader import policy_file
    from upstander.predictor import answer_from, answer_with, languages_of

    if output == _DASH:
        output = None
    if engine == "ray" and output is None:
        raise typer.BadParameter("--engine ray needs --output")
    if workers is not None and engine != "ray":
        raise typer.BadParameter("--workers is of --engine ray: this machine uses all of its cores")
    refuse_without_effect(
        context,
        {
            "without --output": () if output else ("rows_a_part", "restart", "layout"),
            "with --no-decision": ("policy",) if no_decision else (),
        },
    )
    codec_of(encoding)
    bundle = find_bundle(bundle)
    others = None if languages_bundle is None else find_bundle(languages_bundle).resolve()
    languages = languages_of(only_language or (), others, unserved_language, assume_language)
    kept = [name.strip() for one in keep or () for name in one.split(",") if name.strip()]
    columns = Columns(
        text_column,
        id_column,
        format,
        encoding,
        max_characters,
        delimiter=None if delimiter is None else delimiter_of(delimiter),
        needs_id=bool(given(context, ["id_column"])),
        others=() if _ALL in kept else tuple(dict.fromkeys(kept)),
        everything=_ALL in kept,
    )
    _refuse_divided(keep or (), inputs or ())
    place = None if output is None else Output(output, layout)
    writes = [_STDOUT] if place is None else place.files
    sources = find_sources(
        inputs or [],
        columns,
        writes,
        lambda line: typer.echo(f"upstander: {line}", err=True),
    )
    refuse_reading_options(context, sources, columns)
    rules = None if no_decision else policy_file(policy)
    read = [*(file for source in sources for file in source.files()), bundle]
    read += [] if others is None else [others]
    read += [] if rules is None else [rules]
    if place is None:
        refuse_overwriting(writes, read)
    else:
        place.check(read)
    opened = open_bundle(bundle)
    answer, decides = answer_with(opened, rules, languages)
    task = Task(sources, columns, answer, opened.manifest, decides)
    try:
        if place is None:
            done = score_to_stream(task, sys.stdout.buffer)
        else:
            pool = None
            if engine == "ray":
                from upstander.evaluation.cluster.files import RayEngine

                # Workers of another machine have a working folder of their own.
                make = partial(answer_from, bundle.resolve(), rules and rules.resolve(), languages)
                pool = ("ray", RayEngine(make, workers or 0))
            done = score_to_file(task, place, restart=restart, rows_a_part=rows_a_part, engine=pool)
    except KeyboardInterrupt:
        goes_on = "" if output is None else "; the same command goes on where it was"
        typer.echo(f"upstander: interrupted{goes_on}", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    if output is None:
        where = "each has its error"
    else:
        where = f"{output}.errors.jsonl says which and why"
        resumed = f", {done.resumed:,} of them before" if done.resumed else ""
        scored = done.rows - done.bad - done.unwanted
        typer.echo(f"{scored:,} rows scored{resumed}: {output}", err=True)
    if done.unwanted:
        typer.echo(f"upstander: {done.unwanted:,} rows are in other languages", err=True)
    if done.bad:
        typer.echo(f"upstander: {done.bad:,} rows could not be scored; {where}", err=True)
        raise typer.Exit(3)


def _refuse_divided(keep: Sequence[str], inputs: Sequence[str]) -> None:
    """Raise typer.BadParameter if a shell has divided the columns of --keep at a space."""
    first = next((one for one in keep if one.rstrip().endswith(",")), None)
    if first is None:
        return
    for name in inputs:
        is_column = not any(sign in name for sign in "/:*?[") and name != "-"
        if is_column and not Path(name).exists():
            raise typer.BadParameter(
                f"{name} is not a file: if it is a column, write --keep {first.strip()}{name} "
                "without a space"
            )
