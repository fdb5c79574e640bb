"""The burden that a process is for the unit that has to answer it, and whether a month's is within the budget."""

from collections.abc import Iterable
from dataclasses import dataclass

from rules.forms.form import AnswerKind, Form, FormField
from rules.process import Party, Process

WATCHED_WORDS = ("打卡", "签到", "时长", "点赞", "转发", "在线", "活跃度")
"""What nobody is asked for without a document that says so, and nobody is assessed by at all (国办函〔2026〕12号)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class BurdenBudget:
    """How much may be asked of one unit in one month: so many `requests` that come by themselves, so many `extras` that
    somebody issues by hand, and in all of them together so many `fields` and pieces of `evidence`. `version` holds a
    hash of its content."""

    name: str
    version: str
    requests: int
    extras: int
    fields: int
    evidence: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Burden:
    """What is asked of one unit. `prefilled`: so many of the fields begin with what was answered before."""

    requests: int = 0
    extras: int = 0
    fields: int = 0
    evidence: int = 0
    prefilled: int = 0

    def __add__(self, other: "Burden") -> "Burden":
        return Burden(
            requests=self.requests + other.requests,
            extras=self.extras + other.extras,
            fields=self.fields + other.fields,
            evidence=self.evidence + other.evidence,
            prefilled=self.prefilled + other.prefilled,
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Excess:
    """More of something in a month than the budget has: what it is called, how much, how much may be."""

    what: str
    actual: int
    limit: int

    def __str__(self) -> str:
        return f"{self.what} {self.actual}，上限 {self.limit}"


def burden_of(process: Process, *, by_hand: bool) -> Burden:
    """What one item of the process asks of whoever has it: nothing, where the process is work and not a request. Each
    question of the forms of the unit's steps counts, each column of a table too; what is derived does not."""
    if not process.burden:
        return Burden()
    asked = {step.form for step in process.steps if step.party is Party.UNIT} | {process.sign_form}
    kinds = [kind for form in process.forms if form.id in asked for kind in _questions(form)]
    evidence = kinds.count(AnswerKind.EVIDENCE)
    return Burden(
        requests=0 if by_hand else 1,
        extras=1 if by_hand else 0,
        fields=len(kinds) - evidence,
        evidence=evidence,
        prefilled=sum(bool(field.prefill) for form in process.forms if form.id in asked for field in form.fields),
    )


def _questions(form: Form) -> list[AnswerKind]:
    return [kind for field in form.fields if not field.derive for kind in _kinds(field)]


def _kinds(field: FormField) -> list[AnswerKind]:
    return [column.kind for column in field.columns] or [field.kind]


def total(burdens: Iterable[Burden]) -> Burden:
    """All of them together."""
    return sum(burdens, Burden())


def excess(budget: BurdenBudget, month: Burden) -> tuple[Excess, ...]:
    """What of a month's burden is more than the budget has; nothing within it."""
    pairs = (
        ("周期填报（次）", month.requests, budget.requests),
        ("临时要数（次）", month.extras, budget.extras),
        ("要填的项", month.fields, budget.fields),
        ("佐证材料（项）", month.evidence, budget.evidence),
    )
    return tuple(Excess(what=what, actual=actual, limit=limit) for what, actual, limit in pairs if actual > limit)
