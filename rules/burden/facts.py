"""What can have happened to the burden: a budget in force, more than it allowed with reasons, a question contested."""

from dataclasses import dataclass
from typing import TypeAlias

from rules.burden.budget import BurdenBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetLoaded:
    """By this budget it is judged from now on what may be asked."""

    budget: BurdenBudget


@dataclass(frozen=True, slots=True, kw_only=True)
class OverBudgetHeld:
    """A round has not opened on its day: its `batch` would ask so many `units` more than the budget has, in words
    `over`. It opens once the leader lets it, or once it is within the budget."""

    batch: str
    title: str
    units: int
    over: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class OverBudgetAllowed:
    """The leader lets the batch be issued all the same, in words `over` of so many `units`, for that reason."""

    batch: str
    title: str
    units: int
    over: tuple[str, ...]
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class QuestionContested:
    """The unit of `item` finds that the question at `place` (form.field), called `label`, should not be asked of it."""

    item: str
    unit: str
    process: str
    place: str
    label: str
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ContestAnswered:
    """Whoever asks the question has answered what was said against it: it will be `dropped`, or why it stays. `contest`
    is the number of the contesting entry in the ledger."""

    contest: int
    dropped: bool
    answer: str


BurdenFact: TypeAlias = BudgetLoaded | OverBudgetHeld | OverBudgetAllowed | QuestionContested | ContestAnswered
BURDEN_FACTS: dict[str, type[BurdenFact]] = {
    "budget_loaded": BudgetLoaded,
    "over_budget_held": OverBudgetHeld,
    "over_budget_allowed": OverBudgetAllowed,
    "question_contested": QuestionContested,
    "contest_answered": ContestAnswered,
}
"""Kind of entry to its fact."""
BURDEN_EVENT_NAMES = {
    "budget_loaded": "启用减负预算",
    "over_budget_held": "超出减负预算未开放",
    "over_budget_allowed": "同意超出减负预算",
    "question_contested": "提出不该要",
    "contest_answered": "答复不该要",
}
"""Kind to its Chinese name."""
