"""The server listens on the loopback only and says clearly when it cannot."""

from __future__ import annotations

import socket
import threading
import urllib.request

import pytest

from sameboat.errors import UsageError
from sameboat.web.server import LOOPBACK, bind, server
from tests.web.conftest import House

PATIENCE = 30.0


def test_the_socket_is_on_the_loopback() -> None:
    with bind(0) as bound:
        host, port = bound.getsockname()
        assert host == LOOPBACK
        assert port > 0


def test_a_port_in_use_is_an_error_that_says_what_to_do() -> None:
    with socket.socket() as taken:
        taken.bind((LOOPBACK, 0))
        taken.listen()
        with pytest.raises(UsageError) as caught:
            bind(taken.getsockname()[1])
    assert caught.value.code == "port-taken"
    assert "--port" in (caught.value.findings[0].hint or "")


def test_once_it_is_ready_it_answers_and_then_stops(house: House) -> None:
    """And it does not name itself in its answers."""
    bound = bind(0)
    port = bound.getsockname()[1]
    is_ready = threading.Event()
    running = server(house.app(port=port), ready=is_ready.set)
    thread = threading.Thread(target=lambda: running.run(sockets=[bound]), daemon=True)
    thread.start()
    try:
        assert is_ready.wait(PATIENCE)
        with urllib.request.urlopen(
            f"http://{LOOPBACK}:{port}/healthz", timeout=PATIENCE
        ) as answer:
            assert answer.status == 200
            assert "server" not in answer.headers
    finally:
        running.should_exit = True
        thread.join(PATIENCE)
    assert not thread.is_alive()


def test_a_port_is_taken_from_the_moment_it_is_bound() -> None:
    """Two servers that started together once bound the same port, and one gave no address."""
    with bind(0) as first, pytest.raises(UsageError) as caught:
        bind(first.getsockname()[1])
    assert caught.value.code == "port-taken"
