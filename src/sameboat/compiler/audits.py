"""The SQL behind the checks of a table's rows: counts come back, and keys only where asked for.

What is judged, and what may be shown of it, is decided where the answers are read. Figures of one
table go into one scan; keys and versions of rows need a step of their own.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from sameboat.project.formula import Binary, Call, Cast, In, IsNull, Literal, Node
from sameboat.project.model import Table

from .dialects import dialect
from .expressions import (
    Aggregate,
    Column,
    Join,
    Named,
    Query,
    Relation,
    Select,
    Sort,
    Trunc,
)
from .joins import Hop, column_expression, key_columns, validity_of
from .plan import World
from .sql import write

_IGNORED = (" ", "-", "_", ".", "/")
"""Characters by which two spellings of one key may differ."""


# ── figures of one scan ──────────────────────────────────────────────────────────────────────


def value(table: Table, name: str, alias: str | None = None) -> Node:
    """A dimension's value, or the column of that name; raises RequestError for a personal one."""
    declared = table.dimensions.get(name)
    text = (declared.expr if declared else None) or name
    return column_expression(table, alias or table.name, text)


def all_rows() -> Aggregate:
    """How many rows there are."""
    return Aggregate("count", None)


def filled(of: Node) -> Aggregate:
    """How many rows have a value."""
    return Aggregate("count", of)


def distinct(of: Node) -> Aggregate:
    """How many different values there are."""
    return Aggregate("count_distinct", of)


def latest(of: Node) -> Aggregate:
    """The greatest value."""
    return Aggregate("max", of)


def among(of: Node, values: Sequence[object], *, negated: bool = False) -> Aggregate:
    """How many rows have one of these values; negated, how many have another one."""
    return Aggregate("count", None, when=In(of, tuple(map(literal, values)), negated))


def reversed_times(start: Node, end: Node) -> Aggregate:
    """How many rows end before they start."""
    moments = Cast(end, "timestamp"), Cast(start, "timestamp")
    return Aggregate("count", None, when=Binary("<", *moments))


def literal(given: object) -> Literal:
    """A value of the project's files as a literal."""
    if isinstance(given, float):
        return Literal(repr(given), decimal=True)
    if given is None or isinstance(given, (str, int)):
        return Literal(given)
    return Literal(str(given))


def tally_sql(world: World, table: str, figures: Mapping[str, Node], spelling: str) -> str:
    """One row with all figures of a table, from one scan."""
    columns = tuple(Named(node, name) for name, node in figures.items())
    return _written(world, Query((), Select(columns, _relation(world, table, table))), spelling)


# ── rows that stand several times ────────────────────────────────────────────────────────────


def duplicates_sql(world: World, table: str, key: Sequence[Node], spelling: str) -> str:
    """How many keys stand in several rows (`keys`), and in how many rows (`rows`).

    Rows whose key misses a part are left out: a join never reaches them.
    """
    columns = _keys(key)
    repeated = Select(
        (*columns, Named(all_rows(), "rows")),
        _relation(world, table, table),
        where=_present(key),
        grouped=True,
        group_by=tuple(key),
        having=(Binary(">", all_rows(), Literal(1)),),
    )
    return _written(
        world, Query(((_free(world, "repeated"), repeated),), _summed(world, "repeated")), spelling
    )


def overlaps_sql(world: World, table: Table, entity: str, spelling: str) -> str:
    """How many keys of a slowly changing table have two versions that hold at one time (`keys`)."""
    start, end = validity_of(table) or ("", "")
    older, newer = ("older", "newer")
    on = _equal(key_columns(table, older, entity), key_columns(table, newer, entity))
    later = value(table, start, newer)
    open_end = value(table, end, older)
    on = Binary("and", on, Binary("<", value(table, start, older), later))
    holds = Binary("or", IsNull(open_end), Binary(">", open_end, later))
    step = Select(
        _keys(key_columns(table, older, entity)),
        _relation(world, table.name, older),
        joins=(Join(_relation(world, table.name, newer), Binary("and", on, holds), "inner"),),
        distinct=True,
    )
    answer = Select((Named(all_rows(), "keys"),), _step(world, "overlapping"))
    return _written(world, Query(((_free(world, "overlapping"), step),), answer), spelling)


def mixed_sql(
    world: World, table: Table, entity: str, *, time: str, grain: str, dimension: str, spelling: str
) -> str:
    """How many entities per period there are (`keys`), and how many have several values (`mixed`).

    Rows of one entity and period are summed by retention, so they can have one segment only.
    """
    key = (*key_columns(table, table.name, entity), Trunc(grain, value(table, time)))
    step = Select(
        (*_keys(key), Named(distinct(value(table, dimension)), "held")),
        _relation(world, table.name, table.name),
        where=_present(key),
        grouped=True,
        group_by=key,
    )
    several = Aggregate("count", None, when=Binary(">", Column(None, "held"), Literal(1)))
    columns = (Named(all_rows(), "keys"), Named(several, "mixed"))
    return _written(
        world,
        Query(((_free(world, "held"), step),), Select(columns, _step(world, "held"))),
        spelling,
    )


# ── keys that lead to another table ──────────────────────────────────────────────────────────


def matches_sql(world: World, hop: Hop, spelling: str) -> str:
    """The keys of a table that lead to another one: `keys`, `rows`, `matched_keys`, `matched_rows`.

    Rows without a key are not counted: a key that is missing claims nothing.
    """
    met = IsNull(Column("far", "key_1"), negated=True)
    columns = (
        Named(all_rows(), "keys"),
        Named(Aggregate("sum", Column("near", "rows")), "rows"),
        Named(Aggregate("count", None, when=met), "matched_keys"),
        Named(Aggregate("sum", Column("near", "rows"), when=met), "matched_rows"),
    )
    answer = Select(columns, _step(world, "near"), joins=(_to_far(world, hop),))
    return _written(world, Query(_near_and_far(world, hop), answer), spelling)


def unmatched_sql(world: World, hop: Hop, *, limit: int, spelling: str) -> str:
    """The keys that the other table does not hold (`key`), those of most rows (`rows`) first."""
    answer = Select(
        (Named(Column("missing", "key_1"), "key"), Named(Column("missing", "rows"), "rows")),
        _step(world, "missing"),
        order_by=(Sort("rows", True), Sort("key", False)),
        limit=limit,
    )
    return _written(world, Query(_with_missing(world, hop), answer), spelling)


def near_misses_sql(world: World, hop: Hop, *, limit: int, spelling: str) -> str:
    """Keys without a partner (`key`) that differ from one (`near`) by case, spaces or signs."""
    on = Binary("=", plain(Column("missing", "key_1")), plain(Column("far", "key_1")))
    answer = Select(
        (
            Named(Column("missing", "key_1"), "key"),
            Named(Column("far", "key_1"), "near"),
            Named(Column("missing", "rows"), "rows"),
        ),
        _step(world, "missing"),
        joins=(Join(_step(world, "far"), on, "inner"),),
        order_by=(Sort("rows", True), Sort("key", False), Sort("near", False)),
        limit=limit,
    )
    return _written(world, Query(_with_missing(world, hop), answer), spelling)


def keys_sql(world: World, hop: Hop, *, limit: int, spelling: str) -> str:
    """The different keys of the table that a hop leads to, as `key`."""
    columns = (Named(Column("far", "key_1"), "key"),)
    answer = Select(columns, _step(world, "far"), order_by=(Sort("key", False),), limit=limit)
    return _written(world, Query((_far(world, hop),), answer), spelling)


def plain(of: Node) -> Node:
    """A key without case, spaces and the signs that people put between its parts."""
    text: Node = Call("lower", (Cast(of, "text"),))
    for sign in _IGNORED:
        text = Call("replace", (text, Literal(sign), Literal("")))
    return text


# ── values and history ───────────────────────────────────────────────────────────────────────


def other_values_sql(
    world: World, table: str, of: Node, known: Sequence[object], *, limit: int, spelling: str
) -> str:
    """Values that are none of the known ones (`found`), those of most rows (`rows`) first."""
    answer = Select(
        (Named(of, "found"), Named(all_rows(), "rows")),
        _relation(world, table, table),
        where=(In(of, tuple(map(literal, known)), True),),
        grouped=True,
        group_by=(of,),
        order_by=(Sort("rows", True), Sort("found", False)),
        limit=limit,
    )
    return _written(world, Query((), answer), spelling)


def history_sql(
    world: World, table: str, time: Node, grain: str, spelling: str, *, loaded: Node | None = None
) -> str:
    """How many rows (`rows`) each period (`period`) has, oldest first; empty ones are not there.

    With `loaded`, also when the last of them was loaded (`loaded`).
    """
    period = Trunc(grain, time)
    more = () if loaded is None else (Named(latest(loaded), "loaded"),)
    answer = Select(
        (Named(period, "period"), Named(all_rows(), "rows"), *more),
        _relation(world, table, table),
        where=(IsNull(time, negated=True),),
        grouped=True,
        group_by=(period,),
        order_by=(Sort("period", False),),
    )
    return _written(world, Query((), answer), spelling)


# ── pieces ───────────────────────────────────────────────────────────────────────────────────


def tables_read(query: Query) -> frozenset[str]:
    """The relations that a planned query reads, joined ones among them."""
    steps = {name for name, _ in query.steps}
    selects = [query.answer]
    for _, step in query.steps:
        if isinstance(step, Select):
            selects.append(step)
        else:
            selects += getattr(step, "selects", ())
    read = {s.source.name for s in selects if s.source is not None}
    read |= {join.relation.name for s in selects for join in s.joins}
    return frozenset(read - steps)


def _written(world: World, query: Query, spelling: str) -> str:
    return write(query, dialect(spelling), reckoning=world.reckoning)


def _relation(world: World, table: str, alias: str) -> Relation:
    return Relation(world.relations.get(table, table), alias)


def _step(world: World, alias: str) -> Relation:
    return Relation(_free(world, alias), alias, True)


def _free(world: World, alias: str) -> str:
    """The name of a step, which no table of the project has."""
    name = f"{alias}_keys"
    while name in world.tables:
        name += "_"
    return name


def _keys(key: Iterable[Node]) -> tuple[Named, ...]:
    return tuple(Named(node, f"key_{at}") for at, node in enumerate(key, 1))


def _present(key: Iterable[Node]) -> tuple[Node, ...]:
    return tuple(IsNull(node, negated=True) for node in key)


def _equal(left: Sequence[Node], right: Sequence[Node]) -> Node:
    first, *rest = (Binary("=", a, b) for a, b in zip(left, right, strict=True))
    on: Node = first
    for more in rest:
        on = Binary("and", on, more)
    return on


def _summed(world: World, step: str) -> Select:
    rows = Aggregate("sum", Column(None, "rows"))
    return Select((Named(all_rows(), "keys"), Named(rows, "rows")), _step(world, step))


def _far(world: World, hop: Hop) -> tuple[str, Select]:
    """The different keys of the table that a hop leads to."""
    key = key_columns(world.tables[hop.target], hop.target, hop.entity)
    relation = _relation(world, hop.target, hop.target)
    return _free(world, "far"), Select(_keys(key), relation, where=_present(key), distinct=True)


def _near_and_far(world: World, hop: Hop) -> tuple[tuple[str, Select], ...]:
    """The keys of both tables of a hop; those of the near one with their rows."""
    key = key_columns(world.tables[hop.source], hop.source, hop.entity)
    near = Select(
        (*_keys(key), Named(all_rows(), "rows")),
        _relation(world, hop.source, hop.source),
        where=_present(key),
        grouped=True,
        group_by=key,
    )
    return _far(world, hop), (_free(world, "near"), near)


def _to_far(world: World, hop: Hop) -> Join:
    size = len(key_columns(world.tables[hop.source], hop.source, hop.entity))
    sides = ([Column(step, f"key_{n + 1}") for n in range(size)] for step in ("near", "far"))
    return Join(_step(world, "far"), _equal(*sides))


def _with_missing(world: World, hop: Hop) -> tuple[tuple[str, Select], ...]:
    missing = Select(
        (Named(Column("near", "key_1"), "key_1"), Named(Column("near", "rows"), "rows")),
        _step(world, "near"),
        joins=(_to_far(world, hop),),
        where=(IsNull(Column("far", "key_1")),),
    )
    return (*_near_and_far(world, hop), (_free(world, "missing"), missing))
