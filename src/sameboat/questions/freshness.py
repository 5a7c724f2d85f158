"""How old each table's data are, and whether that is too old to judge by."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sameboat.compiler.compile import table_state
from sameboat.errors import SameboatError
from sameboat.periods import add
from sameboat.questions.computing import TableAge
from sameboat.questions.workspace import Workspace
from sameboat.store.runs import TableState


@dataclass(frozen=True)
class TableFreshness:
    """One table as a refresh found it."""

    table: str
    loaded_at: dt.datetime | None
    rows: int | None
    fingerprint: str
    stale_since: dt.date | None
    problem: str | None = None  # why it could not be read
    since: dt.date | None = None  # the day of its first row

    @property
    def fresh(self) -> bool:
        return self.stale_since is None and self.problem is None

    @property
    def state(self) -> TableState:
        return TableState(self.fingerprint, self.loaded_at, self.rows)


def look_at_tables(workspace: Workspace, tables: Iterable[str]) -> dict[str, TableFreshness]:
    """What each of these tables is like now: its last load, its rows, and whether it is stale."""
    return {name: _look_at(workspace, name) for name in tables}


def ages(found: Mapping[str, TableFreshness], now: dt.datetime) -> dict[str, TableAge]:
    """From when each table has rows, and until when they can be taken as complete."""
    return {
        name: TableAge(
            table.loaded_at, min(now, table.loaded_at) if table.loaded_at else now, table.since
        )
        for name, table in found.items()
    }


def _look_at(workspace: Workspace, name: str) -> TableFreshness:
    table = workspace.project.tables[name]
    try:
        fingerprint = workspace.warehouse.fingerprint(name)
        found = workspace.warehouse.run(_sql(workspace, name, table.loaded_at))
    except SameboatError as error:
        return TableFreshness(name, None, None, "", None, error.why)
    rows = found.column("rows")[0].as_py()
    loaded_at = moment_of(found.column("loaded_at")[0].as_py()) if table.loaded_at else None
    stale = late_since(workspace, name, loaded_at)
    first = moment_of(found.column("since")[0].as_py()) if table.time else None
    since = first.date() if first else None
    return TableFreshness(name, loaded_at, rows, fingerprint, stale, since=since)


def late_since(
    workspace: Workspace,
    name: str,
    loaded_at: dt.datetime | None,
    *,
    as_known_at: dt.datetime | None = None,
) -> dt.date | None:
    """The day of a table's last load where that is longer ago than allowed, else None.

    A past moment is judged as on that day: a load that was fresh then has not gone stale since.
    """
    now = workspace.now if as_known_at is None else min(workspace.now, as_known_at)
    table = workspace.project.tables.get(name)
    if table is None or loaded_at is None or not table.freshness:
        return None
    allowed = table.freshness.error_after
    if allowed is None or add(loaded_at, allowed) >= now:
        return None
    return loaded_at.date()


def _sql(workspace: Workspace, name: str, loaded_at: str | None) -> str:
    """The one statement that is not a metric: how many rows there are, since and until when."""
    return table_state(workspace.world, name, loaded_at, workspace.dialect)


def moment_of(value: object) -> dt.datetime | None:
    """A load's moment, as an engine gives it: with a zone, UTC where it says none."""
    if value is None:
        return None
    if isinstance(value, str):
        value = dt.datetime.fromisoformat(value)
    if isinstance(value, dt.date) and not isinstance(value, dt.datetime):
        value = dt.datetime(value.year, value.month, value.day)
    if not isinstance(value, dt.datetime):
        return None
    return value if value.tzinfo else value.replace(tzinfo=dt.UTC)
