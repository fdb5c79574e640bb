"""How a refusal leaves an activity: as an application failure with its code, for retry policies and callers to tell."""

from collections.abc import Iterator
from contextlib import contextmanager

from temporalio.exceptions import ApplicationError

from rules.errors import RuleViolation


@contextmanager
def told_apart() -> Iterator[None]:
    """Turns a RuleViolation into a failure whose type is its code; the retry policy decides which are worth a retry."""
    try:
        yield
    except RuleViolation as refusal:
        raise ApplicationError(str(refusal), refusal.fields, type=str(refusal.code)) from refusal
