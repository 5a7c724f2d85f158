"""Keys and joins: what identifies a row, and which column leads to which table.

A key is what the values say (all filled, all different) under a name that could be one. A join
needs both: a name that points to the other table, and values that are found there.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sameboat.project.names import words
from sameboat.project.sql_text import quoted
from sameboat.questions.first_look.people import People
from sameboat.questions.first_look.profile import Column, Profile
from sameboat.questions.first_look.words import names_a_key, singular, without_key
from sameboat.warehouse.base import Warehouse

CONTAINED = 0.9
"""How much of a column's values must be found in the other table's key."""

MOST_ROWS = 3_000_000
"""In tables with more rows no key of several columns is searched."""

MANY_ROWS = 100
"""From so many rows on a group such as a team may be part of a key; in fewer it is chance."""

FEW_VALUES = 50

_PART = frozenset(
    {
        "line", "index", "position", "version", "month", "date", "day", "period", "week", "year",
        "revision", "seq", "sequence", "count", "attempt", "quarter", "time", "at",
    }
)  # fmt: skip
_NOT_KEYS = frozenset({"amount", "price", "total", "quantity", "value", "score", "age", "rate"})


@dataclass(frozen=True)
class Key:
    """What identifies a row of a table."""

    table: str
    columns: tuple[str, ...]

    @property
    def one(self) -> str | None:
        """Its column, where it is a single one."""
        return self.columns[0] if len(self.columns) == 1 else None


@dataclass(frozen=True)
class Join:
    """A column that leads to a row of another table."""

    table: str
    column: str
    target: str
    key: str  # the column of the target
    entity: str
    found: float  # how much of the column's values the target holds


@dataclass(frozen=True)
class Near:
    """A column whose name points to a table that does not hold its values."""

    table: str
    column: str
    target: str
    found: float


@dataclass(frozen=True)
class Keys:
    """Every key and join that was found."""

    primary: Mapping[str, Key]
    joins: tuple[Join, ...]
    near: tuple[Near, ...]
    entities: Mapping[str, str]  # table → what one of its rows is called


def keys(warehouse: Warehouse, tables: Sequence[Profile], persons: Mapping[str, People]) -> Keys:
    """The keys of all tables and the joins between them."""
    entities = _entities(tables)
    primary: dict[str, Key] = {}
    for table in tables:
        elsewhere = {_parts(one) for name, one in entities.items() if name != table.name}
        single = _single(table, entities[table.name], persons[table.name], elsewhere)
        if single is not None:
            primary[table.name] = Key(table.name, (single,))
    joins, near = _joins(warehouse, tables, persons, primary, entities)
    for table in tables:
        if table.name not in primary:
            several = _several(warehouse, table, persons[table.name], joins)
            if several is not None:
                primary[table.name] = Key(table.name, several)
    return Keys(primary, tuple(joins), tuple(near), entities)


def _entities(tables: Sequence[Profile]) -> dict[str, str]:
    named: dict[str, str] = {}
    for table in tables:
        one = singular(table.name)
        named[table.name] = table.name if one in named.values() else one
    return named


# ── keys ─────────────────────────────────────────────────────────────────────────────────────


def unique(table: Profile, column: Column) -> bool:
    """Whether a column's values are all there and all different."""
    fits = column.kind in ("text", "integer", "other") and column.written is None
    return fits and column.filled == table.rows and column.distinct == table.rows > 0


def _single(
    table: Profile, entity: str, persons: People, elsewhere: Collection[tuple[str, ...]]
) -> str | None:
    """The column that identifies a row; `elsewhere` is what rows of other tables are called."""
    best: tuple[float, str] | None = None
    leads = [c.name for c in table.columns if c.filled and without_key(c.name) in elsewhere]
    links = leads if len(leads) > 1 else []  # a table between others: none of them is its key
    for at, column in enumerate(table.columns):
        if not unique(table, column) or column.name in links:
            continue
        if persons.standing(column.name) == "personal":
            continue
        score = _key_score(column, at, entity, table)
        if score > 0 and (best is None or score > best[0]):
            best = (score, column.name)
    return best[1] if best else None


def _key_score(column: Column, at: int, entity: str, table: Profile) -> float:
    """How much a column of different values looks like the key; nothing where it does not."""
    parts = words(column.name)
    base = without_key(column.name)
    if not parts or column.longest > (200 if at == 0 else 80):
        return 0.0
    named = names_a_key(column.name)
    own = tuple(entity.split("_"))
    if table.rows < 3 and base and base != own:
        return 0.0  # everything is different in so few rows
    score = 6.0 if named else 0.0
    if (named and (not base or base == own or _ends(own, base) or _ends(base, own))) or base == own:
        score += 6
    if "alternate" in parts or "external" in parts:
        score -= 4
    if parts[0] == "parent" and own[0] != "parent":
        score -= 8
    if at == 0:
        plain = table.rows >= 3 and not set(parts) & (_NOT_KEYS | _PART)
        score += 3 if named or plain else 0
    few = table.rows < 20 and not named and at > 0
    return 0.0 if few or (not named and at > 1) else score


def _ends(whole: Sequence[str], end: Sequence[str]) -> bool:
    return bool(end) and tuple(whole[-len(end) :]) == tuple(end)


def _several(
    warehouse: Warehouse, table: Profile, persons: People, joins: Sequence[Join]
) -> tuple[str, ...] | None:
    """Two or three columns that identify a row together, or None."""
    if not 1 < table.rows <= MOST_ROWS:
        return None
    linked = {join.column for join in joins if join.table == table.name}
    parts = [
        column.name
        for column in table.columns
        if column.filled == table.rows
        and column.distinct > 1
        and persons.standing(column.name) != "personal"
        and (
            column.name in linked
            or names_a_key(column.name)
            or (set(words(column.name)) & _PART and column.kind in ("integer", "date", "timestamp"))
        )
    ]
    most = {column.name: column.distinct for column in table.columns}
    parts.sort(key=lambda name: (name in linked, not names_a_key(name)))  # its own names first
    groups = [
        column.name
        for column in table.columns
        if table.rows >= MANY_ROWS
        and column.name not in parts
        and column.kind == "text"
        and column.filled == table.rows
        and 1 < column.distinct <= FEW_VALUES
        and persons.standing(column.name) is None
    ]
    for size in (2, 3):
        for group in combinations([*parts[:8], *groups[:4]], size):
            if not set(group) & set(parts):
                continue  # teams and regions alone are different by chance
            product = 1
            for name in group:
                product *= most[name]
            if product >= table.rows and _identify(warehouse, table, group):
                return group
    return None


def _identify(warehouse: Warehouse, table: Profile, group: tuple[str, ...]) -> bool:
    listed = ", ".join(quoted(name) for name in group)
    sql = f"SELECT count(*) AS n FROM (SELECT DISTINCT {listed} FROM {quoted(table.name)})"
    return bool(warehouse.run(sql).to_pylist()[0]["n"] == table.rows)


# ── joins ────────────────────────────────────────────────────────────────────────────────────


def _joins(
    warehouse: Warehouse,
    tables: Sequence[Profile],
    persons: Mapping[str, People],
    primary: dict[str, Key],
    entities: Mapping[str, str],
) -> tuple[list[Join], list[Near]]:
    joins: list[Join] = []
    near: list[Near] = []
    for table in tables:
        for column in table.columns:
            if not _may_lead(column, persons[table.name]):
                continue
            found: list[tuple[int, float, Join]] = []
            missed: list[tuple[int, Near]] = []
            for target, key, score in _targets(table, column, tables, primary, entities):
                share = _contained(warehouse, table, column, target, key)
                if share >= CONTAINED:
                    entity = _entity_for(target, key, primary, entities)
                    join = Join(table.name, column.name, target.name, key.name, entity, share)
                    found.append((score, share, join))
                elif score >= 3:
                    missed.append((score, Near(table.name, column.name, target.name, share)))
            if found:
                best = max(found, key=lambda item: item[:2])[2]
                if best.target not in primary:
                    primary[best.target] = Key(best.target, (best.key,))
                joins.append(best)
            elif missed:
                near.append(max(missed, key=lambda item: (item[0], item[1].found))[1])
    return joins, near


def _may_lead(column: Column, persons: People) -> bool:
    if column.kind not in ("text", "integer", "other") or not column.filled or column.written:
        return False
    return column.longest <= 80 and column.emails == 0


def _targets(
    table: Profile,
    column: Column,
    tables: Sequence[Profile],
    primary: Mapping[str, Key],
    entities: Mapping[str, str],
) -> Iterator[tuple[Profile, Column, int]]:
    """Every other table's key that a column's name points to, with how clearly it does."""
    base = without_key(column.name)
    own = primary.get(table.name)
    if own is not None and own.one == column.name and base in ((), _parts(entities[table.name])):
        return  # a table's own key leads nowhere
    exact = [one for one in tables if _parts(entities[one.name]) == base and one is not table]
    for target in exact or tables:
        if target.name == table.name:
            continue
        key = primary.get(target.name)
        ready = [target.column(key.one)] if key is not None and key.one else []
        score = _points(column.name, base, target, entities[target.name], ready)
        if score == 0:
            continue
        others = [c for c in target.columns if c not in ready and unique(target, c)]
        for candidate in (*ready, *(c for c in others if score >= 2 and _key_like(c, target))):
            if _alike(column, candidate):
                yield target, candidate, score


def _key_like(column: Column, target: Profile) -> bool:
    """Whether another column of different values may be what rows are called elsewhere."""
    return (
        target.rows >= 3
        and column.longest <= 60
        and not column.emails
        and (names_a_key(column.name) or column.kind == "text")
    )


def _points(
    name: str, base: tuple[str, ...], target: Profile, entity: str, ready: Sequence[Column]
) -> int:
    """3 where a name is that of the target, 2 where it ends with it, 1 where it may be, else 0."""
    own = _parts(entity)
    key = without_key(ready[0].name) if ready else ()
    if not base:
        return 0
    if base == own or (key and base == key):
        return 3
    named = names_a_key(name)
    if _ends(base, own) or (key and _ends(base, key)):
        return 2
    if named and _ends(own, base) and ready and words(ready[0].name) == words(name):
        return 3
    return 1 if named and _ends(own, base) else 0


def _parts(entity: str) -> tuple[str, ...]:
    return tuple(entity.split("_"))


def _alike(one: Column, two: Column) -> bool:
    return (one.kind == "integer") == (two.kind == "integer")


def _contained(
    warehouse: Warehouse, table: Profile, column: Column, target: Profile, key: Column
) -> float:
    """How much of a column's different values the key holds."""
    have = f"SELECT DISTINCT CAST({quoted(column.name)} AS VARCHAR) AS v FROM {quoted(table.name)}"
    want = f"SELECT DISTINCT CAST({quoted(key.name)} AS VARCHAR) AS v FROM {quoted(target.name)}"
    sql = (
        "SELECT count(*) AS n, count(w.v) AS hit FROM"
        f" ({have} WHERE {quoted(column.name)} IS NOT NULL) h LEFT JOIN ({want}) w ON h.v = w.v"
    )
    row = warehouse.run(sql).to_pylist()[0]
    return float(row["hit"] / row["n"]) if row["n"] else 0.0


def _entity_for(
    target: Profile, key: Column, primary: Mapping[str, Key], entities: Mapping[str, str]
) -> str:
    own = primary.get(target.name)
    if own is None or own.one == key.name:
        return entities[target.name]
    return f"{entities[target.name]}_by_{'_'.join(words(key.name))}"
