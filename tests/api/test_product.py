"""The tests' own product works: an item is issued and signed."""

from pathlib import Path

from temporalio.client import Client

from tests.support.product import started


async def test_an_item_is_issued_and_signed(client: Client, tmp_path: Path) -> None:
    async with started(client, tmp_path) as product:
        (no,) = await product.issue("三会一课记录不全")
        receipt = await product.give(no, "sign", product.liaison(no))
        assert (receipt.no, receipt.status) == (no, "working")
