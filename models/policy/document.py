"""The schema of policy files."""

from typing import Annotated, Final, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    HttpUrl,
    TypeAdapter,
    ValidationError,
    ValidationInfo,
    model_validator,
)
from pydantic_core import PydanticCustomError

from upstander.models.labels import LABELS, MECHANISMS, TARGETS

Band = Literal["allow", "review", "act"]
"""What happens to a post: nothing; human review; what the rule's action says, at once."""

Action = Literal["label", "limit", "withhold", "withhold and lock until removed"]
"""What the platform does with a post that breaks a rule: the service only suggests it."""

ACTIONS: Final[tuple[Action, ...]] = (
    "label",
    "limit",
    "withhold",
    "withhold and lock until removed",
)
"""The mildest first."""

BANDS: Final[tuple[Band, ...]] = ("allow", "review", "act")
"""The weakest first."""

Name = Annotated[str, Field(pattern=r"^[a-z0-9]+([._-][a-z0-9]+)*$", max_length=64)]
Words = Annotated[str, Field(min_length=1, max_length=500)]

RECORDED: Final = {"recorded": True}
"""Context in which a policy is read that decided once: what it may link to is not looked at again,
for it changes no decision."""

_ADDRESS: Final = TypeAdapter(HttpUrl)


def _checked(address: str, info: ValidationInfo) -> str:
    """An address that pages may link to, as it was written."""
    if address and info.context != RECORDED:
        try:
            _ADDRESS.validate_python(address)
        except ValidationError:
            raise PydanticCustomError(
                "address", "give an address that begins with https:// or http://, or leave it out"
            ) from None
    return address


Address = Annotated[str, Field(max_length=500), AfterValidator(_checked)]
"""Of a page of the web; empty for none."""


class _Strict(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False)


class Clause(_Strict):
    """A clause of the platform's rules, as people may cite it."""

    id: Annotated[str, Field(min_length=1, max_length=64)]
    title: Words
    url: Address = ""


class Rule(_Strict):
    """When a post breaks a clause, and what then.

    label: whose score counts. point: a named operating point of the bundle; or threshold: from
        which score on. targets: categories of which the post must speak of one; empty: it speaks of
        none; absent: it does not matter. mechanisms: the same for the ways of dehumanizing.
    """

    id: Name
    clause: str
    label: str
    point: str | None = None
    threshold: Annotated[float, Field(gt=0, le=1)] | None = None
    targets: tuple[str, ...] | None = None
    mechanisms: tuple[str, ...] | None = None
    band: Literal["review", "act"] = "review"
    action: Action | None = None

    @model_validator(mode="after")
    def _makes_sense(self) -> Self:
        _known("label", [self.label], LABELS)
        _known("targets", self.targets or (), TARGETS)
        _known("mechanisms", self.mechanisms or (), MECHANISMS)
        if (self.point is None) == (self.threshold is None):
            raise _problem("point", "give a point of the bundle, or a threshold, and not both")
        if self.band == "act" and self.action is None:
            raise _problem("action", "a rule that acts needs an action")
        return self


class Exemption(_Strict):
    """What needs human review, whatever a rule says; nothing is allowed or silenced by one."""

    id: Name
    flag: Literal["quotation"]


class Policy(_Strict):
    """A policy file. communities: those that it is for, by the id that a request gives."""

    schema_number: Annotated[Literal[1], Field(alias="schema")]
    id: Name
    version: Annotated[str, Field(pattern=r"^\d+\.\d+\.\d+$", max_length=32)]
    title: Words
    url: Address = ""
    text: Annotated[str, Field(max_length=20_000)] = ""
    communities: tuple[Annotated[str, Field(min_length=1, max_length=256)], ...] = ()
    clauses: tuple[Clause, ...] = ()
    rules: Annotated[tuple[Rule, ...], Field(max_length=200)] = ()
    exemptions: tuple[Exemption, ...] = ()

    def clause(self, own_id: str) -> Clause:
        """The clause with this id, which is known to be there."""
        return next(clause for clause in self.clauses if clause.id == own_id)


def _known(field: str, names: tuple[str, ...] | list[str], among: object) -> None:
    known = list(among)  # type: ignore[call-overload]
    for name in names:
        if name not in known:
            raise _problem(field, f"unknown: {name[:64]}; available: {', '.join(known)}")
    if len(set(names)) != len(names):
        raise _problem(field, "a name is listed twice")


def _problem(field: str, message: str) -> PydanticCustomError:
    """field: of the table, so that its line can be named."""
    return PydanticCustomError("policy", "{field}: {message}", {"field": field, "message": message})
