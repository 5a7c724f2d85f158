"""A project with its warehouse and its store: what every question is asked of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.project.declared import Project
from sameboat.project.load import load
from sameboat.project.viewer import OWNER, Viewer

if TYPE_CHECKING:
    import pyarrow as pa

    from sameboat.questions.board import Board
    from sameboat.questions.kpi import KpiAnswer
    from sameboat.questions.refresh import Progress, Refreshed
    from sameboat.store.connect import Store
    from sameboat.warehouse.base import Warehouse


def _utc_now() -> dt.datetime:
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, eq=False)
class Workspace:
    """A project, and how to reach its data and its record; both are opened when first used."""

    project: Project
    warehouse_url: str
    schema: str | None = None
    sandboxed: bool = False
    viewer: Viewer = OWNER
    clock: Callable[[], dt.datetime] = field(default=_utc_now, repr=False)

    @property
    def now(self) -> dt.datetime:
        """The moment as of which the data are judged: the project's `as_of`, else the clock."""
        return self.project.root.as_of or self.clock()

    @property
    def dialect(self) -> str:
        """The SQL dialect of the warehouse."""
        scheme = self.warehouse_url.partition(":")[0]
        return {"postgresql": "postgres", "sc": "spark"}.get(scheme, scheme)

    @cached_property
    def world(self) -> World:
        """What the compiler needs to know of the project."""
        project = self.project
        calendar = project.root.calendar
        spines = tuple(
            spine
            for spine in (calendar.time_spine, *calendar.more_spines)
            if spine is not None and spine.table
        )
        relations = {}
        if self.dialect != "duckdb":
            relations = {n: t.relation for n, t in project.tables.items() if t.relation}
        return World(
            project.tables, project.metrics, Graph(project.tables), spines, relations
        )

    @cached_property
    def warehouse(self) -> Warehouse:
        """The open warehouse. Raises WarehouseError where the data cannot be read."""
        from sameboat.questions.access import open_warehouse

        return open_warehouse(self)

    @cached_property
    def store(self) -> Store:
        """The open store, made when there is none. Raises StoreError."""
        from sameboat.store.connect import open_store

        return open_store(self.project.root.store, folder=self.project.folder)

    @cached_property
    def record(self) -> Store:
        """The store for reading alone: a missing one is empty, and is not made."""
        from sameboat.store.connect import open_store

        if "store" in self.__dict__:
            return self.store
        return open_store(self.project.root.store, folder=self.project.folder, create=False)

    def close(self) -> None:
        """Close what was opened."""
        for name in ("warehouse", "store", "record"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()

    # ── one thin call per question ───────────────────────────────────────────────────────

    def query(self, metrics: list[str] | None = None, **asked: Any) -> pa.Table:
        """The rows that answer a request: see `questions.query.query`."""
        from sameboat.questions.query import query

        return query(self, metrics=metrics or [], viewer=self.viewer, **asked)

    def sql(
        self, metrics: list[str] | None = None, *, dialect: str | None = None, **asked: Any
    ) -> str:
        """The SQL of a request, in the warehouse's dialect or the one named."""
        from sameboat.questions.query import sql

        return sql(self, metrics=metrics or [], viewer=self.viewer, dialect=dialect, **asked)

    def refresh(self, *, progress: Progress | None = None) -> Refreshed:
        """What a refresh computed and recorded: see `questions.refresh.refresh`."""
        from sameboat.questions.refresh import refresh

        return refresh(self, viewer=self.viewer, progress=progress)

    def board(self, *, as_known_at: dt.datetime | None = None) -> Board:
        """The board as it is known now or was known then: see `questions.board.board`."""
        from sameboat.questions.board import board

        return board(self, viewer=self.viewer, as_known_at=as_known_at)

    def kpi(self, name: str, *, as_known_at: dt.datetime | None = None) -> KpiAnswer:
        """The page of one KPI: see `questions.kpi.kpi`."""
        from sameboat.questions.kpi import kpi

        return kpi(self, name, viewer=self.viewer, as_known_at=as_known_at)


def open_workspace(
    path: str | Path = ".",
    *,
    warehouse: str | None = None,
    schema: str | None = None,
    sandboxed: bool = False,
    viewer: Viewer = OWNER,
    clock: Callable[[], dt.datetime] = _utc_now,
) -> Workspace:
    """The project in a folder; `warehouse` and `schema` override what it says of its data.

    Raises ProjectError with every finding in the project's files.
    """
    project = load(Path(path))
    return Workspace(
        project, warehouse or project.root.warehouse, schema, sandboxed, viewer, clock
    )


