"""Alembic's entry: runs the steps on the connection it is given, inside the caller's transaction."""

from alembic import context
from sqlmodel import SQLModel

from ledger import tables

assert tables.Entry.metadata is SQLModel.metadata
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()
