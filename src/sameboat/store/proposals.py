"""Proposals: what people would do for a KPI, with the prediction that a decision freezes."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Literal

from sqlalchemy import insert, select, update
from sqlalchemy.engine import Connection

from sameboat.errors import StoreError
from sameboat.store import audit
from sameboat.store.connect import Store
from sameboat.store.runs import KnownAt, last_run
from sameboat.store.schema import proposals as table
from sameboat.store.seals import plain, plain_text, sealed, unsealed

Status = Literal["open", "decided"]
KIND = "proposal"
"""How the audit calls these records."""


@dataclass(frozen=True, kw_only=True)
class ProposalRecord:
    """A proposal as the store holds it.

    `record` has the shape of the format's `proposals:`; `prediction` is the frozen copy of its
    `predicts` once it is decided. `version` grows with every change, so that the second of two
    writers sees that the first was there.
    """

    id: str
    status: Status
    title: str
    kpi: str
    record: Mapping[str, Any]
    created_at: dt.datetime
    created_by: str
    closes_on: dt.date | None = None
    version: int = 1
    prediction: Mapping[str, Any] | None = None

    def plain(self) -> dict[str, Any]:
        """Everything as JSON can hold it: what the audit keeps."""
        return {
            "id": self.id,
            "status": self.status,
            "title": self.title,
            "kpi": self.kpi,
            "record": dict(self.record),
            "created_at": self.created_at.isoformat(),
            "created_by": self.created_by,
            "closes_on": self.closes_on.isoformat() if self.closes_on else None,
            "version": self.version,
            "prediction": dict(self.prediction) if self.prediction is not None else None,
        }

    @classmethod
    def of_plain(cls, plain: Mapping[str, Any]) -> ProposalRecord:
        """The proposal that the audit kept."""
        closes = plain["closes_on"]
        return cls(
            **{
                **plain,
                "created_at": dt.datetime.fromisoformat(plain["created_at"]),
                "closes_on": dt.date.fromisoformat(closes) if closes else None,
            }
        )


def open_proposals(store: Store, *, as_known_at: KnownAt = None) -> tuple[ProposalRecord, ...]:
    """The proposals that wait for a decision, those that close first at the front.

    At a past moment: those that waited then, as they read then.
    """
    if as_known_at is None:
        found = store.rows(select(table).where(table.c.status != "decided"))
        waiting = [_proposal(row, at=store.at) for row in found]
    else:
        waiting = [one for one in _then(store, as_known_at) if one.status == "open"]
    last = dt.date.max
    return tuple(sorted(waiting, key=lambda one: (one.closes_on or last, one.created_at, one.id)))


def decided_since(store: Store, day: dt.date) -> int:
    """How many proposals were decided on that day or later, whatever the verdict."""
    found = store.rows(select(table).where(table.c.status != "open"))
    records = (_proposal(row, at=store.at).record for row in found)
    days = ((record.get("decided") or {}).get("at") for record in records)
    return sum(bool(at) and str(at)[:10] >= day.isoformat() for at in days)


def proposal(store: Store, id: str, *, as_known_at: KnownAt = None) -> ProposalRecord | None:
    """One proposal as it is now or was then; None where there is none."""
    if as_known_at is not None:
        return next(iter(_then(store, as_known_at, id)), None)
    found = store.rows(select(table).where(table.c.id == id))
    return next((_proposal(row, at=store.at) for row in found), None)


def _then(store: Store, known: dt.datetime | int, id: str | None = None) -> list[ProposalRecord]:
    if isinstance(known, int):
        run = last_run(store, as_known_at=known)
        assert run is not None  # an unknown run is refused
        known = run.finished_at
    elif known.tzinfo is None:
        raise StoreError("record-invalid", f"The time {known} has no time zone.")
    kept = audit.known_then(store, kind=KIND, moment=known, record=id)
    return [ProposalRecord.of_plain(one) for one in kept]


def held(connection: Connection, id: str, *, at: str) -> ProposalRecord | None:
    """One proposal as the writing transaction sees it; `at` says which store for a refusal."""
    found = connection.execute(select(table).where(table.c.id == id)).one_or_none()
    return None if found is None else _proposal(found, at=at)


def next_id(connection: Connection, *, year: int) -> str:
    """An id that no proposal bears: `p_2026_001`, `p_2026_002` …"""
    start = f"p_{year}_"
    held_ids = connection.scalars(
        select(table.c.id).where(table.c.id.startswith(start, autoescape=True))
    )
    numbers = [int(rest) for id in held_ids if (rest := id.removeprefix(start)).isdecimal()]
    return f"{start}{max(numbers, default=0) + 1:03d}"


def add(connection: Connection, one: ProposalRecord) -> None:
    """Write a new proposal, within the transaction that audits it."""
    connection.execute(insert(table).values(id=one.id, **_columns(one)))


def change(connection: Connection, one: ProposalRecord) -> None:
    """Write a proposal over the version before it, within the transaction that audits it."""
    before = (table.c.id == one.id) & (table.c.version == one.version - 1)
    connection.execute(update(table).where(before).values(**_columns(one)))


def _columns(one: ProposalRecord) -> dict[str, Any]:
    return {
        "status": one.status,
        "title": one.title,
        "kpi": one.kpi,
        "closes_on": one.closes_on,
        "created_at": one.created_at,
        "created_by": one.created_by,
        "version": one.version,
        "record": sealed(_told(one), one.record),
        "prediction": None if one.prediction is None else plain_text(one.prediction),
    }


def _told(one: ProposalRecord) -> str:
    """All that a proposal says beside its record, with which its seal is made."""
    created = one.created_at.astimezone(dt.UTC)
    prediction = None if one.prediction is None else plain_text(one.prediction)
    names = (one.id, one.status, one.title, one.kpi, one.created_by, one.version)
    return repr((*names, created, one.closes_on, prediction))


def _proposal(row: Any, *, at: str) -> ProposalRecord:
    bare = ProposalRecord(
        id=row.id,
        status=row.status,
        title=row.title,
        kpi=row.kpi,
        record={},
        created_at=row.created_at,
        created_by=row.created_by,
        closes_on=row.closes_on,
        version=row.version,
        prediction=None if row.prediction is None else plain(row.prediction, at=at),
    )
    return replace(bare, record=unsealed(_told(bare), row.record, at=at))
