"""What a form costs: deciding a submission with thirty answers and ten checks, against the same without any."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from time import process_time

from definitions.calendars import snapshot
from definitions.catalogue import EXAMPLE, SHIPPED, load_process
from rules.forms.form import AnswerKind, Form, FormField
from rules.forms.samples import samples
from rules.machine.commands import Actor, Command, CommandKind, UnitRef, Via
from rules.machine.folding import evolve
from rules.machine.issuing import Order
from rules.machine.item import decide
from rules.process import FormCheck, Process, Role
from rules.telling.simulation import imagined
from runtime.bench.figures import Runs

_FIELDS, _CHECKS = 30, 10
ISSUED = date(2026, 1, 5)
BIG = Form(
    id="big",
    fields=tuple(
        FormField(
            id=f"f{n}",
            name=f"第 {n} 项",
            kind=AnswerKind.COUNT if n % 3 else AnswerKind.NUMBER,
            places=0 if n % 3 else 1,
            need=True,
        )
        for n in range(_FIELDS)
    ),
)
TESTED = tuple(
    FormCheck(that=f"big.f{n} * 2 <= big.f{n + 10} + big.f{n + 20} + 10", say="前后不符") for n in range(_CHECKS)
)


def measure(runs: Runs, times: int) -> None:
    """One run: with and without in turn."""
    shipped = load_process(SHIPPED / f"{EXAMPLE}.yaml").resolve("organ", "at_once")
    first, *others = (replace(step, form="", checks=()) for step in shipped.steps)
    plain = replace(shipped, ref="plain", steps=(first, *others), forms=())
    formed = replace(plain, ref="formed", steps=(replace(first, form=BIG.id, checks=TESTED), *others), forms=(BIG,))
    given = _seconds(formed, times), _seconds(plain, times)
    runs.add("form_check_ratio", given[0] / given[1])
    runs.measured(decide_us=given[1] / times * 1e6, decide_form_us=given[0] / times * 1e6)


def _seconds(process: Process, times: int) -> float:
    """How long so many decisions take, each of another command."""
    calendar, unit = snapshot(), UnitRef(id="u", name="单位", kind=process.unit_kind)
    begun = imagined(process, calendar, Order(no="BENCH", unit=unit, title="问题"), ISSUED)
    liaison = Actor(id="liaison", role=Role.LIAISON, unit=unit.id, via=Via.SITE)
    sign = Command(kind=CommandKind.SIGN, id="sign", actor=liaison)
    (signed,) = decide(process, calendar, begun.state, sign, begun.event.at).events
    state = evolve(begun.state, signed)
    answers = next(samples(process.form(process.first_step.form)))
    command = Command(kind=CommandKind.SUBMIT, id="", actor=liaison, text="已办", answers=answers)
    commands = [replace(command, id=f"c{n}") for n in range(times)]
    decide(process, calendar, state, commands[0], signed.at)
    started = process_time()
    for one in commands:
        decide(process, calendar, state, one, signed.at)
    return process_time() - started
