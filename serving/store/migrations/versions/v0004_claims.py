"""Claims of reviewers, and which reviews are second looks."""

import sqlalchemy as sa
from alembic import op

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "claims",
        sa.Column("decision_id", sa.String(32), primary_key=True),
        sa.Column("claimant", sa.String(64), nullable=False),
        sa.Column("key_id", sa.String(16)),
        sa.Column("until", sa.DateTime, nullable=False),
    )
    op.add_column(
        "reviews",
        sa.Column("second_look", sa.Boolean, nullable=False, server_default=sa.false()),
    )


def downgrade() -> None:
    """Undo."""
    op.drop_column("reviews", "second_look")
    op.drop_table("claims")
