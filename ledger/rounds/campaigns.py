"""Which campaigns are in force: what the office journal says of them, so that nobody puts one in force unseen."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import Connection, bindparam, select

from ledger.chain import journal
from ledger.chain.entries import ENTRY
from ledger.chain.figures.in_force import figures_in_force, load_register
from ledger.directory.people import Loaded
from ledger.store.canonical import parse
from rules.codec import decode
from rules.errors import Code, RuleViolation
from rules.figures.asking import asked_twice
from rules.figures.figure import FigureRegister
from rules.machine.commands import SYSTEM, Actor
from rules.rounds.campaign import Campaign
from rules.rounds.facts import CampaignLoaded, CampaignStopped

_LOADED = select(ENTRY.c.body).where(
    ENTRY.c.stream.in_(bindparam("streams", expanding=True)), ENTRY.c.kind == "campaign_loaded"
)
_LOADED = _LOADED.order_by(ENTRY.c.position)  # made once, as every reading of a round asks it


@dataclass(frozen=True, slots=True, kw_only=True)
class CampaignInForce:
    """A campaign, and since when there has been one of its id without a stop: rounds that should have opened before do
    not."""

    campaign: Campaign
    since: datetime


def in_force(connection: Connection) -> dict[str, CampaignInForce]:
    """Every campaign by its id, in the order in which they were loaded first."""
    found: dict[str, CampaignInForce] = {}
    for row, fact in journal.facts(connection, CampaignLoaded, CampaignStopped):
        if isinstance(fact, CampaignStopped):
            found.pop(fact.campaign, None)
        if isinstance(fact, CampaignLoaded):
            before = found.get(fact.campaign.id)
            since = before.since if before else datetime.fromisoformat(row["at"])
            found[fact.campaign.id] = CampaignInForce(campaign=fact.campaign, since=since)
    return found


def campaign_in_force(connection: Connection, id_: str) -> Campaign:
    """The campaign of that id. Raises unknown_campaign."""
    found = in_force(connection)
    if id_ not in found:
        raise RuleViolation(Code.UNKNOWN_CAMPAIGN, actual=id_[:40], known="、".join(found) or "（没有）")
    return found[id_].campaign


def campaign_of_ref(connection: Connection, ref: str) -> Campaign:
    """The campaign as it was loaded under that ref, in force or not. Raises unknown_campaign."""
    version = ref.partition("@")[2]
    for body in connection.execute(_LOADED, {"streams": journal.streams_of(journal.OFFICE)}).scalars():
        if version in body and (fact := decode(CampaignLoaded, parse(body))).campaign.ref == ref:
            return fact.campaign
    raise RuleViolation(Code.UNKNOWN_CAMPAIGN, actual=ref[:80], known="、".join(in_force(connection)) or "（没有）")


def load_campaigns(connection: Connection, campaigns: Iterable[Campaign], now: datetime) -> Loaded:
    """These are in force from now on; rounds that are open keep what they opened with. Twice is the same as once.
    Raises figures_refused where one asks for what there is no figure of, or another asks the same units for."""
    before, campaigns = in_force(connection), tuple(campaigns)
    own = {one.id for one in campaigns}
    others = [one.campaign for one in before.values() if one.campaign.id not in own]
    _check_asked([*others, *campaigns], figures_in_force(connection))
    new = changed = same = 0
    for campaign in campaigns:
        known = before.get(campaign.id)
        if known and known.campaign == campaign:
            same += 1
            continue
        new, changed = new + (known is None), changed + (known is not None)
        journal.note(connection, CampaignLoaded(campaign=campaign), SYSTEM, now)
    return Loaded(table="campaign", new=new, changed=changed, same=same)


def put_figures_in_force(connection: Connection, register: FigureRegister, now: datetime) -> Loaded:
    """These are the figures from now on. Raises figures_refused where a campaign in force asks for one that would be
    asked no more."""
    before = {one.id: one for one in figures_in_force(connection).figures}
    _check_asked([one.campaign for one in in_force(connection).values()], register)
    load_register(connection, register, now)
    known = [before[one.id] == one for one in register.figures if one.id in before]
    new = len(register.figures) - len(known)
    return Loaded(table="figure", new=new, changed=known.count(False), same=known.count(True))


def _check_asked(campaigns: Sequence[Campaign], register: FigureRegister) -> None:
    """Beside each other these campaigns ask for figures of the register, each once."""
    for one in campaigns:
        for asks in one.asks:
            for figure_id in asks.figures:
                figure = register.figure(figure_id)
                if figure is None or not figure.asked or figure.every is not asks.rhythm:
                    why = f"周期工作“{one.id}”要问它，而登记里没有这个要问的数据项，或周期不同"
                    raise RuleViolation(Code.FIGURES_REFUSED, where=f"数据项“{figure_id}”", why=why)
    for mine, figure_id, other in asked_twice(campaigns):
        why = f"周期工作“{mine.id}”和“{other.id}”问同一些单位；只由一个问，或名单不重叠"
        raise RuleViolation(Code.FIGURES_REFUSED, where=f"数据项“{figure_id}”", why=why)


def stop_campaign(connection: Connection, id_: str, reason: str, actor: Actor, now: datetime) -> None:
    """No more rounds of it open; those that are open run on. Raises unknown_campaign."""
    campaign_in_force(connection, id_)
    journal.note(connection, CampaignStopped(campaign=id_, reason=reason), actor, now)
