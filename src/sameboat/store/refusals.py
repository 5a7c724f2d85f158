"""What a database driver or the disk complains of, in the store's own codes and plain words."""

from __future__ import annotations

import errno
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import DBAPIError

from sameboat.errors import StoreError

RESTORE = "Move it away and restore a backup; a new store starts empty."

_WORDS: dict[str, tuple[str, str | None]] = {
    "disk-full": (
        "{at}: the disk takes no more: it is full, or a quota or a size limit is reached.",
        "Nothing was changed. Make room and try again.",
    ),
    "store-locked": (
        "{at} is being written by another process.",
        "Nothing was changed. Try again when the other one has finished.",
    ),
    "folder-read-only": (
        "{at} cannot be written: its folder or its file is read-only.",
        "Make it writable, or set `store:` in sameboat.yml to another place.",
    ),
    "store-permission": (
        "{at} may not be opened by this user.",
        "Check the rights on the file and its folder, or the role and password of the database.",
    ),
    "store-corrupt": ("{at} is damaged, incomplete or no store. It was left as it is.", RESTORE),
    "store-moved": (
        "{at} was moved, replaced or deleted while it was open.",
        "Start again what has it open.",
    ),
    "store-unreachable": ("{at} does not answer.", "Check that the database runs."),
    "disk-fault": ("{at}: the disk failed while reading or writing.", None),
    "store-failed": ("{at} could not be used.", None),
}

_SQLITE_EXTENDED = {
    sqlite3.SQLITE_IOERR_WRITE: "disk-full",  # a quota (EDQUOT) or a size limit (EFBIG) ends here
    sqlite3.SQLITE_IOERR_SHMSIZE: "disk-full",
    sqlite3.SQLITE_READONLY_DBMOVED: "store-moved",
}
_SQLITE_PRIMARY = {
    sqlite3.SQLITE_FULL: "disk-full",
    sqlite3.SQLITE_BUSY: "store-locked",
    sqlite3.SQLITE_LOCKED: "store-locked",
    sqlite3.SQLITE_READONLY: "folder-read-only",
    sqlite3.SQLITE_PERM: "store-permission",
    sqlite3.SQLITE_CANTOPEN: "store-permission",
    sqlite3.SQLITE_AUTH: "store-permission",
    sqlite3.SQLITE_CORRUPT: "store-corrupt",
    sqlite3.SQLITE_NOTADB: "store-corrupt",
    sqlite3.SQLITE_IOERR: "disk-fault",
}
_SQLSTATE = {  # of Postgres, by prefix
    "53100": "disk-full",
    "55P03": "store-locked",
    "40": "store-locked",  # deadlock or serialisation: the transaction was rolled back
    "25006": "folder-read-only",
    "28": "store-permission",
    "42501": "store-permission",
    "XX001": "store-corrupt",
    "XX002": "store-corrupt",
    "42P01": "store-corrupt",  # a table or
    "42703": "store-corrupt",  # a column that its version must have is missing
    "08": "store-unreachable",
    "57P": "store-unreachable",
}
_ERRNO = {
    errno.ENOSPC: "disk-full",
    errno.EDQUOT: "disk-full",
    errno.EFBIG: "disk-full",
    errno.EACCES: "folder-read-only",
    errno.EPERM: "folder-read-only",
    errno.EROFS: "folder-read-only",
    errno.EIO: "disk-fault",
}


def refused(code: str, *, at: str, detail: object = None) -> StoreError:
    """The store's error of this code; `at` is the store as people know it."""
    message, hint = _WORDS[code]
    said = str(detail).splitlines()[0] if detail is not None and str(detail) else ""
    return StoreError(code, message.format(at=at) + (f" ({said})" if said else ""), hint=hint)


def code_of(error: BaseException) -> str:
    """The store's code for what a driver or the operating system raised."""
    if isinstance(error, sqlite3.Error):
        return _sqlite_code(error)
    if isinstance(error, OSError):
        return _ERRNO.get(error.errno or 0, "store-failed")
    state = getattr(error, "sqlstate", None) or ""
    if not state and type(error).__name__ == "OperationalError":
        return "store-unreachable"  # the driver met no server that could give a state
    return next(
        (code for prefix, code in _SQLSTATE.items() if state.startswith(prefix)), "store-failed"
    )


def _sqlite_code(error: sqlite3.Error) -> str:
    number = getattr(error, "sqlite_errorcode", 0)
    if number in _SQLITE_EXTENDED:
        return _SQLITE_EXTENDED[number]
    if number == sqlite3.SQLITE_ERROR and "no such" in str(error):
        return "store-corrupt"  # a table or column that its version must have is missing
    if "Could not decode" in str(error):
        return "store-corrupt"
    return _SQLITE_PRIMARY.get(number & 0xFF, "store-failed")


@contextmanager
def plain_refusals(at: str) -> Iterator[None]:
    """Within it, what the driver or the disk complains of is raised as a `StoreError`."""
    try:
        yield
    except DBAPIError as error:
        cause = error.orig or error
        raise refused(code_of(cause), at=at, detail=cause) from error
    except (sqlite3.Error, OSError) as error:
        raise refused(code_of(error), at=at, detail=error) from error
    except UnicodeDecodeError as error:  # the driver's own words of a text that is none
        raise refused("store-corrupt", at=at, detail=error) from error
