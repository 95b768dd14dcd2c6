"""The tables. `migrations/` leads to exactly these; a test compares."""

from typing import Final

from sqlalchemy import (
    JSON,
    BigInteger,
    Boolean,
    Column,
    DateTime,
    Float,
    Index,
    Integer,
    LargeBinary,
    MetaData,
    String,
    Table,
    Text,
    false,
)

METADATA: Final = MetaData()

_ID: Final = BigInteger().with_variant(Integer, "sqlite")  # which counts up in no other type

SECRETS: Final = Table(
    "secrets",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""salt: of the hashes of texts, in a store of an earlier version; `salt.py` takes it out."""

PROPERTIES: Final = Table(
    "properties",
    METADATA,
    Column("name", String(32), primary_key=True),
    Column("value", LargeBinary, nullable=False),
)
"""What the store knows of itself.

salt_check: by which the salt of its hashes is told from others, and cannot be found. probe: when
the service last tried whether rows can be kept, in UTC.
"""

POLICIES: Final = Table(
    "policies",
    METADATA,
    Column("sha256", String(64), primary_key=True),
    Column("document", LargeBinary, nullable=False),
)
"""Every policy that decided, byte for byte, so that its decisions can be replayed."""

DECISIONS: Final = Table(
    "decisions",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("decision_id", String(32), nullable=False, unique=True),
    Column("decided", DateTime, nullable=False),
    Column("post_id", Text),
    Column("key_id", String(16)),
    Column("community_id", Text),
    Column("text_hash", String(64), nullable=False),
    Column("text", Text),
    Column("scores", JSON, nullable=False),
    Column("targets", JSON, nullable=False),
    Column("mechanisms", JSON, nullable=False),
    Column("spans", JSON, nullable=False),
    Column("flags", JSON, nullable=False),
    Column("band", String(8), nullable=False),
    Column("decision", JSON, nullable=False),
    Column("distance", Float),
    Column("model_name", String(100), nullable=False),
    Column("model_version", String(32), nullable=False),
    Column("model_sha256", String(64), nullable=False),
    Column("policy_id", String(64), nullable=False),
    Column("policy_version", String(32), nullable=False),
    Column("policy_sha256", String(64), nullable=False),
    Column("reviewed", Boolean, nullable=False),
    Index("decisions_by_time", "decided"),
    Index("decisions_by_policy", "policy_sha256"),
    Index("decisions_for_review", "reviewed", "band", "distance", "id"),
)
"""What was decided of a post.

decision_id: as in the reply. decided: in UTC. text_hash: HMAC-SHA256 of the text, in UTF-8, under
the salt of the store. text: None unless texts are recorded. distance: how far the score is from the
threshold, without its sign.
"""

REVIEWS: Final = Table(
    "reviews",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("reviewed", DateTime, nullable=False),
    Column("decision_id", String(32), nullable=False, index=True),
    Column("key_id", String(16)),
    Column("outcome", String(10), nullable=False),
    Column("reason", Text),
    Column("reason_code", String(24)),
    Column("labels", JSON, nullable=False),
    Column("second_look", Boolean, nullable=False, server_default=false()),
)
"""What people said of a decision.

reason: in their words. reason_code: of a reason that was chosen. Both are null where none is given.
labels: label to whether it holds, where they said so. second_look: the second of two reviews that
were made without knowledge of each other.
"""

CLAIMS: Final = Table(
    "claims",
    METADATA,
    Column("decision_id", String(32), primary_key=True),
    Column("claimant", String(64), nullable=False),
    Column("key_id", String(16)),
    Column("until", DateTime, nullable=False),
)
"""Decisions that a reviewer looks at now. claimant: a random name of their page. until: in UTC."""

SUGGESTIONS: Final = Table(
    "suggestions",
    METADATA,
    Column("id", _ID, primary_key=True),
    Column("received", DateTime, nullable=False),
    Column("key_id", String(16)),
    Column("text", Text, nullable=False),
    Column("attribute_scores", JSON, nullable=False),
    Column("context", JSON(none_as_null=True)),
    Column("languages", JSON, nullable=False),
    Column("detected_languages", JSON, nullable=False),
    Column("client_token", Text),
    Column("session_id", Text),
    Column("community_id", Text),
    Column("decision_id", String(32), index=True),
    Column("bytes", Integer, nullable=False, server_default="0"),
    Index("suggestions_by_time", "received", "bytes"),
)
"""What `comments:suggestscore` was sent, and what reviews said.

received: in UTC. key_id: of the API key that sent it, None where the service is open.
attribute_scores, context: as in the request, in camelCase. decision_id: of the decision whose
review it was. bytes: about what it takes. No column that a client fills without a bound is indexed:
PostgreSQL takes 2,700 bytes in an index.
"""
