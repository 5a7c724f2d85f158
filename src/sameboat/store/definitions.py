"""The texts of definitions by their hashes, and which of them each run computed by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import and_, insert, select
from sqlalchemy.engine import Connection

from sameboat.store import schema
from sameboat.store.connect import Store
from sameboat.store.runs import KnownAt, last_run


@dataclass(frozen=True)
class DefinitionText:
    """A metric with all that decides its figures, as text, under the hash of its points."""

    metric: str
    hash: str
    version: int
    text: str


@dataclass(frozen=True)
class DefinitionUsed:
    """A definition that points were computed by, from the run on that first did so.

    `text` is None where the run was recorded by a program that did not keep it.
    """

    metric: str
    hash: str
    version: int
    run: int
    at: dt.datetime
    text: str | None


def add_definitions(
    connection: Connection, run: int, definitions: Sequence[DefinitionText]
) -> None:
    """Keep the texts that are not held yet."""
    if not definitions:
        return
    table = schema.definitions
    held = {
        (row.metric, row.hash) for row in connection.execute(select(table.c.metric, table.c.hash))
    }
    fresh = {(one.metric, one.hash): one for one in definitions}
    rows = [
        {"metric": one.metric, "hash": one.hash, "version": one.version, "run": run,
         "text": one.text}
        for key, one in fresh.items()
        if key not in held
    ]  # fmt: skip
    if rows:
        connection.execute(insert(table), rows)


def definitions_used(
    store: Store, metrics: Iterable[str], *, as_known_at: KnownAt = None
) -> tuple[DefinitionUsed, ...]:
    """Every definition that points of these metrics were computed by, oldest first.

    One that was left and taken up again stands there each time.
    """
    run = last_run(store, as_known_at=as_known_at)
    if run is None or run.id is None:
        return ()
    of, link, text = schema.series.c, schema.points.c, schema.definitions.c
    statement = (
        select(of.metric, link.run, link.definition_hash, link.definition_version,
               schema.runs.c.finished_at, text.text)
        .distinct()
        .select_from(schema.points)
        .join(schema.series, of.id == link.series)
        .join(schema.runs, schema.runs.c.id == link.run)
        .outerjoin(
            schema.definitions, and_(text.metric == of.metric, text.hash == link.definition_hash)
        )
        .where(of.metric.in_(sorted(set(metrics))), of.segment == "", link.run <= run.id)
        .order_by(of.metric, link.run)
    )  # fmt: skip
    found: list[DefinitionUsed] = []
    for row in store.rows(statement):
        before = found[-1] if found and found[-1].metric == row.metric else None
        if before is None or before.hash != row.definition_hash:
            found.append(
                DefinitionUsed(
                    row.metric, row.definition_hash, row.definition_version, row.run,
                    row.finished_at, row.text,
                )
            )  # fmt: skip
    return tuple(found)
