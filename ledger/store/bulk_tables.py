"""The tables of what somebody gives to many items at once: what was said, and what became of it item by item."""

from sqlalchemy import Column, Index, Text
from sqlmodel import Field, SQLModel


class Bulk(SQLModel, table=True):
    """One command of a person for many items. `said`: its fields as they were filled in, canonical JSON; `words`: how
    the items were chosen. `state`: previewed, then confirmed, through `via` and `through`, as in an entry."""

    id: str = Field(primary_key=True)
    command: str
    said: str = Field(sa_column=Column(Text, nullable=False))
    words: str = Field(default="", sa_column=Column(Text, nullable=False))
    person: str
    behalf: str = ""
    state: str = "previewed"
    previewed_at: str
    confirmed_at: str | None = None
    via: str = ""
    through: str = ""


class BulkItem(SQLModel, table=True):
    """An item that was chosen. `own`: what its command holds beside what all of them do, canonical JSON. `result`:
    empty, done or refused; `refusal`: why, canonical JSON of code and fields, foreseen while the result is empty."""

    __tablename__ = "bulk_item"
    __table_args__ = (Index("ix_bulk_item_open", "bulk", "result", "no"),)

    bulk: str = Field(primary_key=True)
    no: str = Field(primary_key=True)
    own: str = Field(sa_column=Column(Text, nullable=False))
    result: str = ""
    refusal: str = Field(default="", sa_column=Column(Text, nullable=False))
