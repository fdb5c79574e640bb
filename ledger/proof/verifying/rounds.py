"""Every round against what stands beside its stream: its population's hash, its revisions in order, that who reported
late or not at all was asked, that every item that says it is a round's is of somebody who was, and its rows."""

from collections.abc import Iterator

from sqlalchemy import Connection, select

from ledger.chain import pinned
from ledger.chain.entries import ITEM
from ledger.chain.family.in_rounds import ROUND_UNIT, unit_of_key
from ledger.proof.verifying.found import Wrong
from ledger.rounds.campaigns import campaign_of_ref
from ledger.rounds.rounds import missed_rows, round_facts, rounds, stream_of_round
from ledger.rounds.rows import ROUND_ROW, batch_of, handed_by_entries, round_row, unit_rows
from rules.codec import Plain
from rules.errors import RuleViolation
from rules.forms.form import ASKS
from rules.rounds.campaign import asked_for
from rules.rounds.facts import RoundFact, RoundOpened
from rules.rounds.periods import read_period
from rules.rounds.state import RoundState, evolve_round, fold_round, population_hash


def verify_rounds(connection: Connection) -> Iterator[Wrong]:
    """Everything that does not follow. What cannot be read at all, its stream's own verification names."""
    known, missed = rounds(connection), set[str]()
    for name, row in missed_rows(connection):
        missed.add(name)
        stored = connection.execute(select(ROUND_ROW).where(ROUND_ROW.c.id == name)).mappings().first()
        for what in _different("轮次表", row, dict(stored) if stored else None) if name not in known else ():
            yield Wrong(stream=stream_of_round(name), seq=1, what=what)
    for name in known:
        try:
            facts = [(fact, actor) for fact, actor, _ in round_facts(connection, name)]
        except (ArithmeticError, LookupError, TypeError, ValueError, AttributeError):
            continue
        for what in [
            *_wrong(name, facts),
            *_wrong_items(connection, name, facts),
            *_wrong_rows(connection, name, facts),
        ]:
            yield Wrong(stream=stream_of_round(name), seq=0, what=what)
    for table, column in ((ROUND_ROW, ROUND_ROW.c.id), (ROUND_UNIT, ROUND_UNIT.c.round)):
        for name in connection.execute(select(column).distinct().order_by(column)).scalars():
            if name not in known and not (table is ROUND_ROW and name in missed):
                what = f"轮次表（{table.name}）里有这一轮，留痕里却没有开放"
                yield Wrong(stream=stream_of_round(name), seq=0, what=what)


def _wrong(name: str, facts: list[tuple[RoundFact, str]]) -> Iterator[str]:
    state: RoundState | None = None
    for fact, actor in facts:
        if fact.round != name:
            yield f"有一条记录是轮次 {fact.round} 的"
        if state and isinstance(fact, RoundOpened):
            yield "开放了两次"
        state = evolve_round(state, fact, actor)
    if state is None:
        return
    first = tuple(unit for fact, _ in facts for unit in getattr(fact, "units", ()))
    if len(first) != state.opened.count or population_hash(name, first) != state.opened.population_hash:
        yield "应报名单与开放时记下的个数或哈希不符"
    if [one.revision for one in state.reports] != list(range(1, len(state.reports) + 1)):
        yield "通报的版次不连续"
    asked = {unit.id for unit in state.asked}
    for report in state.reports:
        if not asked.issuperset((*report.late_units, *report.missing_units, *report.not_due_units)):
            yield f"通报第 {report.revision} 版里有没有应报的单位"
        named = (report.late_units, report.missing_units, report.not_due_units)
        if (report.counts.late, report.counts.missing, report.counts.not_due) != tuple(map(len, named)):
            yield f"通报第 {report.revision} 版的个数与名单不符"


def _wrong_items(connection: Connection, name: str, facts: list[tuple[RoundFact, str]]) -> Iterator[str]:
    """The register's items of the round. Who they were issued to, their own streams say: a reassigned one has moved."""
    asked = {unit.id for fact, _ in facts for unit in getattr(fact, "units", ())}
    asked |= {fact.unit.id for fact, _ in facts if hasattr(fact, "unit") and hasattr(fact.unit, "id")}
    may_ask = _may_ask(connection, name, facts)
    keys = (
        select(ITEM.c.no, ITEM.c.import_key, ITEM.c.process_ref)
        .where(ITEM.c.batch == batch_of(name))
        .order_by(ITEM.c.no)
    )
    for no, key, ref in connection.execute(keys):
        unit = unit_of_key(batch_of(name), key or "")
        if unit not in asked:
            yield f"事项 {no} 写着是这一轮的，名单里却没有“{unit}”"
        if figures := _not_of(connection, ref, may_ask):
            yield f"事项 {no} 问了这一轮不问的：{'、'.join(figures)}"


def _may_ask(connection: Connection, name: str, facts: list[tuple[RoundFact, str]]) -> frozenset[tuple[str, str]]:
    """The figures, each for its period, that the campaign asks for in the round."""
    opened = next((fact for fact, _ in facts if isinstance(fact, RoundOpened)), None)
    if opened is None:
        return frozenset()
    try:
        campaign = campaign_of_ref(connection, opened.campaign)
        asked = asked_for(campaign, read_period(name.partition("/")[2]))
    except RuleViolation:  # a campaign that nobody loaded, a name that is no round's: said by the round's own entries
        return frozenset()
    return frozenset((one.figure, one.period) for one in asked)


def _not_of(connection: Connection, ref: str, may_ask: frozenset[tuple[str, str]]) -> list[str]:
    """The questions of that process which are none of the round's."""
    try:
        form = pinned.process(connection, ref).form(ASKS)
    except (RuleViolation, LookupError, TypeError, ValueError):
        return []  # altered: said elsewhere
    return [one.id for one in form.fields if (one.figure, one.period) not in may_ask] if form else []


def _wrong_rows(connection: Connection, name: str, facts: list[tuple[RoundFact, str]]) -> Iterator[str]:
    """The rows are what the stream and the items' entries lead to."""
    state = fold_round(facts)
    if state is None:
        return
    try:
        campaign = campaign_of_ref(connection, state.opened.campaign)
        should = round_row(campaign, pinned.calendar(connection, state.calendar), state)
        rows = unit_rows(campaign, state, state.asked, handed_by_entries(connection, name))
    except (RuleViolation, LookupError) as error:
        yield f"轮次开放时的周期工作或日历读不出来：{error}"
        return
    row = connection.execute(select(ROUND_ROW).where(ROUND_ROW.c.id == name)).mappings().first()
    yield from _different("轮次表", should, dict(row) if row else None)
    stored = connection.execute(select(ROUND_UNIT).where(ROUND_UNIT.c.round == name)).mappings()
    left = {one["unit"]: dict(one) for one in stored}
    for one in rows:
        yield from _different(f"单位 {one['unit']} 的应报", one, left.pop(one["unit"], None))
    for unit in left:
        yield f"单位 {unit} 的应报没有依据：留痕里没有问它"


def _different(what: str, should: Plain, stored: Plain | None) -> Iterator[str]:
    if stored is None:
        yield f"{what}不见了"
        return
    for column, value in should.items():
        if stored[column] != value:
            yield f"{what}“{column}”与留痕链推算的不一致：是 {stored[column]!r:.60}，应为 {value!r:.60}"
