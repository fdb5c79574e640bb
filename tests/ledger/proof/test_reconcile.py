"""Made-up histories beside made-up entries: what differs is named, what only looks so is not."""

import pytest

from ledger.proof.reconcile import Disagreement, Fate, Lost, Stood, Told, WorkflowRun, compare

NO = "ZG2026-0001"
DONE, REFUSED, OPEN = Fate.DONE, Fate.REFUSED, Fate.OPEN


def entry(
    seq: int, command: str, *, kind: str = "remarked", actor: str = "p0004", role: str = "leader", minute: int = 0
) -> Stood:
    recorded_at = f"2026-11-25T08:{minute:02d}:00.000000Z"
    return Stood(seq=seq, command=command, kind=kind, actor=actor, role=role, recorded_at=recorded_at)


def told(id_: str, outcome: Fate = DONE, *, kind: str = "remark", actor: str = "p0004") -> Told:
    return Told(id=id_, kind=kind, actor=actor, outcome=outcome)


ISSUED = entry(1, "issue/b/1", kind="issued", actor="p0001", role="supervisor")
TICK = entry(3, "tick/2", kind="fell_due", actor="system", role="system")
BULK = entry(4, "recalculate/c2", kind="recalculated", actor="p0006", role="administrator")
ENTRIES = (ISSUED, entry(2, "a"), TICK, BULK, entry(5, "b"))
RUNS = (WorkflowRun(after=1, told=(told("a"), told("b"))),)


def differences(
    runs: tuple[WorkflowRun, ...], entries: tuple[Stood, ...], *, later: tuple[Stood, ...] = ()
) -> list[Disagreement]:
    return compare(NO, runs, entries, (*entries, *later))


def test_commands_alarms_and_bulk_work_are_no_differences() -> None:
    assert differences(RUNS, ENTRIES) == []


def test_without_a_history_nothing_can_be_said() -> None:
    assert differences((), ENTRIES) == []


def test_a_command_that_was_done_without_its_entry_is_named() -> None:
    (found,) = differences(RUNS, ENTRIES[:-1])
    assert (found.stream, found.command, found.seq) == (NO, "b", 0)
    assert "流程办成了“批示”（p0004），留痕库里没有它的记录" in found.what
    assert "删除" in found.means


def test_an_entry_without_its_command_is_named_once_however_many_it_has() -> None:
    added = (entry(6, "forged"), entry(7, "forged"))
    (found,) = differences(RUNS, (*ENTRIES, *added))
    assert (found.command, found.seq) == ("forged", 6)
    assert "从未收到" in found.what


@pytest.mark.parametrize(
    "forged",
    [
        entry(6, "tick/5"),
        entry(6, "recalculate/c3"),
        entry(6, "issue/b/2"),
        entry(6, "issued/b/2", kind="issued"),
    ],
    ids=lambda e: e.command,
)
def test_a_persons_entry_under_an_id_of_bulk_work_is_named(forged: Stood) -> None:
    (found,) = differences(RUNS, (*ENTRIES, forged))
    assert found.seq == 6


def test_what_an_alarm_brings_under_any_bulk_command_is_in_order() -> None:
    rang = entry(6, "recalculate/c3", kind="rung_reached", actor="system", role="system")
    assert differences(RUNS, (*ENTRIES, rang)) == []


def test_a_refused_command_needs_no_entry_and_may_have_none() -> None:
    runs = (WorkflowRun(after=1, told=(told("a"), told("b"), told("no", REFUSED))),)
    assert differences(runs, ENTRIES) == []
    (found,) = differences(runs, (*ENTRIES, entry(6, "no")))
    assert (found.command, found.seq) == ("no", 6)
    assert "拒绝了" in found.what


def test_a_command_refused_once_and_done_in_a_later_run_is_done() -> None:
    runs = (WorkflowRun(after=1, told=(told("a"), told("b", REFUSED))), WorkflowRun(after=4, told=(told("b"),)))
    assert differences(runs, ENTRIES) == []


def test_a_command_that_is_under_way_differs_in_nothing() -> None:
    runs = (WorkflowRun(after=1, told=(told("a"), told("b", OPEN))),)
    assert differences(runs, ENTRIES) == []
    assert differences(runs, ENTRIES[:-1]) == []


def test_an_entry_that_came_after_the_history_was_read_is_no_difference() -> None:
    assert differences(RUNS, ENTRIES, later=(entry(6, "new"),)) == []


def test_a_tick_that_found_nothing_due_needs_no_entry() -> None:
    runs = (*RUNS, WorkflowRun(after=5, told=(told("looks", kind="tick", actor="system"),)))
    assert differences(runs, ENTRIES) == []


def test_entries_before_the_first_run_that_is_kept_are_beyond_what_it_knows() -> None:
    runs = (WorkflowRun(after=4, told=(told("b"),)),)
    assert differences(runs, ENTRIES) == []
    assert [d.command for d in differences((WorkflowRun(after=1, told=(told("b"),)),), ENTRIES)] == ["a"]


def test_a_chain_of_runs_is_taken_together() -> None:
    runs = (WorkflowRun(after=4, told=(told("b"),)), WorkflowRun(after=1, told=(told("a"),)))
    assert differences(runs, ENTRIES) == []


def test_a_repeated_command_that_found_its_entry_from_an_earlier_time_is_in_order() -> None:
    runs = (WorkflowRun(after=5, told=(told("a"),)),)
    assert differences(runs, ENTRIES) == []


def test_another_actor_than_the_one_who_gave_the_command_is_named() -> None:
    changed = (*ENTRIES[:-1], entry(5, "b", actor="p0009"))
    (found,) = differences(RUNS, changed)
    assert (found.command, found.seq) == ("b", 5)
    assert "p0009" in found.what


def test_what_was_due_before_a_command_comes_with_it_by_the_system() -> None:
    with_rung = (*ENTRIES[:-1], entry(5, "b", kind="fell_due", actor="system", role="system"), entry(6, "b"))
    assert differences(RUNS, with_rung) == []


def test_a_run_that_went_on_from_beyond_the_end_names_the_missing_tail() -> None:
    (found,) = differences((*RUNS, WorkflowRun(after=9)), ENTRIES)
    assert found.seq == 6
    assert "第 9 条" in found.what


def test_what_was_recorded_while_the_restored_backup_was_taken_is_no_difference() -> None:
    lost = Lost(first="2026-11-25T08:10:00.000000Z", last="2026-11-25T08:12:00.000000Z")
    unknown = (entry(6, "c", minute=9), entry(7, "d", minute=11), entry(8, "e", minute=13))
    found = compare(NO, RUNS, (*ENTRIES, *unknown), (*ENTRIES, *unknown), (lost,))
    assert [d.command for d in found] == ["c", "e"]
