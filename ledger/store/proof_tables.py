"""The tables of what proves the ledger: who it is, its keys, its checkpoints, the nodes of its tree."""

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel


class LedgerIdentity(SQLModel, table=True):
    """Which ledger this is (a UUID), and by which algorithm it hashes. One row, written when the ledger is made."""

    __tablename__ = "ledger_identity"

    id: str = Field(primary_key=True)
    algorithm: str
    created_at: str


class CheckpointRow(SQLModel, table=True):
    """A seal over the first `size` entries: its `body` (canonical JSON) and the signature by the key `key`."""

    __tablename__ = "checkpoint"

    number: int = Field(primary_key=True)
    size: int = Field(index=True)
    key: str
    body: str = Field(sa_column=Column(Text, nullable=False))
    signature: str


class SealKey(SQLModel, table=True):
    """A public key that seals: its `statement` (canonical JSON), signed by itself and by the key before it."""

    __tablename__ = "seal_key"

    id: str = Field(primary_key=True)
    n: int = Field(unique=True)
    statement: str = Field(sa_column=Column(Text, nullable=False))
    signature: str
    endorsement: str


class TreeNode(SQLModel, table=True):
    """The root of the n-th complete subtree of 2^level leaves; levels 8, 16, 24. A memory: entries are the truth."""

    __tablename__ = "tree_node"

    level: int = Field(primary_key=True)
    n: int = Field(primary_key=True)
    hash: str
