"""Stopping a process at its n-th step that writes, whoever in it writes: Python, SQLite, Arrow.

The child asks the kernel (seccomp, user notification) to hold each of its system calls that
changes a file until its parent has looked at it. The parent counts, and lets the call go on,
ends the child before it, or does half of a write itself and ends the child then.
"""

from __future__ import annotations

import ctypes
import errno
import fcntl
import gc
import os
import platform
import select
import signal
import socket
import struct
import sys
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

Mode = Literal["before", "torn"]

# system calls that change files: their numbers on the two common processors
_NUMBERS: dict[str, dict[str, int]] = {
    "x86_64": {
        "write": 1, "pwrite64": 18, "writev": 20, "pwritev": 296, "fsync": 74, "fdatasync": 75,
        "truncate": 76, "ftruncate": 77, "fallocate": 285, "rename": 82, "renameat": 264,
        "renameat2": 316, "link": 86, "linkat": 265, "unlink": 87, "unlinkat": 263, "rmdir": 84,
        "mkdir": 83, "mkdirat": 258, "chmod": 90, "fchmod": 91, "fchmodat": 268,
        "utimensat": 280, "symlink": 88, "symlinkat": 266, "open": 2, "openat": 257, "creat": 85,
        "copy_file_range": 326, "sendfile": 40,
    },
    "aarch64": {
        "write": 64, "pwrite64": 68, "writev": 66, "pwritev": 70, "fsync": 82, "fdatasync": 83,
        "truncate": 45, "ftruncate": 46, "fallocate": 47, "renameat": 38, "renameat2": 276,
        "linkat": 37, "unlinkat": 35, "mkdirat": 34, "fchmod": 52, "fchmodat": 53,
        "utimensat": 88, "symlinkat": 36, "openat": 56, "copy_file_range": 285, "sendfile": 71,
    },
}  # fmt: skip
_SECCOMP = {"x86_64": 317, "aarch64": 277}
_HANDLE = {  # where the file handle stands among the arguments of calls that have one
    "write": 0, "pwrite64": 0, "writev": 0, "pwritev": 0, "fsync": 0, "fdatasync": 0,
    "ftruncate": 0, "fallocate": 0, "fchmod": 0, "copy_file_range": 2, "sendfile": 0,
}  # fmt: skip
_NAME = {  # where the name of the file changed stands: for two names, the one that appears
    "truncate": 0, "rename": 1, "renameat": 3, "renameat2": 3, "link": 1, "linkat": 3,
    "unlink": 0, "unlinkat": 1, "rmdir": 0, "mkdir": 0, "mkdirat": 1, "chmod": 0, "fchmodat": 1,
    "utimensat": 1, "symlink": 1, "symlinkat": 2, "open": 0, "openat": 1, "creat": 0,
}  # fmt: skip
_LOAD, _EQUAL, _ANY_BIT, _RETURN = 0x20, 0x15, 0x45, 0x06
_ALLOW, _NOTIFY = 0x7FFF0000, 0x7FC00000
_RECEIVE, _SEND = 0xC0502100, 0xC0182101
_GO_ON = 1
_NO_NEW_PRIVILEGES = 38


@dataclass(frozen=True)
class Step:
    """A call that changes a file in the watched folder."""

    call: str
    path: str


@dataclass(frozen=True)
class Ended:
    """How a watched child ended, and its steps up to then; the last one is where it was ended."""

    status: int
    steps: tuple[Step, ...]


def available() -> bool:
    """Whether this system can hold calls; asked in a child, because it cannot be taken back."""
    if sys.platform != "linux" or platform.machine() not in _NUMBERS:
        return False
    child = os.fork()
    if child == 0:
        try:
            os.close(_hold_writes())
        except OSError:
            os._exit(1)
        os._exit(0)
    return os.waitpid(child, 0)[1] == 0


def watched(
    work: Callable[[], object],
    folder: Path,
    *,
    end_at: int | None = None,
    mode: Mode = "before",
    cut: float = 0.5,
) -> Ended:
    """How the work ended in a child that was killed at its n-th step (from 1) in the folder.

    `before` kills it before the step is done. `torn` first does the share `cut` of a write;
    other steps cannot be torn and are killed before.
    """
    mine, its = socket.socketpair()
    child = forked(lambda: _run_held(work, mine, its))
    its.close()
    steps: list[Step] = []
    _, handles, _, _ = socket.recv_fds(mine, 1, 1)
    mine.close()
    if handles:
        _follow(handles[0], child, str(folder), steps, end_at, mode, cut)
        os.close(handles[0])
    _, status = os.waitpid(child, 0)
    return Ended(os.waitstatus_to_exitcode(status), tuple(steps))


def forked(work: Callable[[], object]) -> int:
    """The number of a child that does the work and ends: with 0, or with 70 where it failed."""
    child = os.fork()
    if child == 0:
        gc.freeze()  # what the parent left behind is not the child's to take apart
        try:
            work()
        except BaseException as error:
            print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # noqa: T201
            os._exit(70)
        os._exit(0)
    return child


def _run_held(work: Callable[[], object], mine: socket.socket, its: socket.socket) -> None:
    mine.close()
    listener = _hold_writes()
    socket.send_fds(its, [b"."], [listener])
    os.close(listener)
    work()


def _hold_writes() -> int:
    """The listener to which from now on every call that changes a file is told."""
    numbers = _NUMBERS[platform.machine()]
    plain = [number for name, number in numbers.items() if name not in ("open", "openat")]
    code: list[tuple[int, int, int, int]] = []
    # opening counts where it may create or empty the file: it looks at the flags
    for name, at in (("open", 1), ("openat", 2)):
        if name in numbers:
            code += [
                (_LOAD, 0, 0, 0),
                (_EQUAL, 0, 4, numbers[name]),
                (_LOAD, 0, 0, 16 + 8 * at),
                (_ANY_BIT, 0, 1, os.O_CREAT | os.O_TRUNC),
                (_RETURN, 0, 0, _NOTIFY),
                (_RETURN, 0, 0, _ALLOW),
            ]
    code.append((_LOAD, 0, 0, 0))
    for left, number in zip(range(len(plain), 0, -1), plain, strict=True):
        code.append((_EQUAL, left, 0, number))
    code += [(_RETURN, 0, 0, _ALLOW), (_RETURN, 0, 0, _NOTIFY)]
    packed = b"".join(struct.pack("HBBI", *line) for line in code)
    lines = ctypes.create_string_buffer(packed)
    program = ctypes.create_string_buffer(
        struct.pack("HxxxxxxP", len(code), ctypes.addressof(lines))
    )
    libc = ctypes.CDLL(None, use_errno=True)
    libc.prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
    filter_mode, new_listener = 1, 1 << 3
    listener: int = libc.syscall(
        _SECCOMP[platform.machine()], filter_mode, new_listener, ctypes.byref(program)
    )
    if listener < 0:
        raise OSError(ctypes.get_errno(), "calls cannot be held")
    return listener


def _follow(
    listener: int,
    child: int,
    folder: str,
    steps: list[Step],
    end_at: int | None,
    mode: Mode,
    cut: float,
) -> None:
    names = {number: name for name, number in _NUMBERS[platform.machine()].items()}
    poll = select.poll()
    poll.register(listener, select.POLLIN)
    while True:
        [(_, event)] = poll.poll()
        if not event & select.POLLIN:
            return  # the child has ended
        told = bytearray(80)
        try:
            fcntl.ioctl(listener, _RECEIVE, told, True)
        except OSError as error:
            if error.errno in (errno.ENOENT, errno.EINTR):
                continue
            raise
        number, thread, _, call, *_ = struct.unpack_from("QIIi", told)
        arguments = struct.unpack_from("6Q", told, 32)
        name = names[call]
        path = _path(thread, name, arguments)
        if path.startswith(folder):
            steps.append(Step(name, path))
            if end_at is not None and len(steps) >= end_at:
                if mode == "torn":
                    _write_part(thread, name, arguments, path, cut)
                os.kill(child, signal.SIGKILL)
                return
        answer = bytearray(struct.pack("QqiI", number, 0, 0, _GO_ON))
        try:
            fcntl.ioctl(listener, _SEND, answer)
        except FileNotFoundError:
            continue  # a signal took it out of the call


def _path(thread: int, name: str, arguments: tuple[int, ...]) -> str:
    if name in _HANDLE:
        try:
            return str(Path(f"/proc/{thread}/fd/{_signed(arguments[_HANDLE[name]])}").readlink())
        except OSError:
            return "?"
    text = (
        _memory(thread, arguments[_NAME[name]], 4096).partition(b"\0")[0].decode(errors="replace")
    )
    if text.startswith("/"):
        return text
    where = 0 if name in ("rename", "link", "symlink") or name not in _AT else _AT[name]
    handle = _signed(arguments[where]) if name in _AT else -100
    base = "cwd" if handle == -100 else f"fd/{handle}"
    try:
        return str(Path(f"/proc/{thread}/{base}").readlink() / text)
    except OSError:
        return text


_AT = {
    "renameat": 2, "renameat2": 2, "linkat": 2, "unlinkat": 0, "mkdirat": 0, "fchmodat": 0,
    "utimensat": 0, "symlinkat": 1, "openat": 0,
}  # fmt: skip


def _signed(argument: int) -> int:
    number: int = ctypes.c_int32(argument & 0xFFFFFFFF).value
    return number


def _memory(thread: int, address: int, size: int) -> bytes:
    """So many bytes of the child, or as many as there are up to the end of their page."""
    if not address:
        return b""
    with Path(f"/proc/{thread}/mem").open("rb", buffering=0) as memory:
        memory.seek(address)
        try:
            return memory.read(size)
        except OSError:
            memory.seek(address)
            return memory.read(4096 - address % 4096)


def _write_part(thread: int, name: str, arguments: tuple[int, ...], path: str, cut: float) -> None:
    if name not in ("write", "pwrite64"):
        return
    handle, address, size = arguments[:3]
    part = _memory(thread, address, int(size * cut))
    at = arguments[3]
    if name == "write":
        for line in Path(f"/proc/{thread}/fdinfo/{handle}").read_text().splitlines():
            if line.startswith("pos:"):
                at = int(line.split()[1])
    mine = os.open(f"/proc/{thread}/fd/{handle}", os.O_WRONLY)
    try:
        os.pwrite(mine, part, at)
    finally:
        os.close(mine)
