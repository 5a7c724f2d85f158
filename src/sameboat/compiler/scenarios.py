"""Actual, budget, forecast: scenarios of one ledger, which are compared and never added up."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from sameboat.errors import RequestError
from sameboat.project.formula import Binary, In, Literal, Name, Node, conjuncts, parse
from sameboat.project.model import Scenario

from .expressions import Aggregate, Column, Join, Named, Relation, Select, Trunc
from .joins import Graph
from .leaf import Compared, Leaf, all_of
from .plan import Plan
from .query import Item, Request
from .source import Source, item_of

_HOPS = 3
"""How many joins away from a table a scenario is still that of its rows."""


@dataclass(frozen=True)
class _Told:
    """A dimension that says the scenario, and under which name a table reaches it."""

    name: str
    table: str
    dimension: str
    declared: Scenario


def refuse_open(graph: Graph, request: Request, leaves: Iterable[Leaf]) -> None:
    """Refuse a figure over rows of several scenarios: neither asked for one nor by each.

    Raises RequestError (`scenario-open`).
    """
    where = tuple(c for text in request.where for c in conjuncts(parse(text)))
    for leaf in leaves:
        if leaf.population:
            continue
        for table, filters in _tables(leaf):
            for told in _told(graph, table):
                if _value(graph, table, told, (*filters, *where)) is None and not any(
                    _means(graph, table, item.name, told) for item in request.group_by
                ):
                    raise RequestError(
                        "scenario-open",
                        f"{leaf.metric!r} would add up all scenarios of {told.name!r}",
                        hint=f"Filter by one, such as \"{told.name} = 'Actual'\", or group by it.",
                    )


def _tables(leaf: Leaf) -> Iterator[tuple[str, tuple[Node, ...]]]:
    """The tables whose rows go into a leaf, with what is asked of them."""
    inner = leaf.cohort.filters if leaf.cohort is not None else ()
    yield leaf.table, (*leaf.filters, *inner)
    if leaf.converted is not None:
        yield leaf.converted.table, (*leaf.converted.filters, *leaf.converted.asked)


def compared(graph: Graph, leaves: Iterable[Leaf]) -> dict[Leaf, Compared]:
    """For leaves of one formula that stand for different scenarios: what each is compared with."""
    by_dimension: dict[tuple[str, str, str], list[tuple[Leaf, _Told, str]]] = {}
    for leaf in leaves:
        for told in _told(graph, leaf.table):
            value = _value(graph, leaf.table, told, leaf.filters)
            if value is not None:
                key = (leaf.table, told.table, told.dimension)
                by_dimension.setdefault(key, []).append((leaf, told, value))
    found: dict[Leaf, Compared] = {}
    for members in by_dimension.values():
        values = tuple(sorted({value for _, _, value in members}))
        if len(values) > 1:
            for leaf, told, _ in members:
                every, per = told.declared.every, told.declared.per
                found[leaf] = Compared(leaf.table, leaf.time, told.name, values, every, per)
    return found


def uncovered(source: Source, wanted: Compared) -> Node:
    """1 for a row of a period in which another compared scenario has no rows, else nothing."""
    key = ("compared", wanted)
    if key not in source.joins:
        assert source.beside is not None, "figures are compared inside a plan"
        step = source.beside(wanted)
        on = [Binary("=", Trunc(wanted.every, source.time_value()), Column(step, "held_at"))]
        for number, name in enumerate(wanted.per):
            on.append(
                Binary("=", source.item(Item.of(name)), Column(step, f"held_by_{number + 1}"))
            )
        source.joins[key] = Join(Relation(step, step, True), all_of(tuple(on)))
    return Column(source.joins[key].relation.alias, "scenarios")


def cells_step(draft: Plan, wanted: Compared) -> str:
    """A step with the periods, and what else `per` names, in which all scenarios have rows."""
    source = draft.source_of(wanted.table, wanted.time)
    at = Trunc(wanted.every, source.time_value())
    keys = [Named(at, "held_at")]
    for number, name in enumerate(wanted.per):
        keys.append(Named(source.item(Item.of(name)), f"held_by_{number + 1}"))
    scenario = source.item(Item.of(wanted.dimension))
    many = Aggregate("count_distinct", scenario)
    listed = tuple(Literal(value) for value in wanted.values)
    step = Select(
        (*keys, Named(many, "scenarios")),
        source.relation,
        tuple(source.joins.values()),
        (In(scenario, listed),),
        grouped=True,
        group_by=tuple(key.node for key in keys),
        having=(Binary("=", many, Literal(len(wanted.values))),),
    )
    return draft.add(f"{wanted.table}_compared", step)


# ── where a scenario stands ──────────────────────────────────────────────────────────────────


def _told(graph: Graph, table: str) -> list[_Told]:
    """The scenarios of a table's rows: its own, or those of tables that its keys lead to."""
    if not graph.has_scenarios:
        return []
    found: dict[tuple[str, str], _Told] = {}
    trails: list[tuple[tuple[str, ...], str]] = [((), table)]
    for _ in range(_HOPS + 1):
        further: list[tuple[tuple[str, ...], str]] = []
        for path, at in trails:
            for name, dimension in graph.tables[at].dimensions.items():
                if dimension.scenario is not None:
                    qualified = "__".join((*path, name))
                    found.setdefault((at, name), _Told(qualified, at, name, dimension.scenario))
            further += [((*path, hop.entity), hop.target) for hop in graph.hops_from(at)]
        trails = further
    return list(found.values())


def _value(graph: Graph, table: str, told: _Told, filters: Iterable[Node]) -> str | None:
    """The one scenario to which filters restrict a table's rows; None where they leave several."""
    for node in filters:
        match node:
            case Binary("=", Name() as name, Literal(str() as value)):
                pass
            case Binary("=", Literal(str() as value), Name() as name):
                pass
            case In(Name() as name, (Literal(str() as value),), False):
                pass
            case _:
                continue
        if _means(graph, table, item_of(name).name, told):
            return value
    return None


def _means(graph: Graph, table: str, name: str, told: _Told) -> bool:
    try:
        reach = graph.reach(table, name, columns=True)
    except RequestError:
        return False
    return (reach.table, reach.name) == (told.table, told.dimension)
