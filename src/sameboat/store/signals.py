"""Raised signals: told once, standing until they are routine again or their phase is locked."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from sameboat.store import audit
from sameboat.store.connect import Store
from sameboat.store.runs import KnownAt, last_run
from sameboat.store.schema import signals as table
from sameboat.store.seals import sealed, unsealed

KIND = "signal"
"""How the audit calls these records."""

Status = Literal["open", "acknowledged", "closed"]


@dataclass(frozen=True, kw_only=True)
class RaisedSignal:
    """A signal as it was raised, and what was done about it.

    `words` is the verdict of the day; `since` the first period of the signal. `owners` are teams
    with their levers, `told` whom the project's alerts name. `acknowledged_by` is a team or a
    role, never a person. `id` is 0 before it is written.
    """

    id: int = 0
    kpi: str
    label: str
    state: str
    words: str
    grain: str
    since: dt.date | None
    raised_at: dt.datetime
    run: int
    owners: tuple[Mapping[str, str | None], ...] = ()
    steward: str | None = None
    told: tuple[Mapping[str, str], ...] = ()
    status: Status = "open"
    version: int = 1
    acknowledged_at: dt.datetime | None = None
    acknowledged_by: str | None = None
    reason: str | None = None
    closed_at: dt.datetime | None = None
    closed_why: str | None = None

    def plain(self) -> dict[str, Any]:
        """Everything as JSON can hold it: what the audit keeps."""
        return {
            name: value.isoformat() if isinstance(value, dt.date) else _plain(value)
            for name, value in vars(self).items()
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> RaisedSignal:
        """The signal that the audit kept."""
        held = dict(plain)
        for name in ("raised_at", "acknowledged_at", "closed_at"):
            held[name] = dt.datetime.fromisoformat(held[name]) if held[name] else None
        held["since"] = dt.date.fromisoformat(held["since"]) if held["since"] else None
        return cls(**{**held, "owners": tuple(held["owners"]), "told": tuple(held["told"])})


def _plain(value: Any) -> Any:
    return [dict(one) for one in value] if isinstance(value, tuple) else value


def standing_signals(store: Store, *, as_known_at: KnownAt = None) -> dict[str, RaisedSignal]:
    """The signals that stand now, or stood at a past moment, by KPI."""
    if as_known_at is None:
        rows = store.rows(select(table).where(table.c.standing.is_not(None)).order_by(table.c.id))
        found = [_signal(row, at=store.at) for row in rows]
    else:
        moment = as_known_at
        if isinstance(moment, int):
            run = last_run(store, as_known_at=moment)
            assert run is not None  # an unknown run is refused
            moment = run.finished_at
        kept = audit.known_then(store, kind=KIND, moment=moment)
        found = [one for one in map(RaisedSignal.of_plain, kept) if one.status != "closed"]
    return {one.kpi: one for one in found}


def signals_of(store: Store, kpi: str) -> tuple[RaisedSignal, ...]:
    """Every signal that a KPI ever raised, oldest first."""
    rows = store.rows(select(table).where(table.c.kpi == kpi).order_by(table.c.id))
    return tuple(_signal(row, at=store.at) for row in rows)


def held(connection: Connection, *, at: str) -> dict[str, RaisedSignal]:
    """The standing signals as the writing transaction sees them."""
    rows = connection.execute(select(table).where(table.c.standing.is_not(None)))
    return {one.kpi: one for one in (_signal(row, at=at) for row in rows)}


def add(connection: Connection, one: RaisedSignal, *, who: str) -> RaisedSignal:
    """The signal as it is written, with its id, and audited."""
    made = connection.execute(
        insert(table).values(kpi=one.kpi, standing=one.kpi, version=one.version, record="{}")
    )
    (number,) = made.inserted_primary_key or (0,)
    written = replace(one, id=int(number))
    _write(connection, written)
    _note(connection, written.raised_at, who, "raised", None, written)
    return written


def change(
    connection: Connection, before: RaisedSignal, after: RaisedSignal, *, who: str, at: dt.datetime
) -> RaisedSignal:
    """The next version of a signal, written and audited as what its status says."""
    written = replace(after, version=before.version + 1)
    _write(connection, written)
    _note(connection, at, who, written.status, before, written)
    return written


def _write(connection: Connection, one: RaisedSignal) -> None:
    connection.execute(
        update(table)
        .where(table.c.id == one.id)
        .values(
            standing=None if one.status == "closed" else one.kpi,
            version=one.version,
            record=sealed(f"{KIND} {one.id}", one.plain()),
        )
    )


def _note(
    connection: Connection, at: dt.datetime, who: str, what: str,
    before: RaisedSignal | None, after: RaisedSignal,
) -> None:  # fmt: skip
    audit.note(
        connection,
        audit.Change(
            at=at, who=who, what=what, kind=KIND, record=str(after.id),
            before=before.plain() if before else None, after=after.plain(),
        ),
    )  # fmt: skip


def _signal(row: Any, *, at: str) -> RaisedSignal:
    return RaisedSignal.of_plain(unsealed(f"{KIND} {row.id}", row.record, at=at))
