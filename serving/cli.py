"""`upstander serve` and `upstander keys`."""

import inspect
import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Annotated, Any, Final

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from upstander.models.shipped import DEFAULT_BUNDLE, SHIPPED_POLICIES
from upstander.serving.environment import use_current_names
from upstander.serving.settings import DEFAULT_STORE, RENAMED, Settings, settings_by_group


def serve(**flags: Any) -> None:
    """Serve the model over HTTP. Every flag is also an environment variable, as UPSTANDER_PORT."""
    from upstander.serving.server import run

    given = {name: value for name, value in flags.items() if value is not None}
    for line in use_current_names(given, os.environ):
        typer.echo(f"upstander: {line}", err=True)
    try:
        settings = Settings(**given)
    except ValidationError as error:
        first = error.errors(include_url=False, include_input=False)[0]
        name = str(first["loc"][0])
        typer.echo(
            f"upstander: --{name.replace('_', '-')} or UPSTANDER_{name.upper()}: {first['msg']}",
            err=True,
        )
        raise typer.Exit(2) from error
    raise typer.Exit(run(settings))


_SHIPPED: Final = {
    DEFAULT_BUNDLE: "the shipped bundle",
    SHIPPED_POLICIES: "the shipped policies",
}
_WORDS: Final = {None: "none", "": "none"}


def _flag(name: str, field: FieldInfo, group: str) -> inspect.Parameter:
    """A Typer option out of the one declaration of a setting.

    Its default stays None, so that a flag that is not given leaves the word to the variable.
    """
    default = _SHIPPED.get(field.default, _WORDS.get(field.default, field.default))
    default = "off" if default is False else default
    option = typer.Option(
        f"--{name.replace('_', '-')}",  # a switch has no opposite: its default is off
        help=f"{field.description} Default: {default}. Variable: UPSTANDER_{name.upper()}.",
        show_default=False,
        rich_help_panel=group,
    )
    kind = field.annotation if field.annotation in (int, bool) else str
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, option],
    )


def _earlier_flag(name: str) -> inspect.Parameter:
    """The flag of a setting under the name that it had in an earlier version; no help shows it."""
    option = typer.Option(f"--{name.replace('_', '-')}", hidden=True)
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[str | None, option],
    )


keys = typer.Typer(help="Create, list and revoke API keys.", no_args_is_help=True)

_KeyFile = Annotated[
    Path,
    typer.Option(
        "--keys",
        envvar="UPSTANDER_KEYS",
        help="File of API keys, the same as for `upstander serve --keys`.",
    ),
]


@keys.command()
def create(
    name: Annotated[str, typer.Argument(help="Who or what will use it, for your own records.")],
    file: _KeyFile,
    admin: Annotated[bool, typer.Option(help="Only for the admin routes.")] = False,
    review: Annotated[bool, typer.Option(help="Only for reviewing decisions.")] = False,
    rate: Annotated[int, typer.Option(min=0, help="Requests a minute; 0 for no limit.")] = 0,
    quota: Annotated[int, typer.Option(min=0, help="Posts a day; 0 for no limit.")] = 0,
    tokens: Annotated[int, typer.Option(min=0, help="Tokens of texts a day; 0 for no limit.")] = 0,
) -> None:
    """Create a key and print it. It is shown only once: the file holds a salted hash of it."""
    from upstander.serving.keys import Role, create_key

    if admin and review:
        raise typer.BadParameter("a key is --admin or --review, not both")
    role: Role = "admin" if admin else "review" if review else "score"
    entry, key = create_key(file, name, role, rate, quota, tokens)
    typer.echo(
        f"created {entry.id} ({entry.role}) for {name}; it is shown only this once:", err=True
    )
    typer.echo(key)


@keys.command("list")
def list_keys(file: _KeyFile) -> None:
    """List the keys: id, role, requests a minute, posts and tokens a day, created, name."""
    from upstander.serving.keys import read_keys

    for entry in read_keys(file).entries:
        limits = [
            f"{entry.rate or 'any'}/minute",
            f"{entry.quota or 'any'} posts/day",
            f"{entry.tokens or 'any'} tokens/day",
        ]
        typer.echo(
            "\t".join([entry.id, entry.role, *limits, f"{entry.created:%Y-%m-%d}", entry.name])
        )


@keys.command()
def revoke(
    own_id: Annotated[
        str, typer.Argument(metavar="ID", help="Id of the key, as `upstander keys list` shows it.")
    ],
    file: _KeyFile,
) -> None:
    """Revoke the key with this id. A running service stops accepting it within a second."""
    from upstander.serving.keys import revoke_key

    entry = revoke_key(file, own_id)
    typer.echo(f"revoked {entry.id} of {entry.name}")


feedback = typer.Typer(
    help="Suggested scores from clients, for human review.", no_args_is_help=True
)


@feedback.command("export")
def export_feedback(
    out: Annotated[Path, typer.Argument(help="JSON Lines file to write; .gz compresses it.")],
    store: Annotated[
        str,
        typer.Option(
            envvar="UPSTANDER_STORE",
            help="Store to read, the same as for `upstander serve --store`.",
        ),
    ] = DEFAULT_STORE,
    cap: Annotated[
        int,
        typer.Option(
            min=0, help="Maximum number of texts per key, the latest ones; 0 for no limit."
        ),
    ] = 1000,
    meaning: Annotated[
        list[str] | None,
        typer.Option(
            help="Meaning of a name that is not a label: DELETED=toxicity, APPROVED=!toxicity.",
            show_default=False,
        ),
    ] = None,
) -> None:
    """Write suggested scores as training rows. Review them first: nothing trains by itself."""
    from upstander.serving.feedback import export, meanings_of
    from upstander.serving.store.database import opened

    meanings = meanings_of(meaning or ())
    with opened(store, [out]) as engine:
        report = export(engine, out, cap, meanings)
    typer.echo(f"{report.suggestions:,} suggestions, {report.written:,} rows in {out}")
    for label, texts in report.contradictions.items():
        typer.echo(f"  {label}: clients disagree; texts without this label: {texts:,}")
    for key, texts in report.over_cap.items():
        typer.echo(f"  key {key}: suggested more than {cap:,}; texts left out: {texts:,}")
    for attribute, times in report.not_modelled.items():
        typer.echo(f"  {attribute}: not modelled; suggestions without it: {times:,}")


@feedback.command("purge")
def purge_feedback(
    days: Annotated[
        int, typer.Option(min=0, help="Delete suggestions that are older than so many days.")
    ],
    store: Annotated[
        str,
        typer.Option(
            envvar="UPSTANDER_STORE",
            help="Store to purge, the same as for `upstander serve --store`.",
        ),
    ] = DEFAULT_STORE,
) -> None:
    """Delete suggested scores that are older than a number of days."""
    from upstander.serving.records.archive import purge_suggestions
    from upstander.serving.store.database import opened

    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)
    with opened(store) as engine:
        purged = purge_suggestions(engine, before)
    typer.echo(f"{purged:,} suggestions from before {before:%Y-%m-%d %H:%M} UTC were deleted")


serve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [
        *(
            _flag(name, Settings.model_fields[name], group)
            for group, names in settings_by_group().items()
            for name in names
        ),
        *map(_earlier_flag, RENAMED),
    ]
)
