"""Whatever a driver raises, people read one of the store's codes and what to do next."""

from __future__ import annotations

import errno
import sqlite3
from pathlib import Path

import pytest

from sameboat.errors import StoreError
from sameboat.store import connect
from sameboat.store.connect import open_store
from sameboat.store.refusals import code_of, plain_refusals


class OperationalError(Exception):
    """A Postgres driver's error, as drivers name it."""

    def __init__(self, sqlstate: str | None) -> None:
        super().__init__("FATAL: no\nDETAIL: more")
        self.sqlstate = sqlstate


@pytest.mark.parametrize(
    ("sqlstate", "code"),
    [
        ("53100", "disk-full"),
        ("55P03", "store-locked"),
        ("40P01", "store-locked"),
        ("25006", "folder-read-only"),
        ("28P01", "store-permission"),
        ("42501", "store-permission"),
        ("42P01", "store-corrupt"),
        ("08006", "store-unreachable"),
        ("57P01", "store-unreachable"),
        (None, "store-unreachable"),
        ("22012", "store-failed"),
    ],
)
def test_postgres_states_have_codes(sqlstate: str | None, code: str) -> None:
    assert code_of(OperationalError(sqlstate)) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (sqlite3.SQLITE_FULL, "disk-full"),
        (sqlite3.SQLITE_IOERR_WRITE, "disk-full"),
        (sqlite3.SQLITE_IOERR_READ, "disk-fault"),
        (sqlite3.SQLITE_BUSY_SNAPSHOT, "store-locked"),
        (sqlite3.SQLITE_READONLY_ROLLBACK, "folder-read-only"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "store-moved"),
        (sqlite3.SQLITE_CORRUPT_VTAB, "store-corrupt"),
        (sqlite3.SQLITE_TOOBIG, "store-failed"),
    ],
)
def test_sqlite_numbers_have_codes_also_the_extended_ones(number: int, code: str) -> None:
    error = sqlite3.OperationalError("no")
    error.sqlite_errorcode = number
    assert code_of(error) == code


@pytest.mark.parametrize(
    ("number", "code"),
    [
        (errno.ENOSPC, "disk-full"),
        (errno.EDQUOT, "disk-full"),
        (errno.EROFS, "folder-read-only"),
        (errno.EACCES, "folder-read-only"),
        (errno.EIO, "disk-fault"),
        (errno.ENOTDIR, "store-failed"),
    ],
)
def test_what_the_system_refuses_has_a_code(number: int, code: str) -> None:
    assert code_of(OSError(number, "no")) == code


def test_a_refusal_names_the_store_and_the_cause_in_one_line() -> None:
    with pytest.raises(StoreError) as raised, plain_refusals("The store x.db"):
        raise OSError(errno.ENOSPC, "No space left on device")
    assert raised.value.why.startswith("The store x.db: the disk takes no more")
    assert "No space left on device" in raised.value.why
    assert "\n" not in str(raised.value)


def test_other_errors_pass_as_they_are() -> None:
    with pytest.raises(ZeroDivisionError), plain_refusals("it"):
        raise ZeroDivisionError


def test_a_missing_driver_is_named(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def without(*_: object, **__: object) -> None:
        raise ModuleNotFoundError("No module named 'psycopg'")

    monkeypatch.setattr(connect, "create_engine", without)
    with pytest.raises(StoreError, match="psycopg") as raised:
        open_store("postgresql://me:geheim@host/db", folder=tmp_path)
    assert raised.value.code == "store-driver-missing"
    assert "geheim" not in str(raised.value)
