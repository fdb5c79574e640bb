"""The site's port: ours when it is free, another one with a word about it when it is not."""

from __future__ import annotations

import socket

import pytest

from runtime.ports import free_ports, listen
from runtime.problems import Problem


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
