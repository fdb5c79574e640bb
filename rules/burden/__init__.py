"""How much is asked of a unit in a month, and how much may be: requests, fields, pieces of evidence."""
