"""`upstander model cascade`: two bundles as one."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upstander.models.shipped import BUNDLES

if TYPE_CHECKING:
    from upstander.models.cascade import Passed


def cascade(
    student: Annotated[Path, typer.Argument(help="Folder of the bundle that reads every text.")],
    base: Annotated[Path, typer.Argument(help="Folder of the bundle that reads the rest.")],
    version: Annotated[str, typer.Option(help="Version of the cascade.")],
    name: Annotated[str, typer.Option(help="Name of the cascade.")] = "upstander-cascade",
    run: Annotated[Path, typer.Option(help="Folder of the run whose held-out rows decide.")] = Path(
        "runs/mpnet"
    ),
    ordinary: Annotated[
        list[str] | None,
        typer.Option(
            help="Source of everyday posts, of which few are to be sent on.",
            show_default="ordinary",
        ),
    ] = None,
    leave_out: Annotated[
        list[str] | None,
        typer.Option(help="Source whose rows are not looked at.", show_default=False),
    ] = None,
    max_lost: Annotated[
        float,
        typer.Option(min=0, max=1, help="Share of the base's flags that may be lost, at most."),
    ] = 0.001,
    unflagged_at: Annotated[
        str,
        typer.Option(
            help="Operating point at which what is settled is not flagged, such as balanced."
        ),
    ] = "watchful",
    rows: Annotated[int, typer.Option(min=0, help="Most rows of each split; 0 for all.")] = 0,
    base_cost: Annotated[
        float,
        typer.Option(
            min=0, help="Runs of the student that a run of the base costs.", show_default="measured"
        ),
    ] = 0.0,
    student_share: Annotated[
        float,
        typer.Option(
            min=0,
            max=0.9,
            help="What the student counts in the answer to a text that is sent on; with 0 the base "
            "answers alone.",
        ),
    ] = 0.0,
    recipe: Annotated[
        Path | None,
        typer.Option(
            help="Recipe by which the answer of both is calibrated: a shipped one, or a path.",
            show_default="mpnet",
        ),
    ] = None,
    bundles: Annotated[
        Path,
        typer.Option(
            help="Where the cascade goes, as NAME/VERSION, and where its bundles lie.",
            show_default="the folder of the shipped bundles",
        ),
    ] = BUNDLES,
    work: Annotated[
        Path, typer.Option(help="Folder that keeps what the bundles said of the rows.")
    ] = Path("runs/cascade"),
) -> None:
    """Make a cascade: a small bundle settles what is plainly harmless, a large one reads the rest.

    Both read the validation rows of a run. The bounds under which the small one answers are chosen
    so that next to nothing of what the large one flags is lost, for each label and each category.
    """
    from upstander.training.cascade_bundle import Plan, make_cascade

    if recipe is not None and not student_share:
        raise typer.BadParameter("--recipe has no effect without --student-share")
    plan = Plan(
        name=name,
        version=version,
        run=run,
        ordinary=tuple(ordinary or ("ordinary",)),
        left_out=tuple(leave_out or ()),
        max_lost=max_lost,
        unflagged_at=unflagged_at,
        rows=rows,
        base_cost=base_cost,
        student_share=student_share,
        recipe=recipe or Path("mpnet"),
    )
    made = make_cascade(student, base, plan, bundles, work)
    found = made.bundle.cascade
    assert found is not None  # noqa: S101 - it was written as one
    for one in found.measured:
        typer.echo(f"{one.split}: {_summary(one)}")
    for allowed, one in made.others.items():
        typer.echo(f"with --max-lost {allowed:g}: {_summary(one)}")
    typer.echo(f"written to {made.bundle.path}; a run of the base costs {found.base_cost:g}")


def _summary(one: "Passed") -> str:
    worst = max(one.flags, key=lambda flags: flags.lost / max(flags.flagged, 1))
    posts = one.ordinary_sent_on / max(one.ordinary, 1)
    return (
        f"{posts:.1%} of {one.ordinary:,} ordinary posts sent on, {one.sent_on / one.rows:.1%} of "
        f"{one.rows:,} rows; lost most of {worst.category}: {worst.lost:,} of {worst.flagged:,}"
    )
