"""What fails in one campaign is written down and passed over: the others open all the same."""

import logging
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from rules.errors import LEDGER_AWAY, RuleViolation

logger = logging.getLogger("duban.rounds")


@contextmanager
def passed_over(campaign: str, failed: dict[str, str] | None = None) -> Iterator[None]:
    """What goes on here is about that campaign alone; why it failed stands in `failed`, by campaign, where somebody
    asks. What the database does not let through concerns all of them, and is raised."""
    try:
        yield
    except SQLAlchemyError:
        raise
    except Exception as failure:
        if isinstance(failure, RuleViolation) and failure.code in LEDGER_AWAY:
            raise
        if failed is not None:
            failed[campaign] = str(failure) or type(failure).__name__
        logger.warning("周期工作 %s 推算不了，先看别的", campaign, exc_info=failure)
