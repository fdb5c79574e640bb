"""What a register's columns can mean: what every register has, and the fields of what its items are about. Pure.

A column of a field means `matter.` and the field's id; the others have the names of `spellings`.
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import replace

from documents.sheets.spellings import AFTER_FIELDS, AT_LAST, BEFORE_FIELDS, EXACT, SURE, UNIT_WITH_LEADER
from rules.forms.form import MATTER, PLAIN_MATTER, TITLE, AnswerKind, Form, FormField
from rules.forms.headings import FieldHeadings, MatterHeadings

GENERAL_KEYS = frozenset({"units", "lead", "co", "due"})
_ONE_OF = ("units", "lead", "co", "due", "kind")


def column_of(field: str) -> str:
    """What a column means that says the field."""
    return f"{MATTER}.{field}"


REGISTER_TITLE = "事由"
"""How a register that was exported here heads the titles of different processes."""
TITLE_COLUMN = column_of(TITLE)
CATEGORY = column_of("category")
_COLUMNS_OF_REGISTER = frozenset({CATEGORY, column_of("source")})


class Meanings:
    """The meanings of one process's registers, and how they are recognised."""

    def __init__(
        self,
        form: Form = PLAIN_MATTER,
        headings: MatterHeadings | None = None,
        kinds: Mapping[str, str] | None = None,
    ) -> None:
        """`kinds`: the ways in which the process can go, id to name. A field of which nobody said how it is headed is
        headed by its name."""
        self.kinds: Mapping[str, str] = kinds or {}
        said = headings.fields if headings else ()
        title = next(
            (one for one in said if one.field == TITLE), FieldHeadings(field=TITLE, words=(form.fields[0].name,))
        )
        title = replace(title, words=(*title.words, REGISTER_TITLE))
        headed = {one.field: one for one in said} | {TITLE: title}
        unsaid = tuple(FieldHeadings(field=f.id) for f in form.fields if f.id not in headed)
        others = tuple(
            replace(one, words=tuple(dict.fromkeys((*one.words, f.name))))
            for one in (*said, *unsaid)
            if one.field != TITLE and (f := form.field(one.field))
        )
        self.form = form
        self.fields: tuple[FormField, ...] = tuple(f for one in others if (f := form.field(one.field)))
        """Those that a register says, but for the title."""
        self.exact: Mapping[str, tuple[str, ...]] = EXACT | {
            column_of(one.field): one.words for one in (*others, title)
        }
        self.otherwise = title.otherwise
        self.words = {word.lower(): name for name, words in self.exact.items() for word in words}
        self._contains = tuple((name, re.compile(pattern)) for name, pattern in _contains(others, title))
        self._sure = SURE | {column_of(one.field): one.sure for one in others if one.sure}
        of_fields = tuple(column_of(field.id) for field in self.fields)
        self.keys = GENERAL_KEYS | (set(of_fields) - _COLUMNS_OF_REGISTER)
        """One of these stands in a register's heading beside the title."""
        self.used = frozenset((*_ONE_OF, *of_fields, TITLE_COLUMN))
        """Meanings whose cells become part of an item."""
        tables = {column_of(field.id) for field in self.fields if field.kind is AnswerKind.ROWS}
        self.alone = (*_ONE_OF, *(one for one in of_fields if one not in tables))
        """Meanings of which one column is taken; of the others every column counts."""
        self.names = tuple(column_of(field.id) for field in self.fields if field.kind is AnswerKind.NAME)

    def spelt(self, word: str) -> tuple[str, int] | None:
        """What a listed heading means, and which of the spellings it is."""
        name = self.words.get(word.lower())
        if name is None:
            return None
        return name, next(n for n, one in enumerate(self.exact[name]) if one.lower() == word.lower())

    def contained(self, bare: str) -> tuple[str, bool] | None:
        """What a heading means by the words in it, and whether that is only likely."""
        for name, pattern in self._contains:
            if pattern.search(bare):
                return name, not re.search(self._sure.get(name, ""), bare)
        return None


def _contains(others: tuple[FieldHeadings, ...], title: FieldHeadings) -> Iterator[tuple[str, str]]:
    yield from BEFORE_FIELDS
    # A heading that names a unit with its leader is about the unit, whatever it ends with.
    yield from (
        (column_of(one.field), f"^(?!.*(?:{UNIT_WITH_LEADER})).*?(?:{one.first})") for one in others if one.first
    )
    yield from AFTER_FIELDS
    yield from ((column_of(one.field), one.like) for one in (*others, title) if one.like)
    yield from AT_LAST
