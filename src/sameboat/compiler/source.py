"""One table and what is joined to it, as a scan reads them."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sameboat.errors import RequestError
from sameboat.periods import GRAINS
from sameboat.project.formula import Binary, IsNull, MetricValue, Name, Node, rewrite, walk
from sameboat.project.model import TimeSpine

from .expressions import Column, Join, Part, Relation, Trunc
from .joins import Graph, Hop, Reach, dimension_expression, key_columns, validity_of
from .leaf import Compared
from .money import Exchange
from .query import METRIC_TIME, Item
from .team_views import team_view


def coarseness(grain: str) -> int:
    """The rank of a grain, finest first; a custom grain is coarser than all."""
    grain = grain.removeprefix("fiscal_")
    return GRAINS.index(grain) if grain in GRAINS else len(GRAINS)


@dataclass
class Source:
    """A table under its alias, and the joins that names have asked for so far."""

    graph: Graph
    table: str
    time: str | None
    default_grain: str = "day"
    relations: Mapping[str, str] = field(default_factory=dict)
    customs: Mapping[str, TimeSpine] = field(default_factory=dict)
    subquery: Callable[[MetricValue], tuple[str, tuple[str, ...]]] | None = None
    today: dt.date | None = None
    beside: Callable[[Exchange | Compared], str] | None = None
    joins: dict[object, Join] = field(default_factory=dict)

    @property
    def relation(self) -> Relation:
        return Relation(self.relations.get(self.table, self.table), self.alias)

    @property
    def alias(self) -> str:
        return self.table

    def is_clock(self, item: Item) -> bool:
        """Whether an item is the time by which this table's metrics run."""
        if item.is_metric_time:
            return True
        reach = self._reach(item.name, columns=True)
        return not reach.hops and reach.kind == "time" and reach.name == self.time

    def time_value(self) -> Node:
        """The table's own time, as the data hold it.

        Raises RequestError (`no-time-dimension`) where the table declares none.
        """
        if self.time is None:
            raise RequestError(
                "no-time-dimension",
                f"table {self.table!r} has no time dimension, so its metrics have no metric_time",
                hint="Give the table `time:`.",
            )
        return self.graph.value(self.table, self.alias, self.time)

    def base_grain(self) -> str:
        """The grain of the table's own time as declared."""
        declared = self.graph.tables[self.table].dimensions.get(self.time or "")
        return (declared.grain if declared else None) or "day"

    def item(self, item: Item) -> Node:
        """The value of an item in this source; the joins that it needs are remembered."""
        if item.is_metric_time:
            self._refuse_finer(item, self.base_grain())
            return self.at_grain(self.time_value(), item, self.default_grain)
        reach = self._reach(item.name, columns=True)
        if reach.kind == "entity":
            self._refuse_people(reach.name)
        value = self.value(reach)
        if reach.kind != "time":
            if item.grain or item.part:
                raise RequestError(
                    "request-invalid", f"{item.name!r} is no time, so it has no grain or date part"
                )
            return value
        grain = self.graph.tables[reach.table].dimensions[reach.name].grain or "day"
        self._refuse_finer(item, grain)
        return self.at_grain(value, item, grain)

    def at_grain(self, value: Node, item: Item, default: str) -> Node:
        """A time at an item's grain or date part; a grain that the spine adds is joined from it."""
        grain = item.grain or default
        if item.part or grain not in self.customs:
            return _at_grain(value, item, default)
        spine = self.customs[grain]
        join, column = custom_join(spine, grain, value, self.relations, len(self.joins))
        kept = self.joins.setdefault((grain, value), join)
        return Column(kept.relation.alias, column)

    def _metric(self, wanted: MetricValue) -> Node:
        """A metric of each of this source's rows' entities, joined from a step of its own."""
        if self.subquery is None:
            raise RequestError(
                "request-invalid", f"a filter on the metric {wanted.metric!r} cannot be used here"
            )
        if ("metric", wanted) not in self.joins:
            step, columns = self.subquery(wanted)
            on: Node | None = None
            for name, column in zip(wanted.group_by, columns, strict=True):
                here = self.item(Item(name.rpartition("__")[2]))
                equal = Binary("=", here, Column(step, column))
                on = equal if on is None else Binary("and", on, equal)
            self.joins[("metric", wanted)] = Join(Relation(step, step, True), on)
        return Column(self.joins[("metric", wanted)].relation.alias, wanted.metric)

    def _refuse_people(self, entity: str) -> None:
        """A key of people is joined by and counted, never shown, grouped or filtered by."""
        for table in self.graph.tables.values():
            declared = table.entities.get(entity)
            key = table.primary_entity == entity or (
                declared is not None and declared.type in ("primary", "unique")
            )
            if key and table.subject in ("employee", "contact"):
                raise RequestError(
                    "person-level",
                    f"{entity!r} stands for one {table.subject}: no figure is about a person",
                    hint="Group by a team, a segment or another dimension; "
                    "count_distinct counts people.",
                )

    def _refuse_finer(self, item: Item, grain: str) -> None:
        if item.grain and coarseness(item.grain) < coarseness(grain):
            raise RequestError(
                "too-fine-grain",
                f"{item.name!r} is kept by {grain}, so it cannot be asked by {item.grain}",
            )

    def output_name(self, item: Item) -> Item:
        """The item with its grain filled in and, where hops were left out, its whole path."""
        if item.is_metric_time:
            return item if item.grain or item.part else Item(METRIC_TIME, self.default_grain)
        reach = self._reach(item.name)
        name = item.name
        links = name.count("__") - (reach.view is not None)
        if links and len(reach.path) > links:
            name = reach.qualified
        if reach.kind == "time" and not item.grain and not item.part:
            return Item(name, self.graph.tables[reach.table].dimensions[reach.name].grain or "day")
        return Item(name, item.grain, item.part)

    def condition(self, node: Node) -> Node:
        """A filter's condition with every name exchanged for its value in this source."""

        def resolve(part: Node) -> Node | None:
            if isinstance(part, MetricValue):
                return self._metric(part)
            if not isinstance(part, Name):
                return None
            return self.item(item_of(part))

        return rewrite(node, resolve)

    def clock_only(self, node: Node) -> bool:
        """Whether a condition speaks of nothing but this source's own time."""
        if any(isinstance(part, MetricValue) for part in walk(node)):
            return False
        items = [item_of(part) for part in walk(node) if isinstance(part, Name)]
        return bool(items) and all(self.is_clock(item) for item in items)

    def touches_clock(self, node: Node) -> bool:
        """Whether a condition speaks of this source's own time at all."""
        return any(self.is_clock(item_of(part)) for part in walk(node) if isinstance(part, Name))

    def value(self, reach: Reach) -> Node:
        """The raw value that a name leads to, or the view of a team that it asks for."""
        value = self.graph.value(reach.table, self._join(reach.hops), reach.name)
        if reach.view is None:
            return value
        return team_view(self.graph.teams, reach.view, value, self.time_value, today=self.today)

    def _reach(self, name: str, *, columns: bool = False) -> Reach:
        return self.graph.reach(self.table, name, columns=columns)

    def _join(self, hops: tuple[Hop, ...]) -> str:
        """The alias of the table at the end of these hops, joined when it was not yet."""
        if not hops:
            return self.alias
        if hops in self.joins:
            return self.joins[hops].relation.alias
        near = self._join(hops[:-1])
        hop = hops[-1]
        target = self.graph.tables[hop.target]
        alias = self._free_alias("_".join(h.entity for h in hops), hop.target)
        on = self._on(hop, near, alias)
        for extra in (*self._partitions(hop, hops, alias), *self._valid(hop, alias)):
            on = Binary("and", on, extra)
        relation = Relation(self.relations.get(target.name, target.name), alias)
        self.joins[hops] = Join(relation, on)
        return alias

    def _free_alias(self, wanted: str, table: str) -> str:
        taken = {self.alias, *(join.relation.alias for join in self.joins.values())}
        return wanted if wanted not in taken else f"{wanted}_{table}"

    def _on(self, hop: Hop, near: str, far: str) -> Node:
        here = key_columns(self.graph.tables[hop.source], near, hop.entity)
        there = key_columns(self.graph.tables[hop.target], far, hop.entity)
        if len(here) != len(there):
            raise RequestError(
                "no-join-path",
                f"the entity {hop.entity!r} has {len(here)} columns in table {hop.source!r} "
                f"and {len(there)} in {hop.target!r}",
            )
        on: Node | None = None
        for left, right in zip(here, there, strict=True):
            equal = Binary("=", left, right)
            on = equal if on is None else Binary("and", on, equal)
        assert on is not None, "an entity has at least one column"
        return on

    def _partitions(self, hop: Hop, hops: tuple[Hop, ...], alias: str) -> list[Node]:
        """Equal partitions on both sides, the near side being the nearest table that has one."""
        target = self.graph.tables[hop.target]
        found: list[Node] = []
        for name, dimension in target.dimensions.items():
            if not dimension.partition:
                continue
            for upto in range(len(hops) - 1, -1, -1):
                trail = hops[:upto]
                table = self.graph.tables[trail[-1].target if trail else self.table]
                if name in table.dimensions and table.dimensions[name].partition:
                    here = dimension_expression(table, self._join(trail), name)
                    found.append(Binary("=", here, dimension_expression(target, alias, name)))
                    break
        return found

    def _valid(self, hop: Hop, alias: str) -> list[Node]:
        """That the far row holds at the near row's time, for slowly changing tables."""
        target = self.graph.tables[hop.target]
        bounds = validity_of(target)
        if bounds is None:
            return []
        start, end = (self.graph.value(hop.target, alias, name) for name in bounds)
        time = self.time_value()
        open_end = Binary("or", Binary("<", time, end), IsNull(end))
        return [Binary(">=", time, start), open_end]


def custom_join(
    spine: TimeSpine, grain: str, time: Node, relations: Mapping[str, str], number: int
) -> tuple[Join, str]:
    """The join from a time to the spine row with its custom period, and the period's column."""
    table = spine.table or ""
    alias = f"{grain}_spine" if number == 0 else f"{grain}_spine_{number + 1}"
    day = Column(alias, spine.column or spine.grain)
    on = Binary("=", Trunc(spine.grain, time), day)
    return Join(Relation(relations.get(table, table), alias), on), spine.custom[grain]


def item_of(name: Name) -> Item:
    """The item that a name in a filter stands for."""
    if name.grain or name.part:
        return Item(name.text, name.grain, name.part)
    return Item.of(name.text)


def _at_grain(value: Node, item: Item, default: str) -> Node:
    if item.part:
        return Part(item.part, value)
    return Trunc(item.grain or default, value)


@dataclass
class Clock:
    """Another time than a table's own, as a spine gives it, and the joins that its items need."""

    time: Node
    default_grain: str
    relations: Mapping[str, str]
    customs: Mapping[str, TimeSpine]
    joins: dict[object, Join] = field(default_factory=dict)

    def item(self, item: Item) -> Node:
        """An item of the clock at this time."""
        grain = item.grain or self.default_grain
        if item.part or grain not in self.customs:
            return _at_grain(self.time, item, self.default_grain)
        spine = self.customs[grain]
        join, column = custom_join(spine, grain, self.time, self.relations, len(self.joins))
        kept = self.joins.setdefault(grain, join)
        return Column(kept.relation.alias, column)

    def condition(self, node: Node) -> Node:
        """A condition on the clock, asked of this time."""

        def shifted(part: Node) -> Node | None:
            return self.item(item_of(part)) if isinstance(part, Name) else None

        return rewrite(node, shifted)
