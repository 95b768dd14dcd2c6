"""The command and its settings: every option with its values, its default and its meaning."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import typer

from generate.schemas import kind
from generate.tables import either, page, plain, table
from upstander.cli import app as command
from upstander.models.shipped import BUNDLES, DEFAULT_BUNDLE, SHIPPED_POLICIES
from upstander.serving.settings import Settings, settings_by_group

_OPTIONS = ("argument or option", "value", "default", "meaning")

_SHIPPED = {
    DEFAULT_BUNDLE: "the shipped bundle",
    BUNDLES: "the folder of the shipped bundles",
    SHIPPED_POLICIES: "the shipped policies",
}

_TYPES = {
    bool: "switch",
    int: "integer",
    float: "number",
    str: "text",
    Path: "path",
    datetime: "time, such as `2026-01-31` or `2026-01-31T12:00:00`",
}


def settings() -> str:
    """Every setting of `upstander serve`."""
    return page(
        "Settings of `upstander serve`",
        "Each is a flag and an environment variable; a flag wins over the variable. The variable "
        "of a switch is `true` or `false`. The flag of a switch stands alone.",
        *_groups(),
    )


def _groups() -> Iterator[str]:
    rows = dict(zip(Settings.model_fields, _settings(), strict=True))
    for group, names in settings_by_group().items():
        yield f"## {group}"
        yield table(
            ("flag and variable", "value", "default", "meaning"),
            ((f"{rows[name][0]}<br>`UPSTANDER_{name.upper()}`", *rows[name][1:]) for name in names),
        )


def _settings() -> Iterator[tuple[str, str, str, str]]:
    schema = Settings.model_json_schema()["properties"]
    for name, field in Settings.model_fields.items():
        options = [one for one in schema[name].get("anyOf", ()) if one != {"type": "null"}]
        text = kind(options[0] if options else schema[name])
        for word, own in (("boolean", "switch"), ("string", "text")):
            text = text.replace(word, own)
        if Path in (field.annotation, *getattr(field.annotation, "__args__", ())):
            text = "path"
        yield (
            f"`--{name.replace('_', '-')}`",
            text,
            _default(field.default),
            field.description or "",
        )


def command_line() -> str:
    """Every verb with its options."""
    found = typer.main.get_command(command)
    return page(
        "The command",
        "A switch is given without a value; where it has two forms, the second turns it off. "
        "`-h` or `--help` after a verb shows the same.",
        *_verbs(found, "upstander"),
    )


def _verbs(found: Any, name: str) -> Iterator[str]:
    inner = getattr(found, "commands", None)
    if inner:
        for word, one in sorted(inner.items()):
            yield from _verbs(one, f"{name} {word}")
        return
    yield f"## `{name}`\n\n{plain(found.help)}"
    if found.name == "serve":
        yield "Each flag is a [setting](settings.md), and so a variable, too."
        yield table(_OPTIONS, _settings())
    elif found.name == "doctor":
        yield "It takes the flags of `upstander serve`, and:"
        yield table(_OPTIONS, [_row(one) for one in found.params if one.name == "url"])
    elif rows := [_row(one) for one in found.params if one.name != "help"]:
        yield table(_OPTIONS, rows)


def _row(parameter: Any) -> tuple[str, str, str, str]:
    options = [*parameter.opts, *parameter.secondary_opts]
    if isinstance(parameter, typer.core.TyperArgument):
        options = [parameter.metavar or parameter.name]
    text = plain(parameter.help)
    if parameter.envvar and text:
        text += f" Variable: `{parameter.envvar}`."
    shown = parameter.show_default
    default = "required" if parameter.required else _default(parameter.default)
    if isinstance(shown, str) and not parameter.required:
        default = shown
    return " ".join(f"`{option}`" for option in options), _values(parameter), default, text


def _values(parameter: Any) -> str:
    """What may be given. Click's own types are hidden by Typer, which keeps the annotation."""
    descriptor = parameter.type_descriptor
    inner = getattr(descriptor.annotation, "__args__", (descriptor.annotation,))
    if descriptor.choices:
        text = either([str(choice) for choice in descriptor.choices])
    else:
        bounds = {"minimum": parameter.min, "maximum": parameter.max}
        given = {bound: f"{value:g}" for bound, value in bounds.items() if value is not None}
        text = kind({"type": _TYPES[inner[0]], **given})
    if parameter.nargs == -1:
        return f"{text}, any number of them"
    return f"{text}, may be given more than once" if parameter.multiple else text


def _default(value: Any) -> str:
    if isinstance(value, bool):
        return "on" if value else "off"
    if value is None or value == "" or (isinstance(value, Sequence) and not value):
        return "none"
    return _SHIPPED.get(value) or f"`{value}`"
