"""The store as one SQLite file: made whole or not at all, looked at before it is opened."""

from __future__ import annotations

import os
import sqlite3
import struct
from contextlib import suppress
from pathlib import Path
from urllib.parse import quote

from sqlalchemy import create_engine, event
from sqlalchemy.engine import Connection, Engine
from sqlalchemy.pool import NullPool, QueuePool

from sameboat.project.home import HOME, make_home
from sameboat.project.unfinished import clear_abandoned, unfinished_folder
from sameboat.store import migrate
from sameboat.store.refusals import plain_refusals, refused

_MAGIC = b"SQLite format 3\x00"


def create_file(path: Path, *, at: str) -> None:
    """Make a new store at a path where there is none; a reader sees all of it or nothing.

    It is built beside its place and then linked there, so a killed process leaves no half
    store, and of two processes one wins and the other takes what it finds.
    """
    with plain_refusals(at):
        if path.parent.name == HOME or not path.parent.is_dir():
            make_home(path.parent)
        # the folder is held by a lock of its own: closing any handle on the store itself would
        # take SQLite's locks on it away
        with unfinished_folder(path.parent, prefix=_building(path)) as aside:
            built = aside / path.name
            built.touch(mode=0o600)
            _build(built)
            _put(built, path)


def clear_unfinished(path: Path) -> None:
    """Remove what killed processes left of stores that they were building."""
    clear_abandoned(path.parent, prefix=_building(path))
    _clear_older_unfinished(path)


def _building(path: Path) -> str:
    return f".{path.name}.new-"


def _build(path: Path) -> None:
    engine = _engine(path, mode="rw", wait=0.0)
    try:
        with engine.connect() as connection, _for_writing(connection).begin():
            migrate.create(connection)
        with engine.connect() as connection:
            raw = connection.connection.dbapi_connection
            assert raw is not None
            raw.execute("PRAGMA journal_mode=WAL")  # kept in the file; not allowed in a transaction
    finally:
        engine.dispose()


def _put(built: Path, path: Path) -> None:
    """Give the built store its place, unless another process was quicker."""
    try:
        os.link(built, path)
    except FileExistsError:
        return
    except OSError:
        if path.exists():
            return
        built.rename(path)  # a file system without links
    _flush_folder(path.parent)


def _flush_folder(folder: Path) -> None:
    with suppress(OSError):  # where folders cannot be opened (Windows), the name is safe anyway
        handle = os.open(folder, os.O_RDONLY)
        try:
            os.fsync(handle)
        finally:
            os.close(handle)


def _clear_older_unfinished(path: Path) -> None:
    """The same for versions of Sameboat that built under a name with the process's number."""
    if os.name != "posix":
        return  # there is no harmless way to ask whether a process lives
    for left in path.parent.glob(f"{path.name}.new-*"):
        owner = left.name.removeprefix(f"{path.name}.new-").partition("-")[0]
        if owner.isdigit() and not _alive(int(owner)):
            left.unlink(missing_ok=True)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except OSError:
        return True
    return True


def examine(path: Path, *, at: str) -> None:
    """Nothing, when the file looks like a whole SQLite database; else raises `store-corrupt`.

    The header names the number of pages. While a log lies beside the file it may be shorter
    (the log has the rest); without a log a shorter file has lost its end.
    """
    try:
        with path.open("rb") as file:
            header = file.read(100)
            size = file.seek(0, os.SEEK_END)
    except IsADirectoryError as error:
        raise refused("store-corrupt", at=at, detail="it is a folder") from error
    except PermissionError as error:
        raise refused("store-permission", at=at, detail=error) from error
    if len(header) < 100 or not header.startswith(_MAGIC):
        raise refused("store-corrupt", at=at, detail="it does not begin as a SQLite file does")
    (page,) = struct.unpack(">H", header[16:18])
    (pages,) = struct.unpack(">I", header[28:32])
    if size < (65536 if page == 1 else page) * pages and not _log_size(path):
        raise refused("store-corrupt", at=at, detail="its end is missing")


def refuse_orphaned_log(path: Path, *, at: str) -> None:
    """Nothing, unless a log lies where its store should be: a new store would swallow it."""
    if _log_size(path):
        raise refused(
            "store-corrupt", at=at, detail=f"it is gone, its log {path.name}-wal is still there"
        )


def _log_size(path: Path) -> int:
    try:
        return Path(f"{path}-wal").stat().st_size
    except OSError:
        return 0


def file_engine(path: Path, *, writable: bool, wait: float) -> Engine:
    """Connections to the file; one that may not write never makes a file beside it either."""
    return _engine(path, mode="rw" if writable else "ro", wait=wait)


def _engine(path: Path, *, mode: str, wait: float) -> Engine:
    def connect() -> sqlite3.Connection:
        address = f"file:{quote(str(path))}?mode={mode}"
        if mode == "ro" and not _log_size(path):
            address += "&immutable=1"  # a log cannot be read without making its index beside it
        connection = sqlite3.connect(
            address, uri=True, timeout=wait, isolation_level=None, check_same_thread=False
        )
        connection.execute("PRAGMA foreign_keys=ON")
        connection.execute("PRAGMA synchronous=FULL")
        return connection

    if mode == "ro":  # every read looks again whether there is a log
        engine = create_engine("sqlite://", creator=connect, poolclass=NullPool)
    else:
        engine = create_engine(
            "sqlite://", creator=connect, poolclass=QueuePool, pool_size=8, max_overflow=-1
        )
    event.listen(engine, "begin", _begin)
    return engine


def _begin(connection: Connection) -> None:
    # The driver would begin only at the first change, and never before DDL; a writer that takes
    # its lock at once cannot find at its first change that what it read is already old.
    writes = connection.get_execution_options().get("sameboat_writes", False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def _for_writing(connection: Connection) -> Connection:
    return connection.execution_options(sameboat_writes=True)


def identity(path: Path) -> tuple[int, int] | None:
    """Which file lies at the path, or None where none does: another one after it was replaced."""
    try:
        found = path.stat()
    except OSError:
        return None
    return found.st_dev, found.st_ino


def may_write(path: Path) -> bool:
    """Whether this user may write the file and make its log beside it."""
    asked_as = {"effective_ids": True} if os.access in os.supports_effective_ids else {}
    return all(os.access(place, os.W_OK, **asked_as) for place in (path, path.parent))
