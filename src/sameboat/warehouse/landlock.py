"""Linux's Landlock: a process gives up writing for good, whatever its user might.

The engine lets a query write what it may read (`COPY … TO` a declared file), and a limit on the
size of files does not keep one from being emptied. This does, for the process that asks for it.
"""

from __future__ import annotations

import ctypes
import os
import sys

# the numbers are the same on every architecture (asm-generic/unistd.h, linux/landlock.h)
_CREATE_RULESET, _RESTRICT_SELF = 444, 446
_NO_NEW_PRIVILEGES = 38
_VERSION = 1

_EXECUTE, _WRITE_FILE = 1 << 0, 1 << 1
_REMOVE_DIR, _REMOVE_FILE = 1 << 4, 1 << 5
_MAKE = sum(1 << bit for bit in range(6, 13))
_REFER, _TRUNCATE = 1 << 13, 1 << 14
_TCP = 0b11


class _Ruleset(ctypes.Structure):
    _fields_ = (("files", ctypes.c_uint64), ("network", ctypes.c_uint64))


def version() -> int:
    """Which Landlock this system has; 0 is none."""
    if sys.platform != "linux":
        return 0
    return max(0, _call(_CREATE_RULESET, None, ctypes.c_size_t(0), ctypes.c_uint32(_VERSION)))


def forbid_writing() -> bool:
    """Whether from now on this thread, and all that it starts, can change no file on any disk.

    Files cannot be created, removed, renamed, emptied or opened for writing, no program can be
    started, and with a newer kernel no connection be made. It cannot be taken back. False means
    that this system has no such thing and nothing was changed.
    """
    have = version()
    if have < 1:
        return False
    files = _EXECUTE | _WRITE_FILE | _REMOVE_DIR | _REMOVE_FILE | _MAKE
    files |= _REFER if have >= 2 else 0
    files |= _TRUNCATE if have >= 3 else 0
    rules = _Ruleset(files, _TCP if have >= 4 else 0)
    size = 16 if have >= 4 else 8
    handle = _call(_CREATE_RULESET, ctypes.byref(rules), ctypes.c_size_t(size), ctypes.c_uint32(0))
    if handle < 0:
        return False
    try:
        ctypes.CDLL(None).prctl(_NO_NEW_PRIVILEGES, 1, 0, 0, 0)
        return _call(_RESTRICT_SELF, ctypes.c_int(handle), ctypes.c_uint32(0)) == 0
    finally:
        os.close(handle)


def _call(number: int, *arguments: object) -> int:
    system = ctypes.CDLL(None, use_errno=True).syscall
    system.restype = ctypes.c_long
    return int(system(ctypes.c_long(number), *arguments))
