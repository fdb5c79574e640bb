"""A tally as a process file says it, with dates that still differ by kind of unit. Values only."""

from collections.abc import Iterable
from dataclasses import dataclass, replace

from rules.forms.form import AnswerKind, Form, FormField
from rules.forms.tally import OwedBy, Tally


@dataclass(frozen=True, slots=True, kw_only=True)
class TallyDefinition:
    """`tally` says what holds for every kind of unit; `by` the dates of each kind that owes it, where they differ."""

    tally: Tally
    by: tuple[tuple[str, tuple[OwedBy, ...]], ...] | None = None

    def resolve(self, unit_kind: str) -> Tally | None:
        """The tally for one kind of unit; None of a kind that does not owe it."""
        if self.by is None:
            return self.tally
        found = next((by for kind, by in self.by if kind == unit_kind), None)
        return None if found is None else replace(self.tally, by=found, least=found[-1].count)

    @property
    def kinds(self) -> tuple[Tally, ...]:
        """What it comes to, for each kind that dates differ for."""
        return (self.tally,) if self.by is None else tuple(replace(self.tally, by=by) for _, by in self.by)


def with_dates(form: Form, tallies: Iterable[Tally]) -> Form:
    """The form that is filled in at signing, with a question for each date that is proposed then."""
    asked = tuple(
        FormField(id=tally.id, name=f"{tally.name}：哪天完成（{_words(owed)}）", kind=AnswerKind.DATE)
        for tally in tallies
        if (owed := tally.elastic)
    )
    return replace(form, fields=(*form.fields, *asked)) if asked else form


def _words(owed: OwedBy) -> str:
    days = [f"{int(text[:2])}月{int(text[3:])}日" for text in (owed.first, owed.by)]
    return f"{days[0]}至{days[1]}，不填按{days[1]}"
