"""Where which columns of which table are used."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sameboat.project.cycles import inputs
from sameboat.project.model import (
    Event,
    Input,
    MetricBase,
    SavedQuery,
    Shape,
    Simple,
    Table,
)
from sameboat.project.places import Path
from sameboat.project.plans import Incentive, Proposal, When
from sameboat.project.structure import Mention
from sameboat.project.values import Column, Condition
from sameboat.project.vocabulary import Vocabulary, names_in

Way = Literal["entity", "dimension", "expr", "distinct", "filter", "plan"]


@dataclass(frozen=True)
class Use:
    """An expression over the columns of a table (of one of several, for filters)."""

    tables: tuple[Table, ...]
    text: str
    path: Path
    way: Way
    key: str = ""

    @property
    def columns(self) -> tuple[str, ...]:
        """The bare names in the expression, without a table's prefix."""
        bare = (name.text.rpartition(".")[2] for name in names_in(self.text))
        return tuple(dict.fromkeys(name for name in bare if "__" not in name))


def uses(known: Vocabulary) -> Iterator[Use]:
    """Every use of columns in a project."""
    for name, table in known.project.tables.items():
        yield from _table_uses(name, table)
    for name, metric in known.project.metrics.items():
        if isinstance(metric, Simple) and metric.expr is None and metric.agg != "count":
            own = known.project.tables.get(metric.table)
            if own is not None:
                way: Way = "distinct" if metric.agg == "count_distinct" else "expr"
                yield Use((own,), name, ("metrics", name), way, "expr")
    for mention in known.mentions:
        if isinstance(mention.marker, (Column, Condition)):
            tables = _tables(known, mention)
            if tables:
                yield Use(tables, mention.value, mention.path, _way(mention), mention.key)


def _table_uses(name: str, table: Table) -> Iterator[Use]:
    for entity, declared in table.entities.items():
        here: Path = ("tables", name, "entities", entity)
        for text in declared.expr or (entity,):
            yield Use((table,), text, (*here, "expr") if declared.expr else here, "entity")
    for dimension, made in table.dimensions.items():
        here = ("tables", name, "dimensions", dimension)
        yield Use((table,), made.expr or dimension, (*here, "expr"), "dimension")


def _way(mention: Mention) -> Way:
    if isinstance(mention.marker, Condition):
        return "filter"
    shape = mention.around[-1]
    if isinstance(shape, Simple):
        return "distinct" if shape.agg == "count_distinct" else "expr"
    return "expr" if isinstance(shape, MetricBase) else "plan"


def _tables(known: Vocabulary, mention: Mention) -> tuple[Table, ...]:
    """The tables whose columns an expression may name."""
    shape = mention.around[-1]
    own = getattr(shape, "table", None)
    names: frozenset[str] = frozenset({own}) if own else frozenset()
    if not own:
        names = _behind(known, shape, mention.around)
    declared = known.project.tables
    return tuple(declared[name] for name in sorted(names) if name in declared)


def _behind(known: Vocabulary, shape: Shape, around: tuple[Shape, ...]) -> frozenset[str]:
    """The tables behind what a filter narrows."""
    kpis = known.project.kpis
    match shape:
        case Input():
            return base_tables(known, shape.metric)
        case MetricBase():
            return base_tables(known, shape.name)
        case SavedQuery():
            return frozenset().union(*(base_tables(known, name) for name in shape.metrics))
        case Event():
            metrics = [kpis[name].metric for name in shape.kpis if name in kpis]
            return frozenset().union(*(base_tables(known, name) for name in metrics))
        case Proposal():
            return base_tables(known, kpis[shape.kpi].metric) if shape.kpi in kpis else frozenset()
        case When():
            return frozenset(plan.deals.table for plan in around if isinstance(plan, Incentive))
    return frozenset()


def base_tables(known: Vocabulary, metric: str) -> frozenset[str]:
    """The tables that a metric is computed from, through all its inputs."""
    found: set[str] = set()
    seen: set[str] = set()
    waiting = [metric]
    while waiting:
        name = waiting.pop()
        declared = known.project.metrics.get(name)
        if declared is None or name in seen:
            continue
        seen.add(name)
        table = getattr(declared, "table", None)
        found |= {table} if table else set()
        waiting += inputs(declared)
    return frozenset(found)
