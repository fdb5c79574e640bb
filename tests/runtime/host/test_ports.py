"""The site's port: ours when it is free, another one with a word about it when it is not."""

from __future__ import annotations

import socket
from pathlib import Path

import pytest

from runtime.ending import Problem
from runtime.host import ports
from runtime.host.ports import free_ports, listen


def test_a_free_port_is_taken_without_a_word() -> None:
    (port,) = free_ports(1)
    ours = listen("127.0.0.1", port)
    with ours.socket:
        assert (ours.port, ours.note) == (port, "")


def test_a_port_of_another_program_is_left_to_it_and_said() -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        taken = stranger.getsockname()[1]
        ours = listen("127.0.0.1", taken)
        with ours.socket:
            assert ours.port != taken
            assert f"端口 {taken} 被别的程序占用，改用 {ours.port}" in ours.note
            with socket.create_connection(("127.0.0.1", taken)):
                caller, _ = stranger.accept()
                caller.close()


def test_zero_asks_for_any_port_and_needs_no_word() -> None:
    ours = listen("127.0.0.1", 0)
    with ours.socket:
        assert ours.port > 0
        assert ours.note == ""


def test_an_address_that_is_not_on_this_machine_is_said() -> None:
    with pytest.raises(Problem, match="不能监听"):
        listen("127.0.0.1.invalid", 0)


def test_free_ports_are_all_different() -> None:
    assert len(set(free_ports(50))) == 50


def test_free_ports_lie_where_no_outgoing_connection_can_take_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = int(ports.OUTGOING.read_text().split()[0]) if ports.OUTGOING.exists() else ports.USUAL_OUTGOING
    assert all(ports.LOWEST <= port < first for port in free_ports(20))
    monkeypatch.setattr(ports, "OUTGOING", tmp_path / "none")
    assert all(ports.LOWEST <= port < ports.USUAL_OUTGOING for port in free_ports(20))
    (tmp_path / "none").write_text("1024\t65535\n")
    assert len(set(free_ports(20))) == 20, "no room below: anywhere"
