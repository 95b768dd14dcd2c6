"""`upstander policy apply`, and `policy diff --on`."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from upstander.evaluation.batch.shape import Layout
from upstander.evaluation.command_options import POLICY
from upstander.models.shipped import DEFAULT_BUNDLE

_INTERRUPTED = 130

if TYPE_CHECKING:
    from upstander.redeciding.chunks import Chunk
    from upstander.redeciding.decide import Decisions


def apply(
    scores: Annotated[Path, typer.Argument(help="A file that `upstander score` wrote.")],
    policy: Annotated[
        list[Path],
        typer.Option(
            help=f"The policy that decides, {POLICY}; given more than once, each decides for its "
            "communities, and the first for all others.",
            show_default=False,
        ),
    ],
    output: Annotated[
        Path,
        typer.Option(
            "--output",
            "-o",
            help="File to write: .jsonl, .csv, .tsv or .parquet, and .jsonl.gz or .csv.zst.",
            show_default=False,
        ),
    ],
    community_column: Annotated[
        str,
        typer.Option(
            help="Column with the community of each post, as policies name it.", show_default="none"
        ),
    ] = "",
    layout: Annotated[
        Layout | None,
        typer.Option(
            help="Fields as objects and lists, or as columns such as scores.hate.",
            show_default="flat for CSV, else as in the input",
        ),
    ] = None,
    bundle: Annotated[
        Path,
        typer.Option(
            help="Bundle that scored; the shipped ones are known.",
            show_default="the shipped bundle",
        ),
    ] = DEFAULT_BUNDLE,
) -> None:
    """Decide scored files again by other policies, without scoring: a million rows in seconds."""
    from upstander.evaluation.batch.output import Output
    from upstander.evaluation.progress import track
    from upstander.models.errors import UpstanderError
    from upstander.models.policy.loader import policy_file, read_policy
    from upstander.redeciding.decide import NOT_DECIDED, Decider
    from upstander.redeciding.files import ScoredFile
    from upstander.redeciding.writing import decide_file

    if len(policy) > 1 and not community_column:
        raise typer.BadParameter(
            "several --policy need --community-column, which says whose each post is"
        )
    policy = [policy_file(given) for given in policy]
    place = Output(output, layout)
    scored = ScoredFile(scores)
    place.check([scores, *policy, bundle])
    decider = Decider([read_policy(path) for path in policy], [bundle], community_column)
    if community_column and not scored.has_column(community_column):
        raise UpstanderError(
            f"{scores} has no column {community_column!r}: score with --keep {community_column}"
        )
    bands: Counter[str] = Counter()
    left = 0

    def tell(chunk: "Chunk", decisions: "Decisions") -> None:
        nonlocal left
        progress.advance(len(chunk))
        found = Counter(decisions.field("band"))
        left += int((decisions.which == NOT_DECIDED).sum())
        bands.update({band: count for band, count in found.items() if band is not None})

    try:
        with track("deciding", scored.count(), "rows") as progress:
            decide_file(scored, decider, place, tell)
    except KeyboardInterrupt:
        typer.echo("upstander: interrupted; nothing was written", err=True)
        raise typer.Exit(_INTERRUPTED) from None
    counts = ", ".join(f"{band} {bands[band]:,}" for band in ("allow", "review", "act"))
    typer.echo(f"{bands.total():,} rows decided: {counts}: {output}", err=True)
    if left:
        typer.echo(f"upstander: {left:,} rows have no scores, and stay as they are", err=True)


def diff_on(
    files: tuple[Path, Path],
    scores: Path,
    bundle: Path,
    *,
    text: str,
    by: Sequence[str],
    report: Path | None,
    examples: int,
) -> None:
    """Say what a policy would change against another in a scored file."""
    from upstander.evaluation.page.render import html
    from upstander.evaluation.progress import track
    from upstander.models.errors import UpstanderError
    from upstander.models.files import write_whole
    from upstander.models.overwriting import refuse_overwriting
    from upstander.models.policy.loader import read_policy
    from upstander.redeciding.changes import changes_in, lines_of, sections
    from upstander.redeciding.decide import Decider
    from upstander.redeciding.files import ScoredFile

    scored = ScoredFile(scores)
    if report is not None:
        refuse_overwriting([report], [scores, *files, bundle])
    for column in by:
        if not scored.has_column(column):
            raise UpstanderError(f"{scores} has no column {column!r}: score with --keep {column}")
    read = [read_policy(path) for path in files]
    before, after = (Decider([one], [bundle]) for one in read)
    with track("deciding", scored.count(), "rows") as progress:
        changes = changes_in(
            scored, before, after, text=text, by=by, examples=examples, tell=progress.advance
        )
    typer.echo("\n".join(lines_of(changes)))
    if report is not None:
        old, new = (f"{one.policy.id} {one.policy.version}" for one in read)
        if old == new:
            old, new = (f"{one.path.name}" for one in read)
        lead = f"{old} to {new}, on {scores.name}. Texts are hidden until they are asked for."
        page = html("What another policy changes", lead, list(sections(changes, (old, new))))
        write_whole(report, page.encode())
        typer.echo(f"written to {report}")
