"""The fields of an answer: nested, as in JSON, and flat, with one value in a cell."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from pydantic_core import to_json

from upstander.models.manifest import Manifest

Layout = Literal["nested", "flat"]
"""Whether fields are objects and lists, as in JSON, or columns such as `scores.hate`."""

Kind = Literal["text", "number", "whole", "yes"]


@dataclass(frozen=True, slots=True)
class Listed:
    """A list of objects with a name and a score. key: of the name. names: all that there are.

    In a flat table each name is a column, empty where the list does not have it.
    """

    key: str
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Spans:
    """A list of stretches of the text; in a flat table a text of JSON."""


Shape = Mapping[str, "Kind | Listed | Spans | Shape"]
"""Field to what it holds, in the order of the answers."""

KEPT: Final = "kept"
"""The field with the columns of the input that were to be kept."""

_POLICY: Final[Shape] = {"id": "text", "version": "text", "sha256": "text"}

DECISION: Final[Shape] = {
    "band": "text",
    "action": "text",
    "rule": "text",
    "clause": {"id": "text", "title": "text", "url": "text"},
    "label": "text",
    "score": "number",
    "threshold": "number",
    "distance": "number",
    "otherwise": "text",
    "category": "text",
    "mechanism": "text",
    "spans": Spans(),
    "exemption": "text",
    "reason": "text",
    "policy": _POLICY,
}
"""What a policy made of a post."""


def shape_of(
    manifest: Manifest, kept: Mapping[str, Kind] | None = None, *, has_language: bool = False
) -> Shape:
    """The fields of the answers of a bundle.

    kept: columns of the input to what they hold. has_language: whether that of each text is told.
    """
    return {
        "file": "text",
        "row": "whole",
        "id": "text",
        **({KEPT: dict(kept)} if kept is not None else {}),
        **({"language": _language_of(manifest)} if has_language else {}),
        "model": {"name": "text", "version": "text", "sha256": "text"},
        "scores": {label.name: "number" for label in manifest.labels},
        "targets": Listed("category", tuple(target.name for target in manifest.targets)),
        "mechanisms": Listed("mechanism", tuple(one.name for one in manifest.mechanisms)),
        "spans": Spans(),
        "offsets": "text",
        "flags": {
            "windows": "whole",
            "obfuscated": "yes",
            "quotation": "yes",
            **({} if manifest.for_stage("student") is manifest else {"stage": "text"}),
        },
        "decision": DECISION,
    }


def _language_of(manifest: Manifest) -> Shape:
    return {
        "code": "text",
        "probability": "number",
        "is_sure": "yes",
        "is_served": "yes",
        "measured": {label.name: "yes" for label in manifest.labels},
    }


def flat_kinds(shape: Shape) -> dict[str, Kind]:
    """The columns of a flat table, in order.

    A column of the input keeps its name, unless an answer has one of that name: `kept.NAME` then.
    """
    found = dict(_kinds(shape, ""))
    return {_own_name(name, found): kind for name, kind in found.items()}


def _kinds(shape: Shape, prefix: str) -> Iterator[tuple[str, Kind]]:
    for name, kind in shape.items():
        if isinstance(kind, Listed):
            yield from ((f"{prefix}{name}.{one}", "number") for one in kind.names)
        elif isinstance(kind, Spans):
            yield prefix + name, "text"
        elif isinstance(kind, str):
            yield prefix + name, kind
        else:
            yield from _kinds(kind, f"{prefix}{name}.")


def flattened(answer: Mapping[str, Any], shape: Shape) -> list[Any]:
    """The values of an answer, in the order of `flat_kinds`; None for what it does not have."""
    return list(_values(answer, shape))


def _values(answer: Mapping[str, Any], shape: Shape) -> Iterator[Any]:
    for name, kind in shape.items():
        value = answer.get(name)
        if isinstance(kind, Listed):
            found = {one[kind.key]: one["score"] for one in value or ()}
            yield from (found.get(one) for one in kind.names)
        elif isinstance(kind, Spans):
            yield None if value is None else to_json(value).decode()
        elif isinstance(kind, str):
            yield to_json(value).decode() if isinstance(value, dict | list) else value
        else:
            yield from _values(value or {}, kind)


def _own_name(name: str, taken: Mapping[str, Kind]) -> str:
    own = name.removeprefix(f"{KEPT}.")
    return name if own in taken else own


def kind_of_values(types: set[type]) -> Kind:
    """What a column holds, by the types of its values; text where they are mixed or none."""
    found = types - {type(None)}
    if found == {bool}:
        return "yes"
    if found == {int}:
        return "whole"
    return "number" if found and found <= {int, float} else "text"
