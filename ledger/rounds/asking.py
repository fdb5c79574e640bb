"""What a round asks of whom: of each unit what is not known of it and what no item asks it already, as a process with
just those questions, few of which there are; of a unit of which all is known, nothing."""

from dataclasses import dataclass, field

from sqlalchemy import Connection, or_, select

from ledger.chain import pinned
from ledger.chain.entries import ENTRY, ITEM
from ledger.chain.family.in_rounds import ROUND_UNIT
from ledger.chain.figures.in_force import figures_in_force, figures_of_version
from ledger.chain.figures.values import FIGURE_VALUE
from ledger.chain.journal import MARK, ROUND, decode_note
from ledger.chain.pinned import PROCESS
from ledger.rounds.campaigns import campaign_of_ref
from ledger.rounds.rows import batch_of
from ledger.store.canonical import parse
from rules.figures.asking import asks_form, left_to_ask
from rules.figures.figure import FigureRegister
from rules.forms.form import ASKS
from rules.machine.commands import ENDED, UnitRef
from rules.process import Process
from rules.rounds.campaign import Campaign, FigureOf, asked_for
from rules.rounds.facts import RoundOpened
from rules.rounds.opening import round_id
from rules.rounds.periods import Period, read_period

StillAsked = dict[str, dict[tuple[str, str], str]]
"""By unit: each figure and period that it is asked for and has not answered, with the number of the item."""


@dataclass(slots=True, kw_only=True)
class RoundAsks:
    """The figures that a round asks for, by which register; what of them is known of each unit, and what stands open in
    another item of it."""

    connection: Connection
    campaign: Campaign
    register: FigureRegister
    figures: tuple[FigureOf, ...]
    known: dict[str, set[tuple[str, str]]]
    standing: StillAsked
    _processes: dict[tuple[str, tuple[FigureOf, ...]], Process] = field(default_factory=dict)

    def left(self, unit: str) -> tuple[FigureOf, ...]:
        """What the unit is asked."""
        return left_to_ask(self.figures, self.known.get(unit, ()), self.standing.get(unit, ()))

    def asks(self, unit: str) -> bool:
        """Whether the unit gets an item: a form on which all is known need not be sent."""
        return bool(self.left(unit)) or not self.campaign.skips_known

    def process_for(self, unit: UnitRef) -> Process:
        """The process that asks just that of the unit, stored. Raises unknown_process."""
        asked = (unit.kind, self.left(unit.id))
        if asked not in self._processes:
            base = pinned.current_process(self.connection, self.campaign.process, self.campaign.variant, unit.kind)
            form = asks_form(self.register, asked[1])
            self._processes[asked] = pinned.pin_asked(self.connection, base, form) if form.fields else base
        return self._processes[asked]


def round_asks(connection: Connection, campaign: Campaign, period: Period, version: str = "") -> RoundAsks | None:
    """What the round of that period asks for, by the register of that `version`, or the one in force; None of a
    campaign that asks for no figures."""
    if not campaign.asks:
        return None
    register = figures_of_version(connection, version) if version else figures_in_force(connection)
    figures = tuple(one for one in asked_for(campaign, period) if register.figure(one.figure))
    return RoundAsks(
        connection=connection,
        campaign=campaign,
        register=register,
        figures=figures,
        known=known_values(connection, figures),
        standing=standing_questions(connection, figures, but=batch_of(round_id(campaign.id, period))),
    )


def known_values(connection: Connection, figures: tuple[FigureOf, ...]) -> dict[str, set[tuple[str, str]]]:
    """Which of these figures, each as (figure, period), are known of each unit of which any is."""
    meant = {(one.figure, one.period) for one in figures}
    query = select(FIGURE_VALUE.c.unit, FIGURE_VALUE.c.figure, FIGURE_VALUE.c.period).where(
        FIGURE_VALUE.c.figure.in_({figure for figure, _ in meant}),
        FIGURE_VALUE.c.period.in_({period for _, period in meant}),
        FIGURE_VALUE.c.revision == 1,
    )
    found: dict[str, set[tuple[str, str]]] = {}
    for unit, figure, period in connection.execute(query):
        if (figure, period) in meant:
            found.setdefault(unit, set()).add((figure, period))
    return found


def standing_questions(
    connection: Connection, figures: tuple[FigureOf, ...], *, but: str, unit: str = ""
) -> StillAsked:
    """Which of these figures stand open in items of other batches than `but`, of that unit or of all: a campaign that
    was changed asks for nothing that one of them asks still."""
    meant = {(one.figure, one.period) for one in figures}
    said = [PROCESS.c.body.contains(f'"{period}"') for period in sorted({period for _, period in meant})]
    refs = connection.execute(select(PROCESS.c.ref).where(PROCESS.c.current.is_(False), or_(False, *said))).scalars()
    asking = {ref: asked for ref in refs.all() if (asked := meant & _asked_by(pinned.process(connection, ref)))}
    if not asking:
        return {}
    query = select(ROUND_UNIT.c.no, ROUND_UNIT.c.unit, ITEM.c.process_ref).join(ITEM, ITEM.c.no == ROUND_UNIT.c.no)
    query = query.where(ITEM.c.process_ref.in_(asking), ITEM.c.status.not_in(ENDED), ITEM.c.batch != but)
    if unit:
        query = query.where(ROUND_UNIT.c.unit == unit)
    found: StillAsked = {}
    for no, of, ref in connection.execute(query):
        found.setdefault(of, {}).update(dict.fromkeys(asking[ref], no))
    return found


def _asked_by(process: Process) -> set[tuple[str, str]]:
    form = process.form(ASKS)
    return {(one.figure, one.period) for one in form.fields} if form else set()


@dataclass(frozen=True, slots=True, kw_only=True)
class AskingRound:
    """The round that asks by an item: its campaign, its period, the register whose figures it asks for."""

    campaign: Campaign
    period: Period
    register: FigureRegister


def asking_round(connection: Connection, batch: str) -> AskingRound | None:
    """The round that issued that batch, where it asks for figures. Reads its opening alone."""
    if not batch.startswith(f"{ROUND}/"):
        return None
    opening = select(ENTRY.c.kind, ENTRY.c.body).where(ENTRY.c.stream == f"{MARK}{batch}", ENTRY.c.seq == 1)
    row = connection.execute(opening).first()
    fact = decode_note(row.kind, parse(row.body)) if row else None
    if not isinstance(fact, RoundOpened) or not fact.figures:
        return None
    return AskingRound(
        campaign=campaign_of_ref(connection, fact.campaign),
        period=read_period(fact.round.partition("/")[2]),
        register=figures_of_version(connection, fact.figures),
    )
