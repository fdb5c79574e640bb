"""`duban server`: the embedded Temporal server alone, for machines where the other parts run apart."""

from __future__ import annotations

import typer

from runtime.ending import WRONG_USAGE, Problem
from runtime.engine.embedded import Engine
from runtime.host.exit import told_to_stop
from runtime.settings import load

_GLANCE_SECONDS = 1.0


def server() -> None:
    """只运行内嵌的 Temporal 服务器，直到 Ctrl-C。"""
    settings = load()
    if settings.temporal_address:
        raise Problem(
            f"已设 DUBAN_TEMPORAL_ADDRESS={settings.temporal_address}，不会再起内嵌服务器。",
            "要用内嵌的，去掉这个设置。",
            WRONG_USAGE,
        )
    told = told_to_stop()
    with Engine.start(settings) as engine:
        typer.echo(
            f"Temporal 服务器已就绪：{engine.address}（进程 {engine.pid}，数据目录 {settings.data}）。Ctrl-C 停止。"
        )
        while not told.wait(_GLANCE_SECONDS):
            engine.check()
    typer.echo("Temporal 服务器已停止。")
