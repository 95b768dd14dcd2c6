"""`upstander evaluate` and `upstander compare`."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from models.errors import UpstanderError
from models.shipped import DEFAULT_BUNDLE
from upstander.engines import EngineOption, WorkersOption
from upstander.folders import DataOption, data_folder

if TYPE_CHECKING:
    from evaluation.batch.rows import Columns
    from evaluation.compare import Bad, Stored
    from evaluation.goals import Suites
    from evaluation.own import Mapped
    from models.manifest import Manifest

_Bundle = Annotated[
    Path,
    typer.Option("--bundle", help="Folder of the model bundle.", show_default="the shipped bundle"),
]

_SHOWN = 10
_EVADED = ("hatecheck", "dehumcheck")
_PIPED = 110
"""Columns of a table that goes to a file or a pipe."""


def evaluate(
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
    encoding: Annotated[
        str, typer.Option(help="Encoding of your text, JSON lines and CSV.")
    ] = "utf-8",
    bundle: _Bundle = DEFAULT_BUNDLE,
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
    from rich.console import Console

    from evaluation.against import read_other
    from evaluation.bars import fallen, read_bar
    from evaluation.batch.rows import Columns
    from evaluation.choose import Wish
    from evaluation.engines import scorers
    from evaluation.goals import evaluate_all, write_evaluation
    from evaluation.own import Mapped, mapped_labels
    from evaluation.page.build import lead_of, sections, title_of
    from evaluation.page.provenance import provenance
    from evaluation.page.render import html, markdown
    from evaluation.show import show_evaluation
    from models.bundle import open_bundle

    opened = open_bundle(bundle)
    manifest = opened.manifest
    _check_point(operating_point, manifest)
    bars = [read_bar(written) for written in require or []]
    wish = Wish(posts, share, capacity, cost_missed, cost_flagged) if thresholds else None
    bad: list[str] = []
    goals: tuple[str, ...] | None = ()
    if inputs:
        mapped = Mapped(
            mapped_labels(label or []),
            frozenset(positive or ()),
            target_column,
            functionality_column,
            source_column,
        )
        columns = Columns(text_column, id_column, None, encoding, others=mapped.columns)
        suites, bad = _own(inputs, columns, mapped)
        folder = Path()
    else:
        suites, goals = _suites(suite or ["all"])
        # DehumCheck comes along: whoever asks for nothing else needs no data.
        folder = Path() if set(suites) == {"dehumcheck"} else data_folder(data)
    with scorers(engine, workers) as scorer_of:
        other = None if against is None else read_other(against, against_threshold, scorer_of)
        evaluation = evaluate_all(
            scorer_of(bundle),
            folder,
            operating_point,
            suites=suites,
            leaves_out=goals is None,
            with_goals=goals,
            against=other,
            wish=wish,
            evaded=() if inputs else _EVADED,
            graph=bundle / "model.onnx" if timing else None,
        )
    console = Console()
    if not console.is_terminal:
        console = Console(width=_PIPED)
    show_evaluation(evaluation, console)
    made = provenance(manifest, opened.sha256, operating_point)
    place = out or Path("runs/evaluate") / f"{manifest.name}-{manifest.version}"
    write_evaluation(evaluation, manifest, opened.sha256, place / "report.json")
    title, parts = title_of(made), list(sections(evaluation, made, texts))
    (place / "report.md").write_text(markdown(title, parts), encoding="utf-8")
    (place / "report.html").write_text(html(title, lead_of(made, texts), parts), encoding="utf-8")
    console.print(f"\nwritten to {place}: report.html, report.md, report.json")
    broken = fallen(bars, evaluation.suites, evaluation.pairs)
    for line in broken:
        typer.echo(f"upstander: {line}", err=True)
    if broken:
        raise typer.Exit(1)
    for line in bad[:_SHOWN]:
        typer.echo(f"upstander: left out: {line}", err=True)
    if bad:
        typer.echo(f"upstander: {len(bad):,} rows could not be judged", err=True)
    if evaluation.left_out:
        typer.echo(f"upstander: left out: {', '.join(evaluation.left_out)}", err=True)
    if bad or evaluation.left_out:
        raise typer.Exit(3)


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


def _own(inputs: list[str], columns: "Columns", mapped: "Mapped") -> "tuple[Suites, list[str]]":
    """The files as a suite, and in words the rows that cannot be judged."""
    from evaluation.batch.sources import find_sources
    from evaluation.own import NAME, own_cases

    if not mapped.labels:
        raise UpstanderError(
            "say which column has the answer, and to which label: --label COLUMN=LABEL, for "
            "example --label is_hate=hate"
        )
    cases, bad = own_cases(find_sources(inputs, columns), columns, mapped)
    return {NAME: lambda _: cases}, [f"row {row.row}: {problem}" for row, problem in bad]


def compare(
    input: Annotated[
        Path, typer.Argument(help="JSON lines with a text and the scores that Perspective gave it.")
    ],
    threshold: Annotated[
        list[float] | None,
        typer.Option(help="A threshold on the old scores.", show_default="0.5, 0.7, 0.8 and 0.9"),
    ] = None,
    bundle: _Bundle = DEFAULT_BUNDLE,
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
