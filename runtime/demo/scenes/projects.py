"""Scenes of work that is planned and measured: a project of two cycles, an upgrade, tasks of their own. Data only."""

from runtime.demo.scenes.parts import SECOND, OnDay, Paper, Scene, cue, vain
from runtime.demo.script import LIAISON

_HEAD, _SUPERVISOR, _LEADER, _INSTRUCTOR = "unit_head", "supervisor", "leader", "instructor"
_PLEDGE = Paper(
    name="党建项目责任状.txt",
    says="党建项目责任状\n\n项目：文旅系统党支部规范化提升\n第一责任人：局党委书记\n目标：测评平均不低于 80 分。\n",
)
_MEASURED = "机关工委组织两名支部书记交叉测评，抽查全部 11 个支部的会议记录和党费台账，取平均分。"
_FIRST_PLAN = (
    ("problem", "所属支部三会一课记录不规范、补记代签，支部之间差距大，测评平均 62 分。"),
    ("measure", "支部规范化测评平均得分"),
    ("before", "62.0"),
    ("target", "80.0"),
    ("milestones.1.what", "11 个支部摸底测评"),
    ("milestones.1.by", OnDay(day=10)),
    ("milestones.2.what", "支部书记轮训全覆盖"),
    ("milestones.2.by", OnDay(day=16)),
    ("tasks.1.what", "编印支部组织生活记录样本，供所属支部对照"),
    ("tasks.1.unit", "县图书馆"),
    ("tasks.1.by", OnDay(day=12)),
    ("tasks.2.what", "承办支部书记和党务干部两期轮训"),
    ("tasks.2.unit", "县文化馆"),
    ("tasks.2.by", OnDay(day=12)),
    ("tasks.3.what", "景区三个支部对照样本整改并开放观摩"),
    ("tasks.3.unit", "县文旅集团"),
    ("tasks.3.by", OnDay(day=22)),
    ("tasks.3.after", "1"),
)
_SECOND_PLAN = (
    ("problem", "景区一线支部倒班多，集中学习和主题党日到会率低，拉低平均分。"),
    ("measure", "支部规范化测评平均得分"),
    ("before", "72.5"),
    ("target", "80.0"),
    ("milestones.1.what", "薄弱支部结对帮带一遍"),
    ("milestones.1.by", OnDay(day=37)),
    ("tasks.1.what", "景区支部按班次错峰开展主题党日，补学记录到人"),
    ("tasks.1.unit", "县文旅集团"),
    ("tasks.1.by", OnDay(day=36)),
)

PROJECT = Scene(
    name="党建项目：一轮没有达到，再来一轮",
    process="project",
    title="文旅系统党支部规范化提升",
    units=("县文广旅体局",),
    matter=(
        ("category", "organisation"),
        ("basis", "青溪县机关党建项目化管理办法（示例）第六条"),
        ("owner", "康丽毅"),
    ),
    opening=(
        "县文广旅体局牵头，支部规范化测评要从 62 分到 80 分。三个子任务交给三个单位，景区整改要等样本编好。",
        "立项由督查员和分管领导共同评审；里程碑各有自己的钟；子任务没有办完，牵头单位报不了结果。",
    ),
    told=("issued", "approved", "rung_reached", "fell_due", "reported", "child_ended", "closed", "cycle_started"),
    of_children=("issued", "rung_reached", "fell_due"),
    cues=(
        cue(1, "1", LIAISON, "sign", answers=(("signed", _PLEDGE),)),
        cue(3, "1", LIAISON, "submit", answers=_FIRST_PLAN),
        cue(4, "1", _SUPERVISOR, "approve", text="指标可以测，任务到了单位，同意立项。"),
        cue(5, "1", _LEADER, "approve", text="同意，重点看景区一线支部。"),
        cue(
            9,
            "1",
            LIAISON,
            "report",
            tally="milestone",
            about="11 个支部摸底测评",
            answers=(("done", "11 个支部全部测评，形成问题清单 47 条。"),),
        ),
        cue(10, "1-1", LIAISON, "submit", answers=(("how", "样本一册已印发，附三类会议记录范例和常见差错。"),)),
        cue(11, "1-1", SECOND, "close", outcome="done", text="样本实用，已发各支部。"),
        vain(15, "1", LIAISON, "submit", text="第一轮措施已落实，请检查。"),
        cue(17, "1-3", LIAISON, "submit", answers=(("how", "三个支部逐条对照整改，开放观摩一次，参加 36 人。"),)),
        cue(18, "1-3", _SUPERVISOR, "close", outcome="done", text="现场看过，记录规范。"),
        cue(
            18,
            "1-2",
            LIAISON,
            "submit",
            answers=(("how", "两期轮训办完，参训 58 人，结业测试合格 57 人；第二期因场馆布展推迟一周。"),),
        ),
        cue(
            18,
            "1",
            LIAISON,
            "report",
            tally="milestone",
            about="支部书记轮训全覆盖",
            answers=(("done", "11 名支部书记、47 名党务干部全部参训。"),),
        ),
        cue(19, "1-2", _SUPERVISOR, "close", outcome="done", text="已完成；逾期的情况记在台账里。"),
        cue(20, "1", LIAISON, "submit", text="三项任务都已办结，申请检查。"),
        vain(
            22,
            "1",
            _SUPERVISOR,
            "close",
            outcome="reached",
            text="建议认定达到目标。",
            answers=(("after", "72.5"), ("how", _MEASURED)),
        ),
        cue(
            22,
            "1",
            _SUPERVISOR,
            "close",
            outcome="again",
            text="进步明显，但离目标还差 7.5 分，分析原因再做一轮。",
            answers=(("after", "72.5"), ("how", _MEASURED)),
        ),
        cue(
            24,
            "1",
            LIAISON,
            "submit",
            answers=(
                ("cause", "三个景区支部倒班多，到会率只有六成，拉低平均分 6 分以上。"),
                ("next", "景区支部改为按班次错峰开展，缺席的当月补学，结对帮带薄弱支部。"),
            ),
        ),
        cue(26, "1", LIAISON, "submit", answers=_SECOND_PLAN),
        cue(27, "1", _SUPERVISOR, "approve", text="找准了短板，同意。"),
        cue(28, "1", _LEADER, "approve", text="同意。"),
        cue(34, "1-4", LIAISON, "submit", answers=(("how", "三个支部按四个班次开展，到会率由 61% 升到 93%。"),)),
        cue(35, "1-4", _SUPERVISOR, "close", outcome="done", text="查了签到和补学记录，属实。"),
        cue(
            35,
            "1",
            LIAISON,
            "report",
            tally="milestone",
            about="薄弱支部结对帮带一遍",
            answers=(("done", "机关四个支部与三个景区支部结对，各帮带一次。"),),
        ),
        cue(37, "1", LIAISON, "submit", text="第二轮措施已落实，申请检查。"),
        cue(
            39,
            "1",
            _SUPERVISOR,
            "close",
            outcome="reached",
            text="前后对比清楚，同意结项，半年内回头看。",
            answers=(("after", "83.0"), ("how", _MEASURED)),
        ),
    ),
)

_UPGRADE = Scene(
    name="提质升级",
    process="upgrade",
    title="疾控中心党支部由“中间”提为“先进”",
    units=("县疾控中心",),
    cues=(
        cue(1, "1", LIAISON, "sign"),
        cue(
            6,
            "1",
            LIAISON,
            "submit",
            answers=(
                ("problem", "应急处置任务多，党员活动常让路，组织生活质量评议排在卫健系统中间。"),
                ("measure", "组织生活质量评议得分"),
                ("before", "74.0"),
                ("target", "85.0"),
                ("shown", OnDay(day=46)),
                ("milestones.1.what", "应急小分队设党员责任岗"),
                ("milestones.1.by", OnDay(day=20)),
                ("milestones.2.what", "组织生活质量复评"),
                ("milestones.2.by", OnDay(day=36)),
            ),
        ),
        cue(8, "1", _SUPERVISOR, "approve", text="与业务结合得实，同意。"),
        cue(26, "1", LIAISON, "report", text="三支应急小分队已设党员责任岗 9 个，现场处置时同步过组织生活。"),
        cue(
            38,
            "1",
            LIAISON,
            "submit",
            text="责任岗和补学制度已运行一个半月，复评得分 86 分，现在公开栏公示。",
        ),
    ),
)
_SINGLE_TASK = Scene(
    name="单独交办的任务",
    process="task",
    title="个体工商户和小微企业党组织覆盖情况排查",
    units=("县市场监管局",),
    matter=(
        ("category", "organisation"),
        ("source", "县委社会工作部商请（示例）"),
        ("standard", "一户不漏，建立“有党员、有组织、应建未建”三张表"),
        ("person", "卢永宁"),
    ),
    cues=(
        cue(12, "1", LIAISON, "submit", answers=(("how", "已排查 1,860 户，有党员的 214 户，已建组织 37 个。"),)),
        cue(15, "1", _SUPERVISOR, "return", reason="只有总数，没有“应建未建”的名单，请补齐到户。"),
        cue(18, "1", LIAISON, "submit", answers=(("how", "已补“应建未建”清单 9 户，逐户注明党员人数和联系人。"),)),
        cue(20, "1", _SUPERVISOR, "close", outcome="done", text="三张表齐全。"),
    ),
)
_LATE_TASK = Scene(
    name="单独交办的任务",
    process="task",
    title="公交车厢“党员示范车”标识更新",
    units=("县公交公司",),
    matter=(("category", "style"), ("source", "分管领导调研时交办（示例）")),
    begins=20,
    cues=(cue(34, "1", _INSTRUCTOR, "urge", text="还有一周到期，请把进度报上来。"),),
)
_REPORTED_TASK = Scene(
    name="单独交办的任务",
    process="task",
    title="水务集团抢修班组党员突击队登记造册",
    units=("县水务集团",),
    matter=(("category", "organisation"),),
    begins=24,
    cues=(
        cue(30, "1", _HEAD, "report", text="12 个班组已登记 9 个。"),
        cue(41, "1", LIAISON, "submit", answers=(("how", "12 个班组 48 名党员全部登记，突击队名册已报。"),)),
    ),
)

BESIDE_PROJECTS = (_UPGRADE, _SINGLE_TASK, _LATE_TASK, _REPORTED_TASK)
