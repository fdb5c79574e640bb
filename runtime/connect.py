"""The one way to a Temporal client: the project's data converter, and a clear sentence when nobody answers."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import cache

from temporalio.client import Client
from temporalio.runtime import (
    LogForwardingConfig,
    LoggingConfig,
    PrometheusConfig,
    Runtime,
    TelemetryConfig,
    TelemetryFilter,
)
from temporalio.service import RPCError

from runtime.ending import Problem
from workflows.converter import CONVERTER

_PATIENCE = timedelta(seconds=10)


class NotRunning(Problem):
    """Nothing answers where the Temporal server should be."""


@cache
def core(metrics_address: str = "") -> Runtime:
    """The client library's native part, one per process. Its words go to the logger `temporal`, not to standard output.

    With `metrics_address` (host:port) it serves its measurements there for Prometheus.
    """
    forward = LogForwardingConfig(logger=logging.getLogger("temporal"), overwrite_log_record_time=True)
    metrics = (
        PrometheusConfig(
            bind_address=metrics_address, counters_total_suffix=True, unit_suffix=True, durations_as_seconds=True
        )
        if metrics_address
        else None
    )
    words = LoggingConfig(filter=TelemetryFilter(core_level="WARN", other_level="ERROR"), forwarding=forward)
    return Runtime(telemetry=TelemetryConfig(logging=words, metrics=metrics))


async def connect(
    address: str, namespace: str, *, identity: str | None = None, runtime: Runtime | None = None
) -> Client:
    """A connected client for `namespace`. Raises NotRunning when no Temporal server answers at `address`."""
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            return await Client.connect(
                address, namespace=namespace, data_converter=CONVERTER, identity=identity, runtime=runtime or core()
            )
    except (RuntimeError, RPCError, TimeoutError, ValueError) as failure:
        raise NotRunning(
            f"{address} 上没有 Temporal 服务器应答。",
            "确认 duban up（或 duban server）在运行；用已有服务器时检查 DUBAN_TEMPORAL_ADDRESS。",
        ) from failure
