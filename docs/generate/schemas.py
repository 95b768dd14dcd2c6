"""What a JSON schema says of a field, in words."""

from collections.abc import Iterator
from typing import Any

from generate.tables import either, plain, table

FIELDS = ("field", "type", "meaning")

_BOUNDS = {
    "minimum": "at least {}",
    "exclusiveMinimum": "over {}",
    "maximum": "at most {}",
    "exclusiveMaximum": "under {}",
    "pattern": "matching `{}`",
    "minLength": "at least {} long",
    "maxLength": "at most {} characters",
    "minItems": "at least {}",
    "maxItems": "at most {}",
}
_NOT_EMPTY = {"minLength", "minItems"}


def fields(schema: Any) -> Iterator[tuple[str, str, str]]:
    """A row for each field: name, type, meaning."""
    required = set(schema.get("required", ()))
    for name, one in schema.get("properties", {}).items():
        yield f"`{name}`", type_of(one, name in required), one.get("description", "")


def type_of(schema: Any, is_required: bool) -> str:
    """The type of a field or parameter, and its default if it may be left out."""
    return kind(schema) if is_required else f"{kind(schema)}, may be left out{_default(schema)}"


def kind(schema: Any) -> str:
    """The type of a value with its bounds; a type of its own is a link to its heading."""
    if reference := schema.get("$ref"):
        name = reference.rpartition("/")[2]
        return f"[`{name}`](#{name.lower()})"
    if options := schema.get("anyOf") or schema.get("oneOf"):
        return " or ".join(dict.fromkeys(kind(option) for option in options))
    if values := schema.get("enum"):
        return either(values)
    if "const" in schema:
        return f"`{schema['const']}`"
    name = schema.get("type", "any value")
    if "items" in schema:
        name = f"list of {_each(schema['items'])}"
    elif isinstance(inner := schema.get("additionalProperties"), dict) and inner:
        name = f"object of {_each(inner)}"
    if "minimum" in schema and "maximum" in schema:
        return f"{name} in [{schema['minimum']}, {schema['maximum']}]"
    bounds = [_bound(bound, schema[bound]) for bound in _BOUNDS if bound in schema]
    return f"{name} ({', '.join(bounds)})" if bounds else str(name)


def _each(schema: Any) -> str:
    """The type of what a list or an object holds."""
    shape = kind(schema)
    return f"({shape})" if "anyOf" in schema or "oneOf" in schema else shape


def _bound(bound: str, value: Any) -> str:
    return "not empty" if bound in _NOT_EMPTY and value == 1 else _BOUNDS[bound].format(value)


def nested(schema: Any) -> Iterator[str]:
    """A heading and a table for each type that a schema speaks of, in the order of its fields."""
    definitions = schema.get("$defs", {})
    for name in _spoken_of(schema, definitions):
        yield f"### {name}\n\n{paragraphs(definitions[name].get('description'))}"
        yield table(FIELDS, fields(definitions[name]))


def paragraphs(text: str | None) -> str:
    """A docstring, its lines made long."""
    return "\n\n".join(plain(part) for part in (text or "").split("\n\n"))


def _spoken_of(schema: Any, definitions: Any) -> list[str]:
    found: list[str] = []

    def look(value: Any) -> None:
        if isinstance(value, list):
            for one in value:
                look(one)
        elif isinstance(value, dict):
            name = str(value.get("$ref", "")).rpartition("/")[2]
            if name in definitions and name not in found:
                found.append(name)
                look(definitions[name])
            for key, one in value.items():
                if key != "$defs":
                    look(one)

    look(schema)
    return found


def _default(schema: Any) -> str:
    default = schema.get("default")
    return "" if default in (None, "", [], {}) else f" (`{str(default).lower()}`)"
