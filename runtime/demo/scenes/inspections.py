"""Scenes of going there: an unannounced inspection of drawn units, visits of an area, an investigation. Data only."""

from runtime.demo.scenes.parts import LOOK, SECOND, Cue, Lots, OnDay, Scene, cue
from runtime.demo.script import INSTRUCTOR, LIAISON

_HEAD, _SUPERVISOR, _AREA_LEADER = "unit_head", "supervisor", "area_leader"

INSPECTION = Scene(
    name="随机抽查：抽中谁不由人定，去了才告诉",
    process="inspection",
    title="三会一课和主题党日不打招呼检查",
    matter=(("source", "本季度随机抽取"),),
    lots=Lots(
        title="本季度不打招呼检查",
        by="kind",
        share=4,
        most=2,
        inspectors=("p0021", "p0022", "p0023", "p0024"),
        each=2,
        numbers={"p0004": "31415", "p0005": "27182"},
        kinds=("organ", "institution"),
    ),
    opening=(
        "名单先封存，两位见证人各封一个数再打开，抽中谁、谁去检查由这两个数算出来，谁也挑不了，事后人人能重算。",
        "到“单位说明”那一步以前，被查单位什么也看不到：台账、待办、通知里没有，按编号查也像没有这个事项。",
    ),
    told=("issued", "submitted", "closed", "child_ended"),
    of_children=("issued", "approved", "closed"),
    cues=(
        cue(2, "1", LIAISON, LOOK),
        cue(2, "1", _SUPERVISOR, LOOK),
        cue(
            4,
            "1",
            SECOND,
            "submit",
            answers=(
                ("ledger", "partly"),
                ("talked", "7"),
                ("findings.1.what", "两个支部上季度党员大会没有记录，会后补写的提纲与签到人数对不上"),
                ("findings.1.category", "组织建设"),
                ("findings.1.kind", "staged"),
                ("findings.2.what", "党务公开栏还是上半年的内容"),
                ("findings.2.category", "制度建设"),
                ("findings.2.kind", "at_once"),
            ),
        ),
        cue(4, "1", LIAISON, LOOK),
        cue(6, "1", _HEAD, "submit", answers=(("view", "情况属实。大会开了，记录员外出没有交接，没有及时补记。"),)),
        cue(8, "1", _SUPERVISOR, "close", outcome="found", text="两条都成立，转整改。"),
        cue(9, "1-2", LIAISON, "sign"),
        cue(12, "1-2", LIAISON, "submit", text="公开栏已更新，明确办公室每月 5 日核对一次。"),
        cue(14, "1-2", SECOND, "close", outcome="rectified", text="现场看过，已更新。"),
        cue(9, "1-1", LIAISON, "sign"),
        cue(
            13,
            "1-1",
            LIAISON,
            "submit",
            text="已召开支委会，制定整改方案。",
            answers=(
                ("measures", "对照签到表逐次核实，如实补记并注明补记日期"),
                ("measures", "记录员设主副两人，外出先交接"),
                ("measures", "机关党委每月抽看一个支部的记录"),
            ),
        ),
        cue(16, "1-1", _SUPERVISOR, "approve", text="如实注明补记日期这一条好，同意。"),
        cue(35, "1-1", LIAISON, "report", text="两个支部已补记 4 次会议并注明日期，主副记录员已到位。"),
        cue(
            7,
            "2",
            SECOND,
            "submit",
            answers=(("ledger", "full"), ("talked", "6")),
        ),
        cue(9, "2", _HEAD, "submit", answers=(("view", "无异议。"),)),
        cue(11, "2", _SUPERVISOR, "close", outcome="none", text="记录齐全，访谈与记录一致。"),
    ),
)

_VEILED = Scene(
    name="随机抽查",
    process="inspection",
    title="党费收缴使用不打招呼检查",
    units=("县融媒体中心",),
    matter=(("source", "点名检查（群众来信反映）"), ("inspectors", "许彦杰、余宏川")),
    begins=38,
    cues=(),
)

_VISITED: dict[str, tuple[str, str, str]] = {
    "青溪县农业农村局": ("支部会议记录、项目党小组", "下乡多，党员大会凑不齐", "建议把大会放在每月集中学习日"),
    "青溪县水利局": ("防汛值班室的党员责任岗", "值班表与党课常冲突", "协调县委党校送课到值班点"),
    "青溪县民政局": ("困难党员台账", "帮扶资金到账慢", "与县财政局对接，月内到账"),
    "青溪县人力资源和社会保障局": ("窗口党员示范岗", "窗口午间不断档，学习时间少", "错峰学习，线上补学"),
    "青溪县医疗保障局": ("支部换届准备", "没有熟悉流程的党务干部", "请县委组织部派人辅导一次"),
    "青溪县供销合作社联合社": ("基层社联合支部", "退休党员多、住得散", "按片设学习点，送学上门"),
    "青溪县水库管理中心": ("库区党员巡查记录", "库区网络差，线上学习断续", "改发纸质学习资料"),
    "青溪县国有林场": ("护林点党小组", "三个护林点相距远", "党小组轮流到点上开会"),
    "青溪县就业管理服务中心": ("零工市场党员服务台", "缺一块固定公示栏", "由县人社局统一制作"),
    "青溪县社会福利中心": ("护理岗党员名册", "倒班影响组织生活", "按班次开两场"),
    "青溪县农业科学研究所": ("试验田党员包片", "农忙时人都在田里", "组织生活开到田头"),
    "青溪县林业科学研究所": ("课题组党小组", "课题组与支部设置不一致", "按课题组调整党小组"),
    "青溪县茶叶科学研究所": ("茶农培训的党员讲师团", "讲师差旅没有列支渠道", "与县农业农村局商定列入培训经费"),
    "青溪县林业开发有限公司": ("苗圃支部活动室", "活动室兼作仓库", "当面指出，月内腾退"),
    "青溪县茶产业协会": ("联合支部党员名单", "流动党员底数不清", "建立一人一联系人表"),
    "青溪县农民合作经济组织联合会": ("合作社党员名册", "合作社之间活动少", "牵线与县农科所联办活动"),
}
_VISIT_DAYS = (3, 7, 11, 15)


def _visits(day: int, of: slice) -> tuple[Cue, ...]:
    """So many of the visits are made on that day."""
    return tuple(
        cue(
            day,
            "1",
            INSTRUCTOR,
            "report",
            tally="visit",
            about=unit,
            answers=(("how", "site"), ("seen", seen), ("difficulty", hard), ("help", help_)),
        )
        for unit, (seen, hard, help_) in list(_VISITED.items())[of]
    )


_DONE_VISITS = Scene(
    name="片组走访",
    process="visit",
    title="本月走访：换届准备、困难党员、学习安排",
    units=("第五片组（农林民生）",),
    cues=(
        *(one for n, day in enumerate(_VISIT_DAYS) for one in _visits(day, slice(4 * n, 4 * n + 4))),
        cue(
            18,
            "1",
            INSTRUCTOR,
            "submit",
            answers=(
                ("difficulties", "护林点、库区网络条件差，需要县里统一配发纸质学习资料。"),
                ("findings.1.unit", "县林业公司"),
                ("findings.1.what", "党员活动室兼作仓库，半年没有在里面开过会"),
                ("findings.1.category", "组织建设"),
            ),
        ),
        cue(19, "1-1", LIAISON, "sign"),
        cue(24, "1-1", LIAISON, "submit", text="仓库已清空，活动室恢复使用，附整改前后照片说明。"),
        cue(26, "1-1", SECOND, "close", outcome="rectified", text="现场看过，同意销号。"),
    ),
)
_VISITS_GOING_ON = Scene(
    name="片组走访",
    process="visit",
    title="下月走访：年度任务清单签收、学习计划",
    units=("第六片组（科教文卫）",),
    begins=24,
    cues=(
        cue(
            28,
            "1",
            INSTRUCTOR,
            "report",
            tally="visit",
            about="青溪中学",
            answers=(
                ("how", "site"),
                ("seen", "教研组党小组活动"),
                ("difficulty", "毕业年级教师时间紧"),
                ("help", "与备课合在一起开"),
            ),
        ),
        cue(
            28,
            "1",
            INSTRUCTOR,
            "report",
            tally="visit",
            about="青溪县图书馆",
            answers=(("how", "site"), ("seen", "阅览区党员示范岗"), ("help", "建议与文化馆联办一次主题党日")),
        ),
        cue(
            33,
            "1",
            INSTRUCTOR,
            "report",
            tally="visit",
            about="青溪县人民医院",
            answers=(("how", "call"), ("seen", "电话了解换届准备，未实地看")),
        ),
        cue(
            36,
            "1",
            INSTRUCTOR,
            "report",
            tally="visit",
            about="青溪县文化馆",
            answers=(("how", "site"), ("seen", "两期轮训的签到和测试卷"), ("difficulty", "场馆布展与培训争场地")),
        ),
    ),
)
_UPKEEP = Scene(
    name="名册维护",
    process="upkeep",
    title="上月名册核对",
    units=("第五片组（农林民生）",),
    begins=8,
    cues=(
        cue(
            12,
            "1",
            INSTRUCTOR,
            "submit",
            answers=(
                ("changes.1.unit", "青溪县林业开发有限公司"),
                ("changes.1.joined", "2"),
                ("changes.1.left", "0"),
                ("changes.1.note", "劳务派遣转正，组织关系随转"),
                ("changes.2.unit", "青溪县茶产业协会"),
                ("changes.2.joined", "0"),
                ("changes.2.left", "1"),
                ("members", "yes"),
                ("volunteers", "yes"),
                ("problem", "茶产业协会流动党员一名，转出手续在路上。"),
            ),
        ),
    ),
)
_VERIFIED = Scene(
    name="抽样核实",
    process="verification",
    title="党建月报（上月）：青溪县茶产业协会",
    units=("第五片组（农林民生）",),
    begins=14,
    matter=(("unit", "青溪县茶产业协会"),),
    cues=(
        cue(
            16,
            "1",
            INSTRUCTOR,
            "submit",
            answers=(
                ("same", "no"),
                ("how", "看了会议记录和签到，问了两名党员。"),
                ("differing", "主题党日写的是 2 次，记录上是 1 次。"),
            ),
        ),
        cue(
            17,
            "1",
            INSTRUCTOR,
            "submit",
            answers=(("when", OnDay(day=17)), ("said", "把学习会算了进去，已在月报里申请更正。")),
        ),
    ),
)
_INVESTIGATED = Scene(
    name="分类调研",
    process="investigation",
    title="国有企业党支部作用发挥调研",
    units=("第三片组（财经产业）",),
    matter=(
        ("basis", "机关党建分类指导调研方案（示例）"),
        ("outline", "一问支部怎样参与经营决策；二问党员责任区有没有指标；三问组织生活怎样避开生产高峰。"),
    ),
    begins=10,
    cues=(
        cue(
            16,
            "1",
            _AREA_LEADER,
            "report",
            tally="talk",
            about="青溪县国有资本运营集团有限公司",
            answers=(
                ("how", "seminar"),
                ("people", "14"),
                ("said", "重大事项先由党委会研究已写进章程，但子公司支部不清楚哪些事要报。"),
            ),
        ),
        cue(
            22,
            "1",
            INSTRUCTOR,
            "report",
            tally="talk",
            about="青溪农村商业银行股份有限公司",
            answers=(("how", "interview"), ("people", "6"), ("said", "网点党员少，三个网点合一个支部，开会要跨镇。")),
        ),
        cue(
            30,
            "1",
            INSTRUCTOR,
            "report",
            tally="talk",
            about="青溪县粮食收储有限责任公司",
            answers=(("how", "stay"), ("people", "9"), ("said", "收粮季组织生活停两个月，建议改为上半年多开。")),
        ),
    ),
)

BESIDE_INSPECTIONS = (_VEILED, _DONE_VISITS, _VISITS_GOING_ON, _UPKEEP, _VERIFIED, _INVESTIGATED)
