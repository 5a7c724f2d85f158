"""Run `sameboat` for tests from a process that has already imported everything.

The pages call the program a hundred times, and each call would spend a second on starting Python
and importing the engine. Here a call is a fork of one warm process: it takes over the caller's
folder, environment and streams, and ends like any other process.

    python -m tests.docs.warm SOCKET          the warm process; says "ready" once it listens
    python tests/docs/warm.py SOCKET ARGS…    one call, by the standard library alone
"""

from __future__ import annotations

import importlib
import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

STREAMS = 3

HEAVY = (
    "alembic.command", "babel.numbers", "sameboat.actions.count_uses", "sameboat.actions.start",
    "sameboat.cli.check", "sameboat.cli.ledger", "sameboat.cli.query", "sameboat.cli.refresh",
    "sameboat.cli.sheet", "sameboat.questions.outlook.answer", "sqlalchemy.dialects.sqlite",
    "sameboat.questions.board", "sameboat.questions.checking", "sameboat.questions.kpi",
    "sameboat.questions.query", "sameboat.questions.refresh", "sameboat.sources.land",
    "sameboat.store.migrate", "sameboat.warehouse.duckdb",
)  # fmt: skip
"""What most commands would import one after the other."""


@contextmanager
def warm_programs(folder: Path) -> Iterator[Path | None]:
    """A folder with a `sameboat` that starts at once; None where processes cannot be forked."""
    if sys.platform != "linux":
        yield None
        return
    address = folder / "warm"
    program = folder / "bin" / "sameboat"
    program.parent.mkdir()
    program.write_text(
        f'#!/bin/sh\nexec "{sys.executable}" -IS "{__file__}" "{address}" "$@"\n', encoding="utf-8"
    )
    program.chmod(0o755)
    server = subprocess.Popen(
        [sys.executable, "-m", "tests.docs.warm", str(address)],
        cwd=Path(__file__).resolve().parents[2],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
    )
    try:
        assert server.stdout is not None
        assert server.stdout.readline() == b"ready\n", "the warm process did not start"
        yield program.parent
    finally:
        server.terminate()
        server.communicate()


def call(address: str, arguments: list[str]) -> int:
    """The exit code of one call, its streams handed to the warm process."""
    told = {"cwd": os.getcwd(), "environ": dict(os.environ), "argv": arguments}  # noqa: PTH109
    with socket.socket(socket.AF_UNIX) as caller:
        caller.connect(address)
        socket.send_fds(caller, [json.dumps(told).encode() + b"\n"], [*range(STREAMS)])
        answer = caller.makefile().readline()
    return int(answer or 70)


def serve(address: str) -> None:
    """Listen, and fork for each call a process that runs the command and tells its exit code."""
    for name in HEAVY:
        importlib.import_module(name)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    sys.stdout.write("ready\n")
    sys.stdout.flush()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # those who wait for an exit code are not ours
    while True:
        caller, _ = listening.accept()
        if os.fork():
            caller.close()
            continue
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        listening.close()
        child = os.fork()
        if not child:
            _run(caller)
        _, status = os.waitpid(child, 0)
        caller.sendall(f"{os.waitstatus_to_exitcode(status)}\n".encode())
        os._exit(0)


def _run(caller: socket.socket) -> None:
    """Become the command: its streams, folder, environment and arguments. Never returns."""
    text, streams, _, _ = socket.recv_fds(caller, 1 << 16, STREAMS)
    while not text.endswith(b"\n"):
        text += caller.recv(1 << 16)
    caller.close()
    told = json.loads(text)
    for own, given in enumerate(streams):
        os.dup2(given, own)
        os.close(given)
    sys.stdin = open(0, encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stdout = open(1, "w", encoding="utf-8", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", 1, encoding="utf-8", closefd=False)  # noqa: SIM115
    os.chdir(told["cwd"])
    os.environ.clear()
    os.environ.update(told["environ"])
    sys.argv = ["sameboat", *told["argv"]]
    from sameboat.cli import main

    main(told["argv"])


if __name__ == "__main__":
    if len(sys.argv) == 2:
        serve(sys.argv[1])
    sys.exit(call(sys.argv[1], sys.argv[2:]))
