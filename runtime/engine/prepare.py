"""Makes a Temporal server ready for us: namespace and search attributes, on an embedded or a given one."""

from __future__ import annotations

import asyncio
from datetime import timedelta

from google.protobuf.duration_pb2 import Duration
from temporalio.api.enums.v1 import IndexedValueType
from temporalio.api.operatorservice.v1 import AddSearchAttributesRequest, ListSearchAttributesRequest
from temporalio.api.workflowservice.v1 import DescribeNamespaceRequest, RegisterNamespaceRequest
from temporalio.client import Client
from temporalio.service import RPCError, RPCStatusCode

from runtime.ending import Problem

SEARCH_ATTRIBUTES = {
    "DubanUnit": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
    "DubanLamp": IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD,
}
# Answered only when every attribute is known.
_PROBE = " and ".join(f"{name} = ''" for name in SEARCH_ATTRIBUTES)
_PAUSE = 0.1
_PATIENCE = timedelta(seconds=30)
# A namespace or an attribute just made is known to every part of the server only after its cache is read anew (2 s).
# A call on a connection that is just being closed ends as cancelled; the next one has a new connection.
NOT_YET = {
    RPCStatusCode.NOT_FOUND,
    RPCStatusCode.INVALID_ARGUMENT,
    RPCStatusCode.UNAVAILABLE,
    RPCStatusCode.CANCELLED,
}


async def prepare(client: Client, retention: timedelta) -> None:
    """The client's namespace stands with all search attributes and can be used. Repeating it changes nothing."""
    deadline = asyncio.get_running_loop().time() + _PATIENCE.total_seconds()
    while True:
        try:
            await _register(client, retention)
            await _add_attributes(client)
            await client.count_workflows(_PROBE)
            return
        except RPCError as failure:
            if failure.status == RPCStatusCode.PERMISSION_DENIED:
                raise Problem(
                    f"这个 Temporal 服务器不许我们建命名空间 {client.namespace}。",
                    "请它的管理员建好命名空间和搜索属性（docs/adr/0002），或换一个服务器。",
                ) from failure
            if failure.status not in NOT_YET or asyncio.get_running_loop().time() > deadline:
                raise Problem(
                    f"Temporal 服务器没有准备好：{failure.message}", "稍后再试；一直如此时看数据目录里的 temporal.log。"
                ) from failure
        await asyncio.sleep(_PAUSE)


async def attribute_columns(client: Client) -> set[str]:
    """The columns of the server's list in which our search attributes stand, such as `Keyword01`."""
    described = await client.workflow_service.describe_namespace(DescribeNamespaceRequest(namespace=client.namespace))
    return set(described.config.custom_search_attribute_aliases)


async def _register(client: Client, retention: timedelta) -> None:
    request = RegisterNamespaceRequest(
        namespace=client.namespace, workflow_execution_retention_period=Duration(seconds=int(retention.total_seconds()))
    )
    try:
        await client.workflow_service.register_namespace(request)
    except RPCError as failure:
        if failure.status != RPCStatusCode.ALREADY_EXISTS:
            raise


async def _add_attributes(client: Client) -> None:
    listed = await client.operator_service.list_search_attributes(
        ListSearchAttributesRequest(namespace=client.namespace)
    )
    missing = {name: kind for name, kind in SEARCH_ATTRIBUTES.items() if name not in listed.custom_attributes}
    if missing:
        await client.operator_service.add_search_attributes(
            AddSearchAttributesRequest(namespace=client.namespace, search_attributes=missing)
        )
