"""Tables of what stands beside the ledger for a while: forms filled in by half, and names on their way to an entry."""

from sqlalchemy import Column, Text
from sqlmodel import Field, SQLModel


class Unfinished(SQLModel, table=True):
    """What somebody has filled in of a step's form so far, for one command: no fact, so it stands in no entry.
    `answers`: JSON of fields to texts, as they were written."""

    no: str = Field(primary_key=True)
    person: str = Field(primary_key=True)
    command: str = Field(primary_key=True)
    step: str
    at: str
    answers: str = Field(sa_column=Column(Text, nullable=False))


class NameAside(SQLModel, table=True):
    """A name that somebody has answered and no entry holds yet: it moves to `erasable` with the entry, in one
    transaction. `cause`: the item and the command that brought it."""

    __tablename__ = "name_aside"

    ref: str = Field(primary_key=True)
    salt: str
    value: str = Field(sa_column=Column(Text, nullable=False))
    cause: str = Field(index=True)
    at: str
