"""Opening the store: where it is, whether it may be written, and what is wrong with it if not.

SQLite runs with a write-ahead log, so that readers and the one writer never wait for each
other, and with `synchronous=FULL`: with `NORMAL` a power cut may take back the last commits, and
a commit here is a decision of people or a whole refresh, a few in an hour. One more flush to the
disk for each (milliseconds) is a small price.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from sqlalchemy import create_engine, text
from sqlalchemy.engine import URL, Connection, Engine, Row, make_url
from sqlalchemy.exc import ArgumentError, NoSuchModuleError
from sqlalchemy.sql import Executable

from sameboat.errors import StoreError
from sameboat.store import files, migrate
from sameboat.store.refusals import plain_refusals, refused

_ADVISORY_LOCK = 0x5A3EB0A7  # any fixed number: all writers of one Postgres store take this lock


@dataclass(frozen=True)
class Store:
    """An open store; without an engine there is none yet, and every read is empty."""

    url: str  # as people may see it: without a password
    engine: Engine | None
    path: Path | None = None
    writable: bool = True
    wait: float = 10.0
    file: tuple[int, int] | None = None  # which file was opened, see `_still_there`

    @property
    def at(self) -> str:
        """The store as error messages name it."""
        return f"The store {self.path or self.url}"

    def rows(self, statement: Executable) -> Sequence[Row[*tuple[Any, ...]]]:
        """The rows of one reading statement; none where there is no store yet."""
        if self.engine is None:
            return self._rows_made_since(statement)
        self._still_there()
        with plain_refusals(self.at), self.engine.connect() as connection:
            found = connection.execute(statement)
            try:
                return found.all()
            except (TypeError, ValueError) as error:  # no text, no time that can be
                raise refused("store-corrupt", at=self.at, detail=error) from error

    def examine(self) -> None:
        """Nothing, where every page and index of the store fits the others.

        Records and points have check sums of their own, which every read looks at; this finds what
        they cannot: a row that an index no longer leads to. Raises `store-corrupt`.
        """
        if self.engine is None or self.path is None:
            return  # a database server looks after its own pages
        said = self.rows(text("PRAGMA integrity_check(1)"))
        if [row[0] for row in said] != ["ok"]:
            raise refused("store-corrupt", at=self.at, detail=said[0][0] if said else None)

    @contextmanager
    def writing(self) -> Iterator[Connection]:
        """One transaction that is alone in writing; it commits at the end or leaves no trace."""
        if self.engine is None:
            raise StoreError(
                "store-missing", f"{self.at} does not exist yet.", hint="Run `sameboat refresh`."
            )
        if not self.writable:
            raise refused("folder-read-only", at=self.at)
        self._still_there()
        with plain_refusals(self.at), self.engine.connect() as connection:
            writer = connection.execution_options(sameboat_writes=True)
            with writer.begin():
                if writer.dialect.name == "postgresql":
                    writer.execute(text(f"set local lock_timeout = {int(self.wait * 1000)}"))
                    writer.execute(text(f"select pg_advisory_xact_lock({_ADVISORY_LOCK})"))
                yield writer

    def _rows_made_since(self, statement: Executable) -> Sequence[Row[*tuple[Any, ...]]]:
        # A server that began without a store must see the first refresh of another process.
        if self.path is None or not self.path.exists():
            return ()
        made = _open_file(self.path, create=False, wait=self.wait)
        try:
            return made.rows(statement)
        finally:
            made.close()

    def _still_there(self) -> None:
        # Where the file was replaced (a backup restored under a running server), an open
        # connection would go on writing decisions into the old one, which has no name any more.
        if self.path is not None and self.file not in (None, files.identity(self.path)):
            raise refused("store-moved", at=self.at)

    def close(self) -> None:
        """Give back every connection."""
        if self.engine is not None:
            self.engine.dispose()


def open_store(url: str, *, folder: Path, create: bool = True, wait: float = 10.0) -> Store:
    """The store at an address, its schema brought up to date.

    A relative SQLite path starts at the project's `folder`. Without `create`, a store that is
    not there yet reads as empty, and one that may not be written can still be read. `wait` is
    how many seconds a writer waits for another one.

    Raises StoreError: store-url, store-newer, store-foreign, store-corrupt, store-locked,
    store-permission, store-unreachable, store-driver-missing, folder-read-only, disk-full; its
    reads and writes also store-moved, where the file is no longer the one that was opened.
    """
    address = _address(url)
    if address.get_backend_name() == "sqlite":
        return _open_file(_path(address, folder), create=create, wait=wait)
    return _open_server(address, create=create, wait=wait)


def _address(url: str) -> URL:
    try:
        address = make_url(url)
    except (ArgumentError, ValueError):
        raise _bad_url("cannot be read") from None  # the cause repeats the address
    if address.get_backend_name() not in ("sqlite", "postgresql"):
        raise _bad_url(f"begins with {address.get_backend_name()!r}, which cannot hold a store")
    if address.drivername == "postgresql":
        return address.set(drivername="postgresql+psycopg")
    return address


def _bad_url(why: str) -> StoreError:
    return StoreError(  # the address itself is not repeated: it may hold a password
        "store-url",
        f"The address in `store:` {why}.",
        hint="Write sqlite:///.sameboat/store.db or postgresql://user@host/database.",
    )


def _path(address: URL, folder: Path) -> Path:
    if not address.database or address.database == ":memory:":
        raise _bad_url("names no file; a store in memory would forget every decision")
    if address.query:
        raise _bad_url("has options after '?', which a store file does not take")
    return Path(os.path.abspath(folder / Path(address.database).expanduser()))  # noqa: PTH100


def _open_file(path: Path, *, create: bool, wait: float) -> Store:
    url, at = f"sqlite:///{path}", f"The store {path}"
    try:
        there = path.exists()
    except PermissionError as error:
        raise refused("store-permission", at=at, detail=error) from error
    if not there:
        files.refuse_orphaned_log(path, at=at)
        if not create:
            return Store(url, None, path, wait=wait)
        files.create_file(path, at=at)
    files.examine(path, at=at)
    writable = files.may_write(path)
    if create and not writable:
        raise refused("folder-read-only", at=at)
    if create:
        files.clear_unfinished(path)
    engine = files.file_engine(path, writable=writable, wait=wait)
    store = Store(url, engine, path, writable, wait, files.identity(path))
    return _brought_up(store, create=False)


def _open_server(address: URL, *, create: bool, wait: float) -> Store:
    try:
        engine = create_engine(address, pool_pre_ping=True)
    except (ModuleNotFoundError, NoSuchModuleError) as error:
        raise StoreError(
            "store-driver-missing",
            f"A store at {address.drivername}:// needs a driver that is not installed ({error}).",
            hint="Install psycopg beside Sameboat, or keep the store in a file.",
        ) from error
    store = Store(address.render_as_string(hide_password=True), engine, wait=wait)
    return _brought_up(store, create=create)


def _brought_up(store: Store, *, create: bool) -> Store:
    """The same store with its newest schema; without an engine when it is empty and stays so."""
    assert store.engine is not None
    try:
        with plain_refusals(store.at), store.engine.connect() as connection:
            found = migrate.standing(connection, at=store.at)
        if found == "empty" and store.path is not None:
            raise refused("store-corrupt", at=store.at, detail="it holds no tables")
        if found == "empty" and not create:
            store.close()
            return Store(store.url, None, store.path, wait=store.wait)
        if found != "current":
            with store.writing() as connection:
                migrate.bring_up(connection, at=store.at)
    except BaseException:
        store.close()
        raise
    return store
