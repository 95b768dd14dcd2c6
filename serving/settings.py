"""Every setting of the service: one declaration gives its name, variable, default and help."""

from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType
from typing import Annotated, Final, Literal

from pydantic import AfterValidator, Field
from pydantic_settings import BaseSettings, SettingsConfigDict

from upstander.models.cores import usable_cores
from upstander.models.shipped import DEFAULT_BUNDLE, DEFAULT_POLICY, SHIPPED_POLICIES, find_bundle

DEFAULT_STORE: Final = "sqlite:///upstander.db"

Count = Annotated[int, Field(ge=1)]
BundlePath = Annotated[Path, AfterValidator(find_bundle)]

UnservedLanguage = Literal["refuse", "pass", "decide"]
"""What becomes of a post that is surely in a language that no served bundle knows."""


class Settings(BaseSettings):
    """Settings from flags of `upstander serve`, else variables, else the defaults here."""

    model_config = SettingsConfigDict(env_prefix="UPSTANDER_", extra="ignore", frozen=True)

    host: str = Field("127.0.0.1", description="Address to listen on.")
    port: int = Field(8000, ge=0, le=65535, description="Port to listen on; 0 picks a free one.")
    workers: Count = Field(1, description="Server processes; each has its own scoring threads.")
    public_url: str = Field(
        "", description="Address that clients use, if a proxy changes it: https://.../"
    )
    no_console: bool = Field(False, description="Serve no console at /, only the APIs.")
    drain_timeout: Count = Field(
        10, description="Seconds that admitted requests may take to finish after a signal to stop."
    )
    bundle: BundlePath = Field(
        DEFAULT_BUNDLE,
        description="Model bundle to serve: its folder, or the name of a shipped one.",
    )
    languages_bundle: BundlePath | None = Field(
        None,
        description="Second bundle, which answers posts that are surely in a language that the "
        "first does not serve.",
    )
    unserved_language: UnservedLanguage = Field(
        "refuse",
        description="What to do with a post that is surely in a language that is not served: "
        "refuse; pass it without scores or a decision; or decide all the same, and say so.",
    )
    assume_language: str = Field(
        "",
        pattern=r"^([a-z]{2,3})?$",
        description="Language of every post that names none, as a code of ISO 639; empty to "
        "identify it.",
    )
    threads: int = Field(
        0, ge=0, description="Scoring threads in each process; 0 means one per core."
    )
    attribute_aliases: str = Field(
        "",
        description="Perspective attributes that the score of another label stands in for: "
        "NAME=label,...",
    )
    shadow: BundlePath | None = Field(
        None,
        description="Folder of a second bundle that scores a share of the texts and never answers.",
    )
    shadow_share: float = Field(
        0.05, ge=0, le=1, description="Share of the texts that the shadow bundle scores."
    )
    shadow_report: Path | None = Field(
        None,
        description="JSON Lines file for the texts on which the shadow bundle decides differently.",
    )
    self_test_interval: float = Field(
        5.0, gt=0, description="Seconds between two self-tests, each of which scores a text."
    )
    worker_timeout: float = Field(
        30.0, gt=0, description="Seconds on one text after which a scoring thread is replaced."
    )
    policies: Path = Field(
        SHIPPED_POLICIES, description="Folder of policy files; a changed file is reloaded."
    )
    policy: str = Field(
        DEFAULT_POLICY,
        description="ID of the policy that decides where a request names none; empty for no "
        "decisions.",
    )
    keys: Path | None = Field(
        None,
        description="File of API keys, made by 'upstander keys'; without one, access is "
        "unauthenticated.",
    )
    insecure: bool = Field(
        False, description="Listen on addresses other than loopback without API keys."
    )
    cors_origin: str = Field(
        "", description="Origins whose pages may call the API from a browser, separated by commas."
    )
    allowed_hosts: str = Field(
        "",
        description="Host names under which a service without API keys accepts posts, "
        "separated by commas, besides IP addresses, names without a dot and the "
        "host of --public-url; * for any.",
    )
    require_signature: bool = Field(
        False, description="Serve only bundles that a trusted key has signed."
    )
    signature_keys: Path | None = Field(
        None,
        description="File of minisign public keys that are trusted for bundles, in place of "
        "the key of this project.",
    )
    store: str = Field(
        DEFAULT_STORE,
        description="Database for suggested scores and records: sqlite:///FILE, or "
        "postgresql://USER:PASSWORD@HOST/NAME with the extra; empty to store "
        "nothing.",
    )
    record: Literal["off", "decisions", "texts"] = Field(
        "off",
        description="What is recorded of decisions: off, decisions, or texts (decisions with "
        "their texts).",
    )
    record_lost: Literal["answer", "refuse"] = Field(
        "answer",
        description="What to do if a decision cannot be recorded: answer anyway, or refuse, "
        "which waits until each record is on disk.",
    )
    record_days: int = Field(
        0, ge=0, description="Days after which records are deleted; 0 for never."
    )
    review_twice: float = Field(
        0.0,
        ge=0,
        le=1,
        description="Share of the review queue that two people review, each with their own "
        "key, to measure how often reviewers agree; 0 for none.",
    )
    salt_file: Path | None = Field(
        None,
        description="File of the salt for the hashes of recorded texts, created if missing; "
        "if not set, FILE.salt of sqlite:///FILE, else upstander.salt.",
    )
    suggestion_days: int = Field(
        0, ge=0, description="Days after which suggested scores are deleted; 0 for never."
    )
    max_suggestion_bytes: Count = Field(
        256 * 1024, description="Maximum size of a suggestion with its context, in bytes."
    )
    max_suggestions_bytes: int = Field(
        1024**3,
        ge=0,
        description="Maximum size of all suggestions in the store, in bytes; 0 for no limit.",
    )
    request_timeout: float = Field(
        10.0, gt=0, description="Seconds that scoring a text may take; a request can allow less."
    )
    max_in_flight: int = Field(
        0,
        ge=0,
        description="Permits for texts, per process: one for every 16 windows of a text, "
        "shared fairly between keys; beyond them, 429 at once. 0 means 32 per "
        "thread.",
    )
    max_connections: int = Field(
        0,
        ge=0,
        description="Maximum number of open connections, per process; 0 means what the limit "
        "of open files allows, at most 4096.",
    )
    max_streams: Count = Field(
        64, description="Maximum number of open streams, per process, shared fairly between keys."
    )
    idle_timeout: float = Field(
        30.0,
        gt=0,
        description="Seconds that a stream may stay without a post, and any client without "
        "reading its response.",
    )
    max_text_bytes: Count = Field(
        20_480, description="Maximum length of a text, in bytes of UTF-8."
    )
    max_body_bytes: Count = Field(
        8 * 1024 * 1024, description="Maximum size of a request body, in bytes."
    )
    max_windows: Count = Field(
        512, description="Maximum number of model windows of a text; a longer one gets 413."
    )
    max_batch: Count = Field(256, description="Maximum number of posts in a batch request.")
    cache_size: int = Field(
        4096, ge=0, description="Texts whose scores are cached, per process; 0 for no cache."
    )
    cache_bytes: int = Field(
        64 * 1024 * 1024,
        ge=0,
        description="Maximum memory of the cache, per process, in bytes; 0 for no cache.",
    )
    limits_store: str = Field(
        "memory://",
        description="Where the requests of each key are counted: memory:// or redis://...",
    )
    log_level: Literal["debug", "info", "warning", "error"] = Field(
        "info", description="Lowest level that is logged."
    )
    log_format: Literal["text", "json"] = Field(
        "text", description="Format of the log lines: text or json."
    )
    tracing: bool = Field(False, description="Send traces to OpenTelemetry; needs the extra.")

    @property
    def scoring_threads(self) -> int:
        """`threads`, with 0 resolved to the cores that this process may use."""
        return self.threads or usable_cores()

    @property
    def permits(self) -> int:
        """`max_in_flight`, with 0 resolved: about a quarter of a second of waiting."""
        return self.max_in_flight or 32 * self.scoring_threads


RENAMED: Final[Mapping[str, str]] = MappingProxyType(
    {"canary_interval": "self_test_interval", "stuck_after": "worker_timeout"}
)
"""Names of settings in 1.0.0, which still work, to their names now."""

_GROUPS: Final = {
    "host": "Listen",
    "bundle": "Model",
    "policies": "Policy",
    "keys": "Security",
    "store": "Records",
    "request_timeout": "Limits",
    "log_level": "Observability",
}
"""The first setting of each group to its name."""


def settings_by_group() -> dict[str, list[str]]:
    """The names of all settings by group, in the order in which help and docs show them."""
    groups: dict[str, list[str]] = {}
    group = ""
    for name in Settings.model_fields:
        group = _GROUPS.get(name, group)
        groups.setdefault(group, []).append(name)
    return groups
