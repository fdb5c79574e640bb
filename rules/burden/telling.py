"""What happened to the burden, one Chinese sentence a fact."""

from rules.burden.facts import (
    BudgetLoaded,
    BurdenFact,
    ContestAnswered,
    OverBudgetAllowed,
    OverBudgetHeld,
    QuestionContested,
)


def tell_burden(fact: BurdenFact) -> str:
    """The fact as one line."""
    match fact:
        case BudgetLoaded():
            of = fact.budget
            limits = (
                f"周期填报 {of.requests} 次，临时要数 {of.extras} 次，要填的项 {of.fields}，佐证材料 {of.evidence} 项"
            )
            return f"启用减负预算“{of.name}”（{of.version}）：一个单位一个月{limits}"
        case OverBudgetHeld():
            return f"“{fact.title}”没有开放，{fact.units} 个单位超出减负预算：{'；'.join(fact.over)}"
        case OverBudgetAllowed():
            return f"同意超出减负预算交办“{fact.title}”，{fact.units} 个单位：{fact.reason}"
        case QuestionContested():
            return f"事项 {fact.item}：提出“{fact.label}”不该要：{fact.reason}"
        case ContestAnswered():
            return f"答复第 {fact.contest} 条提出的不该要，{'不再要' if fact.dropped else '仍要'}：{fact.answer}"
