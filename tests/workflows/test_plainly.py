"""What the engine says of an update in its own words is what it means for whoever asked."""

import pytest
from temporalio.client import WorkflowUpdateFailedError
from temporalio.exceptions import ApplicationError

from rules.errors import Code, RuleViolation
from workflows.plainly import spoken_plainly


def test_an_update_that_a_worker_did_not_get_to_may_be_given_again() -> None:
    """Seen when a worker was killed between two tasks of an item (tests/durability/test_killing.py): a 500 before."""
    said = ApplicationError("wasn't processed by worker", type="UnprocessedUpdate")
    with pytest.raises(RuleViolation) as refused, spoken_plainly():
        raise WorkflowUpdateFailedError(said)
    assert refused.value.code is Code.SERVER_BUSY
    assert "同一操作编号" in str(refused.value)
