"""The budget in force, what is asked of units in a month by the items that stand, and what is said against it."""
