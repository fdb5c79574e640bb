"""An entry is told by the version by which its item went when it was made, whatever the item goes by now."""

from dataclasses import replace

from definitions.process import ref_of
from ledger.chain import entries, pinned
from ledger.reading import queries
from ledger.reading.entry_words import EntryWords
from ledger.store.database import Database
from rules.machine.facts import Issued
from rules.process import Words
from tests.support import world
from tests.support.factories import K, Play
from tests.support.processes import EVERY, UPGRADE

OLD = UPGRADE.resolve("research", "pdca")


def test_what_was_answered_and_done_before_is_called_what_it_was_called_then(database: Database) -> None:
    plan, *others = OLD.forms
    asked = replace(plan, fields=(replace(plan.fields[0], name="要解决的问题"), *plan.fields[1:]))
    edited = replace(OLD, forms=(asked, *others), words=Words(back="发回重报"))
    new = replace(edited, ref=ref_of(edited))
    play = Play(process=OLD, co_units=())
    for kind in (K.SIGN, K.SUBMIT, K.RETURN, K.MIGRATE, K.SUBMIT, K.RETURN):
        answers = {"answers": _plan(play)} if kind is K.SUBMIT else {"process": new} if kind is K.MIGRATE else {}
        play.do(kind, **answers)
    first, *rest = play.events
    assert isinstance(first.fact, Issued)
    with database.write() as connection:
        pinned.load_processes(connection, (*EVERY, new), world.LOADED_AT)
        entries.store_issued(connection, [(replace(first, fact=replace(first.fact, no="XM2026-0001")), None)])
    for event in rest:
        entries.append(database, "XM2026-0001", event.seq - 1, event.command, (event,))
    with database.read() as connection:
        view = queries.item(connection, "XM2026-0001")
        words = EntryWords(connection, view.entries)
        pairs = zip(view.entries, view.events, strict=True)
        told = [(words.kind(row), words.answers(row, event.fact)[:1]) for row, event in pairs]
    assert [asked[0][0] for _, asked in told if asked] == ["针对的问题", "要解决的问题"]
    assert [kind for kind, _ in told[3:]] == ["退回修改", "换用新版本", "上报", "发回重报"]


def _plan(play: Play) -> tuple[tuple[str, ...], ...]:
    sample = play.command(K.SUBMIT).answers
    return tuple((at, "9.0" if at == "target" else text) for at, text in sample)
