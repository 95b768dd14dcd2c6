"""Suggestions that are bounded and purged by age, and what a store knows of itself."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "properties",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("value", sa.LargeBinary, nullable=False),
    )
    op.drop_index("ix_suggestions_client_token", "suggestions")
    op.add_column("suggestions", sa.Column("decision_id", sa.String(32)))
    op.add_column("suggestions", sa.Column("bytes", sa.Integer, nullable=False, server_default="0"))
    op.execute(
        "UPDATE suggestions SET decision_id = substr(client_token, 8) "
        "WHERE client_token LIKE 'review:%' "
        "AND substr(client_token, 8) IN (SELECT decision_id FROM reviews)"
    )
    size = _SIZES[op.get_bind().dialect.name]
    columns = "text", "attribute_scores", "context"
    sizes = (f"coalesce({size.format(column)}, 0)" for column in columns)
    op.execute(f"UPDATE suggestions SET bytes = {' + '.join(sizes)}")  # noqa: S608
    op.create_index("ix_suggestions_decision_id", "suggestions", ["decision_id"])
    op.create_index("suggestions_by_time", "suggestions", ["received", "bytes"])


_SIZES = {"sqlite": "length(CAST({} AS BLOB))", "postgresql": "octet_length({}::text)"}


def downgrade() -> None:
    """Undo."""
    op.drop_index("suggestions_by_time", "suggestions")
    op.drop_index("ix_suggestions_decision_id", "suggestions")
    op.drop_column("suggestions", "bytes")
    op.drop_column("suggestions", "decision_id")
    op.create_index("ix_suggestions_client_token", "suggestions", ["client_token"])
    op.drop_table("properties")
