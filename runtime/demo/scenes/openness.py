"""Scenes of what is made public: two publications, two lists of duties. Data only."""

from runtime.demo.scenes.parts import OnDay, Scene, cue
from runtime.demo.script import INSTRUCTOR, LIAISON

_SUPERVISOR = "supervisor"

_SHOWN_INSIDE = Scene(
    name="党务公开",
    process="publication",
    variant="inside",
    title="全年党费收缴、使用和管理情况",
    units=("县教育局",),
    matter=(("category", "organisation"), ("basis", "党务公开目录（示例）第九项")),
    cues=(
        cue(
            3,
            "1",
            LIAISON,
            "submit",
            answers=(
                ("about", "局机关和 34 个学校党组织全年收缴、上缴、留存和使用明细，困难党员慰问支出单列。"),
                ("reviewed", "yes"),
            ),
        ),
        cue(5, "1", _SUPERVISOR, "approve", text="数字与台账一致，可以公开。"),
        cue(6, "1", LIAISON, "publish", place="公开栏、教育内网", on=OnDay(day=6), reference="青教党公〔示例〕7号"),
        cue(
            12,
            "1",
            LIAISON,
            "submit",
            answers=(
                ("asked", "2"),
                ("answer", "一件问退休教师党费基数，当面算给本人看；一件问慰问标准，已附文件答复。"),
            ),
        ),
    ),
)
_SHOWN_OUTSIDE = Scene(
    name="党务公开",
    process="publication",
    variant="public",
    title="机关党员志愿服务岗和联系群众清单",
    units=("县住建局",),
    matter=(("category", "style"),),
    begins=34,
    cues=(
        cue(
            36,
            "1",
            LIAISON,
            "submit",
            answers=(("about", "12 个志愿服务岗的地点、时间、负责人，局领导接待群众日安排。"), ("reviewed", "yes")),
        ),
        cue(37, "1", _SUPERVISOR, "approve", text="同意。"),
        cue(38, "1", LIAISON, "publish", place="县政府门户网站", on=OnDay(day=38), reference="青住建公〔示例〕3号"),
        cue(41, "1", INSTRUCTOR, "object", text="群众来电：城西服务岗的时间与窗口下班时间相同，上班族赶不上。"),
    ),
)
_DUTIES = Scene(
    name="责任清单",
    process="duties",
    title="机关党建责任清单",
    units=("县农业农村局",),
    matter=(("basis", "机关党建责任体系实施意见（示例）"),),
    cues=(
        cue(
            4,
            "1",
            LIAISON,
            "submit",
            answers=(
                ("lines.1.level", "group"),
                ("lines.1.post", "党组书记"),
                ("lines.1.duty", "履行第一责任人职责，每半年专题研究一次党建，每年向上级述职"),
                ("lines.2.level", "group"),
                ("lines.2.post", "班子成员"),
                ("lines.2.duty", "一岗双责，分管领域党建与业务同部署同考核"),
                ("lines.3.level", "organ"),
                ("lines.3.post", "机关党委专职副书记"),
                ("lines.3.duty", "督促支部落实三会一课，每季度抽查一次记录"),
                ("lines.4.level", "branch"),
                ("lines.4.post", "支部书记"),
                ("lines.4.duty", "每月组织主题党日，每季度召开党员大会"),
            ),
        ),
        cue(6, "1", _SUPERVISOR, "return", reason="农科所、茶科所两个下级支部没有列入，请补上。"),
        cue(
            8,
            "1",
            LIAISON,
            "submit",
            answers=(
                ("lines.1.level", "group"),
                ("lines.1.post", "党组书记"),
                ("lines.1.duty", "履行第一责任人职责，每半年专题研究一次党建，每年向上级述职"),
                ("lines.2.level", "organ"),
                ("lines.2.post", "机关党委专职副书记"),
                ("lines.2.duty", "督促支部落实三会一课，每季度抽查一次记录"),
                ("lines.3.level", "branch"),
                ("lines.3.post", "机关支部书记"),
                ("lines.3.duty", "每月组织主题党日，每季度召开党员大会"),
                ("lines.4.level", "branch"),
                ("lines.4.post", "农科所、茶科所支部书记"),
                ("lines.4.duty", "党小组跟着课题组走，农忙时组织生活开到田头"),
            ),
        ),
        cue(9, "1", _SUPERVISOR, "approve", text="层级齐了，同意公布。"),
        cue(10, "1", LIAISON, "publish", place="内网和机关公开栏", on=OnDay(day=10)),
        cue(14, "1", LIAISON, "submit", text="公布期满，已发各支部。"),
    ),
)
_DUTIES_CHECKED = Scene(
    name="责任清单",
    process="duties",
    title="机关党建责任清单",
    units=("县国资集团",),
    matter=(("basis", "机关党建责任体系实施意见（示例）"),),
    begins=32,
    cues=(
        cue(
            40,
            "1",
            LIAISON,
            "submit",
            answers=(
                ("lines.1.level", "group"),
                ("lines.1.post", "党委书记、董事长"),
                ("lines.1.duty", "重大经营事项先由党委会研究，把前置清单列到子公司"),
                ("lines.2.level", "branch"),
                ("lines.2.post", "子公司支部书记"),
                ("lines.2.duty", "党员责任区与生产指标挂钩，每月公示一次"),
            ),
        ),
    ),
)

BESIDE_OPENNESS = (_SHOWN_INSIDE, _SHOWN_OUTSIDE, _DUTIES, _DUTIES_CHECKED)
