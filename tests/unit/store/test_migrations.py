"""However a store came to be, its tables are the same, and its rows are kept."""

from __future__ import annotations

import datetime as dt
import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.operations import Operations
from alembic.script import ScriptDirectory
from sqlalchemy import inspect, select
from sqlalchemy.engine import Connection
from sqlalchemy.exc import OperationalError

from sameboat.actions.propose import propose
from sameboat.errors import StoreError
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.store import files, migrate, schema
from sameboat.store.connect import Store, open_store
from sameboat.store.migrations import refuse_downgrade
from sameboat.store.points import PackedSeries, RunRecord, last_run, record_refresh, series

Made = Callable[..., PackedSeries]
Run = Callable[..., RunRecord]


@contextmanager
def blank(path: Path) -> Iterator[Store]:
    """A store in an empty file, whose tables are yet to be made."""
    path.touch()
    engine = files.file_engine(path, writable=True, wait=1)
    yield Store("sqlite:///x", engine, path)
    engine.dispose()


def at_revision(path: Path, revision: str) -> None:
    """Make the file a store of this revision, as an older program left it."""
    with blank(path) as store, store.writing() as connection:
        migrate.upgrade(connection, to=revision)


def shape(path: Path) -> dict[str, object]:
    """Everything that SQLite knows of the tables and their indexes, name by name."""
    with blank(path) as store, store.engine.connect() as connection:
        found = inspect(connection)
        return {
            name: {
                "columns": [
                    {**column, "type": str(column["type"])} for column in found.get_columns(name)
                ],
                "key": found.get_pk_constraint(name),
                "foreign": sorted(found.get_foreign_keys(name), key=str),
                "unique": sorted(found.get_unique_constraints(name), key=str),
                "indexes": sorted(found.get_indexes(name), key=str),
                "counts on": "AUTOINCREMENT" in _definition(connection, name),
            }
            for name in found.get_table_names()
        }


def _definition(connection: Connection, name: str) -> str:
    found = connection.exec_driver_sql("select sql from sqlite_master where name = ?", (name,))
    return str(found.scalar_one())


def test_a_fresh_store_and_a_migrated_one_are_the_same(tmp_path: Path) -> None:
    """So a fresh store need not wait for Alembic's import."""
    open_store("sqlite:///fresh.db", folder=tmp_path).close()
    at_revision(tmp_path / "migrated.db", "head")
    fresh = shape(tmp_path / "fresh.db")
    assert set(fresh) == {*schema.metadata.tables, schema.VERSION_TABLE}
    assert shape(tmp_path / "migrated.db") == fresh


@pytest.mark.parametrize("way", ["fresh", "migrated"])
def test_alembic_finds_no_difference_to_the_declared_tables(tmp_path: Path, way: str) -> None:
    path = tmp_path / "store.db"
    if way == "fresh":
        open_store("sqlite:///store.db", folder=tmp_path).close()
    else:
        at_revision(path, "head")
    with blank(path) as store, store.engine.connect() as connection:
        options = {"version_table": schema.VERSION_TABLE, "compare_type": True}
        context = MigrationContext.configure(connection, opts=options)
        assert compare_metadata(context, schema.metadata) == []
        assert context.get_current_revision() == schema.HEAD


def test_the_program_knows_exactly_the_revisions_that_have_scripts() -> None:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    found = [script.revision for script in scripts.walk_revisions()]
    assert tuple(reversed(found)) == schema.REVISIONS
    assert scripts.get_current_head() == schema.HEAD


@pytest.mark.parametrize("revision", schema.REVISIONS[:-1])
def test_an_older_store_is_raised_with_everything_in_it(
    tmp_path: Path, made: Made, run: Run, revision: str
) -> None:
    at_revision(tmp_path / "store.db", revision)
    with blank(tmp_path / "store.db") as old:
        record_refresh(old, run=run(), series=[made([1.0, 2.0])], cards={"k": {"v": 1}})
    store = open_store("sqlite:///store.db", folder=tmp_path)
    found = series(store, metric="win_rate", grain="day")
    assert found is not None
    assert found.same_as(made([1.0, 2.0]))
    assert last_run(store) is not None
    assert store.rows(select(schema.version_table))[0].version_num == schema.HEAD
    store.close()


def test_a_migration_that_breaks_off_leaves_the_store_as_it_was(
    tmp_path: Path, made: Made, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its first table is made when the next step fails; nothing of it stays, and later it works."""
    path = tmp_path / "store.db"
    at_revision(path, "0001")
    with blank(path) as old:
        record_refresh(old, run=run(), series=[made([1.0])], cards={})
    before = shape(path)
    create_index = Operations.create_index

    def broken(*_: object, **__: object) -> None:
        raise OperationalError("create index", {}, sqlite3.OperationalError("disk I/O error"))

    monkeypatch.setattr(Operations, "create_index", broken)
    with pytest.raises(StoreError):
        open_store("sqlite:///store.db", folder=tmp_path)
    assert shape(path) == before
    monkeypatch.setattr(Operations, "create_index", create_index)
    store = open_store("sqlite:///store.db", folder=tmp_path)
    assert last_run(store) is not None
    store.close()
    open_store("sqlite:///fresh.db", folder=tmp_path).close()
    assert shape(path) == shape(tmp_path / "fresh.db")


def test_a_migration_that_another_process_has_done_meanwhile_is_not_done_twice(
    tmp_path: Path,
) -> None:
    path = tmp_path / "store.db"
    at_revision(path, "0001")
    with blank(path) as mine:
        with mine.engine.connect() as connection:
            assert migrate.standing(connection, at="it") == "behind"
        open_store("sqlite:///store.db", folder=tmp_path).close()
        with mine.writing() as connection:
            migrate.bring_up(connection, at="it")
            assert migrate.standing(connection, at="it") == "current"


def test_no_revision_can_be_taken_back() -> None:
    scripts = ScriptDirectory(str(migrate.SCRIPTS))
    for script in scripts.walk_revisions():
        assert script.module.downgrade is refuse_downgrade
    with pytest.raises(StoreError) as raised:
        refuse_downgrade()
    assert raised.value.code == "store-no-downgrade"


def test_a_migrated_store_takes_proposals(tmp_path: Path) -> None:
    """What the second revision brought works on a store that began with the first."""
    at_revision(tmp_path / "store.db", "0001")
    store = open_store("sqlite:///store.db", folder=tmp_path)
    now = dt.datetime(2026, 10, 25, tzinfo=dt.UTC)
    told = {
        "title": "More boats",
        "kpi": "win_rate",
        "predicts": {"effect": 0.02, "low": 0.01, "high": 0.03, "by": "2027-01-31"},
        "cost": {"money": 9000},
        "teams": ["sales"],
        "guardrails": [{"metric": "csat", "min": 4}],
        "stop_by": "2027-02-28",
    }
    assert propose(store, actor=OWNER_ACTOR, proposal=told, now=now) == "p_2026_001"
    store.close()
