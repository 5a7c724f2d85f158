"""A plan under construction: what it knows, what it has settled, and its steps so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property, partial

from sameboat.project.formula import Binary, MetricValue, Moment, Node
from sameboat.project.model import Metric, Table, TimeSpine

from .expressions import Select, Spine, Union
from .joins import Graph
from .leaves import Leaf
from .query import Item, Request
from .source import Clock, Source, coarseness


@dataclass(frozen=True, eq=False)
class World:
    """What the compiler knows of a project: its tables, metrics, joins, spine and relations.

    Two worlds are the same only when they are one: compiled requests are kept by world.
    """

    tables: Mapping[str, Table]
    metrics: Mapping[str, Metric]
    graph: Graph
    spines: tuple[TimeSpine, ...] = ()
    relations: Mapping[str, str] = field(default_factory=dict)
    dbt: bool = False

    @cached_property
    def customs(self) -> Mapping[str, TimeSpine]:
        """The grains that spine tables add, with the spine that knows each."""
        return {name: spine for spine in self.spines for name in spine.custom}


@dataclass
class Plan:
    """Steps under construction; `placed` says in which step and column each leaf ended."""

    world: World
    request: Request
    items: tuple[Item, ...] = ()
    default_grain: str = "day"
    steps: list[tuple[str, Select | Union | Spine]] = field(default_factory=list)
    placed: dict[int, tuple[str, str]] = field(default_factory=dict)
    where: tuple[Node, ...] = ()
    low: dt.datetime | None = None
    high: dt.datetime | None = None
    share: bool = True
    trail: tuple[str, ...] = ()
    subquery: Callable[[Plan, MetricValue], tuple[str, tuple[str, ...]]] | None = None

    def name(self, wanted: str) -> str:
        """A name for a step that no other step and no table has."""
        taken = {name for name, _ in self.steps} | set(self.world.tables)
        found, count = wanted, 2
        while found in taken:
            found, count = f"{wanted}_{count}", count + 1
        return found

    def add(self, wanted: str, step: Select | Union | Spine) -> str:
        """The name under which a step was added."""
        name = self.name(wanted)
        self.steps.append((name, step))
        return name

    def source(self, leaf: Leaf) -> Source:
        if leaf.converted is not None:
            return self.source_of(leaf.converted.table, leaf.converted.time)
        return self.source_of(leaf.table, leaf.time)

    def source_of(self, table: str, time: str | None) -> Source:
        """A table at one of its times, nothing joined to it yet."""
        asked = self.subquery
        return Source(
            self.world.graph,
            table,
            time,
            self.default_grain,
            self.world.relations,
            self.world.customs,
            None if asked is None else partial(asked, self),
        )

    def clock(self, time: Node) -> Clock:
        """A time of a spine, at which items of the clock can be taken."""
        return Clock(time, self.default_grain, self.world.relations, self.world.customs)


def bounds(
    request: Request, items: Iterable[Item], source: Source, default: str
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The request's time range, widened to whole periods of the coarsest grain that it shows.

    A grain that only the spine knows widens nothing.
    """
    grains = [i.grain for i in items if i.grain and source.is_clock(i)] or [default]
    known = [g for g in grains if coarseness(g) < coarseness("custom")] or ["day"]
    grain = max(known, key=coarseness)
    low = start_of(request.start, grain) if request.start else None
    high = next_start(request.end, grain) if request.end else None
    return low, high


def moment(value: dt.datetime) -> Moment:
    """A literal for a moment: a date where it is midnight."""
    if value.time() == dt.time():
        return Moment("date", value.date().isoformat())
    return Moment("timestamp", value.isoformat(sep=" "))


def within(time: Node, low: dt.datetime | None, high: dt.datetime | None) -> tuple[Node, ...]:
    """Conditions that a time lies in [low, high)."""
    found: list[Node] = []
    if low is not None:
        found.append(Binary(">=", time, moment(low)))
    if high is not None:
        found.append(Binary("<", time, moment(high)))
    return tuple(found)


def start_of(value: dt.datetime, grain: str) -> dt.datetime:
    """The first moment of the standard period that holds a moment; weeks start on Monday."""
    day = value.replace(hour=0, minute=0, second=0, microsecond=0)
    match grain:
        case "week":
            return day - dt.timedelta(days=day.weekday())
        case "month":
            return day.replace(day=1)
        case "quarter":
            return day.replace(month=day.month - (day.month - 1) % 3, day=1)
        case "year":
            return day.replace(month=1, day=1)
        case "day":
            return day
        case "hour":
            return value.replace(minute=0, second=0, microsecond=0)
        case "minute":
            return value.replace(second=0, microsecond=0)
    return value.replace(microsecond=0)


def next_start(value: dt.datetime, grain: str) -> dt.datetime:
    """The first moment after the standard period that holds a moment."""
    start = start_of(value, grain)
    months = {"month": 1, "quarter": 3, "year": 12}.get(grain)
    if months:
        year, month = divmod(start.year * 12 + start.month - 1 + months, 12)
        return start.replace(year=year, month=month + 1)
    steps = {"week": dt.timedelta(days=7), "hour": dt.timedelta(hours=1)}
    steps |= {"day": dt.timedelta(days=1), "minute": dt.timedelta(minutes=1)}
    return start + steps.get(grain, dt.timedelta(seconds=1))
