"""Nobody waits twice for the same silence, and nobody is passed by once it is over."""

import asyncio

from tests.support.waiting import until
from workflows.past import silence
from workflows.past.silence import Silence


async def test_a_workflow_that_did_not_answer_is_left_alone_for_a_while_and_no_other() -> None:
    now = 0.0

    async def answers() -> bool:
        return True

    quiet = Silence(answers, lambda: now)
    assert not quiet.holds("ZG2026-0001")
    quiet.begins("ZG2026-0001")
    await asyncio.sleep(0)
    assert quiet.holds("ZG2026-0001")
    assert not quiet.holds("ZG2026-0002")
    now = silence._REST
    assert not quiet.holds("ZG2026-0001")


async def test_an_engine_that_does_not_answer_is_asked_for_no_item_until_it_does() -> None:
    there = False

    async def answers() -> bool:
        return there

    quiet = Silence(answers)
    quiet.begins("ZG2026-0001")
    await until("it is known to be away", lambda: quiet.holds("ZG2026-0002"))
    there = True
    await until("it is known to be back", lambda: not quiet.holds("ZG2026-0002"), within=5)
    assert not quiet.holds("ZG2026-0001"), "what was silent with it may answer"
