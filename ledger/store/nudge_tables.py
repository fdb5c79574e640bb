"""The table of what was decided at the ledger past an item's workflow, and which its workflow is to be told of."""

from sqlalchemy import Column, Index, Text, text
from sqlmodel import Field, SQLModel

WAITING = "handed_at IS NULL"
"""The nudges that wait. A question that says it in these very words is answered from their index."""


class Nudge(SQLModel, table=True):
    """One command that was decided at the ledger while its item's workflow did not answer, or since the item needs
    none. Written in the transaction of its entries, kept when its workflow has been told: `handed_at`.

    `seq`: the item's last entry then; who knows so many has been told. `away`: the engine did not answer. `refusal`: of
    a command that was not carried out, canonical JSON of code and fields, so that nothing of it stands later either;
    empty where its entries stand.
    """

    __table_args__ = (
        Index("ix_nudge_waiting", "stream", "at", sqlite_where=text(WAITING), postgresql_where=text(WAITING)),
    )

    stream: str = Field(primary_key=True)
    command: str = Field(primary_key=True)
    seq: int
    at: str
    away: bool
    refusal: str = Field(default="", sa_column=Column(Text, nullable=False))
    handed_at: str | None = None
