"""The tables. `migrations/` leads to exactly these; a test compares."""

from typing import Final

from sqlalchemy import JSON, BigInteger, Column, DateTime, Integer, MetaData, String, Table, Text

METADATA: Final = MetaData()

_ID: Final = BigInteger().with_variant(Integer, "sqlite")  # which counts up in no other type

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
)
"""What `comments:suggestscore` was sent.

received: in UTC. key_id: of the API key that sent it, None where the service is open.
attribute_scores, context: as in the request, in camelCase.
"""
