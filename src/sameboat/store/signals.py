"""Raised signals: told once, standing until they are routine again or their phase is locked.

Data that stopped coming are raised in the same way, as a kind of their own: a KPI may have one
standing signal and one standing stale alert.
"""

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
Kind = Literal["signal", "stale"]

MOMENTS = (
    "raised_at", "acknowledged_at", "closed_at", "worse_at", "claimed_at", "told_at",
)  # fmt: skip


@dataclass(frozen=True, kw_only=True)
class RaisedSignal:
    """A signal as it was raised, and what was done about it.

    `words` is the verdict of the day; `since` the first period of the signal. `owners` are teams
    with their levers, `told` whom the project's alerts name. `acknowledged_by` is a team or a
    role, never a person. `id` is 0 before it is written. `rarity` is how often chance alone shows
    the like, as it was last told; `worse_at` and `worse_words` say when it was last found much
    graver. `withdrawn` says that restated points, not new ones, ended it. News are due until
    `told_at`; `claimed_at` is when a watch last set out to tell them.
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
    kind: Kind = "signal"
    rarity: float | None = None
    worse_at: dt.datetime | None = None
    worse_words: str | None = None
    withdrawn: bool = False
    claimed_at: dt.datetime | None = None
    told_at: dt.datetime | None = None

    @property
    def alerts(self) -> tuple[Mapping[str, str], ...]:
        """Whom the project's alerts name."""
        return self.told

    @property
    def stands_as(self) -> str:
        """Under what it stands: one signal and one stale alert per KPI."""
        return self.kpi if self.kind == "signal" else f"{self.kind}:{self.kpi}"

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
        for name in MOMENTS:
            held[name] = dt.datetime.fromisoformat(held[name]) if held.get(name) else None
        held["since"] = dt.date.fromisoformat(held["since"]) if held["since"] else None
        return cls(**{**held, "owners": tuple(held["owners"]), "told": tuple(held["told"])})


def _plain(value: Any) -> Any:
    return [dict(one) for one in value] if isinstance(value, tuple) else value


def standing_signals(store: Store, *, as_known_at: KnownAt = None) -> dict[str, RaisedSignal]:
    """What stands now, or stood at a past moment: signals by KPI, stale alerts by `stale:KPI`."""
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
        found = [RaisedSignal.of_plain(one) for one in kept]
    return {one.stands_as: one for one in found if one.status != "closed"}


def signals_of(store: Store, kpi: str | None = None) -> tuple[RaisedSignal, ...]:
    """Every signal and stale alert that was ever raised, of a KPI or of all, oldest first."""
    statement = select(table).order_by(table.c.id)
    if kpi is not None:
        statement = statement.where(table.c.kpi == kpi)
    return tuple(_signal(row, at=store.at) for row in store.rows(statement))


def held(connection: Connection, *, at: str) -> tuple[RaisedSignal, ...]:
    """What stands, and what is over and not told yet, as the writing transaction sees it."""
    rows = connection.execute(
        select(table).where(table.c.standing.is_not(None)).order_by(table.c.id)
    )
    return tuple(_signal(row, at=at) for row in rows)


def one(connection: Connection, id: int, *, at: str) -> RaisedSignal | None:
    """One signal as the writing transaction sees it."""
    found = connection.execute(select(table).where(table.c.id == id)).one_or_none()
    return None if found is None else _signal(found, at=at)


def named(
    connection: Connection, *, kpi: str | None, id: int | None, at: str
) -> RaisedSignal | None:
    """The signal of an id; without one what stands of a KPI, its signal before its stale alert."""
    if id is not None:
        return one(connection, id, at=at)
    standing = {each.stands_as: each for each in held(connection, at=at) if each.status != "closed"}
    return standing.get(kpi or "") or standing.get(f"stale:{kpi}")


def add(connection: Connection, one: RaisedSignal, *, who: str) -> RaisedSignal:
    """The signal as it is written, with its id, and audited."""
    made = connection.execute(
        insert(table).values(kpi=one.kpi, standing=one.stands_as, version=1, record="{}")
    )
    (number,) = made.inserted_primary_key or (0,)
    written = replace(one, id=int(number))
    _write(connection, written)
    _note(connection, written.raised_at, who, "raised", None, written)
    return written


def change(
    connection: Connection,
    before: RaisedSignal,
    after: RaisedSignal,
    *,
    who: str,
    at: dt.datetime,
    what: str | None = None,
) -> RaisedSignal:
    """The next version of a signal, written and audited as `what`, else as its status says."""
    written = replace(after, version=before.version + 1)
    _write(connection, written)
    _note(connection, at, who, what or written.status, before, written)
    return written


def mark_told(
    connection: Connection, one: RaisedSignal, *, at: dt.datetime, told: bool
) -> RaisedSignal:
    """The same version, marked as told, or as being told; what people decided is untouched.

    It is no change of the record, so neither its version nor the audit moves: whoever acknowledges
    meanwhile is not told that somebody was first.
    """
    written = replace(one, claimed_at=at, told_at=at if told else one.told_at)
    _write(connection, written)
    return written


def _write(connection: Connection, one: RaisedSignal) -> None:
    connection.execute(
        update(table)
        .where(table.c.id == one.id)
        .values(
            standing=_standing(one),
            version=one.version,
            record=sealed(f"{KIND} {one.id}", one.plain()),
        )
    )


def _standing(one: RaisedSignal) -> str | None:
    """What keeps the row among those that a watch looks at; over and told, nothing does."""
    if one.status != "closed":
        return one.stands_as
    return None if one.told_at is not None else f"closed:{one.id}"


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
