"""A plan under construction: what it knows, what it has settled, and its steps so far."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cached_property, partial

from sameboat.errors import RequestError
from sameboat.periods import CALENDAR, Reckoning, Span, add, floor
from sameboat.project.formula import Binary, MetricValue, Moment, Node
from sameboat.project.model import Currencies, Metric, Retention, Table, TimeSpine

from .expressions import BaseValue, Select, Spine, Union
from .joins import Graph
from .leaf import Compared, Leaf
from .money import Exchange
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
    days: tuple[dt.date | None, dt.date | None] = (None, None)  # on which a spine begins and ends
    dbt: bool = False
    reckoning: Reckoning = CALENDAR
    least: Mapping[str, int] = field(default_factory=dict)  # per table: its privacy floor
    currency: str | None = None  # the project's own
    currencies: Currencies | None = None

    def ruled_for(self, metrics: Iterable[str]) -> World:
        """The world under the null rules of these metrics: dbt's where all of them follow those.

        Metrics of both kinds that are asked together follow ours.
        """
        asked = (self.metrics[name] for name in metrics if name in self.metrics)
        if not self._mixed or all(metric.nulls == "dbt" for metric in asked):
            return self
        return self._ours

    @cached_property
    def _mixed(self) -> bool:
        return self.dbt and len({metric.nulls for metric in self.metrics.values()}) > 1

    @cached_property
    def _ours(self) -> World:
        return replace(self, dbt=False)

    @cached_property
    def names(self) -> frozenset[str]:
        """The names of tables, which no step may take."""
        relations = {name.rpartition(".")[2] for name in self.relations.values()}
        return frozenset({*self.tables, *relations})

    @cached_property
    def merging(self) -> bool:
        """Whether some metric follows accounts that become others."""
        return any(isinstance(m, Retention) and m.merged for m in self.metrics.values())

    @cached_property
    def customs(self) -> Mapping[str, TimeSpine]:
        """The grains that spine tables add, with the spine that knows each."""
        return {name: spine for spine in self.spines for name in spine.custom}


@dataclass(frozen=True)
class CutPlan:
    """A cut of a request with its items and bounds settled."""

    items: tuple[Item, ...]
    low: dt.datetime
    high: dt.datetime


@dataclass
class Plan:
    """Steps under construction; `placed` says in which step and column each leaf ended.

    With `cuts` the first of `items` is the number of a cut, and `low` and `high` are each cut's.
    """

    world: World
    request: Request
    items: tuple[Item, ...] = ()
    default_grain: str = "day"
    steps: list[tuple[str, Select | Union | Spine]] = field(default_factory=list)
    placed: dict[int, tuple[str, str]] = field(default_factory=dict)
    types: dict[int, str | None] = field(default_factory=dict)  # of the leaves' figures, if known
    certain: set[int] = field(default_factory=set)  # leaves with a value in all rows of their step
    judging: set[str] = field(default_factory=set)  # steps that judge groups and show none
    cells: set[str] = field(default_factory=set)  # steps with the people whom these judge
    where: tuple[Node, ...] = ()
    low: dt.datetime | None = None
    high: dt.datetime | None = None
    cuts: tuple[CutPlan, ...] = ()
    share: bool = True
    trail: tuple[str, ...] = ()
    subquery: Callable[[Plan, MetricValue], tuple[str, tuple[str, ...]]] | None = None
    base: Callable[[Plan, BaseValue], str] | None = None
    beside: Callable[[Plan, Exchange | Compared], str] | None = None

    def name(self, wanted: str) -> str:
        """A name for a step that no other step and no table has."""
        return unused(wanted, {name for name, _ in self.steps} | self.world.names)

    def add(self, wanted: str, step: Select | Union | Spine) -> str:
        """The name under which a step was added, or is there already."""
        if self.share:
            for name, known in self.steps:
                if known == step:
                    return name
        name = self.name(wanted)
        self.steps.append((name, step))
        return name

    def own(self, wanted: str) -> str:
        """A name for a column of a step's own, which nothing that the request groups by has."""
        return unused(wanted, {item.column for item in self.items})

    def source(self, leaf: Leaf) -> Source:
        if leaf.converted is not None:
            return self.source_of(leaf.converted.table, leaf.converted.time)
        return self.source_of(leaf.table, leaf.time)

    def source_of(self, table: str, time: str | None) -> Source:
        """A table at one of its times, nothing joined to it yet."""
        asked, beside = self.subquery, self.beside
        return Source(
            self.world.graph,
            table,
            time,
            self.default_grain,
            self.world.relations,
            self.world.customs,
            None if asked is None else partial(asked, self),
            self.request.as_of.date() if self.request.as_of else None,
            beside=None if beside is None else partial(beside, self),
        )

    def clock(self, time: Node) -> Clock:
        """A time of a spine, at which items of the clock can be taken."""
        return Clock(time, self.default_grain, self.world.relations, self.world.customs)


def unused(wanted: str, taken: set[str]) -> str:
    """A name that was not taken before, and is now; engines do not tell cases apart.

    >>> taken = {"revenue", "Revenue_2"}
    >>> unused("revenue", taken), unused("revenue", taken)
    ('revenue_3', 'revenue_4')
    """
    low = {name.lower() for name in taken}
    found, count = wanted, 2
    while found.lower() in low:
        found, count = f"{wanted}_{count}", count + 1
    taken.add(found)
    return found


def split_filters(draft: Plan, source: Source) -> tuple[tuple[Node, ...], tuple[Node, ...]]:
    """The request's filters on the time by which a source's metrics run, and all others.

    Those on time hold for what is shown, never for the rows that a look back needs.
    Raises RequestError where one filter speaks of both.
    """
    outer = tuple(node for node in draft.where if source.touches_clock(node))
    for node in outer:
        if not source.clock_only(node):
            raise RequestError(
                "request-invalid",
                f"a metric of {source.table!r} looks back in time: "
                "write the filter on time apart from others",
                hint="Give two filters instead of one.",
            )
    return outer, tuple(node for node in draft.where if node not in outer)


def bounds(
    request: Request, items: Iterable[Item], source: Source, default: str, reckoning: Reckoning
) -> tuple[dt.datetime | None, dt.datetime | None]:
    """The request's time range, widened to whole periods of the coarsest grain that it shows.

    A grain that only the spine knows widens nothing.
    """
    grains = [i.grain for i in items if i.grain and source.is_clock(i)] or [default]
    known = [g for g in grains if coarseness(g) < coarseness("custom")] or ["day"]
    grain = max(known, key=coarseness)
    low = floor(request.start, grain, reckoning) if request.start else None
    high = add(floor(request.end, grain, reckoning), Span(1, grain)) if request.end else None
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
