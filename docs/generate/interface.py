"""HTTP: every path, every body and every refusal, out of the OpenAPI document and the errors."""

from collections.abc import Iterator
from http import HTTPStatus
from typing import Any

from generate.schemas import FIELDS, fields, kind, paragraphs, type_of
from generate.tables import page, plain, table
from upstander.serving import errors
from upstander.serving.app import create_app
from upstander.serving.settings import Settings

_JSON = "application/json"


def refusals() -> str:
    """Every error code of the service's own paths."""
    rows = (
        (f"`{error.code}`", error.status, plain((error.__doc__ or "").partition("\n\n")[0]))
        for error in errors.ServiceError.__subclasses__()
    )
    return page(
        "Errors",
        'Every refusal of a path of our own has the body `{"error": {"code": "...", "message": '
        '"..."}}`. A message never repeats the text. The paths of the Perspective API and of '
        "OpenAI refuse in the words of the API that they stand in for; "
        "[Perspective](../migrating-from-perspective.md) and "
        "[OpenAI](../migrating-from-openai.md) say how.",
        table(("code", "status", "when"), rows),
    )


def interface() -> str:
    """Every path with its fields, out of the OpenAPI document."""
    document = create_app(Settings()).openapi()
    parts = [
        (
            "This page is made from the OpenAPI document, "
            '<a href="../openapi.json">openapi.json</a>. A running service shows it at `/docs`.'
        )
    ]
    for path, methods in document["paths"].items():
        for method, one in methods.items():
            parts.append(f"## `{method.upper()} {path}`")
            parts.extend(_operation(one))
    parts.append("## Bodies")
    for name, schema in document["components"]["schemas"].items():
        parts.append(f"### {name}\n\n{paragraphs(schema.get('description'))}")
        if rows := list(fields(schema)):
            parts.append(table(FIELDS, rows))
        else:
            parts.append(f"Type: {kind(schema)}.")
    return page("HTTP", *parts)


def _operation(one: Any) -> Iterator[str]:
    yield paragraphs(one.get("description"))
    rows = [
        (
            f"`{p['name']}`",
            p["in"],
            type_of(p.get("schema", {}), p.get("required", False)),
            p.get("description", ""),
        )
        for p in one.get("parameters", ())
    ]
    if rows:
        yield table(("parameter", "in", "type", "meaning"), rows)
    if asked := _body(one.get("requestBody", {})):
        yield f"Body: {asked}."
    answers: dict[str, list[str]] = {}
    for status, answer in one["responses"].items():
        text = ": ".join(filter(None, (_meant(answer.get("description", "")), _body(answer))))
        answers.setdefault(text or "not described", []).append(status)
    yield table(
        ("status", "answer"), ((", ".join(statuses), text) for text, statuses in answers.items())
    )


def _body(described: Any) -> str:
    """What a request or an answer holds; empty if that is not described."""
    return " or ".join(
        _content(media, content) for media, content in described.get("content", {}).items()
    )


def _content(media: str, content: Any) -> str:
    if "itemSchema" in content:
        return f"lines of JSON (`{media}`), each {kind(content['itemSchema'])}"
    schema = content.get("schema", {})
    text = kind(schema) if schema else "JSON"
    names = schema.get("properties") or schema.get("required")
    if "$ref" not in schema and names:
        text += f" with {', '.join(f'`{name}`' for name in names)}"
    return text if media == _JSON else f"`{media}`"


def _meant(description: str) -> str:
    """A description, unless it is the phrase that stands for every answer."""
    phrases = {status.phrase for status in HTTPStatus} | {"Successful Response"}
    return "" if description in phrases else plain(description).removesuffix(".")
