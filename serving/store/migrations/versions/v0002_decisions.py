"""Decisions, the policies that made them, and what people said of them."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_ID = sa.BigInteger().with_variant(sa.Integer, "sqlite")


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "policies",
        sa.Column("sha256", sa.String(64), primary_key=True),
        sa.Column("document", sa.LargeBinary, nullable=False),
    )
    op.create_table(
        "decisions",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("decision_id", sa.String(32), nullable=False, unique=True),
        sa.Column("decided", sa.DateTime, nullable=False),
        sa.Column("post_id", sa.Text),
        sa.Column("key_id", sa.String(16)),
        sa.Column("community_id", sa.Text),
        sa.Column("text_hash", sa.String(64), nullable=False),
        sa.Column("text", sa.Text),
        sa.Column("scores", sa.JSON, nullable=False),
        sa.Column("targets", sa.JSON, nullable=False),
        sa.Column("mechanisms", sa.JSON, nullable=False),
        sa.Column("spans", sa.JSON, nullable=False),
        sa.Column("flags", sa.JSON, nullable=False),
        sa.Column("band", sa.String(8), nullable=False),
        sa.Column("decision", sa.JSON, nullable=False),
        sa.Column("distance", sa.Float),
        sa.Column("model_name", sa.String(100), nullable=False),
        sa.Column("model_version", sa.String(32), nullable=False),
        sa.Column("model_sha256", sa.String(64), nullable=False),
        sa.Column("policy_id", sa.String(64), nullable=False),
        sa.Column("policy_version", sa.String(32), nullable=False),
        sa.Column("policy_sha256", sa.String(64), nullable=False),
        sa.Column("reviewed", sa.Boolean, nullable=False),
    )
    op.create_index("decisions_by_time", "decisions", ["decided"])
    op.create_index("decisions_by_policy", "decisions", ["policy_sha256"])
    op.create_index("decisions_for_review", "decisions", ["reviewed", "band", "distance", "id"])
    op.create_table(
        "reviews",
        sa.Column("id", _ID, primary_key=True),
        sa.Column("reviewed", sa.DateTime, nullable=False),
        sa.Column("decision_id", sa.String(32), nullable=False),
        sa.Column("key_id", sa.String(16)),
        sa.Column("outcome", sa.String(10), nullable=False),
        sa.Column("reason", sa.Text, nullable=False),
        sa.Column("labels", sa.JSON, nullable=False),
    )
    op.create_index("ix_suggestions_client_token", "suggestions", ["client_token"])
    op.create_index("ix_reviews_decision_id", "reviews", ["decision_id"])


def downgrade() -> None:
    """Undo."""
    op.drop_index("ix_suggestions_client_token", "suggestions")
    for table in ("reviews", "decisions", "policies", "secrets"):
        op.drop_table(table)
