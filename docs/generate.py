"""Pages of the reference that are written from the code each time the site is built."""

from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import typer

from models.card import ModelCard
from models.manifest import Manifest
from models.shipped import DEFAULT_BUNDLE
from serving import errors
from serving.app import create_app
from serving.metrics import Metrics
from serving.settings import Settings
from upstander.cli import app as command


def write_pages(folder: Path) -> None:
    """Write every page that is not there yet or says something else."""
    folder.mkdir(exist_ok=True)
    pages = {
        "settings": settings(),
        "command": command_line(),
        "errors": refusals(),
        "http": interface(),
        "metrics": metrics(),
        "bundle": bundle(),
        "model-card": (DEFAULT_BUNDLE / "README.md").read_text(encoding="utf-8"),
    }
    for name, text in pages.items():
        page = folder / f"{name}.md"
        if not page.is_file() or page.read_text(encoding="utf-8") != text:
            page.write_text(text, encoding="utf-8")


def settings() -> str:
    """Every setting of `upstander serve`."""
    rows = (
        (
            f"`--{name.replace('_', '-')}`",
            f"`UPSTANDER_{name.upper()}`",
            "the shipped one" if isinstance(field.default, Path) else f"`{field.default!r}`",
            field.description,
        )
        for name, field in Settings.model_fields.items()
    )
    return _page(
        "Settings of `upstander serve`",
        "Each is a flag and a variable; a flag that is given wins.",
        _table(("flag", "variable", "default", "meaning"), rows),
    )


def command_line() -> str:
    """Every verb with its options."""
    return _page("The command", *_verbs(typer.main.get_command(command), "upstander"))


def _verbs(found: Any, name: str) -> Iterator[str]:
    inner = getattr(found, "commands", None)
    if inner:
        for word, one in sorted(inner.items()):
            yield from _verbs(one, f"{name} {word}")
        return
    yield f"## `{name}`\n\n{_plain(found.help or '')}"
    rows = [
        (
            " ".join(f"`{option}`" for option in parameter.opts),
            "required" if parameter.required else "",
            _plain(getattr(parameter, "help", None) or ""),
        )
        for parameter in found.params
        if parameter.name != "help"
    ]
    if rows:
        yield _table(("argument or option", "", "meaning"), rows)


def refusals() -> str:
    """Every error code of the service's own paths."""
    rows = (
        (f"`{kind.code}`", kind.status, _first(kind.__doc__))
        for kind in errors.ServiceError.__subclasses__()
    )
    return _page(
        "Errors",
        'Every refusal has the body `{"error": {"code": "...", "message": "..."}}`.',
        _table(("code", "status", "when"), rows),
    )


def interface() -> str:
    """Every path with its fields, out of the OpenAPI document."""
    document = create_app(Settings()).openapi()
    parts = []
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            parts.append(f"## `{method.upper()} {path}`\n\n{one.get('description', '')}")
            rows = [
                (f"`{p['name']}`", p["in"], p.get("description", ""))
                for p in one.get("parameters", ())
            ]
            if rows:
                parts.append(_table(("parameter", "in", "meaning"), rows))
            if asked := _bodies(one.get("requestBody", {})):
                parts.append(f"Body: {asked}")
            answers: dict[str, list[str]] = {}
            for status, answer in one["responses"].items():
                answers.setdefault(_bodies(answer), []).append(status)
            parts.append(
                _table(
                    ("status", "answer"),
                    ((", ".join(statuses), body) for body, statuses in answers.items()),
                )
            )
    parts.append("## Bodies")
    for name, schema in document["components"]["schemas"].items():
        parts.append(f"### {name}\n\n{_first(schema.get('description'))}")
        if rows := list(_fields(schema)):
            parts.append(_table(("field", "type", "meaning"), rows))
    return _page("HTTP", *parts)


def _bodies(described: Any) -> str:
    """Links to what a request or an answer holds; empty if that is not described."""
    kinds = (content.get("schema", {}) for content in described.get("content", {}).values())
    names = [kind["$ref"].rpartition("/")[2] for kind in kinds if "$ref" in kind]
    return ", ".join(f"[`{name}`](#{name.lower()})" for name in names)


def _fields(schema: Any) -> Iterator[tuple[str, str, str]]:
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        kind = _type(one)
        told = kind if name in required else f"{kind}, may be left out"
        yield f"`{name}`", told, one.get("description", "")


def _type(schema: Any) -> str:
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        return f"`{name}`"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(_type(option) for option in options))
    if values := schema.get("enum"):
        return " or ".join(f"`{value}`" for value in values)
    if "items" in schema:
        return f"list of {_type(schema['items'])}"
    return str(schema.get("type", "any"))


def metrics() -> str:
    """Every metric of `GET /metrics`."""
    rows = [
        (f"`{family.name}`", family.type, family.documentation)
        for family in sorted(Metrics().registry.collect(), key=lambda family: family.name)
    ]
    return _page(
        "Metrics",
        "No text, no key and no address is ever a label. Counters end in `_total`.",
        _table(("metric", "type", "meaning"), rows),
    )


def bundle() -> str:
    """The files of a bundle, and every field of its manifest and its card."""
    parts = [
        (
            "A bundle is a folder that is never changed: `manifest.json`, `model.onnx`, "
            "`tokenizer.json`, `golden.jsonl`, `README.md` and `card.json` (the model card), and "
            "`SHA256SUMS` over all of them."
        ),
        "## `manifest.json`",
    ]
    for title, model in (("", Manifest), ("`card.json`", ModelCard)):
        schema = model.model_json_schema()
        if title:
            parts.append(f"## {title}")
        parts.append(_table(("field", "type", "meaning"), _fields(schema)))
        for name, inner in sorted(schema.get("$defs", {}).items()):
            if rows := list(_fields(inner)):
                parts.append(f"### {name}\n\n{_first(inner.get('description'))}")
                parts.append(_table(("field", "type", "meaning"), rows))
    return _page("The bundle", *parts)


def _page(title: str, *parts: str) -> str:
    return "\n\n".join((f"# {title}", *parts)) + "\n"


def _table(header: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    lines = ["| " + " | ".join(header) + " |", "|" + " --- |" * len(header)]
    for row in rows:
        cells = (_plain(str(cell)).replace("|", "\\|") for cell in row)
        lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines)


def _plain(text: str) -> str:
    return " ".join(text.split())


def _first(text: str | None) -> str:
    """The first paragraph of a docstring."""
    return _plain((text or "").partition("\n\n")[0])
