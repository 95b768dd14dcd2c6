"""Every setting of the service: one declaration gives its name, variable, default and help."""

from pathlib import Path
from typing import Annotated, Final, Literal

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from models.cores import usable_cores
from models.shipped import DEFAULT_BUNDLE

DEFAULT_STORE: Final = "sqlite:///upstander.db"

SHIPPED_POLICIES: Final = Path(__file__).parent.parent / "policies"
DEFAULT_POLICY: Final = "hate"
"""Id of the shipped policy that decides where nobody names one: docs/decisions/0031."""

Count = Annotated[int, Field(ge=1)]


class Settings(BaseSettings):
    """Settings from flags of `upstander serve`, else variables, else the defaults here."""

    model_config = SettingsConfigDict(env_prefix="UPSTANDER_", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 takes a free one.")
    bundle: Path = Field(DEFAULT_BUNDLE, description="Folder of the model bundle to serve.")
    threads: int = Field(0, ge=0, description="Scoring threads; 0 takes one a core.")
    workers: Count = Field(1, description="Processes that serve; each has its own threads.")
    max_in_flight: int = Field(
        0,
        ge=0,
        description="Permits for texts, in each process, one for up to 16 windows of a text and "
        "shared fairly between keys; without one, 429 at once. 0 takes 32 a thread.",
    )
    request_timeout: float = Field(
        10.0, gt=0, description="Seconds that a text may take; a request can allow less."
    )
    cache_size: int = Field(
        4096, ge=0, description="Texts whose scores are remembered, in each process; 0 for none."
    )
    cache_bytes: int = Field(
        64 * 1024 * 1024, ge=0, description="Most memory for them, in bytes; 0 for none."
    )
    max_streams: Count = Field(
        64, description="Streams open at a time, in each process, shared fairly between keys."
    )
    idle_timeout: float = Field(
        30.0,
        gt=0,
        description="Seconds that a stream may go without a post, and any client without taking "
        "a byte of its answer.",
    )
    max_connections: int = Field(
        0,
        ge=0,
        description="Connections open at a time, in each process; 0 takes what the limit of open "
        "files leaves, and at most 4096.",
    )
    stuck_after: float = Field(
        30.0, gt=0, description="Seconds in one text after which a thread is replaced."
    )
    canary_interval: float = Field(
        5.0, gt=0, description="Seconds between two texts that the service scores to test itself."
    )
    drain_timeout: Count = Field(
        10, description="Seconds for admitted requests to end after a signal to stop."
    )
    shadow: Path | None = Field(
        None, description="Folder of a bundle that scores along and answers nobody."
    )
    shadow_share: float = Field(0.05, ge=0, le=1, description="Share of texts that it scores.")
    shadow_report: Path | None = Field(
        None, description="JSON lines file for the texts on which it decides otherwise."
    )
    require_signature: bool = Field(
        False, description="Serve no bundle that no trusted key has signed."
    )
    signature_keys: Path | None = Field(
        None,
        description="File of minisign's public keys that are trusted for bundles, in place of the "
        "key of this project.",
    )
    keys: Path | None = Field(
        None, description="File of API keys, made by 'upstander keys'; without one, all may come."
    )
    limits_store: str = Field(
        "memory://", description="Where requests of a key are counted: memory:// or redis://..."
    )
    insecure: bool = Field(
        False, description="Listen on other addresses than loopback without a file of keys."
    )
    attribute_aliases: str = Field(
        "", description="Perspective attributes that another label stands in for: NAME=label,..."
    )
    any_language: bool = Field(
        False, description="Score comments in languages that no training text is in, and say so."
    )
    public_url: str = Field(
        "", description="Address that clients use, if a proxy changes it: https://.../"
    )
    no_console: bool = Field(
        False, description="Serve no pages at /: nothing but the interfaces for programs."
    )
    policies: Path = Field(
        SHIPPED_POLICIES, description="Folder of policies; a file that changes is read again."
    )
    policy: str = Field(
        DEFAULT_POLICY,
        description="Id of the policy that decides where a request names none; empty: no policy "
        "decides.",
    )
    store: str = Field(
        DEFAULT_STORE,
        description="Where suggested scores are kept: sqlite:///FILE, or "
        "postgresql://USER:PASSWORD@HOST/NAME with the extra; nothing keeps nothing.",
    )
    record: Literal["off", "decisions", "texts"] = Field(
        "off", description="Which decisions are recorded: off, decisions, or texts with them."
    )
    record_lost: Literal["answer", "refuse"] = Field(
        "answer",
        description="What becomes of an answer whose record is lost: answer, or refuse, which "
        "waits for the disk.",
    )
    record_days: int = Field(
        0, ge=0, description="Days after which records are deleted; 0 for never."
    )
    review_twice: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of the review queue that two people review, each with a key of their "
        "own, to measure how often reviewers agree; 0 for none.",
    )
    salt_file: Path | None = Field(
        None,
        description="File of the salt under which recorded texts are hashed, made if it is not "
        "there; without one, FILE.salt of sqlite:///FILE, else upstander.salt.",
    )
    suggestion_days: int = Field(
        0, ge=0, description="Days after which suggested scores are deleted; 0 for never."
    )
    max_suggestion_bytes: Count = Field(
        256 * 1024, description="Longest suggestion with its context, in bytes."
    )
    max_suggestions_bytes: int = Field(
        1024**3,
        ge=0,
        description="Bytes that all suggestions together may take in the store; 0 for any number.",
    )
    cors_origin: str = Field("", description="Origins whose pages may call, by commas; none.")
    allowed_hosts: str = Field(
        "",
        description="Names under which a service without keys takes posts, by commas, beside "
        "addresses, names without a dot and that of --public-url; * for any.",
    )
    max_text_bytes: Count = Field(20_480, description="Longest text, in bytes of UTF-8.")
    max_body_bytes: Count = Field(8 * 1024 * 1024, description="Longest request body, in bytes.")
    max_windows: Count = Field(
        512, description="Most windows of the model in one text; one that has more gets 413."
    )
    max_batch: Count = Field(256, description="Most posts in one batch request.")
    tracing: bool = Field(False, description="Send spans to OpenTelemetry; needs the extra.")
    log_format: Literal["text", "json"] = Field("text", description="Form of the log lines.")
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Least severe log line that is written."
    )

    @property
    def scoring_threads(self) -> int:
        """`threads`, with 0 resolved to the cores that this process may use."""
        return self.threads or usable_cores()

    @property
    def permits(self) -> int:
        """`max_in_flight`, with 0 resolved: about a quarter of a second of waiting."""
        return self.max_in_flight or 32 * self.scoring_threads
