"""What becomes of what a round asks a unit that is no more: the one rule, by which the round does it and the directory
foretells it."""

from enum import StrEnum

from rules.rounds.campaign import Campaign, OfGone, OfMerged


class RoundDoes(StrEnum):
    """What an open round does, by itself, with what it asks a unit that is no more."""

    ANNULS = "annuls"
    KEEPS = "keeps"
    HANDS_ON = "hands_on"
    JOINS = "joins"


def round_does(campaign: Campaign, *, merged: bool, owes: bool, may_join: bool, issued: bool) -> RoundDoes:
    """`merged`: the unit is part of another now, which `owes` something itself already, or `may_join`. `issued`: there
    is an item by which the unit was asked. Of two that could report, it is handed on where the campaign wants both, or
    where nothing else would come of it."""
    joins = merged and not owes and may_join
    if merged and issued and (campaign.merged is OfMerged.BOTH or not (owes or joins)):
        return RoundDoes.HANDS_ON
    if joins:
        return RoundDoes.JOINS
    return RoundDoes.ANNULS if campaign.gone is OfGone.ANNUL else RoundDoes.KEEPS
