"""Run by Alembic. The connection, its transaction and its lock belong to ``storage.metadata_migrations``."""

from alembic import context

from storage.metadata_tables import metadata

connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=metadata, transactional_ddl=False)
context.run_migrations()
