"""Characters that nobody can see, and that no text in the ledger holds."""

import re

UNPRINTABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")
"""Control characters but tab and line breaks, marks that reorder text on screen, and halves of surrogate pairs."""
