"""`upstander evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import UpstanderError
from models.shipped import DEFAULT_BUNDLE
from upstander.engines import EngineOption, WorkersOption
from upstander.folders import DataOption, data_folder
from upstander.options import (
    PIPED,
    BundleOption,
    given,
    refuse_reading_options,
    refuse_without_effect,
)

if TYPE_CHECKING:
    from evaluation.batch.row import Row
    from evaluation.goals import Suites
    from models.manifest import Manifest

_SHOWN = 10
_EVADED = ("hatecheck", "dehumcheck")
NUMBERS = "report.json"
"""Name of the file of numbers, out of which the page can be made again."""

_OF_OWN_FILES = (
    "label", "positive", "text_column", "id_column", "target_column", "functionality_column",
    "source_column", "encoding", "delimiter",
)  # fmt: skip
_OF_THRESHOLDS = ("posts", "share", "capacity", "cost_missed", "cost_flagged")


def evaluate(
    context: typer.Context,
    inputs: Annotated[
        list[str] | None,
        typer.Argument(
            help="Your own labelled files, as for `upstander score`.",
            show_default="suites",
        ),
    ] = None,
    suite: Annotated[
        list[str] | None,
        typer.Option(
            help="A suite; `core` for those of the goals; `all`.",
            show_default="all",
        ),
    ] = None,
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="COLUMN=LABEL: a column of your files and the label that it answers.",
            show_default=False,
        ),
    ] = None,
    positive: Annotated[
        list[str] | None,
        typer.Option(
            help="A value of the label columns that says yes.", show_default="1, true, yes"
        ),
    ] = None,
    text_column: Annotated[str, typer.Option(help="Column or field with the text.")] = "text",
    id_column: Annotated[str, typer.Option(help="Column or field with your id.")] = "id",
    target_column: Annotated[
        str, typer.Option(help="Column with the group that a text is about.")
    ] = "",
    functionality_column: Annotated[str, typer.Option(help="Column with the kind of case.")] = "",
    source_column: Annotated[str, typer.Option(help="Column with where a row is from.")] = "",
    encoding: Annotated[str, typer.Option(help="Encoding of your text, JSON and CSV.")] = "utf-8",
    delimiter: Annotated[
        str | None,
        typer.Option(
            help="Delimiter of your CSV: a character, or its name.", show_default="by the header"
        ),
    ] = None,
    bundle: BundleOption = DEFAULT_BUNDLE,
    data: DataOption = None,
    operating_point: Annotated[
        str,
        typer.Option(
            help="Operating point of the bundle whose thresholds decide, such as watchful."
        ),
    ] = "balanced",
    against: Annotated[
        Path | None,
        typer.Option(
            help="Another bundle, or JSON lines of scores as for `upstander compare`.",
            show_default=False,
        ),
    ] = None,
    against_threshold: Annotated[
        float, typer.Option(help="Threshold of the scores in such a file.")
    ] = 0.5,
    require: Annotated[
        list[str] | None,
        typer.Option(
            help="A bar, such as 'hatecheck.macro_f1>=0.9'; exit status 1 if it does not hold.",
            show_default=False,
        ),
    ] = None,
    thresholds: Annotated[
        bool, typer.Option("--thresholds", help="Look for thresholds: see the next options.")
    ] = False,
    posts: Annotated[int, typer.Option(min=1, help="Posts a day.")] = 100_000,
    share: Annotated[
        float | None,
        typer.Option(
            min=0, max=1, help="Share of posts with the label.", show_default="that of the rows"
        ),
    ] = None,
    capacity: Annotated[
        int | None,
        typer.Option(min=1, help="Posts a day that people can look at.", show_default=False),
    ] = None,
    cost_missed: Annotated[
        float | None, typer.Option(min=0, help="Cost of a missed post.", show_default=False)
    ] = None,
    cost_flagged: Annotated[
        float | None,
        typer.Option(min=0, help="Cost of a post flagged wrongly.", show_default=False),
    ] = None,
    timing: Annotated[
        bool, typer.Option(help="Time a run against the bare encoder, with all suites.")
    ] = True,
    engine: EngineOption = "local",
    workers: WorkersOption = None,
    texts: Annotated[
        bool, typer.Option(help="Show the texts of the worst errors, behind a click.")
    ] = True,
    out: Annotated[
        Path | None,
        typer.Option(
            help="Folder for report.html, report.md and report.json.",
            show_default="runs/evaluate/NAME-VERSION",
        ),
    ] = None,
) -> None:
    """Judge a bundle by labelled texts: your own files, or suites that training never saw.

    A suite whose files are not in the data folder, and a row that cannot be judged, is left out and
    named; the exit status is then 3.
    """
    from dataclasses import asdict

    from rich.console import Console

    from evaluation.against import read_other
    from evaluation.bars import fallen, read_bar
    from evaluation.batch.csv_rows import delimiter_of
    from evaluation.batch.encodings import codec_of
    from evaluation.batch.row import Columns
    from evaluation.batch.sources import find_sources
    from evaluation.choose import Wish
    from evaluation.engines import scorers
    from evaluation.goals import evaluate_all, write_evaluation
    from evaluation.own import LEFT_OUT, Mapped, mapped_labels, own_suites, write_left_out
    from evaluation.page.files import PAGES, write_page
    from evaluation.page.provenance import provenance
    from evaluation.scoring import Once
    from evaluation.show import show_evaluation
    from models.bundle import open_bundle
    from models.overwriting import refuse_overwriting

    _refuse_without_effect(context, bool(inputs))
    opened = open_bundle(bundle)
    manifest = opened.manifest
    _check_point(operating_point, manifest)
    bars = [read_bar(written) for written in require or []]
    wish = Wish(posts, share, capacity, cost_missed, cost_flagged) if thresholds else None
    place = out or Path("runs/evaluate") / f"{manifest.name}-{manifest.version}"
    if place.exists() and not place.is_dir():
        raise UpstanderError(f"--out {place}: it is a file: give a folder")
    writes = [place / name for name in (NUMBERS, *PAGES, LEFT_OUT)]
    refuse_overwriting(writes, [bundle, *([against] if against else [])])
    bad: list[tuple[Row, str]] = []
    goals: tuple[str, ...] | None = ()
    if inputs:
        mapped = Mapped(
            mapped_labels(label or []),
            frozenset(positive or ()),
            target=target_column,
            functionality=functionality_column,
            source=source_column,
        )
        columns = Columns(
            text_column,
            id_column,
            encoding=encoding,
            others=mapped.columns,
            delimiter=None if delimiter is None else delimiter_of(delimiter),
            needs_id=bool(given(context, ["id_column"])),
        )
        codec_of(encoding)
        sources = find_sources(inputs, columns, writes, _say)
        refuse_reading_options(context, sources, columns)
        refuse_overwriting(writes, [file for source in sources for file in source.files()])
        suites, bad = own_suites(sources, columns, mapped)
        folder = Path()
    else:
        suites, goals = _suites(suite or ["all"])
        # DehumCheck comes along: whoever asks for nothing else needs no data.
        folder = Path() if set(suites) == {"dehumcheck"} else data_folder(data)
    with scorers(engine, workers) as scorer_of:
        other = None if against is None else read_other(against, against_threshold, scorer_of)
        evaluation = evaluate_all(
            Once(scorer_of(bundle)) if inputs and len(suites) > 1 else scorer_of(bundle),
            folder,
            operating_point,
            suites=suites,
            leaves_out=goals is None,
            with_goals=goals,
            against=other,
            wish=wish,
            evaded=() if inputs else _EVADED,
            graph=opened.graph if timing else None,
            stages={name: scorer_of(one.path) for name, one in opened.stages.items()},
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED)
    show_evaluation(evaluation, console)
    made = provenance(manifest, opened.sha256, operating_point)
    write_evaluation(evaluation, manifest, opened.sha256, place / NUMBERS, asdict(made))
    write_page(evaluation, made, place, texts)
    write_left_out(bad, place / LEFT_OUT)
    console.print(f"\nwritten to {place}: report.html, report.md, report.json")
    for row, problem in bad[:_SHOWN]:
        _say(f"left out: row {row.row}: {problem} ({row.file}, line {row.line})")
    if bad:
        _say(f"{len(bad):,} rows could not be judged: {place / LEFT_OUT} has them all")
    if evaluation.left_out:
        _say(f"left out: {', '.join(evaluation.left_out)}")
    broken = fallen(bars, evaluation.suites, evaluation.pairs)
    for line in broken:
        _say(line)
    if broken:
        raise typer.Exit(1)
    if bad or evaluation.left_out:
        raise typer.Exit(3)


def _say(told: str) -> None:
    typer.echo(f"upstander: {told}", err=True)


def _refuse_without_effect(context: typer.Context, has_inputs: bool) -> None:
    """Raise typer.BadParameter for an option that the others leave without effect."""
    told = context.params
    against = None if told["against"] is None else Path(told["against"])
    is_timed = not has_inputs and list(told["suite"] or ("all",)) in (["all"], ["core"])
    refuse_without_effect(
        context,
        {
            "without files of your own": () if has_inputs else _OF_OWN_FILES,
            "with files of your own": ("suite", "data") if has_inputs else (),
            "without --thresholds": () if told["thresholds"] else _OF_THRESHOLDS,
            "without --cost-flagged": ("cost_missed",) if told["cost_flagged"] is None else (),
            "without --cost-missed": ("cost_flagged",) if told["cost_missed"] is None else (),
            "without --against": ("against_threshold",) if against is None else (),
            "with another bundle, which has its own": (
                ("against_threshold",) if against is not None and against.is_dir() else ()
            ),
            "unless all suites are run": ("timing",) if told["timing"] and not is_timed else (),
        },
    )


def _check_point(operating_point: str, manifest: "Manifest") -> None:
    if not manifest.has_point(operating_point):
        raise UpstanderError(
            f"--operating-point {operating_point}: the bundle has {', '.join(manifest.point_names)}"
        )


def _suites(names: list[str]) -> "tuple[Suites, tuple[str, ...] | None]":
    """The suites of those names, and those whose goals are measured; None for all goals."""
    from evaluation.suites import EVERY_SUITE, SUITES

    if names == ["all"]:
        return EVERY_SUITE, None
    if names == ["core"]:
        return SUITES, None
    if unknown := sorted(set(names) - set(EVERY_SUITE)):
        raise UpstanderError(
            f"--suite {unknown[0]}: not in this version; it has core, all, {', '.join(EVERY_SUITE)}"
        )
    return {name: EVERY_SUITE[name] for name in names}, tuple(names)
