"""Requests of the native API. Its responses are in `models/schemas.py`."""

from collections.abc import Mapping
from typing import Annotated, Any, Final

from pydantic import (
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    ValidatorFunctionWrapHandler,
    WrapValidator,
    model_validator,
)
from pydantic_core import PydanticCustomError


def repair(value: Any) -> Any:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot, by U+FFFD.

    They come from clients that cut a string inside an emoji; refusing the post would punish its
    author.
    """
    if not isinstance(value, str) or value.isascii():
        return value
    pieces = []
    begin = 0
    while begin < len(value):
        end = begin + _PIECE
        if "\ud800" <= value[end - 1 : end] <= "\udbff":
            end -= 1  # the two halves of one character stay together
        piece = value[begin:end].encode("utf-16", "surrogatepass")
        pieces.append(piece.decode("utf-16", "replace"))
        begin = end
    return "".join(pieces)


_PIECE: Final = 4096
"""Characters that are repaired at once; no other thread has its turn meanwhile."""

_TAG: Final = r"^[A-Za-z]{2,3}([-_][A-Za-z0-9]{1,8}){0,4}$"
"""The language of a BCP-47 tag, and what may follow it."""

_LONGEST_ID: Final = 256
_LARGEST_ID: Final = 10**4000
"""Python writes no number of over 4,300 digits."""


def id_of(value: Any) -> Any:
    """An id as text: a whole number is its digits, as databases number their rows."""
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) < _LARGEST_ID:
        return str(value)
    return repair(value)


Text = Annotated[str, BeforeValidator(repair)]
Id = Annotated[
    str,
    BeforeValidator(id_of, json_schema_input_type=str | int),
    Field(max_length=_LONGEST_ID),
]


_MAX_FIELDS: Final = 16
_MAX_POSTS: Final = 10_000
"""However long a list, so many of its posts are looked at; `--max-batch` may be lower."""


def refuse_many_fields(value: Any) -> Any:
    """A million unknown fields must not become a million errors. For models, before validation."""
    if isinstance(value, Mapping) and len(value) > _MAX_FIELDS:
        raise PydanticCustomError("extra_forbidden", "too many fields")
    return value


class _Asked(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)

    _few_fields = model_validator(mode="before")(refuse_many_fields)


def _few_posts(value: Any) -> Any:
    if isinstance(value, list) and len(value) > _MAX_POSTS:
        raise PydanticCustomError("too_long", "too many posts")
    return value


class Post(_Asked):
    """A text to score."""

    text: Text = Field(description="The post, at most 20,480 bytes of UTF-8.")
    id: Id | None = Field(
        default=None, description="Your own ID of the post, returned with the answer."
    )
    policy: Id | None = Field(default=None, description="ID of the policy that should decide.")
    community_id: Id | None = Field(
        default=None, description="Community of the post; a policy may apply to it."
    )
    do_not_store: bool = Field(
        default=False,
        description="Store nothing of it: no cache, no shadow bundle, no record.",
    )
    language: Annotated[str, Field(pattern=_TAG)] | None = Field(
        default=None,
        description="Its language, as a BCP-47 tag such as de or pt-BR; identified if left out.",
    )


class BadPost(BaseModel):
    """A post of a batch that is not a Post; the others are not its fault."""

    model_config = ConfigDict(frozen=True)

    id: str | None
    message: str


def _keep_bad_post(value: Any, handler: ValidatorFunctionWrapHandler) -> Post | BadPost:
    try:
        post: Post = handler(value)
        return post
    except ValidationError as error:
        given = id_of(value.get("id")) if isinstance(value, Mapping) else None
        if isinstance(given, float):
            given = str(given)  # refused, and told, so that the sender finds the post
        own_id = given[:_LONGEST_ID] if isinstance(given, str) else None
        return BadPost(id=own_id, message=explain(error.errors(include_input=False)))


AnyPost = Annotated[Post, WrapValidator(_keep_bad_post)]
"""One of many posts: a Post, or a BadPost in its place."""


class Batch(_Asked):
    """Posts to score, answered in their order."""

    posts: Annotated[list[AnyPost], BeforeValidator(_few_posts)] = Field(
        min_length=1, description="The posts, at most `--max-batch` of them."
    )


_MESSAGES: Mapping[str, str] = {
    "missing": "the field is missing",
    "extra_forbidden": "unknown field",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_too_long": "is too long",
    "too_long": "is too long",
    "list_type": "must be a list",
    "too_short": "must not be empty",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
    "string_pattern_mismatch": "must be the tag of a language, such as de or pt-BR",
}
_FIELDS = frozenset({"body", "posts", *Post.model_fields})
_IDS = frozenset({"id", "policy", "community_id"})


def explain(errors: Any) -> str:
    """The first validation error in plain words, naming only fields that we know.

    An unknown field's name is the sender's text, so it is not repeated.
    """
    first = errors[0]
    kind = first["type"]
    if kind == "json_invalid":
        return 'The body is not JSON in UTF-8: send an object such as {"text": "..."}.'
    known = [str(p) for p in first["loc"] if p in _FIELDS - {"body"} or isinstance(p, int)]
    where = ".".join(known) or "The body"
    what = _MESSAGES.get(kind, "is not valid")
    if kind == "string_type" and known and known[-1] in _IDS:
        what = "must be a string or a whole number"
    if kind == "extra_forbidden":
        fields = ", ".join(Post.model_fields)
        return f"{where}: unknown field; the fields are {fields}, or posts for a batch."
    if kind in ("missing", "model_attributes_type", "model_type") and where == "The body":
        return (
            "The body must be a JSON object, sent with content-type: application/json, "
            'such as {"text": "..."}.'
        )
    return f"{where}: {what}."
