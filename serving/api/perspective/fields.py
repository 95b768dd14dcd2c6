"""Field masks: the query parameter `fields` of Google's APIs.

    attributeScores/TOXICITY/summaryScore/value,languages
    attributeScores(TOXICITY/summaryScore,INSULT)

Source: Google's guide to partial responses. A mask may name what the reply could have, not only
what it has.
"""

import re
from collections.abc import Mapping
from typing import Any, Final

from upstander.serving.api.perspective.errors import PayloadError

Mask = dict[str, "Mask"]
"""What is wanted, by name; everything below a name that has no names of its own."""

_WORDS: Final = re.compile(r"[\w*-]+|[,/().]")
_LONGEST: Final = 2048
_DEEPEST: Final = 16


def mask_of(given: str) -> Mask:
    """A mask from how it is written. Raises PayloadError."""
    words = _WORDS.findall(given)
    if len(given) > _LONGEST or "".join(words) != given.replace(" ", ""):
        raise _wrong(given)
    place = 0

    def several(depth: int) -> Mask:
        nonlocal place
        found: Mask = {}
        while True:
            _merge(found, one(depth))
            if place < len(words) and words[place] == ",":
                place += 1
                continue
            return found

    def one(depth: int) -> Mask:
        nonlocal place
        if depth > _DEEPEST or place >= len(words) or words[place] in ",/().":
            raise _wrong(given)
        name = words[place]
        place += 1
        if place < len(words) and words[place] in "/.":
            place += 1
            return {name: one(depth + 1)}
        if place < len(words) and words[place] == "(":
            place += 1
            inner = several(depth + 1)
            if place >= len(words) or words[place] != ")":
                raise _wrong(given)
            place += 1
            return {name: inner}
        return {name: {}}

    mask = several(0)
    if place != len(words):
        raise _wrong(given)
    return mask


def masked(value: Any, mask: Mask) -> Any:
    """What the mask leaves of a value; a list is masked item by item."""
    if not mask or mask.get("*") == {}:
        return value
    if isinstance(value, list):
        return [masked(item, mask) for item in value]
    if not isinstance(value, dict):
        return value
    kept = {}
    for name, part in value.items():
        wanted = mask.get(name, mask.get("*"))
        if wanted is not None:
            kept[name] = masked(part, wanted)
    return kept


def check(
    mask: Mask, schema: Mapping[str, Any], schemas: Mapping[str, Any], path: str = ""
) -> None:
    """Raise PayloadError for a name that no reply of the schema can have.

    schemas: of the discovery document, by name.
    """
    while "$ref" in schema or "items" in schema:
        schema = schemas[schema["$ref"]] if "$ref" in schema else schema["items"]
    parts, any_part = schema.get("properties", {}), schema.get("additionalProperties")
    for name, inner in mask.items():
        found = parts.get(name, any_part)
        if name == "*":
            found = any_part or next(iter(parts.values()), None)
        if found is None:
            raise _wrong(path + name)
        if inner:
            check(inner, found, schemas, f"{path}{name}.")


def _merge(into: Mask, other: Mask) -> None:
    for name, inner in other.items():
        if name not in into:
            into[name] = inner
        elif into[name] and inner:
            _merge(into[name], inner)
        else:
            into[name] = {}  # one of them wants all of it


def _wrong(path: str) -> PayloadError:
    return PayloadError(
        "Request contains an invalid argument.",
        path[:128],
        f"Error expanding 'fields' parameter. Cannot find matching fields for path '{path[:128]}'.",
    )
