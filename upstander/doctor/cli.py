"""`upstander doctor`."""

import inspect
from collections.abc import Iterator
from typing import Annotated, Any

import typer

from upstander.doctor.finding import Finding
from upstander.serving.cli import serve


def doctor(url: str | None = None, **flags: Any) -> None:
    """Say what is wrong with an installation, in plain lines; exit status 1 if something is.

    Give it the flags and variables of `upstander serve`. Nothing is changed and nothing served.
    """
    worst = False
    for finding in look(url, flags):
        typer.echo(str(finding))
        worst |= finding.level == "wrong"
    raise typer.Exit(1 if worst else 0)


def look(url: str | None, flags: dict[str, Any]) -> Iterator[Finding]:
    """Everything that is found, part by part. flags: those of `upstander serve`."""
    from upstander.doctor import machine, parts, reach

    settings, found = parts.read_settings(flags)
    yield from found
    bundle = None
    if settings is not None:
        bundle, found = parts.look_at_bundle(settings)
        yield from found
        yield from parts.look_at_languages(settings, bundle)
        yield from parts.look_at_policies(settings, bundle)
        yield from parts.look_at_keys(settings)
        yield from parts.look_at_store(settings)
        yield from parts.look_at_counts(settings)
        if url is None:
            yield from parts.look_at_port(settings)
    yield from machine.look_at_machine(None if bundle is None else bundle.manifest)
    if url is not None:
        yield from reach.look_at_service(url)


_URL = inspect.Parameter(
    "url",
    inspect.Parameter.KEYWORD_ONLY,
    default=None,
    annotation=Annotated[
        str | None,
        typer.Option(
            help="Address of a service that runs, as its clients know it: asked through its proxy.",
            show_default=False,
        ),
    ],
)

doctor.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [_URL, *inspect.signature(serve).parameters.values()]
)
