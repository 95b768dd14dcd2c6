"""Every setting of the service: one declaration gives its name, variable, default and help."""

import os
from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.shipped import DEFAULT_BUNDLE

Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Settings from flags of `upstander serve`, else variables, else the defaults here."""

    model_config = SettingsConfigDict(env_prefix="UPSTANDER_", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    bundle: Path = Field(DEFAULT_BUNDLE, description="Folder of the model bundle to serve.")
    threads: int = Field(0, ge=0, description="Scoring threads; 0 takes one a core.")
    max_in_flight: Count = Field(
        256, description="Requests admitted at a time; more get 429 at once."
    )
    max_text_bytes: Count = Field(20_480, description="Longest text, in bytes of UTF-8.")
    max_body_bytes: Count = Field(8 * 1024 * 1024, description="Longest request body, in bytes.")
    max_batch: Count = Field(256, description="Most posts in one batch request.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line that is written."
    )

    @property
    def scoring_threads(self) -> int:
        """`threads`, with 0 resolved to the cores that this process may use."""
        return self.threads or len(os.sched_getaffinity(0))
