"""Response schemas, shared by the service that writes them and the client that reads them.

Nothing of the service or the model is imported here, so that the client can stand in any program.
Unknown fields are left out, so that an older client reads a newer service.
"""

from typing import Final, Literal

from pydantic import BaseModel, ConfigDict, Field

LABELS: Final = (
    "dehumanization, hate, toxicity, severe_toxicity, identity_attack, insult, profanity, threat"
)
CATEGORIES: Final = (
    "religion, caste, age, disability, serious_disease, national_origin, race, ethnicity, gender, "
    "gender_identity, sexual_orientation, immigration_status"
)
MECHANISMS: Final = (
    "vermin, animal, disease, filth, demon, object, denial_of_humanity, denial_of_mind"
)
"""What the shipped model knows; a test holds them against `upstander.models.labels`."""


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class ModelInfo(_Reply):
    """Which model answered."""

    name: str = Field(description="Of the bundle.")
    version: str = Field(description="Of the bundle, as Semantic Versioning has it.")
    sha256: str = Field(description="Of the bundle's SHA256SUMS, and so of every byte of it.")


class PolicySummary(_Reply):
    """A policy in force, without its rules."""

    id: str = Field(description="ID of the policy, as requests give it in `policy`.")
    version: str = Field(description="Version of the policy, from its file.")
    title: str = Field(description="Title of the policy.")
    url: str = Field(description="Web page with its text; empty if there is none.")
    sha256: str = Field(description="SHA-256 of its file, as decisions name it.")
    communities: tuple[str, ...] = Field(
        description="Requests with one of these as `community_id` are decided by it."
    )
    text: str = Field(default="", description="What it forbids, in words.")
    thresholds: dict[str, float] = Field(
        default={},
        description="Labels that its rules use, each with the lowest threshold of such a rule. "
        "Other labels are not used.",
    )


class PoliciesReply(_Reply):
    """All policies in force, ordered by file name."""

    default: str | None = Field(
        description="ID of the default policy; null if there are no policies."
    )
    policies: tuple[PolicySummary, ...] = Field(description="All policies in force.")


class Target(_Reply):
    """A protected category that the text speaks of."""

    category: str = Field(description=f"One of {CATEGORIES}.")
    score: float = Field(ge=0, le=1, description="Calibrated probability.")


class Mechanism(_Reply):
    """A way in which the text dehumanizes."""

    mechanism: str = Field(description=f"One of {MECHANISMS}.")
    score: float = Field(ge=0, le=1, description="Calibrated probability.")


class Span(_Reply):
    """Words of the text that carried the score: `text[begin:end]` in the unit of `offsets`."""

    begin: int = Field(ge=0, description="Offset of the first character, from 0.")
    end: int = Field(ge=0, description="Offset after the last character.")
    score: float = Field(
        ge=0,
        le=1,
        description="Probability that an annotator would mark them, averaged over the words.",
    )


class LanguageInfo(_Reply):
    """The language that the post counts as, and what is known of the model in it."""

    code: str = Field(description="The language: ISO 639-1 where there is one.")
    probability: float | None = Field(
        default=None,
        ge=0,
        le=1,
        description="How likely the language is; absent where it was given, or no letters tell.",
    )
    is_sure: bool = Field(
        description="Whether it was given, or is likely enough to be believed. A post of unsure "
        "language is read by the first model, as in the likeliest of its languages."
    )
    is_served: bool = Field(
        description="False if the post is surely in a language that no served model knows."
    )
    measured: dict[str, bool] = Field(
        description="Each label, and whether its quality was measured on posts in this language."
    )


class Flags(_Reply):
    """What to know when reading the scores."""

    windows: int = Field(
        ge=0,
        description="Runs of the model; over 1, the text was scored in overlapping windows; 0 "
        "where it was not scored, for its language.",
    )
    obfuscated: bool = Field(
        description="The text hides words from filters: look-alikes, spaced letters, and the like."
    )
    quotation: bool = Field(
        description="The words that carried the score are in quotation marks, among other words."
    )
    stage: Literal["student", "base"] | None = Field(
        default=None,
        description="Which model of a cascade answered: the student, which settles what is plainly "
        "harmless, or the base, which reads the rest. Absent where one model answers all.",
    )


class ClauseReply(_Reply):
    """A clause of the platform's rules."""

    id: str = Field(description="ID of the clause in the policy.")
    title: str = Field(description="Title of the clause.")
    url: str = Field(description="Web page with its text; empty if there is none.")


class PolicyInfo(_Reply):
    """A policy, and the version of its file."""

    id: str = Field(description="ID of the policy, as requests give it in `policy`.")
    version: str = Field(description="Version of the policy, from its file.")
    sha256: str = Field(description="SHA-256 of its file.")


class DecisionReply(_Reply):
    """What the policy decides about the post, and why."""

    id: str | None = Field(default=None, description="ID of its record, if decisions are recorded.")
    band: Literal["allow", "review", "act"] = Field(
        description="Do nothing; needs human review; or take the action at once."
    )
    action: str | None = Field(
        default=None, description="Suggested action for a post that breaks the rule."
    )
    rule: str | None = Field(
        default=None,
        description="The rule that decided; for an allowed post, the rule that comes closest.",
    )
    clause: ClauseReply | None = Field(
        default=None, description="The clause that the rule enforces."
    )
    label: str | None = Field(default=None, description="Label whose score decided.")
    score: float | None = Field(default=None, description="Score of that label.")
    threshold: float | None = Field(
        default=None, description="Threshold of the rule; a score that reaches it breaks the rule."
    )
    distance: float | None = Field(
        default=None, description="Score minus threshold; negative for an allowed post."
    )
    otherwise: Literal["allow", "review", "act"] = Field(
        description="The band if the score were on the other side of the threshold."
    )
    category: str | None = Field(
        default=None,
        description="Likeliest category of the rule that reaches its threshold.",
    )
    mechanism: str | None = Field(
        default=None,
        description="Likeliest mechanism of the rule that reaches its threshold.",
    )
    spans: list[Span] | None = Field(
        default=None,
        description="The words that carried the score, for labels that have them.",
    )
    exemption: str | None = Field(
        default=None, description="Why it needs human review although the rule would act."
    )
    reason: str = Field(description="The decision in a sentence, without the words of the post.")
    policy: PolicyInfo = Field(description="The policy that decided.")


class Reply(_Reply):
    """The scores of one post."""

    id: str | None = Field(default=None, description="ID that was sent with the post.")
    language: LanguageInfo | None = Field(
        default=None, description="The language of the post. Services up to 1.0.0 leave it out."
    )
    model: ModelInfo = Field(description="The model that answered.")
    scores: dict[str, float] = Field(
        description=f"Calibrated probability of each label: {LABELS}. Empty where the language is "
        "not served and such posts are passed."
    )
    targets: list[Target] = Field(
        description="Protected categories that reach their threshold, likeliest first."
    )
    mechanisms: list[Mechanism] = Field(
        description="Mechanisms that reach their threshold, likeliest first."
    )
    spans: list[Span] = Field(
        description="Words that carried the score, in order; empty if none stands out."
    )
    offsets: Literal["code_points"] = Field(
        description="What begin and end count: Unicode code points of the text as it was sent."
    )
    flags: Flags = Field(description="How the scores were obtained.")
    decision: DecisionReply | None = Field(
        default=None,
        description="What the policy decides; null if there is no policy, or the language is not "
        "served.",
    )


class Problem(_Reply):
    """Why a request or a post was refused."""

    code: str = Field(description="Error code, for programs.")
    message: str = Field(description="What is wrong and what to do, for people.")


class ErrorReply(_Reply):
    """The body of an answer that is not 2xx, and the place of a bad post among others.

    Perspective's and OpenAI's paths have the bodies of those.
    """

    id: str | None = Field(
        default=None, description="ID that was sent with the post, if the error is about one."
    )
    error: Problem = Field(description="What went wrong.")


class BatchReply(_Reply):
    """One result for each post, in the order of the posts."""

    results: list[Reply | ErrorReply] = Field(description="One result for each post.")


class KeyReply(_Reply):
    """The API key of the request; all null if the service has no keys."""

    id: str | None = Field(description="ID of the key; reveals nothing about the key itself.")
    name: str | None = Field(description="Name that was given to `upstander keys create`.")
    role: Literal["score", "review", "admin"] | None = Field(
        description="`score` may score, `review` look at decisions and review them, `admin` use "
        "the admin routes; none of them anything else."
    )
