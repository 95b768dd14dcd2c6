"""Reviews without a reason, and the code of a chosen one."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    with op.batch_alter_table("reviews") as table:
        table.alter_column("reason", existing_type=sa.Text(), nullable=True)
        table.add_column(sa.Column("reason_code", sa.String(24)))
    # Words of the console and of `upstander records erase`, and of no reviewer.
    op.execute("UPDATE reviews SET reason = NULL WHERE reason IN ('no reason given', '[erased]')")


def downgrade() -> None:
    """Undo."""
    op.execute(
        "UPDATE reviews SET reason = CASE WHEN reason_code IS NULL THEN coalesce(reason, '') "
        "WHEN reason IS NULL THEN reason_code ELSE reason_code || ': ' || reason END"
    )
    with op.batch_alter_table("reviews") as table:
        table.drop_column("reason_code")
        table.alter_column("reason", existing_type=sa.Text(), nullable=False)
