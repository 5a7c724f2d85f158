"""The audit: who changed which record, when, from what to what. Rows are only ever added."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from sameboat.store.connect import Store
from sameboat.store.schema import audit as table
from sameboat.store.seals import plain, plain_text, sealed, unsealed


@dataclass(frozen=True, kw_only=True)
class Change:
    """One change of one record; `before` is None where it is new, `after` where it is gone."""

    at: dt.datetime
    who: str
    what: str  # proposed, decided …
    kind: str  # proposal …
    record: str  # its id
    before: Mapping[str, Any] | None = None
    after: Mapping[str, Any] | None = None
    id: int | None = None


def note(connection: Connection, change: Change) -> None:
    """Add a change to the audit, within the transaction that makes the change."""
    before = None if change.before is None else plain_text(change.before)
    after = None if change.after is None else sealed(_told(change), change.after)
    if after is None and change.before is not None:
        before = sealed(_told(change), change.before)
    connection.execute(
        insert(table).values(
            at=change.at,
            who=change.who,
            what=change.what,
            kind=change.kind,
            record=change.record,
            before=before,
            after=after,
        )
    )


def changes(
    store: Store, *, kind: str | None = None, record: str | None = None
) -> tuple[Change, ...]:
    """The changes of a kind of record, of one record, or all of them, oldest first."""
    statement = select(table).order_by(table.c.id)
    if kind is not None:
        statement = statement.where(table.c.kind == kind)
    if record is not None:
        statement = statement.where(table.c.record == record)
    return tuple(_change(row, at=store.at) for row in store.rows(statement))


def known_then(
    store: Store, *, kind: str, moment: dt.datetime, record: str | None = None
) -> tuple[Mapping[str, Any], ...]:
    """Each record of a kind as its last change up to a moment left it; gone ones are left out.

    Changes follow each other by number, so a clock that was set back cannot reorder them.
    """
    last = select(func.max(table.c.id)).where(table.c.kind == kind, table.c.at <= moment)
    if record is not None:
        last = last.where(table.c.record == record)
    statement = select(table).where(table.c.id.in_(last.group_by(table.c.record)))
    found = [_change(row, at=store.at).after for row in store.rows(statement.order_by(table.c.id))]
    return tuple(after for after in found if after is not None)


def _told(change: Change) -> str:
    """All that a change says beside the text that bears the seal, with which the seal is made."""
    moment = change.at.astimezone(dt.UTC)
    before = None if change.before is None or change.after is None else plain_text(change.before)
    return repr((moment, change.who, change.what, change.kind, change.record, before))


def _change(row: Any, *, at: str) -> Change:
    bare = Change(
        id=row.id,
        at=row.at,
        who=row.who,
        what=row.what,
        kind=row.kind,
        record=row.record,
    )
    if row.after is None:
        before = None if row.before is None else unsealed(_told(bare), row.before, at=at)
        return replace(bare, before=before)
    early = replace(bare, before=None if row.before is None else plain(row.before, at=at), after={})
    return replace(early, after=unsealed(_told(early), row.after, at=at))
