"""Provenance of a model: its base model and its data sets."""

from typing import Annotated

from pydantic import Field

from upstander.models.strict import Sha256, Strict


class BaseModelRecord(Strict):
    """The encoder that was fine-tuned."""

    name: str
    """Name under which it was published."""
    licence: str
    """Its licence."""
    sha256: Sha256
    """SHA-256 of its weights, in hexadecimal."""


class SourceRecord(Strict):
    """One data set that the model was trained on."""

    name: str
    """Name of the data set, as `upstander data list` shows it."""
    upstream: str
    """Where it comes from: an address, or words if it has none."""
    licence: str
    """Its licence, or what is known of it."""
    licence_verified: bool
    """Whether the licence was read at its source."""
    citation: str
    """The work to cite."""
    rows: Annotated[int, Field(ge=0)]
    """Training rows after de-duplication and sampling."""
    files: dict[str, Sha256]
    """Each file, by its path in the data folder, and the SHA-256 of its lines."""
