"""The runs: when the figures were computed, from what, and which run was known at a moment."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal, get_args

from sqlalchemy import Select, func, insert, select
from sqlalchemy.engine import Connection, Row

from sameboat.errors import StoreError
from sameboat.store.connect import Store
from sameboat.store.refusals import refused
from sameboat.store.schema import runs as table
from sameboat.store.seals import sealed, unsealed

Status = Literal["finished", "failed"]
KnownAt = dt.datetime | int | None
"""A moment, the number of a run, or None for what is known now."""


@dataclass(frozen=True)
class TableState:
    """What a run found of a table: which version of it, loaded when, how many rows.

    `failing_since` is the day since when its rows break a check; None while they pass.
    """

    fingerprint: str
    loaded_at: dt.datetime | None = None
    rows: int | None = None
    failing_since: dt.date | None = None


@dataclass(frozen=True, kw_only=True)
class RunRecord:
    """One refresh, as the store remembers it; `id` is given by the store and only ever grows."""

    started_at: dt.datetime
    finished_at: dt.datetime
    who: str
    project: str  # the digest of the project's files
    status: Status = "finished"
    tables: Mapping[str, TableState] = field(default_factory=dict)
    counts: Mapping[str, int] = field(default_factory=dict)
    note: str | None = None
    id: int | None = None


def add_run(connection: Connection, run: RunRecord) -> RunRecord:
    """The run with the number that it got."""
    _check(run)
    done = connection.execute(
        insert(table).values(
            started_at=run.started_at,
            finished_at=run.finished_at,
            status=run.status,
            who=run.who,
            project=run.project,
            tables=_tables_text(run.tables),
            counts=sealed(_told(run), run.counts),
            note=run.note,
        )
    )
    (number,) = done.inserted_primary_key or (None,)
    return replace(run, id=number)


def _told(run: RunRecord) -> str:
    """All that a run says beside its counts, with which its seal is made."""
    times = [moment.astimezone(dt.UTC) for moment in (run.started_at, run.finished_at)]
    return repr((*times, run.status, run.who, run.project, _tables_text(run.tables), run.note))


def _check(run: RunRecord) -> None:
    states = [run.started_at, run.finished_at]
    states += [state.loaded_at for state in run.tables.values() if state.loaded_at is not None]
    if any(moment.tzinfo is None for moment in states):
        raise StoreError("run-invalid", "A time of the run has no time zone.")
    if run.id is not None:
        raise StoreError("run-invalid", f"Run {run.id} is recorded already.")
    if run.status not in get_args(Status):
        raise StoreError("run-invalid", f"A run cannot be {run.status!r}.")


def last_run(store: Store, *, as_known_at: KnownAt = None) -> RunRecord | None:
    """The newest finished run, or the one that was newest at a moment; None before the first.

    Runs follow each other by number: where the clock was set back between two of them, the
    later run counts wherever both had finished by the time asked for.
    """
    statement = select(table).where(table.c.status != "failed")  # so that a damaged word is read
    if isinstance(as_known_at, dt.datetime):
        statement = statement.where(table.c.finished_at <= _aware(as_known_at))
    elif as_known_at is not None:
        statement = statement.where(table.c.id == as_known_at)
    found = store.rows(statement.order_by(table.c.id.desc()).limit(1))
    if found:
        return _run(found[0], at=store.at)
    if isinstance(as_known_at, int):
        raise StoreError("unknown-run", f"The store holds no finished run {as_known_at}.")
    return None


def last_run_id(store: Store) -> int | None:
    """The number of the newest finished run; None before the first."""
    found = store.rows(select(func.max(table.c.id).label("id")).where(table.c.status != "failed"))
    return None if not found or found[0].id is None else int(found[0].id)


def runs(store: Store, *, limit: int | None = None) -> tuple[RunRecord, ...]:
    """Every run, finished or failed, newest first."""
    statement: Select[*tuple[Any, ...]] = select(table).order_by(table.c.id.desc()).limit(limit)
    return tuple(_run(row, at=store.at) for row in store.rows(statement))


def _aware(moment: dt.datetime) -> dt.datetime:
    if moment.tzinfo is None:
        raise StoreError("run-invalid", f"The time {moment} has no time zone.")
    return moment


def _tables_text(tables: Mapping[str, TableState]) -> str:
    plain = {
        name: {
            "fingerprint": state.fingerprint,
            "loaded_at": state.loaded_at.isoformat() if state.loaded_at else None,
            "rows": state.rows,
            **({"failing_since": str(state.failing_since)} if state.failing_since else {}),
        }
        for name, state in tables.items()
    }
    return json.dumps(plain, sort_keys=True, ensure_ascii=False)


def _run(row: Row[*tuple[Any, ...]], *, at: str) -> RunRecord:
    try:
        tables = {name: _table_state(state) for name, state in json.loads(row.tables).items()}
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise refused("store-corrupt", at=at, detail=f"run {row.id} cannot be read") from error
    bare = RunRecord(
        id=row.id,
        started_at=row.started_at,
        finished_at=row.finished_at,
        status=row.status,
        who=row.who,
        project=row.project,
        tables=tables,
        note=row.note,
    )
    return replace(bare, counts=unsealed(_told(bare), row.counts, at=at))


def _table_state(plain: Mapping[str, Any]) -> TableState:
    loaded, failing = plain["loaded_at"], plain.get("failing_since")
    return TableState(
        fingerprint=plain["fingerprint"],
        loaded_at=dt.datetime.fromisoformat(loaded) if loaded else None,
        rows=plain["rows"],
        failing_since=dt.date.fromisoformat(failing) if failing else None,
    )
