"""Disputes: objections to what a metric is, the change that they ask for, and what was answered."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from sameboat.store.connect import Store
from sameboat.store.schema import disputes as table
from sameboat.store.seals import plain_text, sealed, unsealed

Status = Literal["open", "accepted", "declined"]
KIND = "dispute"
"""How the audit calls these records."""


@dataclass(frozen=True, kw_only=True)
class DisputeRecord:
    """An objection to a metric's definition as the store holds it.

    `team` is for whom it speaks; `before` are the lines of `file` that it objects to and `after`
    those that it asks for, equal where it only objects. `patch` is the difference that was
    accepted, with the version that it brings. `version` grows with every change, so that the
    second of two writers sees that the first was there.
    """

    id: str
    metric: str
    status: Status
    objection: str
    team: str | None
    file: str
    before: str
    after: str
    created_at: dt.datetime
    created_by: str
    version: int = 1
    answer: str | None = None
    answered_at: dt.datetime | None = None
    answered_by: str | None = None
    patch: str | None = None

    def plain(self) -> dict[str, Any]:
        """Everything as JSON can hold it: what the audit keeps."""
        held = {name: getattr(self, name) for name in self.__dataclass_fields__}
        return {
            name: value.astimezone(dt.UTC).isoformat() if isinstance(value, dt.datetime) else value
            for name, value in held.items()
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> DisputeRecord:
        """The dispute that a record holds."""
        made = cls(**plain)
        answered = plain["answered_at"]
        return replace(
            made,
            created_at=dt.datetime.fromisoformat(plain["created_at"]),
            answered_at=dt.datetime.fromisoformat(answered) if answered else None,
        )


def disputes(store: Store, *, metric: str | None = None) -> tuple[DisputeRecord, ...]:
    """The disputes of a metric or all of them: open ones first, then the newest."""
    statement = select(table)
    if metric is not None:
        statement = statement.where(table.c.metric == metric)
    found = [_dispute(row, at=store.at) for row in store.rows(statement)]
    newest = sorted(found, key=lambda one: (one.created_at, one.id), reverse=True)
    return tuple(sorted(newest, key=lambda one: one.status != "open"))


def held(connection: Connection, id: str, *, at: str) -> DisputeRecord | None:
    """One dispute as the writing transaction sees it; `at` says which store for a refusal."""
    found = connection.execute(select(table).where(table.c.id == id)).one_or_none()
    return None if found is None else _dispute(found, at=at)


def next_id(connection: Connection, *, year: int) -> str:
    """An id that no dispute bears: `d_2026_001`, `d_2026_002` …"""
    start = f"d_{year}_"
    known = connection.scalars(
        select(table.c.id).where(table.c.id.startswith(start, autoescape=True))
    )
    numbers = [int(rest) for id in known if (rest := id.removeprefix(start)).isdecimal()]
    return f"{start}{max(numbers, default=0) + 1:03d}"


def add(connection: Connection, one: DisputeRecord) -> None:
    """Write a new dispute, within the transaction that audits it."""
    connection.execute(insert(table).values(id=one.id, **_columns(one)))


def change(connection: Connection, one: DisputeRecord) -> None:
    """Write a dispute over the version before it, within the transaction that audits it."""
    before = (table.c.id == one.id) & (table.c.version == one.version - 1)
    connection.execute(update(table).where(before).values(**_columns(one)))


def _columns(one: DisputeRecord) -> dict[str, Any]:
    return {
        "metric": one.metric,
        "status": one.status,
        "version": one.version,
        "record": sealed(_told(one.id, one.metric, one.status, one.version), one.plain()),
    }


def _told(*names: object) -> str:
    """What the row says beside its record, with which its seal is made."""
    return plain_text({"row": list(names)})


def _dispute(row: Any, *, at: str) -> DisputeRecord:
    told = _told(row.id, row.metric, row.status, row.version)
    return DisputeRecord.of_plain(unsealed(told, row.record, at=at))
