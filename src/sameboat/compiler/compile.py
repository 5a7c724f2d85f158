"""A question becomes SQL text.

The passes, in order: the metrics are taken apart into leaves, the leaves are placed in scans,
gaps and looks back are added, and the answer is laid over them.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace
from functools import lru_cache

from sameboat.errors import RequestError
from sameboat.periods import Period
from sameboat.project.formula import MetricValue, Node, conjuncts, names, parse
from sameboat.project.model import TimeSpine
from sameboat.project.viewer import Viewer

from .answer import answer, lay
from .beside import beside_step
from .conversions import place_converted
from .crowd import Kept
from .cuts import asked_alone, cut_plans, items_of, refuse_uneven, scan_cuts
from .dialects import Dialect, dialect
from .enough import Enough, is_placeable, place_enough
from .expressions import Aggregate, BaseValue, Column, Named, Query, Relation, Select
from .floors import Floor, floors_of, guarded, reached
from .gaps import fill_gaps
from .joins import column_expression
from .kept import place_kept
from .leaf import Leaf, Merges
from .leaves import Leaves
from .moved import place_moved
from .plan import Plan, World, bounds
from .query import Item, Request
from .retention import place_cohorts
from .retime import place_retimed
from .rows import dimension_values, extremes, ungrouped
from .scan import scan
from .scenarios import refuse_open
from .source import coarseness, item_of
from .sql import write
from .unrated import parts_of_money, unless, unrated


@dataclass(frozen=True)
class Compiled:
    """SQL text, the names of the columns that it brings back, and the tables it relies on.

    Those are the spine tables, and the tables of accounts that became others.
    """

    sql: str
    columns: tuple[str, ...]
    spines: tuple[TimeSpine, ...] = ()
    merges: tuple[Merges, ...] = ()


@lru_cache(maxsize=2048)
def compile_request(
    world: World, request: Request, *, viewer: Viewer, spelling: Dialect
) -> Compiled:
    """The SQL that answers a request for a viewer.

    Raises RequestError with a code and what to write instead.
    """
    query = plan(world, request)
    names = tuple(column.name for column in query.answer.columns)
    return Compiled(
        write(
            query,
            spelling,
            reckoning=world.reckoning,
            now=None if world.dbt else request.as_of,
        ),
        names,
        _spines_read(world, query),
        merges_read(world, request) if world.merging else (),
    )


def merges_read(world: World, request: Request) -> tuple[Merges, ...]:
    """Where a request learns which accounts became others."""
    leaves = Leaves.of(world, request)
    for name in request.metrics:
        leaves.formula(name)
    cohorts = [leaf.cohort for leaf in leaves.found if leaf.cohort is not None]
    return tuple(dict.fromkeys(cohort.merges for cohort in cohorts if cohort.merges is not None))


def _spines_read(world: World, query: Query) -> tuple[TimeSpine, ...]:
    """The project's spine tables from which a query takes its times."""
    read = {
        step.source.name
        for _, step in query.steps
        if isinstance(step, Select) and step.source is not None
    }
    return tuple(
        spine
        for spine in world.spines
        if world.relations.get(spine.table or "", spine.table) in read
    )


def spine_range(world: World, spine: TimeSpine, spelling: str) -> str:
    """The SQL that finds the first and the last time of a spine table."""
    column = Column(None, spine.column or spine.grain)
    table = spine.table or ""
    ends = (Named(Aggregate("min", column), "low"), Named(Aggregate("max", column), "high"))
    relation = Relation(world.relations.get(table, table), "time_spine")
    return write(Query((), Select(ends, relation)), dialect(spelling))


def plan(world: World, request: Request, *, share: bool = True) -> Query:
    """The query that answers a request; `share=False` gives every leaf a scan of its own."""
    world = world.ruled_for(request.metrics)
    floors = floors_in(world)
    if request.cuts:
        return cut_query(world, request, share=share)
    if request.min_max_only:
        return extremes(world, request, floors)
    if not request.metrics:
        return dimension_values(world, request, floors)
    if request.ungrouped:
        return ungrouped(world, request, floors)
    leaves = Leaves.of(world, request)
    formulas = metric_formulas(leaves, request, floors_for(world, request))
    draft = settle(world, request, leaves, share=share)
    place(draft, leaves.found)
    return answer(draft, formulas)


def cut_query(world: World, request: Request, *, share: bool = True) -> Query:
    """The query that answers a request by each of its cuts at once.

    Raises RequestError (`request-invalid`) where that is not possible: for metrics that look
    back, follow entities or need a spine, and where cuts reach other people's floors.
    """
    leaves = Leaves.of(world, request)
    alone = [asked_alone(request, cut) for cut in request.cuts]
    floors = floors_for(world, alone[0])
    formulas = metric_formulas(leaves, alone[0], floors)
    refuse_uneven(request, leaves.found, [node for _, node in formulas])
    tables = {leaf.table for leaf in leaves.found}
    for one in alone:
        others = floors_for(world, one)
        if any(others.get(table) != floors.get(table) for table in tables):
            raise RequestError("request-invalid", "these cuts are about the people of other tables")
        refuse_open(world.graph, one, leaves.found)
    draft = settle(world, request, leaves, share=share)
    draft.cuts = cut_plans(draft, leaves.found)
    draft.items = items_of(draft.cuts)
    found = [replace(leaf, metric=draft.own(leaf.metric)) for leaf in leaves.found]
    draft.types = {index: leaf.type for index, leaf in enumerate(found)}
    place_kept(draft, {i: leaf for i, leaf in enumerate(found) if isinstance(leaf, Kept)})
    scans: dict[tuple[object, ...], dict[int, Leaf]] = {}
    for index, leaf in enumerate(found):
        if not isinstance(leaf, Kept):
            own = None if share else index
            scans.setdefault((leaf.table, leaf.time, leaf.picked, own), {})[index] = leaf
    for members in scans.values():
        scan_cuts(draft, members)
    return answer(draft, formulas)


@lru_cache(maxsize=64)
def floors_in(world: World) -> Mapping[str, Floor]:
    """The privacy floors of a world's tables about people."""
    return floors_of(world.tables, world.least)


def floors_for(world: World, request: Request) -> Mapping[str, Floor]:
    """The floors of a request's tables: also of those that it groups or filters by people."""
    floors = floors_in(world)
    if not floors:
        return floors
    asked = [item.name for item in request.group_by if not item.is_metric_time]
    asked += [item_of(n).name for text in request.where for n in names(parse(text))]
    return {**reached(world.graph, floors, asked), **floors}


def metric_formulas(
    leaves: Leaves, request: Request, floors: Mapping[str, Floor], *, compared: bool = False
) -> tuple[tuple[str, Node], ...]:
    """Every output metric with its formula; with `parts`, also what it is made of.

    Where a table has a privacy floor, columns say for each metric where it was suppressed, and
    where it was kept back so that another figure cannot be worked out. Figures that are only
    `compared` with are judged by their own groups alone.
    """
    narrowed = bool(request.group_by or request.where or request.start or request.end)
    around = narrowed and not compared
    found: list[tuple[str, Node]] = []
    notes: list[tuple[str, Node]] = []
    for name in request.metrics:
        plain = leaves.formula(name)
        lacking = unrated(leaves, plain)
        guard = guarded(leaves, floors, plain, around=around)
        found.append((name, unless(lacking, guard.shown)))
        parts = leaves.parts(name, plain) if request.parts else []
        parts = parts_of_money(parts, lacking) if request.parts else []
        found += [(f"{name}__{part}", guard.guard(inner)) for part, inner in parts]
        notes += guard.notes(name)
    return (*found, *notes)


def settle(world: World, request: Request, leaves: Leaves, *, share: bool) -> Plan:
    """A plan with its items, filters and time bounds settled, and no steps yet."""
    default = max((leaves.default_grain(m) for m in request.metrics), key=coarseness, default="day")
    draft = Plan(
        world, request, default_grain=default, share=share, subquery=metric_step, base=base_step,
        beside=beside_step,
    )  # fmt: skip
    if not request.cuts:  # each cut is looked at by itself
        refuse_open(world.graph, request, leaves.found)
    first = draft.source(leaves.found[0])
    draft.items = tuple(first.output_name(item) for item in request.group_by)
    draft.where = tuple(c for text in request.where for c in conjuncts(parse(text)))
    draft.low, draft.high = bounds(request, draft.items, first, default, world.reckoning)
    return draft


def metric_step(draft: Plan, wanted: MetricValue) -> tuple[str, tuple[str, ...]]:
    """A step with a metric by some entities, for a filter on it, and the entities' columns.

    Its steps go before those of the plan that asks. Raises RequestError where such filters loop.
    """
    if len(draft.trail) >= DEEPEST_FILTER or wanted.metric in draft.trail:
        raise RequestError(
            "metric-cycle",
            f"a filter on {wanted.metric!r} needs itself: "
            + " → ".join((*draft.trail, wanted.metric)),
        )
    world = draft.world
    request = Request(
        metrics=(wanted.metric,), group_by=tuple(Item.of(name) for name in wanted.group_by)
    )
    leaves = Leaves.of(world, request)
    formulas = metric_formulas(leaves, request, floors_in(world), compared=True)
    inner = settle(world, request, leaves, share=draft.share)
    inner.steps, inner.trail = draft.steps, (*draft.trail, wanted.metric)
    place(inner, leaves.found)
    select = lay(inner, formulas)
    names = tuple(column.name for column in select.columns[: len(inner.items)])
    return draft.add(f"{wanted.metric}_per_{names[0]}", replace(select, order_by=())), names


def base_step(draft: Plan, wanted: BaseValue) -> str:
    """A step with the figure of an index's part in the base period, by the dimensions asked.

    Filters on time choose what is shown, never the base. Raises RequestError where the index is
    asked by its parts' own time instead of metric_time.
    """
    world = draft.world
    period = Period.parse(wanted.period, world.reckoning)
    request = Request(
        metrics=(wanted.metric,),
        group_by=tuple(item for item in draft.items if not item.is_metric_time),
        start=dt.datetime.combine(period.start, dt.time.min),
        end=dt.datetime.combine(period.end, dt.time.max),
        as_of=draft.request.as_of,
        currency=draft.request.currency,
        rates=draft.request.rates,
    )
    leaves = Leaves.of(world, request)
    formulas = metric_formulas(leaves, request, floors_for(world, request))
    inner = settle(world, request, leaves, share=draft.share)
    source = inner.source(leaves.found[0])
    if any(source.is_clock(item) for item in inner.items):
        raise RequestError(
            "request-invalid",
            f"an index compares periods of metric_time, and {wanted.metric!r} was asked by its own",
            hint="Group by metric_time instead.",
        )
    inner.where = tuple(node for node in draft.where if not source.touches_clock(node))
    inner.steps, inner.trail = draft.steps, draft.trail
    place(inner, leaves.found)
    return draft.add(f"{wanted.metric}_base", replace(lay(inner, formulas), order_by=()))


DEEPEST_FILTER = 5
"""How many filters on metrics may stand inside one another."""


def place(draft: Plan, leaves: list[Leaf]) -> None:
    """Add the steps that compute all leaves."""
    leaves = [replace(leaf, metric=draft.own(leaf.metric)) for leaf in leaves]
    draft.types = {index: leaf.type for index, leaf in enumerate(leaves)}
    place_kept(draft, {i: leaf for i, leaf in enumerate(leaves) if isinstance(leaf, Kept)})
    asked = {i: leaf for i, leaf in enumerate(leaves) if not isinstance(leaf, Kept)}
    for index, leaf in asked.items():
        if isinstance(leaf, Enough) and is_placeable(draft, leaf):
            place_enough(draft, index, leaf)
    asked = {index: leaf for index, leaf in asked.items() if index not in draft.placed}
    place_moved(draft, asked, place)
    left = {index: leaf for index, leaf in asked.items() if index not in draft.placed}
    plain = {index: leaf for index, leaf in left.items() if leaf.is_plain}
    retimed = {i: leaf for i, leaf in left.items() if leaf.offsets or leaf.window is not None}
    place_retimed(draft, retimed, plain)
    groups: dict[tuple[object, ...], dict[int, Leaf]] = {}
    for index, leaf in plain.items():
        if index not in draft.placed:
            own = index if leaf.over or leaf.spine or not draft.share else None
            groups.setdefault((leaf.table, leaf.time, leaf.picked, own), {})[index] = leaf
    for members in groups.values():
        scan(draft, members)
        fill_gaps(draft, members)
    cohorts: dict[tuple[object, ...], dict[int, Leaf]] = {}
    for index, leaf in left.items():
        if leaf.cohort is not None:
            alike = (replace(leaf.cohort, counts=""), leaf.table, leaf.time, leaf.filters)
            cohorts.setdefault(alike, {})[index] = leaf
    for members in cohorts.values():
        place_cohorts(draft, members)
    for index, leaf in left.items():
        if leaf.converted is not None:
            place_converted(draft, index, leaf, leaf.converted)
            fill_gaps(draft, {index: leaf})


def table_state(world: World, table: str, loaded_at: str | None, spelling: str) -> str:
    """The SQL that counts a table's rows and finds its last load and its first moment, `since`."""
    declared = world.tables[table]
    columns = [Named(Aggregate("count", None), "rows")]
    if loaded_at:
        columns.append(Named(Aggregate("max", Column(None, loaded_at)), "loaded_at"))
    if declared.time:
        clock = declared.dimensions.get(declared.time)
        text = (clock.expr if clock else None) or declared.time
        moment = column_expression(declared, table, text)
        columns.append(Named(Aggregate("min", moment), "since"))
    relation = Relation(world.relations.get(table, table), table)
    return write(Query((), Select(tuple(columns), relation)), dialect(spelling))
