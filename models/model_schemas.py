"""Response schemas about the served model, shared by the service and the client.

As `models/schemas.py`, it imports nothing of the service or the model.
"""

from typing import Any, Literal

from pydantic import BaseModel, ConfigDict, Field
from pydantic.alias_generators import to_camel


class _Reply(BaseModel):
    model_config = ConfigDict(frozen=True)


class ServedLanguage(_Reply):
    """A language that is served."""

    code: str = Field(description="ISO 639-1 where there is one.")
    model: str = Field(description="Name of the bundle that reads posts in it.")
    version: str = Field(description="Version of that bundle.")
    measured: list[str] = Field(description="Labels whose quality was measured in it.")


class Served(_Reply):
    """The bundle that is served: its manifest, its checksum and how well it reproduces itself."""

    sha256: str = Field(description="Of the bundle's SHA256SUMS, and so of every byte of it.")
    golden_difference: float = Field(
        description="Largest difference from a golden score on this machine."
    )
    manifest: dict[str, Any] = Field(
        description="As it stands in the bundle; of a cascade that of its base, under its own name."
    )
    cascade: dict[str, Any] | None = Field(
        default=None,
        description="cascade.json as it stands in the bundle: which two models, and the bounds. "
        "Null where one model answers all.",
    )
    languages: list[ServedLanguage] = Field(
        default=[], description="Languages that are served, those of this bundle first."
    )
    unserved_language: Literal["refuse", "pass", "decide"] = Field(
        default="refuse",
        description="What is done with a post that is surely in another language: refused, passed "
        "without scores, or decided all the same.",
    )


class LanguageReply(_Reply):
    """The language of a text."""

    languages: list[str] = Field(
        description="What it may be written in, the likeliest first: ISO 639-1 where there is one."
    )
    detected: str | None = Field(description="The language, if that is sure enough; else null.")
    is_supported: bool = Field(
        description="False if the text is surely in a language that no served model knows."
    )


class _Card(_Reply):
    model_config = ConfigDict(alias_generator=to_camel, validate_by_name=True)


class CardField(_Card):
    """One thing that the card says."""

    label: str = Field(description="Of what.")
    value: str = Field(description="What it says, in words.")


class CardSection(_Card):
    """What the card says of one matter."""

    id: str = Field(description="ID of the section, for programs.")
    title: str = Field(description="Title of the section.")
    fields: tuple[CardField, ...] = Field(description="In their order.")
    subsections: tuple["CardSection", ...] | None = Field(
        default=None, description="Of the same form."
    )


class ModelCard(_Card):
    """The model card, in the shape that ROOST's Coop requires of a signal."""

    model_name: str = Field(description="Of the bundle.")
    version: str = Field(description="Of the bundle.")
    release_date: str = Field(description="When the bundle was made, YYYY-MM-DD in UTC.")
    sections: tuple[CardSection, ...] = Field(description="The seven that Coop requires.")
