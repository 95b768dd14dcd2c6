"""Query parameters that every call of Google's APIs takes, such as `fields` and `prettyPrint`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

import pydantic_core
from fastapi import Request, Response

from upstander.serving.api.perspective.discovery import SCHEMAS
from upstander.serving.api.perspective.errors import CommentError, PayloadError
from upstander.serving.api.perspective.fields import Mask, check, mask_of, masked

_YES = frozenset({"", "1", "true", "yes", "y", "on"})
_NO = frozenset({"0", "false", "no", "n", "off"})


@dataclass(frozen=True, slots=True)
class Options:
    """How a reply is wanted: indented or not, and which of its fields."""

    pretty: bool
    mask: Mask | None

    def response(self, body: Mapping[str, Any], headers: Mapping[str, str]) -> Response:
        """A reply as it was asked for."""
        wanted = body if self.mask is None else masked(body, self.mask)
        return Response(
            pydantic_core.to_json(wanted, indent=2 if self.pretty else None),
            media_type="application/json; charset=UTF-8",
            headers=dict(headers),
        )


_DEFAULT = Options(pretty=True, mask=None)


def options_of(request: Request, reply: str) -> Options:
    """What the query says. reply: name of the schema that `fields` chooses from.

    Raises PayloadError.
    """
    query = request.scope["query_string"]
    if not query:
        return _DEFAULT
    given = dict(parse_qsl(query.decode("latin-1"), keep_blank_values=True))
    if given.get("alt", "json") != "json":
        raise PayloadError("Only alt=json is served.", "alt")
    if given.get("callback"):
        raise PayloadError("callback is not served: ask with fetch or XMLHttpRequest.", "callback")
    mask = None
    if "fields" in given:
        mask = mask_of(given["fields"])
        check(mask, SCHEMAS[reply], SCHEMAS)
    return Options(_flag(given.get("prettyPrint", "true")), mask)


def _flag(given: str) -> bool:
    word = given.lower()
    if word not in _YES | _NO:
        raise CommentError(f"Invalid value at 'prettyPrint' (TYPE_BOOL), \"{given[:32]}\"")
    return word in _YES
