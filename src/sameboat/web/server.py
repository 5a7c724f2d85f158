"""The loopback server: one process, one port, no outside name."""

from __future__ import annotations

import socket
from collections.abc import Callable

import uvicorn
from fastapi import FastAPI

from sameboat.errors import UsageError

LOOPBACK = "127.0.0.1"

WAITING = 128
"""Connections that may wait until the server takes them."""


def bind(port: int) -> socket.socket:
    """A socket that listens on the loopback; port 0 takes any free one, as `getsockname` tells.

    It listens from now on, and not only once the board answers: a port that is merely bound can
    be bound again by another process, and one of both would end without an address. Who comes
    early waits.
    """
    bound = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    bound.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        bound.bind((LOOPBACK, port))
        bound.listen(WAITING)
    except OSError as error:
        bound.close()
        raise UsageError(
            "port-taken", f"port {port} cannot be used: {error.strerror}",
            hint="Name another one with --port, or 0 for any free one.",
        ) from None  # fmt: skip
    return bound


def serve(app: FastAPI, bound: socket.socket, *, ready: Callable[[], None]) -> None:
    """Answer requests until the process is told to stop; `ready` is called once they can come."""
    server(app, ready=ready).run(sockets=[bound])


def server(app: FastAPI, *, ready: Callable[[], None]) -> uvicorn.Server:
    """The server that `serve` runs; setting its `should_exit` stops it."""
    config = uvicorn.Config(
        app, access_log=False, server_header=False, date_header=False, log_level="warning",
        proxy_headers=False, ws="none",
    )  # fmt: skip
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """Uvicorn's server that says when it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], None]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        if self.started:
            self._ready()
