"""The model card as programs read it: the shape that ROOST's Coop requires of a signal.

It is written by training beside the same card as Markdown, and served at `GET /v1/model-card`.
"""

from typing import Annotated, Final, Self

from pydantic import BaseModel, ConfigDict, Field, StringConstraints, model_validator
from pydantic.alias_generators import to_camel

SECTIONS: Final = {
    "trainingData": "Training data",
    "policyAndTaxonomy": "Policy and taxonomy",
    "annotationMethodology": "Annotation methodology",
    "performanceBenchmarks": "Performance benchmarks",
    "biasAndLimitations": "Bias and limitations",
    "implementationGuidance": "Implementation guidance",
    "relevantLinks": "Relevant links",
}
"""Ids that a card must have, in this order, and their titles."""

Words = Annotated[str, StringConstraints(min_length=1, strip_whitespace=True)]


class _Part(BaseModel):
    model_config = ConfigDict(
        extra="forbid", frozen=True, alias_generator=to_camel, validate_by_name=True
    )


class CardField(_Part):
    """One thing that the card says."""

    label: Words
    value: Words


class CardSection(_Part):
    """What the card says of one matter; never nothing."""

    id: Words
    title: Words
    fields: tuple[CardField, ...]
    subsections: tuple["CardSection", ...] | None = None

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.fields and not self.subsections:
            raise ValueError(f"section {self.id} is empty")
        return self


class ModelCard(_Part):
    """The whole card. release_date: when the bundle was made, YYYY-MM-DD in UTC."""

    model_name: Words
    version: Words
    release_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    sections: tuple[CardSection, ...]

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        found = [section.id for section in self.sections]
        if found != list(SECTIONS):
            raise ValueError(f"sections are {', '.join(SECTIONS)}, in this order")
        return self
