"""Options that commands share, and the refusal of options without effect."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Final

import typer

if TYPE_CHECKING:
    from upstander.evaluation.batch.row import Columns
    from upstander.evaluation.batch.sources import Source

BundleOption = Annotated[
    Path,
    typer.Option("--bundle", help="Folder of the model bundle.", show_default="the shipped bundle"),
]

POLICY: Final = "a TOML file or the id of a shipped policy"
"""What may be given where a policy is asked for."""

PIPED: Final = 110
"""Columns of a table that goes to a file or a pipe."""


def given(context: typer.Context, names: Iterable[str]) -> list[str]:
    """Those of the parameters that were given, as options are written.

    names: of the parameters, as the function of the verb calls them.
    """
    options = {one.name: one.opts[0] for one in context.command.params}
    return [options[name] for name in names if _is_given(context, name)]


def refuse_without_effect(context: typer.Context, reasons: Mapping[str, Iterable[str]]) -> None:
    """Raise typer.BadParameter if an option was given that has no effect.

    reasons: why, such as "without --output", to the parameters that have none then.
    """
    for why, names in reasons.items():
        if found := given(context, names):
            raise typer.BadParameter(
                f"{found[0]} has no effect {why}: leave it out, or change that"
            )


def refuse_reading_options(
    context: typer.Context, sources: "Sequence[Source]", columns: "Columns"
) -> None:
    """Raise typer.BadParameter if an option says how to read what is not among the sources."""
    from upstander.evaluation.batch.sources import FileSource, StandardInput

    kinds = {source.kind(columns) for source in sources}
    is_plain = kinds == {"text"}
    has_format = any(isinstance(source, FileSource | StandardInput) for source in sources)
    refuse_without_effect(
        context,
        {
            "where no input is CSV": () if "csv" in kinds else ("delimiter",),
            "on Parquet and data sets": ("encoding",) if kinds == {"parquet"} else (),
            "on buckets and data sets": () if has_format else ("format",),
            "on plain text, whose lines are posts": (
                ("text_column", "id_column", "keep") if is_plain else ()
            ),
        },
    )


def _is_given(context: typer.Context, name: str) -> bool:
    source = context.get_parameter_source(name)
    return source is not None and source.name in ("COMMANDLINE", "ENVIRONMENT")
