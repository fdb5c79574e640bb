"""What somebody hears who is refused."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from rules.errors import RuleViolation


def refused(act: Callable[[], object]) -> str:
    with pytest.raises(RuleViolation) as refusal:
        act()
    return str(refusal.value)
