"""What stands in a journal is told in sentences: every kind there is, with people by their names."""

from datetime import UTC, date, datetime

import pytest

from ledger.chain.journal import JOURNAL_KIND_OF, JOURNAL_KINDS, JOURNAL_NAMES, Note
from ledger.chain.journal_story import people_in, tell_note
from rules.draw.facts import (
    Drawn,
    DrawUnit,
    NumberOpened,
    NumberSealed,
    PopulationSealed,
    Replaced,
    StratumBy,
    UnitDrawn,
)
from rules.joint.facts import (
    JointAsked,
    JointCarriedOut,
    JointConfirmed,
    JointDetail,
    JointRefused,
    JointWithdrawn,
    PayloadKeyMade,
)
from rules.office.facts import (
    DirectoryLoaded,
    Erased,
    EvidenceRead,
    Exported,
    HeldPost,
    KeyMade,
    KnownPerson,
    PostsEnded,
    Proved,
    PutInForce,
    Restored,
    SubstituteNamed,
    SubstitutionEnded,
)
from rules.units.facts import (
    ChangedUnit,
    ConditionsGiven,
    GivenCondition,
    KnownUnit,
    MovedUnit,
    UnitsChanged,
    UnitsEnded,
    UnitsMerged,
    UnitsMoved,
    UnitsOpened,
    UnitSplit,
    UnitsSettled,
)
from tests.ledger.chain.accounts_told import ACCOUNTS_TOLD
from tests.ledger.chain.rounds_told import ROUNDS_TOLD
from tests.ledger.chain.scores_told import SCORES_TOLD

DAY = date(2026, 3, 2)
TOLD: list[tuple[Note, str]] = [
    (
        EvidenceRead(evidence="ab", item="XX2026-0001"),
        "下载佐证材料“会议纪要.pdf”（事项 XX2026-0001）",
    ),
    (EvidenceRead(evidence="ab"), "下载佐证材料“会议纪要.pdf”"),
    (EvidenceRead(evidence="cd" * 32), "下载佐证材料“cdcdcdcdcdcd…”"),
    (
        Exported(what="台账", format="xlsx", rows=1200, content_hash="c", file_hash="f", filters=("红灯", "第一片组")),
        "导出台账（xlsx）1,200 行，条件：红灯、第一片组",
    ),
    (
        Exported(what="留痕", format="pdf", rows=7, content_hash="c", file_hash="f", item="XX2026-0001"),
        "导出事项 XX2026-0001 的留痕（pdf）7 行",
    ),
    (Proved(item="XX2026-0001", checkpoint=7, file_hash="f"), "为事项 XX2026-0001 出具证明，对照第 7 号封存点"),
    (
        SubstituteNamed(person="lian", stand_in="zhang", first=date(2026, 3, 2), last=date(2026, 3, 6)),
        "李安委托张红代办，2026年3月2日至2026年3月6日",
    ),
    (SubstitutionEnded(person="lian"), "撤销李安的委托"),
    (
        DirectoryLoaded(
            day=date(2026, 3, 2),
            people=(KnownPerson(id="lian", unit="u1", erasable="ab"),),
            posts=(HeldPost(person="lian", role="liaison", unit="u1"),),
        ),
        "载入名录，新增或变更：人员 1 名、职务 1 个，自2026年3月2日起",
    ),
    (
        PutInForce(processes=("a@1", "b@1"), calendar="2026#1"),
        "启用：流程 2 个版本，工作日历 2026#1",
    ),
    (
        PostsEnded(posts=(HeldPost(person="lian", role="liaison", unit="u1"),), day=date(2026, 3, 2)),
        "职务终止：李安（联络员），自2026年3月2日起",
    ),
    (
        UnitsOpened(day=DAY, units=(KnownUnit(id="u1", name="农科院", kind="research"),), document="县编〔2026〕3号"),
        "单位设立：农科院（u1），自2026年3月2日起，依据县编〔2026〕3号",
    ),
    (
        UnitsChanged(day=DAY, units=(ChangedUnit(id="u1", name="农科所", kind="research"),)),
        "单位的名称、类别、规模变更为：农科所（u1），自2026年3月2日起",
    ),
    (
        UnitsMoved(day=DAY, units=(MovedUnit(id="u1", area="a2"),)),
        "单位调整隶属：u1（片组 a2，上级 无），自2026年3月2日起",
    ),
    (UnitsMerged(day=DAY, units=("u1", "u2"), into="u3"), "单位合并：u1、u2 并入 u3，自2026年3月2日起"),
    (UnitSplit(day=DAY, unit="u1", into=("u2", "u3")), "单位分设：u1 分为 u2、u3，自2026年3月2日起"),
    (UnitsEnded(units=("u1", "u2"), day=DAY), "单位撤销：u1、u2，自2026年3月2日起"),
    (
        ConditionsGiven(day=DAY, units=(GivenCondition(unit="u1", condition="weak"), GivenCondition(unit="u2"))),
        "单位状况：u1 薄弱、u2 未定，自2026年3月2日起",
    ),
    (UnitsSettled(day=DAY), "单位的变更到2026年3月2日生效"),
    (
        DirectoryLoaded(day=date(2026, 3, 2), people=(KnownPerson(id="lian", erasable="ab", renamed=True),)),
        "载入名录，新增或变更：人员 1 名，自2026年3月2日起；人员更名：lian 改称李安，此前办理的仍署原名",
    ),
    (
        Erased(
            what="matter",
            ref="ab",
            reason="本人申请",
            approver="zhang",
            item="XX2026-0001",
            field="person",
            label="责任人",
        ),
        "依规删除事项 XX2026-0001 的“责任人”姓名：本人申请（张红复核同意）",
    ),
    (
        Erased(what="evidence", ref="ab" * 32, reason="期满", approver="zhang"),
        "依规删除佐证材料 abababababab…：期满（张红复核同意）",
    ),
    (
        Erased(what="person", ref="lian", reason="期满", approver="zhang"),
        "依规删除人员 lian 的姓名和邮箱：期满（张红复核同意）",
    ),
    (KeyMade(key="k2", previous="k1"), "启用封存密钥 k2，接替 k1"),
    (KeyMade(key="k1"), "启用封存密钥 k1"),
    (
        PopulationSealed(
            draw="jc1",
            title="抽查",
            by=StratumBy.KIND,
            share=20,
            units=(DrawUnit(id="u1", kind="organ"),),
            witnesses=("lian", "zhang"),
            population_hash="ab",
        ),
        "封存抽取“抽查”的名单：1 个单位，抽百分之 20，见证人李安、张红",
    ),
    (NumberSealed(draw="jc1", person="lian", seal="ab" * 32), "李安封好一个数，封条 abababababab…"),
    (NumberOpened(draw="jc1", person="lian", number="7", salt="cd"), "李安打开所封的数：7"),
    (Drawn(draw="jc1", seed="ab", units=(UnitDrawn(unit="u1"),)), "抽中：u1"),
    (
        Replaced(draw="jc1", unit="u1", successor=UnitDrawn(unit="u2"), reason="已撤销"),
        "抽中的 u1 由 u2 递补：已撤销",
    ),
    *ROUNDS_TOLD,
    *ACCOUNTS_TOLD,
    *SCORES_TOLD,
    (
        JointAsked(
            number=3,
            act="grant",
            digest="ab",
            details=(JointDetail(name="lian", value="管理员"),),
            until=datetime(2026, 3, 9, 2, tzinfo=UTC),
            gains=("lian",),
        ),
        "提请第 3 号双人办理：给予管理员职务（lian 管理员），涉及李安，2026-03-09 10:00以前有效",
    ),
    (JointConfirmed(number=3, digest="ab"), "复核第 3 号双人办理：同意"),
    (JointRefused(number=3, reason="不妥"), "复核第 3 号双人办理：不同意，不妥"),
    (JointWithdrawn(number=3), "撤回第 3 号双人办理"),
    (
        JointCarriedOut(number=3, act="grant", digest="ab", asked_by="lian", confirmed_by="zhang"),
        "办成第 3 号双人办理：给予管理员职务，李安提请，张红复核",
    ),
    (
        PayloadKeyMade(key="k2", previous="k1", since=datetime(2026, 3, 9, 2, tzinfo=UTC), joint=3),
        "2026-03-09 10:00起启用流程内容的密钥 k2，接替 k1（第 3 号双人办理）",
    ),
    (Restored(backup_at="", entries=9), "从备份恢复，恢复后有 9 条记录"),
    (Restored(backup_at="", entries=9, known=12), "从备份恢复，恢复后有 9 条记录，外面的封存点有 12 条"),
]


@pytest.mark.parametrize(("fact", "sentence"), TOLD, ids=[JOURNAL_KIND_OF[type(fact)] for fact, _ in TOLD])
def test_a_note_is_told(fact: Note, sentence: str) -> None:
    names = {"lian": "李安", "zhang": "张红", "ab": "会议纪要.pdf"}
    assert tell_note(fact, names) == sentence
    assert set(people_in(fact)) <= set(names)


def test_every_kind_has_a_name_and_a_sentence() -> None:
    assert set(JOURNAL_NAMES) == set(JOURNAL_KINDS) == {JOURNAL_KIND_OF[type(fact)] for fact, _ in TOLD}
