"""A store is opened where it is said to be, or refused in plain words and left as it is."""

from __future__ import annotations

import os
import sqlite3
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest
from sqlalchemy import text

from sameboat.errors import StoreError
from sameboat.store import schema
from sameboat.store.connect import Store, open_store
from sameboat.store.points import PackedSeries, RunRecord, last_run, record_refresh, series

Made = Callable[..., PackedSeries]
Run = Callable[..., RunRecord]
HOME = "sqlite:///.sameboat/store.db"


def refused(url: str, folder: Path, **options: bool) -> StoreError:
    with pytest.raises(StoreError) as raised:
        open_store(url, folder=folder, **options)
    return raised.value


def test_a_relative_address_starts_at_the_project(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Wherever the program was started; and the new folder stays out of git."""
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    store = open_store(HOME, folder=tmp_path / "project")
    assert store.path == tmp_path / "project" / ".sameboat" / "store.db"
    assert store.path.exists()
    assert (store.path.parent / ".gitignore").read_text() == "*\n"
    assert list(elsewhere.iterdir()) == []
    store.close()
    assert sorted(one.name for one in store.path.parent.iterdir()) == [".gitignore", "store.db"]


def test_an_absolute_address_is_taken_as_it_is(tmp_path: Path) -> None:
    """In a folder whose name has everything that addresses give a meaning."""
    folder = tmp_path / "größe & 100 #1"
    store = open_store(f"sqlite:///{folder}/our store.db", folder=Path("/nowhere"))
    assert store.path == folder / "our store.db"
    assert store.path.exists()
    store.close()


def test_a_project_folder_may_have_any_name(tmp_path: Path) -> None:
    folder = tmp_path / "a?b=c%20#d"
    open_store(HOME, folder=folder).close()
    assert (folder / ".sameboat" / "store.db").exists()
    assert [one.name for one in tmp_path.iterdir()] == ["a?b=c%20#d"]


def test_only_its_owner_may_read_a_new_store(tmp_path: Path) -> None:
    store = open_store(HOME, folder=tmp_path)
    assert store.path is not None
    assert store.path.stat().st_mode & 0o777 == 0o600
    assert store.path.parent.stat().st_mode & 0o777 == 0o700
    store.close()


def test_every_connection_logs_ahead_flushes_and_checks_keys(store: Store) -> None:
    def pragma(name: str) -> object:
        return store.rows(text(f"PRAGMA {name}"))[0][0]

    assert pragma("journal_mode") == "wal"
    assert pragma("synchronous") == 2  # full
    assert pragma("foreign_keys") == 1
    assert pragma("busy_timeout") == 10_000


def test_what_was_written_is_there_when_the_store_is_opened_again(
    tmp_path: Path, made: Made, run: Run
) -> None:
    first = open_store(HOME, folder=tmp_path)
    record_refresh(first, run=run(), series=[made([1.0])], cards={})
    first.close()
    for create in (True, False):
        again = open_store(HOME, folder=tmp_path, create=create)
        assert series(again, metric="win_rate", grain="day") is not None
        again.close()


def test_readers_see_the_last_commit_while_a_writer_is_at_work(
    store: Store, made: Made, run: Run
) -> None:
    """They neither wait nor see what is not committed; an error leaves no trace."""
    record_refresh(store, run=run(), series=[made([1.0])], cards={})

    def pulled() -> None:
        with store.writing() as connection:
            connection.execute(text("delete from points"))
            connection.execute(text("delete from series"))
            assert series(store, metric="win_rate", grain="day") is not None
            raise RuntimeError("the plug was pulled")

    with pytest.raises(RuntimeError, match="pulled"):
        pulled()
    assert series(store, metric="win_rate", grain="day") is not None


def test_a_second_writer_waits_and_then_says_that_the_store_is_locked(
    store: Store, tmp_path: Path, made: Made, run: Run
) -> None:
    hasty = open_store(HOME, folder=tmp_path, wait=0)
    with store.writing(), pytest.raises(StoreError) as raised:
        record_refresh(hasty, run=run(), series=[made([1.0])], cards={})
    assert raised.value.code == "store-locked"
    assert last_run(hasty) is None
    record_refresh(hasty, run=run(), series=[made([1.0])], cards={})
    assert last_run(store) is not None
    hasty.close()


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"hello",
        b"not a database at all" * 100,
        b"SQLite format 3\x00" + b"\xff" * 4080,
    ],
    ids=["empty", "short", "text", "header and noise"],
)
@pytest.mark.parametrize("create", [True, False])
def test_a_file_that_is_no_store_is_refused_and_left_alone(
    tmp_path: Path, content: bytes, create: bool
) -> None:
    """Never recreated: whatever it was, somebody may still need it."""
    path = tmp_path / "store.db"
    path.write_bytes(content)
    assert refused("sqlite:///store.db", tmp_path, create=create).code == "store-corrupt"
    assert path.read_bytes() == content


def grown(folder: Path, made: Made, run: Run) -> Path:
    """A closed store of some dozens of pages."""
    store = open_store("sqlite:///store.db", folder=folder)
    many = [
        made([at / 7 + number for at in range(400)], metric=f"m{number}") for number in range(20)
    ]
    record_refresh(store, run=run(), series=many, cards={})
    store.close()
    assert store.path is not None
    return store.path


def test_a_store_that_lost_its_end_is_refused(tmp_path: Path, made: Made, run: Run) -> None:
    path = grown(tmp_path, made, run)
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    assert refused("sqlite:///store.db", tmp_path).code == "store-corrupt"
    assert path.stat().st_size == len(whole) // 2


def test_damage_inside_the_file_is_said_when_it_is_met(
    tmp_path: Path, made: Made, run: Run
) -> None:
    """Pages overwritten with noise: at opening or at reading, with the code, never a number."""
    path = grown(tmp_path, made, run)
    with path.open("r+b") as file:
        file.seek(4096)
        file.write(b"\xa5" * (path.stat().st_size - 4096))

    def read() -> None:
        series(open_store("sqlite:///store.db", folder=tmp_path), metric="m3", grain="day")

    with pytest.raises(StoreError) as raised:
        read()
    assert raised.value.code == "store-corrupt"


@pytest.mark.parametrize("create", [True, False])
def test_a_log_without_its_store_is_not_swallowed_by_a_new_one(
    tmp_path: Path, create: bool
) -> None:
    """SQLite would play the old log into the new file."""
    (tmp_path / "store.db-wal").write_bytes(b"committed decisions")
    assert refused("sqlite:///store.db", tmp_path, create=create).code == "store-corrupt"
    assert [one.name for one in tmp_path.iterdir()] == ["store.db-wal"]


def test_a_folder_in_the_place_of_the_store_is_refused(tmp_path: Path) -> None:
    (tmp_path / "store.db").mkdir()
    assert refused("sqlite:///store.db", tmp_path).code == "store-corrupt"


def test_another_programs_database_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.db") as other:
        other.execute("create table orders (id integer)")
    other.close()
    before = (tmp_path / "store.db").read_bytes()
    assert refused("sqlite:///store.db", tmp_path).code == "store-foreign"
    assert (tmp_path / "store.db").read_bytes() == before


def test_a_database_without_tables_is_refused(tmp_path: Path) -> None:
    with sqlite3.connect(tmp_path / "store.db") as other:
        other.execute("create table t (id integer)")
        other.execute("drop table t")
    other.close()
    assert refused("sqlite:///store.db", tmp_path).code == "store-corrupt"


def test_a_store_that_lost_a_table_is_called_damaged(tmp_path: Path, made: Made, run: Run) -> None:
    path = grown(tmp_path, made, run)
    with sqlite3.connect(path) as harm:
        harm.execute("drop table cards")
    harm.close()
    store = open_store("sqlite:///store.db", folder=tmp_path)
    with pytest.raises(StoreError) as raised:
        record_refresh(store, run=run(1), series=[made([2.0])], cards={"k": {}})
    assert raised.value.code == "store-corrupt"
    assert len(store.rows(schema.runs.select())) == 1
    store.close()


@pytest.mark.parametrize("version", ["9999", "ffff", "a long way off"])
@pytest.mark.parametrize("create", [True, False])
def test_a_store_from_a_newer_version_is_refused_and_left_alone(
    tmp_path: Path, version: str, create: bool
) -> None:
    open_store("sqlite:///store.db", folder=tmp_path).close()
    path = tmp_path / "store.db"
    with sqlite3.connect(path) as newer:
        newer.execute(f"update {schema.VERSION_TABLE} set version_num = ?", [version])
    newer.close()
    before = path.read_bytes()
    error = refused("sqlite:///store.db", tmp_path, create=create)
    assert error.code == "store-newer"
    assert version in error.why
    assert path.read_bytes() == before


def test_a_store_whose_version_is_lost_is_refused(tmp_path: Path) -> None:
    open_store("sqlite:///store.db", folder=tmp_path).close()
    with sqlite3.connect(tmp_path / "store.db") as harm:
        harm.execute(f"delete from {schema.VERSION_TABLE}")
    harm.close()
    assert refused("sqlite:///store.db", tmp_path).code == "store-corrupt"


@pytest.mark.parametrize(
    "url",
    [
        "",
        "store.db",
        "sqlite://",
        "sqlite:///:memory:",
        "sqlite:///store.db?mode=memory",
        "mysql://root:geheim@host/db",
        "postgresql://me:geheim@host:notaport/db",
    ],
)
def test_an_address_that_cannot_hold_a_store_is_refused_without_repeating_secrets(
    tmp_path: Path, url: str
) -> None:
    error = refused(url, tmp_path)
    assert error.code == "store-url"
    assert "geheim" not in str(error)
    assert list(tmp_path.iterdir()) == []


def test_what_killed_processes_left_of_new_stores_is_swept_away(tmp_path: Path) -> None:
    """And what a living process is building is not."""
    gone = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"],
        capture_output=True, text=True, check=True,
    ).stdout.strip()  # fmt: skip
    (tmp_path / f"store.db.new-{gone}-x1").write_text("half a store")
    (tmp_path / f"store.db.new-{gone}-x1-journal").write_text("its journal")
    (tmp_path / f"store.db.new-{os.getpid()}-x2").write_text("being built")
    open_store("sqlite:///store.db", folder=tmp_path).close()
    assert sorted(one.name for one in tmp_path.iterdir()) == [
        "store.db",
        f"store.db.new-{os.getpid()}-x2",
    ]


def test_of_two_that_make_the_store_at_once_the_second_takes_the_firsts(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, made: Made, run: Run
) -> None:
    """The other is done, and has recorded a run, when this one is about to put its own there."""
    from sameboat.store import files

    put = files._put

    def late(built: Path, path: Path) -> bool:
        monkeypatch.setattr(files, "_put", put)
        quick = open_store("sqlite:///store.db", folder=tmp_path)
        record_refresh(quick, run=run(), series=[made([1.0])], cards={})
        quick.close()
        return put(built, path)

    monkeypatch.setattr(files, "_put", late)
    store = open_store("sqlite:///store.db", folder=tmp_path)
    assert last_run(store) is not None
    store.close()
    assert [one.name for one in tmp_path.iterdir()] == ["store.db"]


def test_where_links_are_not_known_the_store_is_made_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def no_links(*_: object) -> None:
        raise PermissionError(1, "Operation not permitted")

    monkeypatch.setattr(os, "link", no_links)
    open_store("sqlite:///store.db", folder=tmp_path).close()
    open_store("sqlite:///store.db", folder=tmp_path, create=False).close()
    assert [one.name for one in tmp_path.iterdir()] == ["store.db"]


def test_nothing_of_the_store_is_imported_by_the_bare_package() -> None:
    """Nor Alembic by opening a store that is up to date."""
    program = """
import sys, tempfile, pathlib
import sameboat, sameboat.store
heavy = {"sqlalchemy", "alembic", "numpy"} & set(sys.modules)
assert not heavy, heavy
from sameboat.store.connect import open_store
from sameboat.store import points, proposals
with tempfile.TemporaryDirectory() as folder:
    for _ in range(2):
        open_store("sqlite:///s.db", folder=pathlib.Path(folder)).close()
extra = {"alembic", "pandas", "pyarrow", "duckdb", "pydantic"} & set(sys.modules)
assert not extra, extra
"""
    subprocess.run([sys.executable, "-c", program], check=True)
