"""A command by itself: its fields, their sizes and characters, and who may give it."""

import time
from dataclasses import fields as fields_of
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rules.dates.windows import DueChoice
from rules.errors import WORDS, Code, RuleViolation, words
from rules.machine.commands import (
    BY_THEMSELVES,
    ID_LIMIT,
    Actor,
    Assignment,
    Command,
    CommandKind,
    EntryRef,
    Status,
    UnitRef,
    check_shape,
    command_hash,
)
from rules.machine.fields import (
    EVIDENCE_ID_LIMIT,
    FIELDS,
    LIST_LIMIT,
    TEXT_LIMIT,
    FieldKind,
    Said,
    needed,
    optional,
)
from rules.machine.item import decide
from rules.machine.ticks import TICKS
from rules.names import COMMAND_NAMES, FIELD_NAMES, ROLE_NAMES, STATUS_NAMES
from rules.permitting import BY_ROUNDS, PERMITTED, check_role
from rules.process import Role
from tests.support.factories import (
    ACTORS,
    AREA_LEADER,
    HELPER,
    INSTRUCTOR,
    NEXT_VERSION,
    OTHER_PROCESS,
    OTHER_UNIT,
    PUBLISHED,
    SECOND_SUPERVISOR,
    STRANGER,
    SUPERVISOR,
    USUAL,
    K,
    Play,
    play_to,
)

FILLED: dict[str, Any] = {
    "reason": "理由",
    "text": "说明",
    "to": date(2026, 12, 31),
    "days": 6,
    "evidence": ("ab" * 32,),
    "answers": (("present", "30"),),
    "grant": True,
    "outcome": "rectified",
    "result": "held",
    "step": "plan",
    "place": "公开栏",
    "on": date(2026, 3, 2),
    "reference": "青公示〔2026〕1号",
    "tally": "household",
    "about": "3号户",
    "assignment": Assignment(unit=OTHER_UNIT, process=OTHER_PROCESS),
    "calendar": PUBLISHED,
    "entry": EntryRef(seq=1, kind="issued"),
    "successor": SECOND_SUPERVISOR,
    "process": NEXT_VERSION,
    "steps": (("plan", "begin"),),
    "given": (("plan.target", "1"),),
    "children": True,
    "choice": DueChoice(first=date(2026, 12, 28), last=date(2026, 12, 31)),
}
OTHERWISE: dict[str, Any] = {
    "reason": "另一个理由",
    "text": "说明 ",
    "to": date(2027, 1, 4),
    "days": 7,
    "evidence": ("cd" * 32,),
    "answers": (("present", "31"),),
    "grant": False,
    "outcome": "continuing",
    "result": "relapsed",
    "step": "execute",
    "tally": "gift",
    "about": "4号户",
    "assignment": Assignment(unit=UnitRef(id="u9", name="另一单位", kind="organ"), process=OTHER_PROCESS),
    "calendar": None,
    "entry": EntryRef(seq=2, kind="issued"),
    "successor": SUPERVISOR,
    "process": None,
    "steps": (),
    "given": (),
    "place": "内网",
    "on": date(2026, 3, 3),
    "reference": "青公示〔2026〕2号",
    "children": False,
    "choice": None,
}
RESOLVED = {one.name for one in FIELDS.values() if one.kind is FieldKind.RESOLVED}
BLANKS: dict[str, tuple[Any, ...]] = {
    name: ((), None) if isinstance(value, tuple) else ("", " \n\t", None) if isinstance(value, str) else (None,)
    for name, value in FILLED.items()
}


def command(kind: CommandKind, **fields: Any) -> Command:
    filled = {**{f: FILLED[f] for f in needed(kind)}, **fields}
    return Command(kind=kind, id="c1", actor=USUAL[kind][0], **{k: v for k, v in filled.items() if v is not None})


def refusal(kind: CommandKind, **fields: Any) -> RuleViolation:
    with pytest.raises(RuleViolation) as refused:
        check_shape(command(kind, **fields))
    return refused.value


def test_every_field_of_a_command_is_known_here() -> None:
    assert {f.name for f in fields_of(Command)} - {"kind", "id", "actor"} == set(FILLED)
    assert {f.attribute for f in FIELDS.values()} == set(FILLED)
    assert {f.name for f in fields_of(Said)} < set(FIELDS)
    assert set(CommandKind) == set(PERMITTED)
    assert set().union(*(f.needed | f.optional | set(f.labels) for f in FIELDS.values())) <= set(CommandKind)


@pytest.mark.parametrize("kind", CommandKind)
def test_a_command_with_its_required_fields_has_the_right_shape(kind: CommandKind) -> None:
    check_shape(command(kind))
    check_shape(command(kind, **{f: FILLED[f] for f in optional(kind)}))


@pytest.mark.parametrize(
    ("kind", "field", "blank"),
    [(k, f, blank) for k in CommandKind for f in sorted(needed(k)) for blank in BLANKS[f]],
)
def test_a_required_field_that_is_blank_is_asked_for_by_name(kind: CommandKind, field: str, blank: Any) -> None:
    refused = refusal(kind, **{field: blank})
    assert refused.code is Code.FIELD_MISSING
    assert FIELD_NAMES[field] in str(refused)
    assert COMMAND_NAMES[kind] in str(refused)


@pytest.mark.parametrize(
    ("kind", "field"),
    [(k, f) for k in CommandKind for f in FILLED if f not in needed(k) | optional(k)],
)
def test_a_field_that_the_command_does_not_take_is_refused_not_ignored(kind: CommandKind, field: str) -> None:
    refused = refusal(kind, **{field: FILLED[field]})
    assert refused.code is Code.FIELD_NOT_TAKEN
    assert FIELD_NAMES[field] in str(refused)


@pytest.mark.parametrize("kind", [k for k in CommandKind if "text" in needed(k) | optional(k)])
def test_text_of_10_mb_is_refused_at_once_and_not_repeated(kind: CommandKind) -> None:
    huge = "长" * 10_000_000
    began = time.perf_counter()
    refused = refusal(kind, text=huge)
    assert time.perf_counter() - began < 0.5
    assert refused.code is Code.FIELD_TOO_LONG
    assert len(str(refused)) < 100
    assert "10000000" in str(refused)


def test_sizes_are_taken_up_to_their_limit() -> None:
    check_shape(command(K.REMARK, text="长" * TEXT_LIMIT))
    assert refusal(K.REMARK, text="长" * (TEXT_LIMIT + 1)).code is Code.FIELD_TOO_LONG
    check_shape(command(K.SUBMIT, evidence=("a" * EVIDENCE_ID_LIMIT,) * LIST_LIMIT))
    assert refusal(K.SUBMIT, evidence=("a" * (EVIDENCE_ID_LIMIT + 1),)).code is Code.FIELD_TOO_LONG
    assert refusal(K.SUBMIT, evidence=("a",) * (LIST_LIMIT + 1)).code is Code.FIELD_TOO_LONG


@pytest.mark.parametrize("blank", ["", "  "])
def test_a_file_without_an_id_is_refused(blank: str) -> None:
    assert "第 2 项是空的" in str(refusal(K.SUBMIT, evidence=("a", blank)))


@pytest.mark.parametrize("bad", ["\x00", "\x07", "\x0b", "\x1b[31m", "\x7f", "\x85", "\u202e", "\u2066", "\ud800"])
@pytest.mark.parametrize(("kind", "field"), [(K.REMARK, "text"), (K.ANNUL, "reason"), (K.SUBMIT, "evidence")])
def test_control_characters_are_refused_with_their_place(bad: str, kind: CommandKind, field: str) -> None:
    value = f"抓紧{bad}办"
    refused = refusal(kind, **{field: (value,) if field == "evidence" else value})
    assert refused.code is Code.CONTROL_CHARACTERS
    assert refused.fields["position"] == "3"


def test_line_breaks_tabs_and_rare_characters_are_fine() -> None:
    check_shape(command(K.REMARK, text="一、\n\t抓紧\r\n二、𠮷野家😀"))


@pytest.mark.parametrize("name", ["", "  ", "x" * (ID_LIMIT + 1), "a\x00b"])
def test_a_command_needs_an_id_of_its_own(name: str) -> None:
    with pytest.raises(RuleViolation):
        check_shape(Command(kind=K.SIGN, id=name, actor=USUAL[K.SIGN][0]))


def test_a_refused_extension_needs_a_reason_a_granted_one_does_not() -> None:
    check_shape(command(K.DECIDE_EXTENSION, grant=True))
    assert refusal(K.DECIDE_EXTENSION, grant=False).code is Code.FIELD_MISSING
    check_shape(command(K.DECIDE_EXTENSION, grant=False, reason="时间够用"))


def test_a_refused_correction_needs_a_reason_a_granted_one_does_not() -> None:
    check_shape(command(K.DECIDE_CORRECTION, grant=True))
    refused = refusal(K.DECIDE_CORRECTION, grant=False)
    assert (refused.code, refused.fields["command"]) == (Code.FIELD_MISSING, "不同意更正")


@pytest.mark.parametrize("kind", [kind for kind in CommandKind if kind not in BY_THEMSELVES])
def test_the_same_click_again_has_the_same_hash_whatever_its_id_and_what_was_looked_up(kind: CommandKind) -> None:
    first = command(kind)
    assert command_hash(replace(first, id="c2", actor=replace(first.actor, units=("u1",)))) == command_hash(first)
    assert command_hash(replace(first, calendar=PUBLISHED)) == command_hash(first)
    if first.assignment:
        elsewhere = replace(OTHER_PROCESS, version="2")
        again = replace(first, assignment=replace(first.assignment, process=elsewhere))
        assert command_hash(again) == command_hash(first)


@pytest.mark.parametrize(("kind", "field"), [(k, f) for k in CommandKind for f in sorted(needed(k) | optional(k))])
def test_whatever_else_is_filled_in_gives_another_hash(kind: CommandKind, field: str) -> None:
    first = command(kind, **{f: FILLED[f] for f in optional(kind)})
    other = replace(first, **{field: OTHERWISE[field]})
    assert (command_hash(other) == command_hash(first)) is (field in RESOLVED)


def test_another_person_another_one_stood_in_for_and_another_kind_give_another_hash() -> None:
    first = command(K.REMARK)
    others = (
        replace(first, actor=replace(first.actor, id="somebody")),
        replace(first, actor=replace(first.actor, behalf="somebody")),
        replace(first, kind=K.REPORT),
    )
    assert len({command_hash(one) for one in (first, *others)}) == 4


def test_a_watch_has_one_of_two_results() -> None:
    assert refusal(K.WATCH, result="fine").code is Code.FIELD_INVALID


@pytest.mark.parametrize("kind", CommandKind)
@pytest.mark.parametrize("role", Role)
def test_a_command_is_for_certain_roles_only(kind: CommandKind, role: Role) -> None:
    if role in PERMITTED[kind] or (role is Role.SYSTEM and kind in BY_ROUNDS):
        check_role(kind, role)
        return
    with pytest.raises(RuleViolation) as refused:
        check_role(kind, role)
    assert refused.value.code is Code.WRONG_ROLE
    assert ROLE_NAMES[role] in str(refused.value)
    assert all(ROLE_NAMES[r] in str(refused.value) for r in PERMITTED[kind])


def test_no_command_goes_under_the_id_of_an_items_own_tick() -> None:
    play = play_to("working")
    command = replace(play.command(K.REMARK), id=f"{TICKS}{play.state.seq}")
    with pytest.raises(RuleViolation) as refused:
        decide(play.process, play.calendar, play.state, command, play.now)
    assert refused.value.code is Code.FIELD_INVALID


def test_an_auditor_and_an_administrator_may_give_no_command_by_hand() -> None:
    by_hand = [roles for kind, roles in PERMITTED.items() if kind not in BY_THEMSELVES]
    assert all({Role.AUDITOR, Role.ADMINISTRATOR}.isdisjoint(roles) for roles in by_hand)
    assert all(Role.AUDITOR not in roles for roles in PERMITTED.values())


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.SUPERVISOR, Role.ADMINISTRATOR, Role.SYSTEM}))
def test_only_a_supervisor_or_an_administrator_issues(role: Role) -> None:
    """And a round, which the system opens on its day."""
    with pytest.raises(RuleViolation) as refused:
        Play(issuer=ACTORS[role])
    assert refused.value.code is Code.WRONG_ROLE
    assert ROLE_NAMES[role] in str(refused.value)


@pytest.mark.parametrize("kind", [K.SIGN, K.DECLINE])
def test_another_unit_cannot_sign_or_decline(kind: CommandKind) -> None:
    with pytest.raises(RuleViolation, match="农科院") as refused:
        play_to("unsigned").do(kind, by=STRANGER)
    assert refused.value.code is Code.WRONG_UNIT


def test_a_co_unit_may_report_and_nothing_else() -> None:
    play = play_to("executing")
    assert play.do(K.REPORT, by=HELPER)[-1].kind == "reported"
    fields: dict[CommandKind, dict[str, Any]] = {K.SUBMIT: {}, K.ASK_EXTENSION: {"to": date(2026, 6, 1)}}
    for kind, extra in fields.items():
        with pytest.raises(RuleViolation) as refused:
            play.do(kind, by=HELPER, **extra)
        assert refused.value.code is Code.WRONG_UNIT
    with pytest.raises(RuleViolation):
        play.do(K.REPORT, by=STRANGER)


@pytest.mark.parametrize("actor", [INSTRUCTOR, AREA_LEADER])
def test_an_area_leader_and_an_instructor_urge_in_their_own_area_only(actor: Actor) -> None:
    play_to("working").do(K.URGE, by=actor)
    for area in ("a2", None):
        elsewhere = Actor(id=actor.id, role=actor.role, area=area)
        with pytest.raises(RuleViolation) as refused:
            play_to("working").do(K.URGE, by=elsewhere)
        assert refused.value.code is Code.WRONG_AREA


def test_a_person_without_an_area_is_not_at_home_in_units_without_one() -> None:
    play = Play(unit=UnitRef(id="u1", name="农科院", kind="research"))
    with pytest.raises(RuleViolation) as refused:
        play.do(K.URGE, by=Actor(id="x", role=Role.INSTRUCTOR))
    assert refused.value.code is Code.WRONG_AREA


def test_every_refusal_has_words_and_an_unknown_field_leaves_a_blank_not_an_error() -> None:
    assert set(WORDS) == set(Code)
    assert all(words(code, {}) is not None for code in Code)
    assert all("{" not in words(code, {}) for code in Code)


def test_braces_in_what_somebody_wrote_stay_as_they_are() -> None:
    assert "{no}{0}" in str(RuleViolation(Code.UNKNOWN_UNIT, actual="{no}{0}"))


def test_every_word_of_the_vocabulary_has_a_chinese_name() -> None:
    assert set(COMMAND_NAMES) == set(CommandKind)
    assert set(ROLE_NAMES) == set(Role)
    assert set(STATUS_NAMES) == {s.value for s in Status}
    assert set(FILLED) <= set(FIELD_NAMES)
