"""Base class of manifest models: frozen, described, and without unknown fields."""

from typing import Annotated, Final

from pydantic import BaseModel, ConfigDict, Field

Probability = Annotated[float, Field(ge=0, le=1)]

NAME: Final = r"^[a-z0-9]+(-[a-z0-9]+)*$"
VERSION: Final = r"^\d+\.\d+\.\d+$"

Name = Annotated[str, Field(pattern=NAME, max_length=100)]
"""Of a bundle: also that of a folder."""
Version = Annotated[str, Field(pattern=VERSION, max_length=32)]
"""Of a bundle, and of a folder too."""

Sha256 = Annotated[str, Field(pattern=r"^[0-9a-f]{64}$")]


class Strict(BaseModel):
    """Values of the declared types only."""

    model_config = ConfigDict(
        extra="forbid", frozen=True, allow_inf_nan=False, use_attribute_docstrings=True
    )
