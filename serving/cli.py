"""`upstander serve`."""

import inspect
from typing import Annotated, Any

import typer
from pydantic import ValidationError
from pydantic.fields import FieldInfo

from models.shipped import DEFAULT_BUNDLE
from serving.settings import Settings


def serve(**flags: Any) -> None:
    """Serve the model over HTTP. Every flag is also a variable, such as UPSTANDER_PORT."""
    from serving.server import run

    given = {name: value for name, value in flags.items() if value is not None}
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


def _flag(name: str, field: FieldInfo) -> inspect.Parameter:
    """A Typer option out of the one declaration of a setting.

    Its default stays None, so that a flag that is not given leaves the word to the variable.
    """
    default = "the shipped bundle" if field.default == DEFAULT_BUNDLE else field.default
    option = typer.Option(
        f"--{name.replace('_', '-')}",
        help=f"{field.description} Default: {default}. Variable: UPSTANDER_{name.upper()}.",
        show_default=False,
    )
    kind = int if field.annotation is int else str
    return inspect.Parameter(
        name,
        inspect.Parameter.KEYWORD_ONLY,
        default=None,
        annotation=Annotated[kind | None, option],
    )


serve.__signature__ = inspect.Signature(  # type: ignore[attr-defined]
    [_flag(name, field) for name, field in Settings.model_fields.items()]
)
