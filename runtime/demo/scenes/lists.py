"""Scenes of a year's list: an organ's beside an institute's, a partner village, study. They begin in January. Data
only."""

from runtime.demo.scenes.parts import OnDay, Paper, Scene, cue, vain
from runtime.demo.script import LIAISON

_HEAD = "unit_head"
_JANUARY = "01-11"
_APRIL = "04-09"


def _pledge(unit: str) -> Paper:
    return Paper(
        name="年度党建责任状.txt",
        says=f"年度党建责任状\n\n{unit}承诺：按清单所列任务和日期逐项落实，党组织书记为第一责任人。\n",
    )


def _done(how: str) -> tuple[tuple[str, str], ...]:
    return (("how", how),)


YEARLY = Scene(
    name="年度任务清单：同样几项，机关定日期，院所在范围内自报",
    process="yearly",
    title="年度机关党建重点任务清单",
    units=("县资规局", "县林科所"),
    matter=(("basis", "青溪县机关党建年度重点任务（示例）"),),
    begins=_JANUARY,
    until=_APRIL,
    opening=(
        "一个单位一件，签收就是签责任状，清单上的每一项是一个节点，各有各的钟。",
        "机关的日期都一样；科研院所可以结合科研安排自报，但出不了范围：可以安排，不能拖。",
    ),
    told=("issued", "signed", "reported", "fell_due", "rung_reached"),
    cues=(
        cue("01-14", "1", LIAISON, "sign", answers=(("signed", _pledge("县资规局")),)),
        vain(
            "01-18",
            "2",
            LIAISON,
            "sign",
            answers=(("signed", _pledge("县林科所")), ("points", OnDay(day="04-16")), ("half", OnDay(day="07-23"))),
        ),
        cue(
            "01-19",
            "2",
            LIAISON,
            "sign",
            answers=(("signed", _pledge("县林科所")), ("points", OnDay(day="03-19")), ("half", OnDay(day="07-23"))),
            text="二月是苗木越冬调查，要点放在三月中旬定；半年分析放在夏季调查以后。",
        ),
        cue(
            "02-24",
            "1",
            LIAISON,
            "report",
            tally="points",
            answers=_done("要点已经党组会审定，共 6 项 21 条，与不动产登记便民清单一起印发。"),
        ),
        cue(
            "03-16",
            "2",
            LIAISON,
            "report",
            tally="points",
            answers=_done("要点结合苗木越冬调查结果制定，5 项 14 条，课题组各有对应。"),
        ),
        cue(
            "03-24",
            "1",
            LIAISON,
            "report",
            tally="duties",
            answers=_done("四级责任清单 35 条已在内网和公开栏公布。"),
        ),
        cue(
            "04-06",
            "2",
            LIAISON,
            "report",
            tally="duties",
            answers=_done("责任清单 24 条已公布；因课题组调整晚了几天。"),
        ),
        cue(
            "04-08",
            "1",
            LIAISON,
            "report",
            tally="lecture",
            answers=_done("局长以守住耕地红线为题讲党课。"),
        ),
    ),
)

_SIX = Scene(
    name="结对共建六个一",
    process="six_ones",
    title="结对溪口村“六个一”",
    units=("县商务局",),
    begins=_JANUARY,
    until=_APRIL,
    cues=(
        cue(
            "01-15",
            "1",
            LIAISON,
            "submit",
            answers=(
                ("village", "溪口村"),
                ("households.1.code", "1号户"),
                ("households.1.member", "方玉宁"),
                ("households.2.code", "2号户"),
                ("households.2.member", "乔佳毅"),
                ("households.3.code", "3号户"),
                ("households.3.member", "陶一舟"),
            ),
        ),
        cue(
            "01-28",
            "1",
            LIAISON,
            "report",
            tally="household",
            about="1号户",
            answers=(("how", "site"), ("what", "送年货，帮着联系了县医院复诊"), ("amount", "200")),
        ),
        cue(
            "01-28",
            "1",
            LIAISON,
            "report",
            tally="household",
            about="2号户",
            answers=(("how", "site"), ("what", "孩子开学的助学金表格一起填好"), ("amount", "300")),
        ),
        cue(
            "02-18",
            "1",
            LIAISON,
            "report",
            tally="household",
            about="3号户",
            answers=(("how", "call"), ("what", "电话问候，约定下月上门")),
        ),
        cue(
            "03-10",
            "1",
            _HEAD,
            "report",
            tally="line",
            answers=(("what", "与村支部商定走土蜂蜜和研学两条路，由县商务局帮着上电商平台"),),
        ),
        cue(
            "03-17",
            "1",
            LIAISON,
            "report",
            tally="household",
            about="1号户",
            answers=(("how", "site"), ("what", "帮着翻修鸡舍")),
        ),
    ),
)
_STUDY = Scene(
    name="学习型机关创建",
    process="learning",
    title="年度学习型机关创建",
    units=("县委宣传部",),
    begins=_JANUARY,
    until=_APRIL,
    cues=(
        cue(
            "01-20",
            "1",
            LIAISON,
            "submit",
            answers=(
                ("theme", "基层理论宣讲怎样让人听得进"),
                ("topics.1.what", "宣讲员队伍的选和育"),
                ("topics.2.what", "融媒体时代的理论短视频"),
            ),
        ),
        cue(
            "01-28",
            "1",
            LIAISON,
            "report",
            tally="study",
            answers=(("what", "党章专题，三名青年干部领学"), ("present", "33")),
        ),
        cue(
            "02-25",
            "1",
            LIAISON,
            "report",
            tally="study",
            answers=(("what", "基层宣讲案例研讨，带着问题发言"), ("present", "31")),
        ),
        cue(
            "03-23",
            "1",
            LIAISON,
            "report",
            tally="study",
            answers=(("what", "到溪口村文化礼堂听宣讲、评宣讲"), ("present", "29")),
        ),
        cue(
            "04-02",
            "1",
            LIAISON,
            "report",
            tally="trained",
            answers=(("what", "宣讲员业务培训，结业测试"), ("passed", "30")),
        ),
    ),
)
_VOLUNTEERS = Scene(
    name="志愿服务项目",
    process="volunteer",
    title="“银龄伴行”社区陪诊志愿服务",
    units=("县志愿者联合会",),
    begins=_JANUARY,
    until=_APRIL,
    cues=(
        cue(
            "01-19",
            "1",
            LIAISON,
            "submit",
            answers=(
                ("who", "独居老人和空巢老人"),
                ("what", "陪同挂号、检查、取药，送回家并告知家属"),
                ("partner", "县人民医院、县民政局"),
            ),
        ),
        cue("01-21", "1", "supervisor", "approve", text="服务对象具体，与医院有约定，同意。"),
        cue(
            "03-05",
            "1",
            LIAISON,
            "report",
            tally="service",
            answers=(("what", "学雷锋日集中陪诊一天，服务老人 14 位"), ("people", "12")),
        ),
        cue(
            "03-26",
            "1",
            LIAISON,
            "report",
            tally="service",
            answers=(("what", "城南社区陪诊 6 人次，教会 5 位老人用自助机"), ("people", "6")),
        ),
    ),
)

_INQUIRY = Scene(
    name="临时要数",
    process="inquiry",
    title="结对帮扶困难党员的人数和主要困难",
    units=("县民政局", "县志愿者联合会"),
    matter=(
        ("basis", "青溪县慰问困难党员工作方案（示例）"),
        ("why", "困难党员名册一年一核，春节前有变动，月报里没有这一项"),
    ),
    begins=_JANUARY,
    until="01-29",
    cues=(
        cue(
            "01-13",
            "1",
            LIAISON,
            "submit",
            answers=(("said", "结对 14 人，主要是大病支出和独居照料"), ("amount", "14")),
        ),
        cue("01-15", "2", LIAISON, "submit", answers=(("said", "结对 5 人，均为独居老党员"), ("amount", "5"))),
    ),
)

BESIDE_LISTS = (_SIX, _STUDY, _VOLUNTEERS, _INQUIRY)
