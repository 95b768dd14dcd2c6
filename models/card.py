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
        extra="forbid",
        frozen=True,
        alias_generator=to_camel,
        validate_by_name=True,
        use_attribute_docstrings=True,
    )


class CardField(_Part):
    """One thing that the card says."""

    label: Words
    """What it is about."""
    value: Words
    """What the card says, as plain text."""


class CardSection(_Part):
    """What the card says of one matter; never nothing."""

    id: Words
    """Name of the section for programs."""
    title: Words
    """Name of the section for people."""
    fields: tuple[CardField, ...]
    """What it says itself."""
    subsections: tuple["CardSection", ...] | None = None
    """Its parts. A section has fields, or subsections, or both."""

    @model_validator(mode="after")
    def _says_something(self) -> Self:
        if not self.fields and not self.subsections:
            raise ValueError(f"section {self.id} is empty")
        return self


class CardFile(_Part):
    """card.json of a bundle: the whole card."""

    model_name: Words
    """Name of the model, as in the manifest."""
    version: Words
    """Version of the model, as in the manifest."""
    release_date: Annotated[str, Field(pattern=r"^\d{4}-\d{2}-\d{2}$")]
    """When the bundle was made, YYYY-MM-DD in UTC."""
    sections: tuple[CardSection, ...]
    """The sections that Coop asks for, in its order.

    Their ids are trainingData, policyAndTaxonomy, annotationMethodology, performanceBenchmarks,
    biasAndLimitations, implementationGuidance and relevantLinks.
    """

    @model_validator(mode="after")
    def _is_complete(self) -> Self:
        found = [section.id for section in self.sections]
        if found != list(SECTIONS):
            raise ValueError(f"sections are {', '.join(SECTIONS)}, in this order")
        return self
