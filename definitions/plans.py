"""The plans that the scheduler keeps: what is started when. Times are local, and shown by `duban scheduler --plans`."""

from datetime import time, timedelta

from rules.dates.plans import Every, Plan

DIGEST, WAVE_DUE, WAVE_RING = "digest", "wave-due", "wave-ring"
IMMEDIATE, MONTH_END, QUARTER, SELF_CHECK = "immediate", "month-end", "quarter", "self-check"
SEAL = "seal"
ROUNDS = "rounds"

PLANS: tuple[Plan, ...] = (
    Plan(id=DIGEST, name="晨间汇总", every=Every.WORKING_DAY, at=time(8, 30)),
    Plan(id=WAVE_RING, name="阶梯到点", every=Every.WORKING_DAY, at=time(9)),
    Plan(id=WAVE_DUE, name="到期", every=Every.WORKING_DAY, at=time(17, 30)),
    Plan(id=IMMEDIATE, name="即时通知", every=Every.DAY, at=time(0), until=time(23, 55), minutes=5),
    Plan(id=MONTH_END, name="月末", every=Every.MONTH_END, at=time(16), kept=timedelta(days=366)),
    Plan(id=QUARTER, name="季度", every=Every.QUARTER, at=time(9), nth=3, kept=timedelta(days=366)),
    Plan(id=ROUNDS, name="轮次", every=Every.DAY, at=time(9)),
    Plan(id=SEAL, name="封存", every=Every.DAY, at=time(0, 20), until=time(23, 20), minutes=60),
    Plan(id=SELF_CHECK, name="自查", every=Every.DAY, at=time(0), until=time(23), minutes=60),
)
"""The digest goes out before the rungs of the day ring: what rings at 9 o'clock stands in the next morning's, unless it
is immediate. What is immediate is looked at round the clock: in which hours and on which days it may leave is the
channels' own setting, and outside of them nothing is made ready. The two waves are the due and ring times of the
shipped processes; the items of a process with times of its own are rung by their own timers, and by the self-check's
sweep when those fail."""
