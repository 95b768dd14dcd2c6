"""The suggestions of clients."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "suggestions",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True),
        sa.Column("received", sa.DateTime, nullable=False),
        sa.Column("key_id", sa.String(16)),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("attribute_scores", sa.JSON, nullable=False),
        sa.Column("context", sa.JSON(none_as_null=True)),
        sa.Column("languages", sa.JSON, nullable=False),
        sa.Column("detected_languages", sa.JSON, nullable=False),
        sa.Column("client_token", sa.Text),
        sa.Column("session_id", sa.Text),
        sa.Column("community_id", sa.Text),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_table("suggestions")
