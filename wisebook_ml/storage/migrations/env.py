"""How Alembic runs a migration: on the connection, and within the transaction, that `upgrade` gives it."""

from alembic import context

from wisebook_ml.storage.migrations import VERSION_TABLE
from wisebook_ml.storage.tables import Base

context.configure(
    connection=context.config.attributes["connection"],
    target_metadata=Base.metadata,
    version_table=VERSION_TABLE,
    # Alembic takes SQLite for unable to roll back tables, which holds for its driver's own transactions only.
    transactional_ddl=True,
)
with context.begin_transaction():
    context.run_migrations()
