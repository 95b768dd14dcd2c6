"""`upstander evaluate`."""

from pathlib import Path
from typing import TYPE_CHECKING

import typer

from upstander.evaluation.command_options import (
    PIPED,
    BundleOption,
    given,
    refuse_reading_options,
    refuse_without_effect,
)
from upstander.evaluation.engine_options import EngineOption, WorkersOption
from upstander.evaluation.options import (
    AgainstOption,
    AgainstThresholdOption,
    CapacityOption,
    ClusterOption,
    CostFlaggedOption,
    CostMissedOption,
    DelimiterOption,
    EncodingOption,
    FunctionalityColumnOption,
    IdColumnOption,
    InputsArgument,
    LabelOption,
    OperatingPointOption,
    OutOption,
    PolicyOption,
    PositiveOption,
    PostsOption,
    PrevalenceOption,
    RequireOption,
    RowsOption,
    SourceColumnOption,
    SuiteOption,
    TargetColumnOption,
    TextColumnOption,
    TextsOption,
    ThresholdsOption,
    TimingOption,
)
from upstander.evaluation.paths import DataOption, data_folder
from upstander.models.errors import UpstanderError
from upstander.models.shipped import DEFAULT_BUNDLE

if TYPE_CHECKING:
    from upstander.evaluation.batch.row import Row
    from upstander.evaluation.runner import Suites
    from upstander.models.manifest import Manifest

_SHOWN = 10
_EVADED = ("hatecheck", "dehumcheck")
NUMBERS = "report.json"
"""Name of the file of numbers, out of which the page can be made again."""

_OF_OWN_FILES = (
    "label", "positive", "text_column", "id_column", "target_column", "functionality_column",
    "source_column", "cluster", "encoding", "delimiter", "policy",
)  # fmt: skip
_OF_THRESHOLDS = ("posts", "prevalence", "capacity", "cost_missed", "cost_flagged")


def evaluate(
    context: typer.Context,
    inputs: InputsArgument = None,
    suite: SuiteOption = None,
    label: LabelOption = None,
    positive: PositiveOption = None,
    text_column: TextColumnOption = "text",
    id_column: IdColumnOption = "id",
    target_column: TargetColumnOption = "",
    functionality_column: FunctionalityColumnOption = "",
    source_column: SourceColumnOption = "",
    cluster: ClusterOption = "",
    encoding: EncodingOption = "utf-8",
    delimiter: DelimiterOption = None,
    bundle: BundleOption = DEFAULT_BUNDLE,
    data: DataOption = None,
    operating_point: OperatingPointOption = "balanced",
    policy: PolicyOption = None,
    against: AgainstOption = None,
    against_threshold: AgainstThresholdOption = 0.5,
    require: RequireOption = None,
    thresholds: ThresholdsOption = False,
    posts: PostsOption = 100_000,
    prevalence: PrevalenceOption = None,
    capacity: CapacityOption = None,
    cost_missed: CostMissedOption = None,
    cost_flagged: CostFlaggedOption = None,
    timing: TimingOption = True,
    engine: EngineOption = "local",
    workers: WorkersOption = None,
    texts: TextsOption = True,
    rows: RowsOption = None,
    out: OutOption = None,
) -> None:
    """Judge a bundle by labelled texts: your own files, or suites that training never saw.

    A suite whose files are not in the data folder, and a row that cannot be judged, is left out and
    named; the exit status is then 3. It is 1 if a bar does not hold, and nothing else, and 2 if
    something could not be done.
    """
    from dataclasses import asdict, replace

    from rich.console import Console

    from upstander.evaluation.bars import check_bars, judged_bars, read_bar
    from upstander.evaluation.batch.csv_rows import delimiter_of
    from upstander.evaluation.batch.encodings import codec_of
    from upstander.evaluation.batch.output import Output
    from upstander.evaluation.batch.row import Columns
    from upstander.evaluation.batch.sources import find_sources
    from upstander.evaluation.comparison import read_other
    from upstander.evaluation.custom_data import (
        LEFT_OUT,
        Mapped,
        mapped_labels,
        own_suites,
        write_left_out,
    )
    from upstander.evaluation.engines import scorers
    from upstander.evaluation.page.files import PAGES, write_page
    from upstander.evaluation.page.provenance import provenance
    from upstander.evaluation.policy_judge import PolicyJudge
    from upstander.evaluation.row_table import Remembered, RowTable
    from upstander.evaluation.runner import evaluate_all, write_evaluation
    from upstander.evaluation.scoring import Once
    from upstander.evaluation.show import show_evaluation
    from upstander.evaluation.threshold_selection import Constraints
    from upstander.models.bundle import open_bundle
    from upstander.models.overwriting import refuse_overwriting

    _refuse_without_effect(context, bool(inputs))
    opened = open_bundle(bundle)
    manifest = opened.manifest
    _check_point(operating_point, manifest)
    bars = [read_bar(written) for written in require or []]
    wish = (
        Constraints(posts, prevalence, capacity, cost_missed, cost_flagged) if thresholds else None
    )
    place = out or Path("runs/evaluate") / f"{manifest.name}-{manifest.version}"
    if place.exists() and not place.is_dir():
        raise UpstanderError(f"--out {place}: it is a file: give a folder")
    writes = [place / name for name in (NUMBERS, *PAGES, LEFT_OUT)]
    read = [bundle, *(path for path in (against, policy) if path is not None)]
    refuse_overwriting(writes, read)
    if rows is not None:
        Output(rows).check(read)
        writes.append(rows)
    judge = None if policy is None else PolicyJudge(policy, manifest)
    bad: list[tuple[Row, str]] = []
    goals: tuple[str, ...] | None = ()
    if inputs:
        mapped = Mapped(
            mapped_labels(label or []),
            frozenset(positive or ()),
            target=target_column,
            functionality=functionality_column,
            source=source_column,
            cluster=cluster,
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
        known = {name: load(folder) for name, load in suites.items()}
        check_bars(bars, known, has_other=against is not None)
    else:
        suites, goals = _suites(suite or ["all"], manifest)
        check_bars(bars, dict.fromkeys(suites), has_other=against is not None)
        # DehumCheck comes along: whoever asks for nothing else needs no data.
        folder = Path() if set(suites) == {"dehumcheck"} else data_folder(data)
    with scorers(engine, workers) as scorer_of:
        other = None
        if against is not None:
            other = Remembered(read_other(against, against_threshold, scorer_of))
        table = RowTable(other)
        takers = [*([table.add] if rows is not None else []), *([judge.add] if judge else [])]
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
            tell=lambda answers: [take(answers) for take in takers],
        )
    judged = judged_bars(bars, evaluation.suites, evaluation.pairs, evaluation.fairness)
    evaluation = replace(
        evaluation, bars=tuple(judged), policies=tuple(judge.reports) if judge else ()
    )
    console = Console()
    if not console.is_terminal:
        console = Console(width=PIPED)
    show_evaluation(evaluation, console)
    if judge is not None:
        typer.echo("\n" + "\n".join(map(str, judge.reports)))
    elif inputs:
        _say(
            f"each label was judged by its own threshold ({operating_point}), and not by a policy: "
            "--policy hate says what that one flags"
        )
    made = provenance(manifest, opened.sha256, operating_point)
    write_evaluation(evaluation, manifest, opened.sha256, place / NUMBERS, asdict(made))
    write_page(evaluation, made, place, texts)
    write_left_out(bad, place / LEFT_OUT)
    if rows is not None:
        table.write(rows)
    console.print(f"\nwritten to {place}: report.html, report.md, report.json")
    for row, problem in bad[:_SHOWN]:
        _say(f"left out: row {row.row}: {problem} ({row.file}, line {row.line})")
    if bad:
        _say(f"{len(bad):,} rows could not be judged: {place / LEFT_OUT} has them all")
    if evaluation.left_out:
        _say(f"left out: {', '.join(evaluation.left_out)}")
    broken = [bar for bar in judged if not bar.holds]
    for bar in broken:
        _say(str(bar))
    if broken:
        raise typer.Exit(1 if any(bar.measured is not None for bar in broken) else 2)
    if bad or evaluation.left_out:
        raise typer.Exit(3)


def _say(message: str) -> None:
    typer.echo(f"upstander: {message}", err=True)


def _refuse_without_effect(context: typer.Context, has_inputs: bool) -> None:
    """Raise typer.BadParameter for an option that the others leave without effect."""
    values = context.params
    against = None if values["against"] is None else Path(values["against"])
    is_timed = not has_inputs and list(values["suite"] or ("all",)) in (["all"], ["core"])
    refuse_without_effect(
        context,
        {
            "without files of your own": () if has_inputs else _OF_OWN_FILES,
            "with files of your own": ("suite", "data") if has_inputs else (),
            "without --thresholds": () if values["thresholds"] else _OF_THRESHOLDS,
            "without --cost-flagged": ("cost_missed",) if values["cost_flagged"] is None else (),
            "without --cost-missed": ("cost_flagged",) if values["cost_missed"] is None else (),
            "without --against": ("against_threshold",) if against is None else (),
            "with another bundle, which has its own": (
                ("against_threshold",) if against is not None and against.is_dir() else ()
            ),
            "unless all suites are run": ("timing",) if values["timing"] and not is_timed else (),
        },
    )


def _check_point(operating_point: str, manifest: "Manifest") -> None:
    if not manifest.has_point(operating_point):
        raise UpstanderError(
            f"--operating-point {operating_point}: the bundle has {', '.join(manifest.point_names)}"
        )


def _suites(names: list[str], manifest: "Manifest") -> "tuple[Suites, tuple[str, ...] | None]":
    """The suites of those names, and those whose goals are measured; None for all goals."""
    from upstander.evaluation.language_goals import serves_others
    from upstander.evaluation.suites import EVERY_SUITE, IN_LANGUAGES, SUITES

    if names == ["all"]:
        return EVERY_SUITE, None
    if names == ["core"]:
        return {**SUITES, **(IN_LANGUAGES if serves_others(manifest) else {})}, None
    if unknown := sorted(set(names) - set(EVERY_SUITE)):
        raise UpstanderError(
            f"--suite {unknown[0]}: not in this version; it has core, all, {', '.join(EVERY_SUITE)}"
        )
    return {name: EVERY_SUITE[name] for name in names}, tuple(names)
