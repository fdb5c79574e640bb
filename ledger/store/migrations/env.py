"""Alembic's entry: runs the steps on the connection it is given, inside the caller's transaction."""

from alembic import context
from sqlmodel import SQLModel

from ledger.store import account_tables, aside_tables, bulk_tables, proof_tables, tables

_EVERY = (
    tables.Entry,
    account_tables.Account,
    proof_tables.SealKey,
    bulk_tables.Bulk,
    aside_tables.Unfinished,
)
assert all(table.metadata is SQLModel.metadata for table in _EVERY)
connection = context.config.attributes["connection"]
context.configure(connection=connection, target_metadata=SQLModel.metadata, transactional_ddl=False)
context.run_migrations()
