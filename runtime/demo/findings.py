"""What the demonstration's register complains of: invented findings of a county's inspection. Data only."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """One invented finding: its measures (each in a row of its own when `apart`), its limit and who answers for it.

    `due` is a form of runtime.demo.sheet with its days from today; `units` and `helpers` count units, `kind` is theirs.
    """

    text: str
    measures: tuple[str, ...]
    due: str
    kind: str = "organ"
    units: int = 1
    helpers: int = 0
    apart: bool = False


def _of(text: str, measures: str, due: str, kind: str = "organ", **more: int) -> Complaint:
    return Complaint(
        text=text,
        measures=tuple(measures.split("；")),
        due=due,
        kind=kind,
        units=more.get("units", 1),
        helpers=more.get("helpers", 0),
        apart=bool(more.get("apart")),
    )


COMPLAINTS: dict[str, tuple[Complaint, ...]] = {
    "政治建设": (
        _of(
            "党组理论学习中心组学习计划照抄上年，专题研讨少",
            "重订年度计划；每季度研讨一次并留存发言提纲",
            "chinese 40",
            helpers=1,
        ),
        _of(
            "意识形态工作责任制落实不到位，全年未作专题分析",
            "半年分析研判一次；结果向机关工委报告",
            "end 35",
            helpers=2,
        ),
        _of("主题党日活动形式单一，以会代训多", "制定活动菜单；支部每月至少开展一次实践活动", "iso 45", "institution"),
        _of("重大事项请示报告台账缺项", "补齐本年台账；指定专人登记", "once 0"),
        _of("学习强国等平台变相下达时长任务，增加基层负担", "立即停止摊派；清理自设考核", "once 0", units=2),
    ),
    "思想建设": (
        _of("谈心谈话流于形式，记录雷同", "一人一表重新开展；分管领导抽查", "slash 50", "institution"),
        _of("青年理论学习小组有名无实", "重新编组；每两月集中学习一次", "short 60", "research"),
        _of("党课讲稿从网上下载，不结合本单位实际", "领导班子成员带头备课；讲稿报工委备案", "dot 42", "enterprise"),
        _of("科研一线党员集中学习参加率低", "错峰安排学习；建立线上补学制度", "staged 0", "research", helpers=1),
        _of("退休党员学习资料发放不及时", "按月寄送；确定联系人", "lasting 0", "institution"),
    ),
    "组织建设": (
        _of(
            "三会一课记录不规范，存在补记、代签现象",
            "对照党员花名册逐次核对；统一记录本并每月检查；开展一次支部书记业务培训",
            "chinese 38",
            apart=1,
            helpers=1,
        ),
        _of("党费收缴不及时，个别党员一次补缴半年", "逐人核对基数；每月10日前收缴并公示", "date 30", "enterprise"),
        _of("发展党员程序材料不全", "对近三年档案逐份核查；缺项限期补正", "serial 55"),
        _of("支部换届超期未办", "制定换届方案；报批后召开党员大会", "wide 48", "institution"),
        _of("流动党员管理底数不清", "摸排登记；落实一人一联系人", "end 65", "social", units=2),
        _of("党支部设置不符合专业技术人员分布实际", "调整支部设置；配齐支部委员", "range 90", "research"),
        _of("行业协会党组织书记长期空缺", "推荐人选；完成选举并报批", "chinese 58", "social"),
    ),
    "作风建设": (
        _of("调研走马观花，报告提不出具体对策", "每名班子成员蹲点一次；报告集体评议", "slash 62"),
        _of("文件会议多，重复要求基层报表", "清理报表；建立发文会商制度", "chinese 36", units=3),
        _of("窗口单位群众意见办理超期", "公开办理时限；每周通报", "once 0", "institution"),
        _of("走访困难党员次数不足，慰问登记不全", "补登慰问记录；每季度走访一次", "lasting 0"),
        _of("机关考勤和请销假制度执行不严", "修订制度；每月公示考勤", "iso 33", "institution", helpers=1),
    ),
    "纪律建设": (
        _of("廉政风险点排查照搬模板", "按岗位重新排查；形成清单并公示", "dot 57", "enterprise"),
        _of("公务接待清单填写不完整", "逐笔补正；财务审核把关", "chinese 31", units=2),
        _of("警示教育以传达文件代替讨论", "用身边案例开展讨论；党员写心得", "end 34"),
        _of("项目采购验收环节监督缺位", "明确验收小组；引入纪检委员监督；结果公开", "short 75", "enterprise", apart=1),
        _of("科研经费报销附件不齐", "开展专项自查；完善报销指引", "range 85", "research", helpers=1),
    ),
    "制度建设": (
        _of("党务公开栏内容长期未更新", "立即更新；每月核对", "once 0", "institution"),
        _of("支部考评办法多年未修订，指标与业务脱节", "征求意见；修订印发并培训", "staged 0", helpers=1),
        _of("党员积分规则不公开，加减分随意", "公布规则；积分按月公示", "wide 44", "social"),
        _of("档案管理混乱，党员材料与业务材料混放", "分类整理；专柜保管", "quarter 0"),
        _of(
            "党建与业务“两张皮”，考核未挂钩",
            "建立同部署同考核机制；结果运用到年度考核；半年通报一次",
            "lasting 0",
            "enterprise",
            apart=1,
        ),
    ),
    "责任落实": (
        _of("党组书记抓党建述职报告与上年大面积重复", "重写报告；接受评议后整改", "iso 52"),
        _of("片组指导员走访记录缺失", "补齐走访计划；每月至少走访一次并签字", "days 0"),
        _of("上轮巡察反馈问题整改销号把关不严", "逐项回头看；对未完成的重新立项", "chinese 66", helpers=2),
    ),
}
EVERY_INSTITUTE = _of(
    "各院所党建工作与科研任务衔接不紧，未制定年度融合清单", "制定融合清单；所务会每季度听取一次汇报", "chinese 95"
)
UNKNOWN_UNIT = _of("下属单位党建经费列支不规范", "清理列支；完善审批", "iso 50")
IMPOSSIBLE_DATE = _of("党员活动室被挪作他用", "腾退恢复；定期检查", "impossible 0")
PAST_DATE = _of("民主评议党员结果未反馈本人", "逐人反馈；留存签字", "iso -40")
