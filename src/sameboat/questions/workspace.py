"""A project with its warehouse and its store: what every question is asked of."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING

from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.periods import zone_of
from sameboat.project.declared import Project
from sameboat.project.tables import sources_of, with_environment
from sameboat.project.teams import history_of
from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.privacy import subject_floor
from sameboat.questions.reckoning import reckoning_of

if TYPE_CHECKING:
    from sameboat.store.connect import Store
    from sameboat.warehouse.base import Warehouse


def utc_now() -> dt.datetime:
    """The clock of this machine."""
    return dt.datetime.now(dt.UTC)


@dataclass(frozen=True, eq=False)
class Workspace:
    """A project, and how to reach its data and its record; both are opened when first used."""

    project: Project
    warehouse_url: str
    schema: str | None = None
    sandboxed: bool = False
    viewer: Viewer = OWNER
    clock: Callable[[], dt.datetime] = field(default=utc_now, repr=False)

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
            project.tables,
            project.metrics,
            Graph(project.tables, self._zones(), history_of(project)),
            spines,
            relations,
            days=(calendar.time_spine.from_, calendar.time_spine.until)
            if calendar.time_spine
            else (None, None),
            dbt=any(metric.nulls == "dbt" for metric in project.metrics.values()),
            reckoning=reckoning_of(project),
            least={name: subject_floor(project, name) for name in project.tables},
            currency=project.root.currency,
            currencies=project.root.currencies,
        )

    def _zones(self) -> dict[tuple[str, str], tuple[str, str]]:
        """Times that a table keeps on another clock than the project's, by their zones.

        Days have no clock, and moments that bear a zone are told by the engine in the project's:
        only moments without one are moved. Types are asked of tables that name a zone alone.
        """
        here = self.project.root.calendar.timezone
        found: dict[tuple[str, str], tuple[str, str]] = {}
        for name, table in self.project.tables.items():
            if table.zone is None or table.zone == here:
                continue
            types = self.warehouse.columns(name)
            for dimension, declared in table.dimensions.items():
                column = declared.expr or dimension
                if declared.type == "time" and types.get(column) == "timestamp":
                    found[(name, dimension)] = (zone_of(table.zone).key, here)
        return found

    @cached_property
    def warehouse(self) -> Warehouse:
        """The open warehouse. Raises WarehouseError where the data cannot be read."""
        from sameboat.sources.land import prepare
        from sameboat.warehouse.connect import connect

        project, url = self.project, self.warehouse_url
        sources = sources_of(project.tables, folder=project.folder)
        scans = prepare(sources, folder=project.folder, url=url, schema=self.schema)
        return connect(
            url,
            scans,
            folder=project.folder,
            zone=project.root.calendar.timezone,
            isolated=self.sandboxed,
        )

    @cached_property
    def store(self) -> Store:
        """The open store, made when there is none. Raises StoreError."""
        from sameboat.store.connect import open_store

        return open_store(with_environment(self.project.root.store), folder=self.project.folder)

    @cached_property
    def record(self) -> Store:
        """The store for reading alone: a missing one is empty, and is not made."""
        from sameboat.store.connect import open_store

        if "store" in self.__dict__:
            return self.store
        return open_store(
            with_environment(self.project.root.store), folder=self.project.folder, create=False
        )

    def at(self, moment: dt.datetime | None) -> Workspace:
        """The same workspace as its clock showed a past moment; itself without one.

        It shares what is open, so that the past and the present are read from one record.
        """
        if moment is None:
            return self
        past = replace(self, clock=lambda: min(moment, self.clock()))
        past.__dict__.update(record=self.record, world=self.world)
        return past

    def close(self) -> None:
        """Close what was opened."""
        for name in ("warehouse", "store", "record"):
            if name in self.__dict__:
                self.__dict__.pop(name).close()


def local_now(workspace: Workspace) -> dt.datetime:
    """The moment as of which the data are judged, by the clock of the project's zone.

    It is cut to the minute, so that requests of the same minute are compiled once.
    """
    local = workspace.now.astimezone(zone_of(workspace.project.root.calendar.timezone))
    return local.replace(second=0, microsecond=0, tzinfo=None)
