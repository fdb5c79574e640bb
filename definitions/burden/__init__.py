"""How much may be asked of a unit in a month: the budget's file, and whether a year's campaigns keep to it."""
