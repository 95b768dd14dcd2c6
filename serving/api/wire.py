"""What travels over the wire: requests, replies and errors of the native API."""

from collections.abc import Mapping
from typing import Annotated, Any, Final, Literal

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

from models.labels import LABELS, MECHANISMS, TARGETS


def repair(value: Any) -> Any:
    """Replace lone surrogates, which JSON can carry and UTF-8 cannot, by U+FFFD.

    They come from clients that cut a string inside an emoji; refusing the post would punish its
    author.
    """
    if isinstance(value, str):
        return value.encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return value


Text = Annotated[str, BeforeValidator(repair)]
Id = Annotated[str, BeforeValidator(repair), Field(max_length=256)]


_MOST_FIELDS: Final = 16
_MOST_POSTS: Final = 10_000
"""However long a list, so many of its posts are looked at; `--max-batch` may be lower."""


def refuse_many_fields(value: Any) -> Any:
    """A million unknown fields must not become a million errors. For models, before validation."""
    if isinstance(value, Mapping) and len(value) > _MOST_FIELDS:
        raise PydanticCustomError("extra_forbidden", "too many fields")
    return value


class _Wire(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class _Asked(_Wire):
    _few_fields = model_validator(mode="before")(refuse_many_fields)


def _few_posts(value: Any) -> Any:
    if isinstance(value, list) and len(value) > _MOST_POSTS:
        raise PydanticCustomError("too_long", "too many posts")
    return value


class Post(_Asked):
    """A text to score."""

    text: Text = Field(description="The post, at most 20,480 bytes of UTF-8.")
    id: Id | None = Field(default=None, description="Yours; it comes back with the answer.")
    policy: Id | None = Field(default=None, description="Id of the policy to decide by.")
    community_id: Id | None = Field(
        default=None, description="Where the post stands; a policy may be for it."
    )
    do_not_store: bool = Field(
        default=False,
        description="Remember nothing of it: no cache, no shadow bundle, no record.",
    )


class BadPost(_Wire):
    """A post of a batch that is not a Post; the others are not its fault."""

    id: str | None
    message: str


def _keep_bad_post(value: Any, handler: ValidatorFunctionWrapHandler) -> Post | BadPost:
    try:
        post: Post = handler(value)
        return post
    except ValidationError as error:
        given = value.get("id") if isinstance(value, Mapping) else None
        own_id = repair(given)[:256] if isinstance(given, str) else None
        return BadPost(id=own_id, message=explain(error.errors(include_input=False)))


AnyPost = Annotated[Post, WrapValidator(_keep_bad_post)]
"""One of many posts: a Post, or a BadPost in its place."""


class Batch(_Asked):
    """Posts to score, answered in their order."""

    posts: Annotated[list[AnyPost], BeforeValidator(_few_posts)] = Field(min_length=1)


class ModelInfo(_Wire):
    """Which model answered. sha256: of the bundle's SHA256SUMS, and so of every byte of it."""

    name: str
    version: str
    sha256: str


class PolicySummary(_Wire):
    """A policy in force, without its rules. sha256: of its file, as decisions name it."""

    id: str = Field(description="What a request gives as `policy`.")
    version: str
    title: str
    url: str = Field(description="Where people read it; empty if nowhere.")
    sha256: str
    communities: tuple[str, ...] = Field(
        description="It decides for requests with one of these as `community_id`."
    )


class PoliciesReply(_Wire):
    """All policies in force, by the names of their files."""

    default: str | None = Field(
        description="Id of the one that decides where nothing else is said; null without policies."
    )
    policies: tuple[PolicySummary, ...]


class Target(_Wire):
    """A protected category that the text speaks of."""

    category: str = Field(description=f"One of {', '.join(TARGETS)}.")
    score: float = Field(ge=0, le=1)


class Mechanism(_Wire):
    """A way in which the text dehumanizes."""

    mechanism: str = Field(description=f"One of {', '.join(MECHANISMS)}.")
    score: float = Field(ge=0, le=1)


class Span(_Wire):
    """Words of the text that carried the score: `text[begin:end]` in the unit of `offsets`."""

    begin: int = Field(ge=0)
    end: int = Field(ge=0, description="Exclusive.")
    score: float = Field(
        ge=0, le=1, description="Probability that an annotator would mark them, a mean over words."
    )


class Flags(_Wire):
    """What a reader of the scores should know about how they came about."""

    windows: int = Field(
        ge=1, description="Runs of the model; over 1, the text was scored in overlapping windows."
    )
    obfuscated: bool = Field(
        description="The text hides words from filters: look-alikes, spaced letters, and the like."
    )
    quotation: bool = Field(
        description="What carried the score stands within quotation marks, among other words."
    )


class ClauseReply(_Wire):
    """A clause of the platform's rules."""

    id: str
    title: str
    url: str


class PolicyInfo(_Wire):
    """Which policy decided. sha256: of its file."""

    id: str
    version: str
    sha256: str


class DecisionReply(_Wire):
    """What the policy says of the post, and why."""

    id: str | None = Field(None, description="Of its record, if decisions are recorded.")
    band: Literal["allow", "review", "act"] = Field(
        description="Nothing is to be done; people are to look; or the action, at once."
    )
    action: str | None = Field(
        None, description="What the platform does with a post that breaks the rule."
    )
    rule: str | None = Field(
        None, description="That decided; of a post that is allowed, the one that came nearest."
    )
    clause: ClauseReply | None = Field(None, description="That the rule stands for.")
    label: str | None = Field(None, description="Whose score counted.")
    score: float | None = None
    threshold: float | None = None
    distance: float | None = Field(
        None, description="Score less threshold; negative for a post that is allowed."
    )
    otherwise: Literal["allow", "review", "act"] = Field(
        description="The band if the score were on the other side of the threshold."
    )
    category: str | None = Field(None, description="The protected category that decided.")
    mechanism: str | None = Field(None, description="The way of dehumanizing that decided.")
    spans: list[Span] | None = Field(
        None, description="The words that decided, for the labels that the rationale explains."
    )
    exemption: str | None = Field(None, description="Why people look, though the rule would act.")
    reason: str = Field(description="All of this in a sentence, without the words of the post.")
    policy: PolicyInfo


class Reply(_Wire):
    """The scores of one post."""

    id: str | None = None
    model: ModelInfo
    scores: dict[str, float] = Field(
        description=f"Calibrated probability of each label: {', '.join(LABELS)}."
    )
    targets: list[Target] = Field(
        description="Categories at or over their threshold, the likeliest first."
    )
    mechanisms: list[Mechanism] = Field(
        description="Mechanisms at or over their threshold, the likeliest first."
    )
    spans: list[Span] = Field(description="In the order of the text; none if no word stands out.")
    offsets: Literal["code_points"] = Field(
        description="What begin and end count: Unicode code points of the text as it was sent."
    )
    flags: Flags
    decision: DecisionReply | None = None


class Problem(_Wire):
    """Why a request or a post was refused. code: for programs; message: for people."""

    code: str
    message: str


class ErrorReply(_Wire):
    """The body of every answer that is not 2xx, and the place of a bad post in a batch."""

    id: str | None = None
    error: Problem


class BatchReply(_Wire):
    """One result a post, in the order of the posts."""

    results: list[Reply | ErrorReply]


_MESSAGES: Mapping[str, str] = {
    "missing": "the field is missing",
    "extra_forbidden": "unknown field",
    "string_type": "must be a string",
    "bool_type": "must be true or false",
    "bool_parsing": "must be true or false",
    "string_too_long": "is too long",
    "list_type": "must be a list",
    "too_short": "must not be empty",
    "model_attributes_type": "must be a JSON object",
    "model_type": "must be a JSON object",
    "dict_type": "must be a JSON object",
}
_FIELDS = frozenset({"body", "posts", *Post.model_fields})


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
    if kind == "extra_forbidden":
        fields = ", ".join(Post.model_fields)
        return f"{where}: unknown field; the fields are {fields}, or posts for a batch."
    if kind in ("missing", "model_attributes_type", "model_type") and where == "The body":
        return (
            "The body must be a JSON object, sent with content-type: application/json, "
            'such as {"text": "..."}.'
        )
    return f"{where}: {what}."
