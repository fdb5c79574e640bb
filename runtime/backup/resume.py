"""After a restoration: workflows and ledger are brought together once, by the first start or by `duban recover`."""

from __future__ import annotations

from collections.abc import AsyncIterator

from runtime.backup import marker
from runtime.product import open_product
from runtime.settings import Settings
from workflows.gateway import Recovered


async def recover_all(settings: Settings, *, anew: bool = False) -> AsyncIterator[Recovered]:
    """Every open item has a workflow that goes on from the ledger. Where the ledger was restored and the engine's data
    was not, all of them are begun `anew`. Raises Problem when the engine is not there."""
    restored = marker.read(settings.data)
    async with open_product(settings) as product:
        anew = anew or (restored is not None and not restored.engine)
        async for done in product.gateway.begin_anew() if anew else product.gateway.recover():
            yield done
    marker.forget(settings.data)


async def resume(settings: Settings) -> int:
    """The same for a start that need not tell more than how many."""
    return len([done.no async for done in recover_all(settings)])
