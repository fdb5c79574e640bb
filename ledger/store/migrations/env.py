"""Alembic's entry: runs the steps on the connection it is given, inside the caller's transaction."""

from alembic import context
from sqlmodel import SQLModel

from ledger.store import proof_tables, tables

assert tables.Entry.metadata is proof_tables.SealKey.metadata is SQLModel.metadata
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()
