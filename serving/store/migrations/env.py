"""What Alembic runs: the migrations, on the connection that `serving/store/database.py` gives."""

from alembic import context

from upstander.serving.store.tables import METADATA

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=METADATA,
    render_as_batch=True,  # SQLite alters a table by making another
)
with context.begin_transaction():
    context.run_migrations()
