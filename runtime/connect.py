"""The one way to a Temporal client: the project's data converter, and a clear sentence when nobody answers."""

from __future__ import annotations

import asyncio
import logging
from datetime import timedelta
from functools import cache
from typing import Any

from temporalio.client import (
    Client,
    DescribeWorkflowInput,
    Interceptor,
    OutboundInterceptor,
    QueryWorkflowInput,
    SignalWorkflowInput,
    StartWorkflowInput,
    StartWorkflowUpdateInput,
    StartWorkflowUpdateWithStartInput,
    WorkflowExecutionDescription,
    WorkflowHandle,
    WorkflowUpdateHandle,
)
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
from runtime.engine.access import ON_LOOPBACK, EngineAccess
from workflows.plainly import reached

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
    address: str,
    namespace: str,
    *,
    access: EngineAccess = ON_LOOPBACK,
    identity: str | None = None,
    runtime: Runtime | None = None,
) -> Client:
    """A connected client for `namespace`. Raises NotRunning when no Temporal server answers at `address`, or none that
    trusts us and that we trust."""
    try:
        async with asyncio.timeout(_PATIENCE.total_seconds()):
            return await Client.connect(
                address,
                namespace=namespace,
                data_converter=access.converter,
                tls=access.tls or False,
                api_key=access.api_key or None,
                identity=identity,
                runtime=runtime or core(),
            )
    except (RuntimeError, RPCError, TimeoutError, ValueError) as failure:
        if access.guarded:
            raise NotRunning(
                f"没有连上 {address} 的 Temporal 服务器，或 TLS、API 密钥没有谈成。",
                "确认它在运行；核对 DUBAN_TEMPORAL_TLS_ 各项的证书、名字和期限，以及 DUBAN_TEMPORAL_API_KEY。",
            ) from failure
        raise NotRunning(
            f"{address} 上没有 Temporal 服务器应答。",
            "确认 duban up（或 duban server）在运行；用已有服务器时检查 DUBAN_TEMPORAL_ADDRESS。",
        ) from failure


async def connect_later(address: str, namespace: str, *, access: EngineAccess = ON_LOOPBACK) -> Client:
    """A client that connects with its first call: until then, and while it cannot, every call raises RPCError as of a
    server that is away. It cannot be a worker's."""
    return await Client.connect(
        address,
        namespace=namespace,
        data_converter=access.converter,
        tls=access.tls or False,
        api_key=access.api_key or None,
        runtime=core(),
        lazy=True,
        interceptors=[_Reaching()],
    )


class _Reaching(Interceptor):
    def intercept_client(self, next: OutboundInterceptor) -> OutboundInterceptor:
        return _Calls(next)


class _Calls(OutboundInterceptor):
    """What gateway and site ask of the server."""

    async def start_workflow(self, input: StartWorkflowInput) -> WorkflowHandle[Any, Any]:
        with reached():
            return await super().start_workflow(input)

    async def describe_workflow(self, input: DescribeWorkflowInput) -> WorkflowExecutionDescription:
        with reached():
            return await super().describe_workflow(input)

    async def query_workflow(self, input: QueryWorkflowInput) -> Any:
        with reached():
            return await super().query_workflow(input)

    async def signal_workflow(self, input: SignalWorkflowInput) -> None:
        with reached():
            await super().signal_workflow(input)

    async def start_workflow_update(self, input: StartWorkflowUpdateInput) -> WorkflowUpdateHandle[Any]:
        with reached():
            return await super().start_workflow_update(input)

    async def start_update_with_start_workflow(
        self, input: StartWorkflowUpdateWithStartInput
    ) -> WorkflowUpdateHandle[Any]:
        with reached():
            return await super().start_update_with_start_workflow(input)
