"""The languages that a bundle serves, and what was measured in each."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any, Final

from pydantic import Field

from upstander.models.strict import Strict

ENGLISH: Final = "en"

CODE: Final = r"^[a-z]{2,3}$"
"""ISO 639-1, or ISO 639-3 where that has no code."""


class Language(Strict):
    """A language whose posts the bundle decides."""

    code: Annotated[str, Field(pattern=CODE)]
    """Its code: ISO 639-1, or ISO 639-3 where that has none."""
    measured: tuple[str, ...]
    """Labels whose quality was measured on test rows in this language."""


def only_english(fields: dict[str, Any]) -> tuple[Language, ...]:
    """The languages of a manifest that names none: English, with all its labels.

    fields: those of the manifest that are valid so far.
    """
    labels = tuple(label.name for label in fields.get("labels", ()))
    return (Language(code=ENGLISH, measured=labels),)


def check_languages(languages: Sequence[Language], labels: Collection[str]) -> None:
    """Raise ValueError unless there are languages, each once, with labels that the bundle has."""
    codes = [language.code for language in languages]
    if not codes:
        raise ValueError("a bundle needs at least one language")
    if len(set(codes)) != len(codes):
        raise ValueError("a language stands twice")
    for language in languages:
        if unknown := sorted(set(language.measured) - set(labels)):
            raise ValueError(
                f"the language {language.code} has measured what is no label of the bundle: "
                f"{', '.join(unknown)}"
            )
