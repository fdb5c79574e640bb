"""What stands in a journal, one Chinese sentence a fact, as rules/telling/story.py tells what happened to items."""

from collections.abc import Mapping

from ledger.chain.journal import Note
from rules.accounts.facts import AccountFact, EntranceFact
from rules.accounts.telling import tell_account
from rules.assessment.story import ToldOfAssessment, tell_scores
from rules.burden.facts import BudgetLoaded, ContestAnswered, OverBudgetAllowed, OverBudgetHeld, QuestionContested
from rules.burden.telling import tell_burden
from rules.dates.explain import long_day
from rules.draw.facts import DrawFact, Drawn, NumberOpened, NumberSealed, PopulationSealed, Replaced
from rules.figures.facts import FiguresImported, FiguresLoaded
from rules.joint.facts import JointAsked, JointCarriedOut, JointFact
from rules.joint.telling import by_two, tell_joint
from rules.names import ROLE_NAMES
from rules.office.facts import (
    DirectoryLoaded,
    Erased,
    EvidenceRead,
    Exported,
    KeyMade,
    PostsEnded,
    Proved,
    PutInForce,
    Restored,
    SubstituteNamed,
    SubstitutionEnded,
)
from rules.process import Role
from rules.rounds.facts import ReportRead
from rules.telling.posts import in_post
from rules.telling.round_words import tell_round
from rules.units.facts import (
    ConditionsGiven,
    UnitsChanged,
    UnitsEnded,
    UnitsMerged,
    UnitsMoved,
    UnitsOpened,
    UnitSplit,
    UnitsSettled,
)
from rules.units.telling import tell_units

_NAMED = 20


def tell_note(fact: Note, names: Mapping[str, str]) -> str:
    """The fact as one line. `names` gives the names of people, and of evidence files, by id."""
    match fact:
        case EvidenceRead():
            name = names.get(fact.evidence, f"{fact.evidence[:12]}…")
            return f"下载佐证材料“{name}”{f'（事项 {fact.item}）' if fact.item else ''}"
        case Exported():
            narrowed = f"，条件：{'、'.join(fact.filters)}" if fact.filters else ""
            of = f"事项 {fact.item} 的" if fact.item else ""
            return f"导出{of}{fact.what}（{fact.format}）{fact.rows:,} 行{narrowed}"
        case ReportRead():
            return f"查阅轮次 {fact.round} 的通报第 {fact.revision} 版"
        case Proved():
            return f"为事项 {fact.item} 出具证明，对照第 {fact.checkpoint} 号封存点"
        case SubstituteNamed():
            who = f"{names.get(fact.person, fact.person)}委托{names.get(fact.stand_in, fact.stand_in)}代办"
            return f"{who}，{long_day(fact.first)}至{long_day(fact.last)}"
        case SubstitutionEnded():
            return f"撤销{names.get(fact.person, fact.person)}的委托"
        case DirectoryLoaded():
            counts = (("片组", "个", fact.areas), ("人员", "名", fact.people))
            given = [f"{what} {len(rows)} {of}" for what, of, rows in (*counts, ("职务", "个", fact.posts)) if rows]
            since = f"自{long_day(fact.day)}起{_renamed(fact, names)}{by_two(fact.joint)}"
            return f"载入名录，新增或变更：{'、'.join(given)}，{since}"
        case PutInForce():
            return (
                f"启用：流程 {len(fact.processes)} 个版本，工作日历 {fact.calendar or '（没有）'}{by_two(fact.joint)}"
            )
        case PostsEnded():
            held = "、".join(
                in_post(names.get(p.person, p.person), ROLE_NAMES[Role(p.role)]) for p in fact.posts[:_NAMED]
            )
            more = f"等 {len(fact.posts)} 个职务" if len(fact.posts) > _NAMED else ""
            return f"职务终止：{held}{more}，自{long_day(fact.day)}起"
        case (
            UnitsOpened()
            | UnitsChanged()
            | UnitsMoved()
            | UnitsMerged()
            | UnitSplit()
            | UnitsEnded()
            | ConditionsGiven()
            | UnitsSettled()
        ):
            return tell_units(fact)
        case Erased():
            approver = names.get(fact.approver, fact.approver)
            return f"依规删除{_what(fact, names)}：{fact.reason}（{approver}复核同意）"
        case KeyMade():
            return f"启用封存密钥 {fact.key}{f'，接替 {fact.previous}' if fact.previous else ''}{by_two(fact.joint)}"
        case PopulationSealed() | NumberSealed() | NumberOpened() | Drawn() | Replaced():
            return _drawn(fact, names)
        case Restored():
            lost = f"，外面的封存点有 {fact.known} 条" if fact.known > fact.entries else ""
            return f"从备份恢复，恢复后有 {fact.entries} 条记录{lost}"
        case BudgetLoaded() | OverBudgetHeld() | OverBudgetAllowed() | QuestionContested() | ContestAnswered():
            return tell_burden(fact)
        case FiguresLoaded():
            return f"启用数据项登记 {fact.register.version}：{len(fact.register.figures)} 项"
        case FiguresImported():
            units = len({one.unit for one in fact.values})
            return f"导入 {units} 个单位的 {len(fact.values)} 个数据，依据{fact.document}"
        case _ if isinstance(fact, AccountFact | EntranceFact):
            return tell_account(fact, names)
        case _ if isinstance(fact, JointFact):
            return tell_joint(fact, names)
        case _ if isinstance(fact, ToldOfAssessment):
            return tell_scores(fact)
        case _:
            return tell_round(fact, names)


def _drawn(fact: DrawFact, names: Mapping[str, str]) -> str:
    match fact:
        case PopulationSealed():
            seen = "、".join(names.get(person, person) for person in fact.witnesses)
            return f"封存抽取“{fact.title}”的名单：{len(fact.units)} 个单位，抽百分之 {fact.share}，见证人{seen}"
        case NumberSealed():
            return f"{names.get(fact.person, fact.person)}封好一个数，封条 {fact.seal[:12]}…"
        case NumberOpened():
            return f"{names.get(fact.person, fact.person)}打开所封的数：{fact.number}"
        case Drawn():
            units = "、".join(one.unit for one in fact.units[:_NAMED])
            more = f"等 {len(fact.units)} 个" if len(fact.units) > _NAMED else ""
            return f"抽中：{units}{more}"
        case Replaced():
            return f"抽中的 {fact.unit} 由 {fact.successor.unit} 递补：{fact.reason}"


def _renamed(fact: DirectoryLoaded, names: Mapping[str, str]) -> str:
    people = [person.id for person in fact.people if person.renamed]
    who = "、".join(f"{id_} 改称{names.get(id_, id_)}" for id_ in people[:_NAMED])
    more = f"等 {len(people)} 人" if len(people) > _NAMED else ""
    return f"；人员更名：{who}{more}，此前办理的仍署原名" if people else ""


def _what(fact: Erased, names: Mapping[str, str]) -> str:
    if fact.item:
        return f"事项 {fact.item} 的“{fact.label or fact.field}”姓名"
    return f"佐证材料 {fact.ref[:12]}…" if fact.what == "evidence" else f"人员 {fact.ref} 的姓名和邮箱"


def people_in(fact: Note) -> tuple[str, ...]:
    """Ids of the people that the fact names."""
    found = (getattr(fact, name, "") for name in ("person", "stand_in", "approver"))
    posts = fact.posts[:_NAMED] if isinstance(fact, PostsEnded) else ()
    loaded = fact.people if isinstance(fact, DirectoryLoaded) else ()
    renamed = [person.id for person in loaded if person.renamed][:_NAMED]
    if isinstance(fact, PopulationSealed):
        return fact.witnesses
    if isinstance(fact, JointAsked):
        return fact.gains
    if isinstance(fact, JointCarriedOut):
        return fact.asked_by, fact.confirmed_by
    return (*(person for person in found if person), *(post.person for post in posts), *renamed)


def evidence_in(fact: Note) -> tuple[str, ...]:
    """Ids of the evidence files that the fact names."""
    return (fact.evidence,) if isinstance(fact, EvidenceRead) else ()


def item_of(fact: Note) -> str:
    """The number of the item that the fact names; empty for none."""
    return str(getattr(fact, "item", ""))
