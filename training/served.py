"""The languages that a recipe declares."""

from collections.abc import Collection, Mapping, Sequence
from typing import Annotated

from pydantic import Field

from upstander.models.languages import CODE, Language, check_languages, only_english
from upstander.models.manifest import Output
from upstander.training.base_choice import Strict
from upstander.training.errors import RecipeError

Code = Annotated[str, Field(pattern=CODE)]


class Served(Strict):
    """A table of a recipe, such as `[languages.de]`.

    measured: labels whose quality the evaluation measures on test rows in the language.
    """

    measured: tuple[str, ...] = ()


def refuse_unknown(
    languages: Mapping[str, Served],
    labels: Collection[str],
    points: Sequence[str],
    sources: Collection[str],
) -> None:
    """Raise RecipeError for a language of which something is said that cannot be.

    points: sources whose rows are the ordinary posts of their languages. sources: those in use.
    """
    if missing := sorted(set(points) - set(sources)):
        raise RecipeError(f"points.languages: {missing[0]} is not among the sources that are used")
    try:
        if languages:
            check_languages(_as_told(languages), labels)
    except ValueError as error:
        raise RecipeError(f"languages: {error}") from error


def languages_of(languages: Mapping[str, Served], labels: Sequence[Output]) -> tuple[Language, ...]:
    """Those of the manifest. A recipe that names none serves English, with every label."""
    return _as_told(languages) or only_english({"labels": labels})


def _as_told(languages: Mapping[str, Served]) -> tuple[Language, ...]:
    return tuple(
        Language(code=code, measured=own.measured) for code, own in sorted(languages.items())
    )
