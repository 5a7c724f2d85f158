"""The audit: who changed which record, when, from what to what. Rows are only ever added."""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import func, insert, select
from sqlalchemy.engine import Connection

from sameboat.store.connect import Store
from sameboat.store.schema import audit as table


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
    connection.execute(
        insert(table).values(
            at=change.at,
            who=change.who,
            what=change.what,
            kind=change.kind,
            record=change.record,
            before=_text(change.before),
            after=_text(change.after),
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
    return tuple(_change(row) for row in store.rows(statement))


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
    found = [_change(row).after for row in store.rows(statement.order_by(table.c.id))]
    return tuple(after for after in found if after is not None)


def plain(text: str | None) -> dict[str, Any] | None:
    """The mapping that a JSON text holds."""
    held: dict[str, Any] | None = json.loads(text) if text is not None else None
    return held


def _text(held: Mapping[str, Any] | None) -> str | None:
    if held is None:
        return None
    return json.dumps(dict(held), sort_keys=True, ensure_ascii=False, allow_nan=False)


def _change(row: Any) -> Change:
    return Change(
        id=row.id,
        at=row.at,
        who=row.who,
        what=row.what,
        kind=row.kind,
        record=row.record,
        before=plain(row.before),
        after=plain(row.after),
    )
