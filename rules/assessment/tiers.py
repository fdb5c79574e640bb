"""Which tier a score leads to: entered from one bound on and left below a lower one, so that nobody goes up and down
for half a point; down only after so many times in a row."""

from dataclasses import dataclass

from rules.assessment.assessment import Tiers


@dataclass(frozen=True, slots=True, kw_only=True)
class TierFound:
    """The tier that a score leads to, and how many times in a row the unit has been below its own."""

    tier: str
    below: int = 0


def tier_by(tiers: Tiers, before: str, below: int, score: int) -> TierFound:
    """The tier after a score in hundredths of a point, of a unit that is in the tier `before` (empty, or one that
    scores do not give: none yet) and was below what that asks `below` times in a row already."""
    entered = next(band.id for band in tiers.bands if score >= band.enter)
    own = tiers.band(before)
    if own is None:
        return TierFound(tier=entered)
    places = [band.id for band in tiers.bands]
    if places.index(entered) < places.index(before):
        return TierFound(tier=entered)
    if score >= own.leave:
        return TierFound(tier=before)
    times = below + 1
    if times < tiers.down_after:
        return TierFound(tier=before, below=times)
    down = next(band.id for band in tiers.bands[places.index(before) + 1 :] if score >= band.leave)
    return TierFound(tier=down)
