"""`upstander records`."""

from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Literal

import typer

from upstander.models.errors import UpstanderError
from upstander.models.shipped import BUNDLES
from upstander.serving.settings import DEFAULT_STORE

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from upstander.serving.records.archive import Record

records = typer.Typer(
    help="Export, purge, erase, replay, re-decide and back up what was decided.",
    no_args_is_help=True,
)

_Store = Annotated[
    str,
    typer.Option(envvar="UPSTANDER_STORE", help="Store to use, as of `upstander serve --store`."),
]
_Since = Annotated[
    datetime | None, typer.Option(help="From this time on, in UTC.", show_default=False)
]
_Until = Annotated[
    datetime | None, typer.Option(help="Before this time, in UTC.", show_default=False)
]
_SaltFile = Annotated[
    Path | None,
    typer.Option(
        envvar="UPSTANDER_SALT_FILE",
        help="File of the salt of the hashes, as of `upstander serve --salt-file`.",
        show_default="as of the service",
    ),
]
_Bundles = Annotated[
    list[Path] | None,
    typer.Option(
        "--bundle",
        help="Folder of a bundle that decided, beside those that come along.",
        show_default=False,
    ),
]

_IN_PART = _OVERTURNED = 3


@records.command()
def export(
    out: Annotated[Path, typer.Argument(help="File to write.")],
    form: Annotated[
        Literal["jsonl", "csv", "parquet", "dsa"],
        typer.Option("--format", help="Form of the file; dsa writes statements of reasons."),
    ] = "jsonl",
    store: _Store = DEFAULT_STORE,
    since: _Since = None,
    until: _Until = None,
    band: Annotated[
        Literal["allow", "review", "act"] | None,
        typer.Option(help="Records of this band only.", show_default=False),
    ] = None,
    platform: Annotated[
        Path | None,
        typer.Option(help="For dsa: TOML with what only the platform knows.", show_default=False),
    ] = None,
    posts: Annotated[
        Path | None,
        typer.Option(help="For dsa: CSV with decision_id and content_date.", show_default=False),
    ] = None,
) -> None:
    """Write records as JSON lines, CSV or Parquet, or as statements of reasons (dsa).

    JSON lines have all reviews of each, as `upstander finetune` reads them; CSV has outcome and
    reason of the last.

    Exit status 3: some statements could not be made, and the output says which and why.
    """
    from upstander.models.overwriting import refuse_overwriting
    from upstander.serving.records import archive
    from upstander.serving.records.export import export_records
    from upstander.serving.records.reviewed import with_last_review, with_reviews
    from upstander.serving.store.database import opened

    refuse_overwriting([out], [path for path in (platform, posts) if path is not None])
    with opened(store, [out]) as engine:
        found = archive.records(engine, since, until, band)
        if form == "dsa":
            _statements(engine, out, platform, posts, found)
            return
        exported = found if form == "parquet" else with_reviews(engine, found)
        exported = with_last_review(exported) if form == "csv" else exported
        typer.echo(f"{export_records(exported, out, form):,} records in {out}")


@records.command()
def purge(
    days: Annotated[int, typer.Option(min=0, help="Keep the records of so many days.")],
    store: _Store = DEFAULT_STORE,
) -> None:
    """Delete the records that are older, with what was said of them."""
    from upstander.serving.records import archive
    from upstander.serving.store.database import opened

    before = datetime.now(UTC).replace(tzinfo=None) - timedelta(days=days)
    with opened(store) as engine:
        purged = archive.purge(engine, before)
    typer.echo(f"{purged:,} records from before {before:%Y-%m-%d %H:%M} UTC are gone")


@records.command()
def replay(
    decision_id: Annotated[
        str,
        typer.Argument(metavar="ID", help="Id of the decision, as `decision.id` of the answer."),
    ],
    text: Annotated[
        str | None,
        typer.Option(
            help="The text that was decided, in UTF-8; a line end that an editor adds is no part "
            "of it.",
            show_default="standard input",
        ),
    ] = None,
    store: _Store = DEFAULT_STORE,
    salt_file: _SaltFile = None,
    bundle: _Bundles = None,
) -> None:
    """Decide once more, by the recorded model and policy; exit status 3 if it would not stand."""
    from upstander.serving.records.replay import replay as decide_again
    from upstander.serving.records.replay import texts_of
    from upstander.serving.store.database import opened
    from upstander.serving.store.salt import salt_file_of

    if text is None:
        given = typer.get_binary_stream("stdin").read()
    else:
        given = text.encode(errors="surrogateescape")
    salt = salt_file_of(store, salt_file)
    with opened(store) as engine:
        found = decide_again(engine, decision_id, texts_of(given), salt, _folders(bundle))
    typer.echo(f"then: {found.then['band']}. {found.then['reason']}")
    typer.echo(f"now:  {found.now['band']}. {found.now['reason']}")
    typer.echo(f"scores differ by at most {found.difference:.1e}")
    typer.echo("the decision stands" if found.stands else "the decision does not stand")
    raise typer.Exit(0 if found.stands else _OVERTURNED)


@records.command()
def backfill(
    policy: Annotated[
        Path,
        typer.Option(help="The policy to decide by: a TOML file or the id of a shipped policy."),
    ],
    store: _Store = DEFAULT_STORE,
    since: _Since = None,
    until: _Until = None,
    bundle: _Bundles = None,
) -> None:
    """Decide a history by another policy, and say what would change; nothing is changed."""
    from upstander.models.policy.loader import policy_file, read_policy
    from upstander.serving.records import archive
    from upstander.serving.records.replay import backfill as decide_all
    from upstander.serving.store.database import opened

    read = read_policy(policy_file(policy))
    with opened(store) as engine:
        found = decide_all(archive.records(engine, since, until), read, _folders(bundle))
    changed = Counter({k: v for k, v in found.changed.items() if k[0] != k[1]})
    typer.echo(f"{found.records:,} records, {changed.total():,} would get another band")
    for (then, now), count in changed.most_common():
        typer.echo(f"  {then} -> {now}: {count:,}")
    for decision_id in found.examples:
        typer.echo(f"  such as {decision_id}")
    if found.without_model:
        typer.echo(f"  of models that are not here (--bundle): {found.without_model:,}")


@records.command()
def backup(
    out: Annotated[Path, typer.Argument(help="File to write; one that is there is replaced.")],
    store: _Store = DEFAULT_STORE,
) -> None:
    """Copy a store of SQLite while the service goes on; `cp` would miss the newest rows.

    The copy is whole, and was tried. To restore it, stop the service and put it in the place of
    the store, without the files that end in -wal and -shm.
    """
    from upstander.serving.store.backup import back_up
    from upstander.serving.store.salt import salt_file_of

    counts = back_up(store, out)
    exported = ", ".join(f"{count:,} {table}" for table, count in counts.items())
    typer.echo(f"{exported} in {out}")
    salt = salt_file_of(store, None)
    if salt.is_file():
        typer.echo(f"  the salt of the hashes is not: keep {salt} too, in another place")


@records.command()
def erase(
    decision_id: Annotated[
        str | None, typer.Option("--id", help="Id of a decision.", show_default=False)
    ] = None,
    post_id: Annotated[
        str | None,
        typer.Option(help="Your own id of a post: all decisions on it.", show_default=False),
    ] = None,
    text_hash: Annotated[
        str | None,
        typer.Option("--hash", help="Hash of a text, as in the records.", show_default=False),
    ] = None,
    stdin: Annotated[
        bool,
        typer.Option("--stdin", help="The text comes on standard input, where no history has it."),
    ] = False,
    dry_run: Annotated[
        bool, typer.Option("--dry-run", help="Say what would be erased, and erase nothing.")
    ] = False,
    store: _Store = DEFAULT_STORE,
    salt_file: _SaltFile = None,
) -> None:
    """Erase what the store has of a post or a text, for somebody who asks to be forgotten.

    By --id and --post-id: the decisions, with what was said of them. By --hash and --stdin also
    what clients suggested of the text, in which context it was sent, and where reviews quote it.
    """
    from upstander.serving.records.erasing import Asked, find
    from upstander.serving.records.erasing import erase as erase_found
    from upstander.serving.records.replay import texts_of
    from upstander.serving.store.database import opened
    from upstander.serving.store.salt import salt_file_of

    texts = texts_of(typer.get_binary_stream("stdin").read()) if stdin else []
    texts = [text for text in texts if text.strip()]
    asked = Asked(decision_id, post_id, text_hash and text_hash.lower(), texts)
    with opened(store) as engine:
        found = find(engine, asked, salt_file_of(store, salt_file))
        if not any((found.decisions, found.suggestions, found.contexts, found.reasons)):
            raise UpstanderError("the store has nothing of it: nothing was erased")
        if not dry_run:
            erase_found(engine, found)
    typer.echo(f"{'to erase' if dry_run else 'erased'}: {found}")
    typer.echo("  not reached from here: backups, exports, and copies of your own", err=True)


@records.command("tables")
def tables(
    back_to: Annotated[
        str | None,
        typer.Option(
            help="Go back to this version, for an earlier release; stop the service first.",
            show_default=False,
        ),
    ] = None,
    store: _Store = DEFAULT_STORE,
    salt_file: _SaltFile = None,
) -> None:
    """Say which version the tables of a store have, or go back to an earlier one.

    The way forward needs no command: a newer release takes it when it opens the store.
    """
    from upstander.serving.store.salt import salt_file_of
    from upstander.serving.store.versions import go_back, known_versions, version_at

    if back_to is not None:
        go_back(store, back_to, salt_file_of(store, salt_file))
    newest = known_versions()[-1]
    typer.echo(f"the tables have version {version_at(store)}; this release has {newest}")


def _statements(
    engine: "Engine",
    out: Path,
    platform: Path | None,
    posts: Path | None,
    found: "Iterator[Record]",
) -> None:
    from upstander.serving.records.statements import export_statements

    if platform is None or posts is None:
        raise typer.BadParameter("--format dsa needs --platform and --posts")
    made = export_statements(engine, out, platform, posts, found)
    typer.echo(f"{made.written:,} statements in {out}")
    for decision_id, why in made.skipped.items():
        typer.echo(f"  {decision_id}: {why}", err=True)
    if made.skipped:
        raise typer.Exit(_IN_PART)


def _folders(given: list[Path] | None) -> list[Path]:
    return [*(given or ()), *(path.parent for path in BUNDLES.glob("*/*/SHA256SUMS"))]
