"""Scenes in which somebody is chosen, appraised or spoken to: an election, appraisals, talks. Data only."""

from runtime.demo.scenes.parts import ONE_ABOVE, OnDay, Paper, Scene, cue, vain
from runtime.demo.script import LIAISON

_HEAD, _SUPERVISOR, _LEADER, _AREA_LEADER = "unit_head", "supervisor", "leader", "area_leader"
_SHEET = Paper(
    name="计票单.txt",
    says="县农科所党支部换届选举计票单\n\n实到 25 人，发出、收回、有效票各 25 张。\n计票人、监票人已签字。\n",
)
_NAMES = ("梁宗东", "夏文谷", "柳知秋", "郭稻生")


def _recommended(members: tuple[int, ...]) -> tuple[tuple[str, str], ...]:
    """The four who were recommended, with so many votes of members each."""
    pairs: list[tuple[str, str]] = []
    for n, (name, votes) in enumerate(zip(_NAMES, members, strict=True), 1):
        pairs += [(f"people.{n}.who", name), (f"people.{n}.by_organisation", "yes" if n < 4 else "no")]
        pairs += [(f"people.{n}.by_members", str(votes)), (f"people.{n}.by_masses", str(votes // 2 + n))]
    return tuple(pairs)


_CANDIDATES = tuple((f"people.{n}.who", name) for n, name in enumerate(_NAMES, 1))
_VOTES = tuple(
    pair
    for n, (name, yes) in enumerate(zip(_NAMES, ("24", "23", "21", "7"), strict=True), 1)
    for pair in ((f"votes.{n}.who", name), (f"votes.{n}.yes", yes))
)
_BALLOT = (("present", "25"), ("valid", "25"), *_VOTES, ("sheet", _SHEET))

ELECTION = Scene(
    name="换届选举：上级退回一次，再走完",
    process="election",
    title="青溪县农业科学研究所党支部换届",
    units=("县农科所",),
    matter=(
        ("basis", "青农党〔示例〕12号"),
        ("secretary", "梁宗东"),
        ("members.1.who", "夏文谷"),
        ("members.1.post", "组织委员"),
        ("members.2.who", "沈墨耘"),
        ("members.2.post", "宣传委员"),
    ),
    opening=(
        "农科所党支部的上级是县农业农村局党委，由它批预备人选、批结果。公示的五个工作日一天也少不了。",
        "姓名另外存放，留痕里只有加盐的哈希；会上怎样投票不在这里，这里只收计票单。",
    ),
    told=("issued", "submitted", "published", "returned", "approved", "completed"),
    cues=(
        cue(3, "1", LIAISON, "submit", answers=(("scope", "meeting,board"), ("voters", "28"), ("seats", "3"))),
        cue(7, "1", LIAISON, "submit", answers=(("held", OnDay(day=6)), ("present", "26"))),
        cue(11, "1", LIAISON, "submit", answers=_recommended((9, 8, 7, 4))),
        cue(12, "1", LIAISON, "publish", place="党务公开栏", on=OnDay(day=12), reference="农科支公示〔示例〕1号"),
        vain(14, "1", LIAISON, "submit", answers=_CANDIDATES),
        cue(18, "1", LIAISON, "submit", answers=_CANDIDATES),
        cue(
            20,
            "1",
            ONE_ABOVE,
            "return",
            step="recommend",
            reason="应到党员 28 人，推荐票合计只有 28 张，出差的 6 名科研人员没有参加推荐，请补推荐以后重新公示。",
        ),
        cue(23, "1", LIAISON, "submit", answers=_recommended((22, 20, 18, 9))),
        cue(24, "1", LIAISON, "publish", place="公开栏、所内网", on=OnDay(day=24), reference="农科支公示〔示例〕2号"),
        cue(30, "1", LIAISON, "submit", answers=_CANDIDATES),
        cue(31, "1", ONE_ABOVE, "approve", text="推荐充分，公示无异议，同意四名预备人选。"),
        cue(33, "1", LIAISON, "submit", answers=_BALLOT),
        cue(34, "1", ONE_ABOVE, "approve", text="同意选举结果。"),
        cue(34, "1", LIAISON, "publish", place="党务公开栏", on=OnDay(day=34), reference="农科支公示〔示例〕3号"),
        cue(40, "1", LIAISON, "submit", text="选举结果公布期满，无异议。"),
    ),
)

_APPRAISED = Scene(
    name="述职评议",
    process="appraisal",
    title="年度书记抓基层党建述职评议",
    units=("县卫健局",),
    cues=(
        cue(1, "1", LIAISON, "sign"),
        cue(
            6,
            "1",
            _HEAD,
            "submit",
            text="述职报告已报：抓医德医风与支部建设同考核，短板是医技科室党小组活动少、发展党员向一线倾斜不够。",
        ),
        cue(8, "1", _AREA_LEADER, "approve", text="讲问题不回避，事例具体。"),
        cue(9, "1", _LEADER, "approve", text="同意，医技科室的问题要当年见效。"),
        cue(20, "1", LIAISON, "submit", text="医技科室党小组已恢复活动；一线发展党员计划已调整，其中一项还在走程序。"),
        cue(22, "1", _SUPERVISOR, "approve", text="评议指出的三条，两条已到位。"),
        cue(
            23,
            "1",
            _LEADER,
            "close",
            outcome="good",
            text="评定为“好”，没有到位的一条单列整改。",
            answers=(
                ("problems.1.what", "急诊、检验一线连续两年没有发展党员，培养联系人没有落实到人"),
                ("problems.1.by", OnDay(day=60)),
            ),
        ),
        cue(24, "1-1", LIAISON, "sign"),
        cue(36, "1-1", LIAISON, "report", text="已确定入党积极分子 5 名，逐人落实了培养联系人。"),
    ),
)
_HEARD = Scene(
    name="述职评议",
    process="appraisal",
    title="年度书记抓基层党建述职评议",
    units=("县教育局",),
    begins=30,
    cues=(
        cue(31, "1", LIAISON, "sign"),
        cue(
            38,
            "1",
            _HEAD,
            "submit",
            text="述职报告已报：党组织领导的校长负责制落实情况、民办学校党建薄弱。",
        ),
        cue(40, "1", _AREA_LEADER, "approve", text="民办学校部分写得实在。"),
    ),
)
_SUMMONED = Scene(
    name="谈话",
    process="talk",
    variant="summons",
    title="问题整改交办后迟迟不签收",
    units=("县机关事务中心",),
    matter=(
        ("source", "整改事项“支部换届超期未办”，督办阶梯走到“约谈”"),
        ("basis", "青溪县机关党建督办办法（示例）第十二条"),
        ("subject", "董平"),
    ),
    begins=13,
    cues=(
        cue(
            15,
            "1",
            _SUPERVISOR,
            "approve",
            answers=(
                ("on", OnDay(day=15)),
                ("said", "交办十个工作日没有签收，换届方案也没有动；联络员外出期间没有安排人接办。"),
                ("asked", "本周内签收并报换届方案，明确一名副职专门负责，联络员外出要先办委托。"),
            ),
        ),
        cue(
            18,
            "1",
            _HEAD,
            "submit",
            answers=(
                ("view", "对督办事项重视不够，责任在我。"),
                ("change", "班子会已专题研究，指定办公室主任接办，每周一看一次台账。"),
            ),
        ),
        cue(20, "1", _LEADER, "close", outcome="watched", text="态度端正，还要看换届能不能按期办完。"),
    ),
)
_REMINDED = Scene(
    name="谈话",
    process="talk",
    variant="reminder",
    title="党费收缴连续两个季度滞后",
    units=("县产投公司",),
    matter=(("source", "片组走访时发现的苗头"), ("subject", "熊卫亮")),
    begins=35,
    cues=(
        cue(
            38,
            "1",
            _SUPERVISOR,
            "approve",
            answers=(
                ("on", OnDay(day=38)),
                ("said", "两个季度有 11 人补缴，收缴台账没有按月公示。"),
                ("asked", "逐人核对基数，每月 10 日前收缴并公示。"),
            ),
        ),
    ),
)
_ADMONISHED = Scene(
    name="谈话",
    process="talk",
    variant="admonition",
    title="述职报告连续两年大面积雷同",
    units=("县税务局",),
    matter=(("source", "述职评议反馈"), ("subject", "鲁子青")),
    begins=37,
    cues=(cue(40, "1", _SUPERVISOR, "approve", text="督查员的意见：问题属实，建议两方一起谈。"),),
)

BESIDE_ELECTIONS = (_APPRAISED, _HEARD, _SUMMONED, _REMINDED, _ADMONISHED)
