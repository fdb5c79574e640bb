"""What of a simulation is shown (the first rows of each kind) and what is written down (everything)."""

from __future__ import annotations

from rules.dates.calendar import LOCAL
from rules.dates.explain import provisionally
from rules.names import ROLE_NAMES
from rules.process import Role
from runtime.simulate.cast import Cast
from runtime.simulate.course import CourseDifference
from runtime.simulate.export import MAIN, CellValue, Export
from runtime.simulate.months import PROCESSES, Months
from runtime.simulate.run import PlayedCourse, Simulated
from runtime.simulate.tally import Heard, Hearing, Load, Toll, heard

NOTICE_HEADINGS = ("时间", "事项", "单位", "谁", "职务", "因何", "到期日", "即时")
DATES = ("事项", "单位", "计时", "起", "到期", "逾期", "止")
LOADS = ("谁", "单位", "合计", "其中即时", "最多的一周", "这一周")
WEEKS = ("谁", "周一", "通知")
STALLED = ("事项", "单位", "计时", "到期", "不办会怎样")
CHANGES = ("事项", "单位", "变动的日期", "增加", "减少", "改期")


class Recorder:
    """Keeps the first `rows` of each kind to show; hands every row to the export, if there is one; counts by month,
    where that is asked."""

    def __init__(self, directory: Cast, rows: int, export: Export | None, months: Months | None = None) -> None:
        self.directory, self._rows, self._export = directory, rows, export
        self.notices: list[tuple[CellValue, ...]] = []
        self.stretches: list[tuple[CellValue, ...]] = []
        self.stalled: list[tuple[CellValue, ...]] = []
        self.changes: list[tuple[CellValue, ...]] = []
        self._units: dict[str, str] = {}
        self.months = months

    def notice(self, notice: Heard) -> None:
        """See `runtime.simulate.run.Listener`."""
        self._units[notice.unit.id] = notice.unit.name
        if self.months:
            self.months.notice(notice)
        if self._export is None and len(self.notices) >= self._rows:
            return
        row = (
            f"{notice.at.astimezone(LOCAL):%Y-%m-%d %H:%M}",
            notice.no,
            notice.unit.name,
            self.named(notice.person) if notice.person else "（无人）" if self.directory.known else "",
            ROLE_NAMES[notice.role],
            notice.what,
            notice.due.isoformat() if notice.due else "",
            "是" if notice.immediate else "",
        )
        self._keep(self.notices, MAIN, NOTICE_HEADINGS, row)

    def item(self, played: PlayedCourse) -> None:
        """See `runtime.simulate.run.Listener`."""
        if self.months:
            self.months.item(played)
        if self._export is None and len(self.stretches) >= self._rows and len(self.stalled) >= self._rows:
            return
        state = played.state
        for one in played.course.stretches.values():
            due = provisionally(one.due.isoformat(), one.provisional)
            ended = one.ended.isoformat() if one.ended else ""
            late = "是" if one.late else ""
            row = (state.no, state.unit.name, one.name, one.began.isoformat(), due, late, ended)
            self._keep(self.stretches, "日期", DATES, row)
        for date in played.stalled:
            words = "；".join(self._stalling(one, played) for one in date.told) or "没有人听到"
            self._keep(
                self.stalled, "不办会怎样", STALLED, (state.no, state.unit.name, date.name, date.due.isoformat(), words)
            )

    def _stalling(self, one: Hearing, played: PlayedCourse) -> str:
        """When what is said to whom, of one rung."""
        told = heard(self.directory, one, played.state)
        whom = "、".join(f"{ROLE_NAMES[to.role]}{self.directory.names.get(to.person, '')}" for to in told)
        return f"{one.at.astimezone(LOCAL):%m-%d} {one.what.partition('·')[0]}（{whom}）"

    def change(self, no: str, unit: str, difference: CourseDifference) -> None:
        """See `runtime.simulate.run.Listener`."""
        moved = "；".join(f"{name} {before} → {after}" for name, before, after in difference.moved)
        rungs = ("、".join(names) for names in (difference.added, difference.removed, difference.shifted))
        self._keep(self.changes, "变化", CHANGES, (no, unit, moved, *rungs))

    def _keep(
        self, kept: list[tuple[CellValue, ...]], sheet: str, columns: tuple[str, ...], row: tuple[CellValue, ...]
    ) -> None:
        if len(kept) < self._rows:
            kept.append(row)
        if self._export:
            self._export.row(sheet, columns, row)

    def finish(self, outcome: Simulated) -> None:
        """The whole export is there."""
        if not self._export:
            return
        if self.months:
            for row in self.months.month_rows:
                self._export.row("每月", self.months.month_headings, row)
            for row in self.months.process_rows:
                self._export.row("每个流程", PROCESSES, row)
        for prefix, tally in (("", outcome.tally), ("改后", outcome.changes.tally if outcome.changes else None)):
            if tally is not None:
                self._write_loads(self._export, prefix, tally)
        self._export.close()

    def _write_loads(self, export: Export, prefix: str, tally: Toll) -> None:
        for load in tally.loads():
            export.row(f"{prefix}每人", LOADS, self.load_row(load))
        for load in tally.unit_loads():
            export.row(f"{prefix}每单位", LOADS, (load.who, "", *self.load_row(load)[2:]))
        for who, weeks in tally.people.items():
            for week, count in sorted(weeks.items()):
                export.row(f"{prefix}每人每周", WEEKS, (self.named(who), week.isoformat(), count))
        for unit, weeks in tally.units.items():
            for week, count in sorted(weeks.items()):
                export.row(f"{prefix}每单位每周", WEEKS, (unit, week.isoformat(), count))

    def load_row(self, load: Load) -> tuple[CellValue, ...]:
        """A person's load as a row."""
        where = self.directory.unit_names.get(load.who, "")
        return (self.named(load.who), where, load.total, load.immediate, load.busiest.isoformat(), load.most)

    def named(self, who: str) -> str:
        """The person's name; the role and its unit, where nobody holds it or nobody is known."""
        role, at, unit = who.partition("@")
        if not at:
            return self.directory.names.get(who, ROLE_NAMES.get(Role(who), who) if who in set(Role) else who)
        vacant = "（无人）" if self.directory.known else ""
        return f"{ROLE_NAMES[Role(role)]}{vacant}·{self._units.get(unit, unit)}"
