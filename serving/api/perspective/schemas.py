"""Requests of the Perspective API, parsed by the JSON rules of protocol buffers.

Names come in camelCase or snake_case, null is the same as absent, and an unknown field is refused.
"""

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final

from pydantic import (
    AfterValidator,
    AliasGenerator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    ValidationError,
    model_validator,
)
from pydantic.alias_generators import to_camel
from pydantic_core import PydanticCustomError

from upstander.serving.api.perspective.errors import CommentError, PayloadError, empty, too_long
from upstander.serving.api.post_schemas import Text, refuse_many_fields

_MAX_ATTRIBUTES: Final = 64
_MAX_ENTRIES: Final = 1000
_LONGEST_ENTRY: Final = 1024 * 1024
_LONGEST_TOKEN: Final = 4096


_Tag = Annotated[str, Field(pattern=r"^[A-Za-z0-9_-]{0,35}$")]
"""A BCP-47 tag; it may go into a header."""


def _few_bytes(token: str) -> str:
    """A token that every store takes: what it may hold is counted in bytes."""
    if len(token.encode()) > _LONGEST_TOKEN:
        raise PydanticCustomError("string_too_long", "over 4,096 bytes of UTF-8")
    return token


_Token = Annotated[Text, Field(max_length=_LONGEST_TOKEN), AfterValidator(_few_bytes)]


class _Message(BaseModel):
    model_config = ConfigDict(
        extra="forbid",
        frozen=True,
        alias_generator=AliasGenerator(to_camel),
        validate_by_name=True,
        validate_by_alias=True,
    )

    _few_fields = model_validator(mode="before")(refuse_many_fields)


class TextEntry(_Message):
    """A comment, or a part of its context. type: only PLAIN_TEXT was ever served."""

    text: Text | None = Field(default=None, description="The text.")
    type: str | None = Field(default=None, description="PLAIN_TEXT, the only type.")

    def check_type(self) -> None:
        """Raise CommentError for what is no plain text."""
        if self.type not in (None, "TEXT_TYPE_UNSPECIFIED", "PLAIN_TEXT"):
            raise CommentError(
                "Currently, only 'PLAIN_TEXT' comments are supported"
                if self.type == "HTML"
                else "Unknown text type"
            )


class ArticleAndParentComment(_Message):
    """Where a comment stands."""

    article: TextEntry | None = Field(default=None, description="The article.")
    parent_comment: TextEntry | None = Field(
        default=None, description="The comment that this one replies to."
    )


class Context(_Message):
    """Validated, and never used: Perspective never scored with it either."""

    entries: Annotated[list[TextEntry], Field(max_length=_MAX_ENTRIES)] | None = Field(
        default=None, description="Earlier texts."
    )
    article_and_parent_comment: ArticleAndParentComment | None = Field(
        default=None, description="The article, and the comment that this one replies to."
    )

    def characters(self) -> int:
        """How long its texts are together, in code points."""
        return sum(len(entry.text or "") for entry in self._texts())

    def _texts(self) -> Iterator[TextEntry]:
        both = self.article_and_parent_comment
        for entry in (*(self.entries or ()), both and both.article, both and both.parent_comment):
            if entry is not None:
                yield entry

    def check(self) -> None:
        """Raise CommentError for both kinds at once, and for what is no plain text."""
        if self.entries and self.article_and_parent_comment:
            raise CommentError(
                "Context can have either entries or article_and_parent_comment, but both fields "
                "were populated."
            )
        for entry in self._texts():
            entry.check_type()
            if len((entry.text or "").encode()) > _LONGEST_ENTRY:
                raise CommentError("Context entry too long.")


class AttributeParameters(_Message):
    """How an attribute is asked for."""

    score_type: str | None = Field(default=None, description="PROBABILITY, the only type.")
    score_threshold: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="Scores below it are left out."
    )


class _Request(_Message):
    comment: TextEntry | None = Field(default=None, description="The comment.")
    context: Context | None = Field(
        default=None, description="Context of the comment; validated, and not used for the score."
    )
    languages: Annotated[list[_Tag], Field(max_length=100)] | None = Field(
        default=None, description="Its languages, as BCP-47 tags; detected if left out."
    )
    client_token: _Token | None = Field(
        default=None, description="Your own token, returned with the answer."
    )
    session_id: _Token | None = Field(
        default=None, description="Your own session ID; stored with a suggestion."
    )
    community_id: _Token | None = Field(
        default=None, description="Community of the comment; a policy may apply to it."
    )

    def text(self, limit: int) -> str:
        """The comment. Raises CommentError if it is empty, over `limit` bytes or no plain text."""
        if self.comment is None or not self.comment.text:
            raise empty()
        if len(self.comment.text.encode()) > limit:
            raise too_long()
        self.comment.check_type()
        if self.context is not None:
            self.context.check()
        return self.comment.text


def _few_attributes(value: Any) -> Any:
    if isinstance(value, dict) and len(value) > _MAX_ATTRIBUTES:
        raise PydanticCustomError("too_long", "too many attributes")
    return value


class AnalyzeRequest(_Request):
    """`comments:analyze`."""

    requested_attributes: (
        Annotated[dict[str, AttributeParameters | None], BeforeValidator(_few_attributes)] | None
    ) = Field(default=None, description="The requested attributes by name, with their options.")
    do_not_store: bool | None = Field(default=None, description="Store nothing of it.")
    span_annotations: bool | None = Field(
        default=None, description="Mark the words that carried the score."
    )
    drop_unsupported_attributes: bool | None = Field(
        default=None,
        description="Leave out attributes that are not served, instead of refusing the request.",
    )


class Score(_Message):
    """A score that is suggested. An absent value is 0, as protocol buffers have it."""

    value: Annotated[float, Field(allow_inf_nan=False)] | None = Field(
        default=None, description="In [0, 1]."
    )
    type: str | None = Field(default=None, description="PROBABILITY.")


class SpanScore(_Message):
    """A score of a stretch. begin, end: in UTF-16 code units, end exclusive."""

    begin: int | None = Field(default=None, description="In UTF-16 code units.")
    end: int | None = Field(default=None, description="In UTF-16 code units, exclusive.")
    score: Score | None = Field(default=None, description="Score of the span.")


class AttributeScores(_Message):
    """What is suggested for one attribute."""

    summary_score: Score | None = Field(default=None, description="Score of the whole comment.")
    span_scores: Annotated[list[SpanScore], Field(max_length=_MAX_ENTRIES)] | None = Field(
        default=None, description="Scores of spans of it."
    )


class SuggestRequest(_Request):
    """`comments:suggestscore`."""

    attribute_scores: (
        Annotated[dict[str, AttributeScores | None], BeforeValidator(_few_attributes)] | None
    ) = Field(default=None, description="The suggested scores, by attribute.")


def payload_error(error: ValidationError) -> PayloadError:
    """A body that is not what the format says, in the words of Google's front end."""
    first = error.errors(include_url=False, include_input=False, include_context=False)[0]
    kind, place = first["type"], [str(part) for part in first["loc"]]
    if kind == "json_invalid":
        return PayloadError("Invalid JSON payload received. The body is not JSON in UTF-8.")
    if kind == "extra_forbidden":
        if not place:
            return PayloadError("Invalid JSON payload received. Too many fields.")
        name, where = place[-1][:64], ".".join(place[:-1])
        at = f" at '{where}'" if where else ""
        return PayloadError(
            f'Invalid JSON payload received. Unknown name "{name}"{at}: Cannot find field.', where
        )
    where = ".".join(part for part in place if not part.startswith("function-"))[:128]
    if kind == "string_too_long":
        return PayloadError(
            f"Invalid value at '{where}' (TYPE_STRING), over {_LONGEST_TOKEN:,} bytes of UTF-8",
            where,
        )
    return PayloadError(
        f"Invalid value at '{where}' ({_TYPES.get(kind, 'TYPE_MESSAGE')})"
        if where
        else "Invalid JSON payload received. Unexpected token. The body must be a JSON object.",
        where,
    )


_TYPES: Final[Mapping[str, Any]] = {
    "string_type": "TYPE_STRING",
    "string_pattern_mismatch": "TYPE_STRING",
    "bool_type": "TYPE_BOOL",
    "bool_parsing": "TYPE_BOOL",
    "float_type": "TYPE_FLOAT",
    "float_parsing": "TYPE_FLOAT",
    "finite_number": "TYPE_FLOAT",
    "int_type": "TYPE_INT32",
    "int_parsing": "TYPE_INT32",
    "int_parsing_size": "TYPE_INT32",
    "int_from_float": "TYPE_INT32",
    "list_type": "TYPE_LIST",
}
