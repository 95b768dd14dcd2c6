"""`upstander finetune`."""

import re
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from upstander.evaluation.command_options import BundleOption
from upstander.evaluation.options import (
    DelimiterOption,
    EncodingOption,
    IdColumnOption,
    PositiveOption,
)
from upstander.evaluation.paths import DataOption, data_folder
from upstander.models.errors import UpstanderError
from upstander.models.shipped import DEFAULT_BUNDLE

if TYPE_CHECKING:
    from upstander.training.finetune.run import Outcome

_INTERRUPTED = 130
_LIMIT = 0.01
"""Of a fall of a suite that is told."""

_NAME = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*")
_VERSION = re.compile(r"\d+\.\d+\.\d+")


def finetune(
    inputs: Annotated[
        list[str],
        typer.Argument(
            help="Files of labelled posts, or of `upstander records export` (JSON lines) and "
            "`upstander data feedback export`."
        ),
    ],
    label: Annotated[
        list[str] | None,
        typer.Option(
            help="LABEL=COLUMN: a label and the column of your files that answers it.",
            show_default=False,
        ),
    ] = None,
    text: Annotated[
        str, typer.Option("--text", "--text-column", help="Column or field with the text.")
    ] = "text",
    id_column: IdColumnOption = "id",
    positive: PositiveOption = None,
    time: Annotated[
        str, typer.Option(help="Column with a time: the latest rows judge.", show_default=False)
    ] = "",
    group: Annotated[
        str,
        typer.Option(
            help="Column such as the author, whose rows stay in one part.", show_default=False
        ),
    ] = "",
    name: Annotated[
        str, typer.Option(help="Name of the new bundle.", show_default="that of the first file")
    ] = "",
    version: Annotated[str, typer.Option(help="Version of the new bundle.")] = "0.1.0",
    bundle: BundleOption = DEFAULT_BUNDLE,
    bundles: Annotated[
        Path, typer.Option(help="Where the new bundle goes, as NAME/VERSION.")
    ] = Path("bundles"),
    out: Annotated[
        Path | None,
        typer.Option(help="Folder of the run.", show_default="runs/finetune/NAME-VERSION"),
    ] = None,
    regressions: Annotated[
        Path | None,
        typer.Option(
            help="File of cases that must be decided as it says; exit status 1 if one is not.",
            show_default=False,
        ),
    ] = None,
    prevalence: Annotated[
        float | None,
        typer.Option(
            min=0.0001,
            max=0.9999,
            help="Share of positives in your traffic, which the probabilities then assume.",
            show_default="that of the rows",
        ),
    ] = None,
    suite: Annotated[
        list[str] | None,
        typer.Option(
            help="A suite to compare by; `none` for none.",
            show_default="contrast, dehumcheck, hatecheck, natural, ordinary",
        ),
    ] = None,
    data: DataOption = None,
    max_loss: Annotated[
        float, typer.Option(min=0, max=1, help="Most that an ability may fall, on made sentences.")
    ] = 0.01,
    rehearsal: Annotated[
        int | None,
        typer.Option(
            min=0,
            help="Made sentences that are rehearsed.",
            show_default="half as many as rows, 300 to 1,000",
        ),
    ] = None,
    epochs: Annotated[
        float, typer.Option(min=0, help="Times that rows are seen; 0 chooses by their number.")
    ] = 0.0,
    seed: Annotated[int, typer.Option(help="Of what is drawn by chance.")] = 0,
    encoding: EncodingOption = "utf-8",
    delimiter: DelimiterOption = None,
    anyway: Annotated[
        bool,
        typer.Option("--anyway", help="Write the bundle though it is no better or breaks a case."),
    ] = False,
) -> None:
    """Make the shipped model better on your own posts: train, calibrate, compare, write a bundle.

    A run that was stopped goes on where it was. Exit status 1: the rows did not help, or a case of
    --regressions is decided otherwise; then no bundle is written.
    """
    from safetensors import SafetensorError

    from upstander.evaluation.batch.csv_rows import delimiter_of
    from upstander.evaluation.batch.encodings import codec_of
    from upstander.training.finetune.judge import DEFAULT_SUITES
    from upstander.training.finetune.labelled import Asked, columns_of_labels
    from upstander.training.finetune.run import finetune as run
    from upstander.training.finetune.steps import Job

    if time and group:
        raise typer.BadParameter("--time and --group both say how rows are divided: give one")
    called = name or _slug(inputs[0])
    if not _NAME.fullmatch(called):
        raise typer.BadParameter(f"--name {called}: small letters, digits and single hyphens only")
    if not _VERSION.fullmatch(version):
        raise typer.BadParameter(f"--version {version}: give three numbers, such as 0.1.0")
    codec_of(encoding)
    folder = data_folder(data) if data is not None else None
    with suppress(UpstanderError):
        folder = folder or data_folder(None)
    job = Job(
        inputs=tuple(inputs),
        asked=Asked(
            columns_of_labels(label or []),
            frozenset(positive or ()),
            text,
            id_column,
            group,
            time,
            encoding,
            None if delimiter is None else delimiter_of(delimiter),
        ),
        name=called,
        version=version,
        bundle=bundle,
        bundles=bundles,
        folder=out or Path("runs/finetune") / f"{called}-{version}",
        by="time" if time else "group" if group else "",
        regressions=regressions,
        prevalence=prevalence,
        suites=tuple(suite or DEFAULT_SUITES),
        data=folder,
        rehearsal=rehearsal,
        epochs=epochs,
        seed=seed,
        most_lost=max_loss,
        anyway=anyway,
    )
    try:
        found = run(job, say=typer.echo)
    except KeyboardInterrupt:
        _say("interrupted; the same command goes on where it was")
        raise typer.Exit(_INTERRUPTED) from None
    except (OSError, SafetensorError) as error:
        raise UpstanderError(
            f"{job.folder} cannot be written: {error}; what is done lies there: make room and run "
            "the same command again"
        ) from error
    _tell(found)
    if found.broken or found.bundle is None:
        raise typer.Exit(1)


def _tell(found: "Outcome") -> None:
    from upstander.training.finetune.divide import ENOUGH
    from upstander.training.finetune.judge import has_fallen, summary_of
    from upstander.training.finetune.run import helps

    rows, blended, judged = (found.reports[name] for name in ("rows", "blend", "judge"))
    parts = rows["parts"]
    typer.echo(
        f"\n{parts['train']:,} texts trained, {parts['tune']:,} tuned, {parts['test']:,} judged"
    )
    for why, count in rows["left_out"].items():
        typer.echo(f"  left out: {why}: {count:,}")
    for one in judged["own"]:
        typer.echo(_own(one, summary_of(one)))
    for one in judged["suites"]:
        typer.echo(summary_of(one))
    if judged["left_out"]:
        typer.echo(f"without files here, so not measured: {', '.join(judged['left_out'])}")
    labels = set(rows["answers"])
    fallen = [one["suite"] for one in judged["suites"] if has_fallen(one, _LIMIT)]
    if fallen:
        _say(
            f"warning: decided worse: {', '.join(fallen)}; where the area under the curve has not "
            "fallen, the threshold follows your rows and no more"
        )
    if untuned := sorted(labels - set(blended["own"])):
        _say(
            f"warning: too few rows tune {', '.join(untuned)}: probabilities and threshold stay as "
            "they were"
        )
    if found.gain is None or found.too_few:
        _say(
            f"warning: under {ENOUGH} test rows of either answer"
            f"{' for ' + ', '.join(found.too_few) if found.too_few else ''}: nothing shows whether "
            "it is better; label more"
        )
    for case in found.broken:
        _say(_broken(case))
    if found.broken:
        _say(f"{len(found.broken):,} answers of --regressions are not given")
    if not helps(found):
        _say(
            f"the rows did not help: macro-F1 on the test rows changed by {found.gain:+.3f}; "
            f"{'' if found.bundle else 'no bundle was written, --anyway writes one; '}"
            "upstander data audit looks for wrong labels"
        )
    if found.bundle is not None:
        typer.echo(f"written: {found.bundle}; upstander serve --bundle {found.bundle}")


def _own(one: dict[str, Any], line: str) -> str:
    alone = one.get("by_threshold_alone")
    return line if alone is None else f"{line}; a threshold alone gives {alone:.3f}"


def _broken(case: Any) -> str:
    place = "at or over" if case["score"] >= case["threshold"] else "under"
    said = "yes" if case["expected"] else "no"
    before = "it was right before" if case["was_right"] else "as before"
    return (
        f"{case['id']}: {case['label']} {case['score']:.3f} is {place} {case['threshold']:.3f}, "
        f"and people said {said} ({before})"
    )


def _slug(file: str) -> str:
    return re.sub(r"[^a-z0-9]+", "-", Path(file).name.partition(".")[0].lower()).strip("-") or "own"


def _say(message: str) -> None:
    typer.echo(f"upstander: {message}", err=True)
