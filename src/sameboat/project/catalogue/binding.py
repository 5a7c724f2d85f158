"""A data contract against what tables hold: which table and column plays which part.

One home for the question whether data can feed a KPI: `sameboat init` asks it of files that
nobody has described, `sameboat add` of a project's declared tables. Nothing is guessed between
two equals: what could mean several things is told, with the option that settles it.
"""

from __future__ import annotations

import itertools
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sameboat.errors import RequestError
from sameboat.project.catalogue.shapes import Variant, WantedColumn, WantedTable
from sameboat.project.formula import parse
from sameboat.project.names import spelled, words
from sameboat.project.sql_text import literal

NUMBERS = frozenset({"integer", "decimal", "float"})
DATES = frozenset({"date", "timestamp", "timestamptz"})
MOST_CANDIDATES = 8

_BESIDE = frozenset({"id", "key", "at", "on", "is", "date", "no", "number", "code"})
"""Words of columns that say what kind of thing it is, not which."""

Score = tuple[int, ...]


@dataclass(frozen=True)
class HeldEntity:
    """An entity of a table, with the columns that it is over."""

    type: str
    exprs: tuple[str, ...]


@dataclass(frozen=True)
class HeldTable:
    """A table as a contract sees it; personal columns are not in it."""

    name: str
    columns: Mapping[str, str]  # name → kind of values, as `warehouse.base.WORDS` has them
    entities: Mapping[str, HeldEntity]
    times: Mapping[str, str]  # time dimension → its column or expression
    time: str | None = None


@dataclass(frozen=True)
class Holdings:
    """All tables; `values` lists a column's few texts, `span` gives its least and greatest."""

    tables: Mapping[str, HeldTable]
    values: Callable[[str, str], tuple[str, ...]]
    span: Callable[[str, str], tuple[Any, Any] | None]


@dataclass(frozen=True)
class Played:
    """What plays a wanted column: its name in the project, and its expression in the table."""

    table: str
    name: str
    expr: str


@dataclass(frozen=True)
class Bound:
    """A variant whose every needed table and column was found."""

    variant: str
    tables: Mapping[str, str]
    columns: Mapping[tuple[str, str], Played]  # by table's role and wanted column

    def column(self, name: str) -> Played | None:
        """What plays a wanted column, in the first table that has it; None where optional."""
        return next((p for (_, wanted), p in self.columns.items() if wanted == name), None)


@dataclass(frozen=True)
class Lack:
    """Why a table's part cannot be played, and what to do about it."""

    role: str
    says: str
    hint: str
    ambiguous: bool = False


@dataclass(frozen=True)
class Fit:
    """A variant against the data: bound, or everything that it lacks."""

    variant: str
    bound: Bound | None
    lacks: tuple[Lack, ...] = ()


@dataclass(frozen=True)
class _Candidate:
    table: HeldTable
    score: Score
    columns: Mapping[str, Played]
    keys: Mapping[str, Mapping[str, tuple[Score, Played]]]  # wanted key → entity → how well


@dataclass(frozen=True)
class _Said:
    tables: Mapping[str, str]
    columns: Mapping[str, str]


@dataclass
class _Misfit:
    """A table that does not fit, with what was found and what was not."""

    table: HeldTable
    found: int = 0
    lacks: list[tuple[str, str, bool]] = field(default_factory=list)  # why, hint, ambiguous


def bind(
    name: str,
    variant: Variant,
    held: Holdings,
    *,
    tables: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> Fit:
    """How the data play a variant's parts; `tables` and `columns` are what a person has said."""
    said = _Said(tables or {}, columns or {})
    fitting: dict[str, list[_Candidate]] = {}
    lacks: list[Lack] = []
    for role, wanted in variant.tables.items():
        good, bad = _candidates(role, wanted, held, said)
        fitting[role] = good
        if not good:
            lacks.append(_lack(role, wanted, bad, said))
    if lacks:
        return Fit(name, None, tuple(lacks))
    return _together(name, variant, fitting, said)


# ── one table ────────────────────────────────────────────────────────────────────────────────


def _candidates(
    role: str, wanted: WantedTable, held: Holdings, said: _Said
) -> tuple[list[_Candidate], list[_Misfit]]:
    good: list[_Candidate] = []
    bad: list[_Misfit] = []
    chosen = said.tables.get(role)
    for table in held.tables.values():
        if chosen is not None and table.name != chosen:
            continue
        rank = 0 if chosen is not None else _table_rank(table, wanted)
        if rank is None:
            continue
        found = _columns(table, wanted, held, said)
        if isinstance(found, _Misfit):
            bad.append(found)
            continue
        columns, keys, score = found
        good.append(_Candidate(table, (rank, *score), columns, keys))
    good.sort(key=lambda one: one.score)
    bad.sort(key=lambda one: (-one.found, len(one.lacks), not any(lack[2] for lack in one.lacks)))
    return good[:MOST_CANDIDATES], bad


def _table_rank(table: HeldTable, wanted: WantedTable) -> int | None:
    """Where a table's name stands among those that are usual; None where it has none of them."""
    if not wanted.named:
        return 0
    own = [words(table.name)]
    own += [words(name) for name, e in table.entities.items() if e.type == "primary"]
    ranks = [
        at
        for at, pattern in enumerate(wanted.named)
        if any(_holds(one, pattern.split()) for one in own)
    ]
    return min(ranks, default=None)


def _stem(word: str) -> str:
    return word[:-1] if word.endswith("s") and not word.endswith("ss") and len(word) > 3 else word


def _holds(own: Sequence[str], pattern: Sequence[str]) -> bool:
    stems = {_stem(word) for word in own}
    return all(_stem(word) in stems for word in pattern)


def _rank(name: str, patterns: Sequence[str]) -> Score | None:
    """How near a name is to what is usual: a whole pattern first, the earlier the nearer."""
    own = [word for word in words(name) if word not in _BESIDE]
    ranks = [
        (int(more > 0), at, more)
        for at, pattern in enumerate(patterns)
        if _holds(own, pattern.split()) and (more := len(own) - len(pattern.split())) >= 0
    ]
    return min(ranks, default=None)


def _columns(
    table: HeldTable, wanted: WantedTable, held: Holdings, said: _Said
) -> tuple[dict[str, Played], dict[str, dict[str, tuple[Score, Played]]], Score] | _Misfit:
    columns: dict[str, Played] = {}
    keys: dict[str, dict[str, tuple[Score, Played]]] = {}
    misfit = _Misfit(table)
    total, extra, without = 0, 0, 0
    stated = _state_found(table, wanted, held, said)
    for name, column in wanted.columns.items():
        if column.type == "key":
            entities = _keys(table, column, said.columns.get(name))
            if entities:
                keys[name] = entities
                misfit.found += 1
                total += _far(min(score for score, _ in entities.values()))
            elif not column.optional:
                misfit.lacks.append(_no_key(table, name, column, said.columns.get(name)))
            else:
                without += 1
            continue
        ranked = _ranked(table, name, column, held, said, stated)
        best = min((score for score, _ in ranked), default=None)
        nearest = [played for score, played in ranked if score == best]
        if best is not None and len(nearest) == 1:
            columns[name] = nearest[0]
            misfit.found += 1
            total, extra = total + _far(best), extra + best[-1]
        elif column.optional:
            without += 1
        else:
            misfit.lacks.append(_no_column(table, name, column, nearest, said))
    return misfit if misfit.lacks else (columns, keys, (without, total, extra))


def _far(score: Score) -> int:
    return 100 * score[0] + score[1]


def _ranked(
    table: HeldTable,
    name: str,
    column: WantedColumn,
    held: Holdings,
    said: _Said,
    stated: bool,
) -> list[tuple[Score, Played]]:
    """Every way to play a column that is no key, with how near its name is."""
    own = said.columns.get(name)
    if own is not None:
        told = _told(table, column, own, held)
        return [((0, 0, 0), told)] if told else []
    if column.type == "time":
        return _times(table, column)
    found: list[tuple[Score, Played]] = []
    for held_name, kind in table.columns.items():
        rank = _rank(held_name, column.named)
        if rank is None:
            continue
        expr = _expression(table, held_name, kind, column, held)
        if expr is None:
            continue
        if column.within and not stated and not _inside(table, held_name, column, held):
            continue
        found.append((rank, Played(table.name, held_name, expr)))
    return found


def _times(table: HeldTable, column: WantedColumn) -> list[tuple[Score, Played]]:
    found: list[tuple[Score, Played]] = []
    for dimension, expr in table.times.items():
        ranks = [r for n in (dimension, expr) if (r := _rank(n, column.named)) is not None]
        if ranks:
            found.append((min(ranks), Played(table.name, dimension, expr)))
    if not found and table.time is not None and table.time in table.times:
        played = Played(table.name, table.time, table.times[table.time])
        found.append(((1, len(column.named), 0), played))
    return found


def _expression(
    table: HeldTable, name: str, kind: str, column: WantedColumn, held: Holdings
) -> str | None:
    """A column's expression where its values are of the wanted type."""
    match column.type:
        case "number":
            return spelled(name) if kind in NUMBERS else None
        case "whole":
            return spelled(name) if kind == "integer" else None
        case "text" | "team":
            return spelled(name) if kind == "text" else None
        case "date":
            return spelled(name) if kind in DATES else None
        case "state" if kind == "boolean":
            return spelled(name)
        case "state" if kind == "text":
            wanted = {_plain(value) for value in column.values}
            counting = [v for v in held.values(table.name, name) if _plain(v) in wanted]
            texts = ", ".join(literal(value) for value in counting)
            return f"{spelled(name)} in ({texts})" if counting else None
    return None


def _plain(value: str) -> str:
    return " ".join(re.sub(r"[^a-z0-9]+", " ", value.lower()).split())


def _inside(table: HeldTable, name: str, column: WantedColumn, held: Holdings) -> bool:
    """Whether the values lie on the wanted scale and use its upper half."""
    span, scale = held.span(table.name, name), column.within
    if span is None or scale is None:
        return False
    low, high = float(span[0]), float(span[1])
    return scale[0] <= low <= high <= scale[1] and high > (scale[0] + scale[1]) / 2


def _state_found(table: HeldTable, wanted: WantedTable, held: Holdings, said: _Said) -> bool:
    """Whether a condition tells which rows are meant, so that others may lie off a scale."""
    states = {name: c for name, c in wanted.columns.items() if c.type == "state"}
    if not states or not any(c.within for c in wanted.columns.values()):
        return False
    return any(_ranked(table, name, c, held, said, True) for name, c in states.items())


# ── what a person has said ───────────────────────────────────────────────────────────────────


def _told(table: HeldTable, column: WantedColumn, own: str, held: Holdings) -> Played | None:
    """What a person named for a column: a column, a time dimension or an expression."""
    if column.type == "time":
        fitting = [n for n, e in table.times.items() if own == n or e in (own, spelled(own))]
        if not column.named:  # the metric takes the table's own time and no other
            fitting = [name for name in fitting if name == table.time]
        return Played(table.name, fitting[0], table.times[fitting[0]]) if fitting else None
    if own in table.columns:
        expr = _expression(table, own, table.columns[own], column, held)
        return Played(table.name, own, expr) if expr else None
    if column.type in ("team", "text") or re.fullmatch(r"\w+", own):
        return None
    try:
        parse(own)
    except RequestError:
        return None
    return Played(table.name, own, own if column.type == "number" else f"({own})")


def _keys(
    table: HeldTable, column: WantedColumn, own: str | None
) -> dict[str, tuple[Score, Played]]:
    """The entities that can play a key, with how near their names are."""
    found: dict[str, tuple[Score, Played]] = {}
    for name, entity in table.entities.items():
        if len(entity.exprs) != 1:
            continue
        [expr] = entity.exprs
        if own is not None:
            rank: Score | None = (0, 0, 0) if own in (name, expr, expr.strip('"')) else None
        else:
            ranks = [r for n in (name, expr) if (r := _rank(n, column.named)) is not None]
            rank = min(ranks, default=None)
        if rank is not None:
            found[name] = (rank, Played(table.name, name, expr))
    return found


# ── all tables together ──────────────────────────────────────────────────────────────────────


def _together(
    name: str, variant: Variant, fitting: Mapping[str, list[_Candidate]], said: _Said
) -> Fit:
    """The one best choice of tables whose shared keys agree."""
    choices: list[tuple[Score, dict[str, _Candidate], dict[str, str]]] = []
    for combination in itertools.product(*fitting.values()):
        chosen = dict(zip(fitting, combination, strict=True))
        used = [c.table.name for role, c in chosen.items() if role not in said.tables]
        if len(used) != len(set(used)):
            continue
        entities = _shared(variant, chosen)
        if entities is None:
            continue
        score = tuple(map(sum, zip(*(one.score for one in combination), strict=True)))
        choices.append((score, chosen, entities))
    if not choices:
        return Fit(name, None, (_no_shared_key(variant, fitting),))
    choices.sort(key=lambda one: one[0])
    best, chosen, entities = choices[0]
    for score, other, _ in choices[1:]:
        for role in variant.tables:
            if score == best and other[role].table.name != chosen[role].table.name:
                return Fit(name, None, (_either(role, variant, chosen[role], other[role]),))
    columns = {
        (role, wanted): played
        for role, one in chosen.items()
        for wanted, played in _played(one, entities)
    }
    return Fit(name, Bound(name, {r: c.table.name for r, c in chosen.items()}, columns))


def _played(one: _Candidate, entities: Mapping[str, str]) -> Iterator[tuple[str, Played]]:
    yield from one.columns.items()
    for wanted, by_entity in one.keys.items():
        yield wanted, by_entity[entities[wanted]][1]


def _shared(variant: Variant, chosen: Mapping[str, _Candidate]) -> dict[str, str] | None:
    """One entity for each key, the same in every table that wants it; None where none is."""
    found: dict[str, str] = {}
    for key in dict.fromkeys(k for one in chosen.values() for k in one.keys):
        tables = [
            chosen[role] for role, table in variant.tables.items()
            if key in table.columns and key in chosen[role].keys
        ]  # fmt: skip
        common = set.intersection(*(set(one.keys[key]) for one in tables))
        if not common:
            return None
        first = tables[0]
        found[key] = min(
            sorted(common),
            key=lambda e: (
                len(tables) > 1 and first.table.entities[e].type not in ("primary", "unique"),
                first.keys[key][e][0],
            ),
        )
    return found


# ── what is missing, in words ────────────────────────────────────────────────────────────────


def _lack(role: str, wanted: WantedTable, bad: Sequence[_Misfit], said: _Said) -> Lack:
    chosen = said.tables.get(role)
    near = next((one for one in bad if chosen or one.found or wanted.named), None)
    if near is None:
        needs = "; ".join(c.means for c in wanted.columns.values() if not c.optional)
        if chosen:
            return Lack(role, f"there is no table {chosen!r} for {role!r}", wanted.get)
        return Lack(role, f"no table holds {wanted.holds}, {wanted.grain}: {needs}", wanted.get)
    why, hint, ambiguous = near.lacks[0]
    ambiguous = ambiguous and len(near.lacks) == 1
    more = [lack[0] for lack in near.lacks[1:]]
    says = f"{role} ({wanted.holds}): the table {near.table.name!r} " + "; ".join([why, *more])
    return Lack(role, says, hint if ambiguous or len(near.lacks) == 1 else wanted.get, ambiguous)


def _no_key(
    table: HeldTable, name: str, column: WantedColumn, own: str | None
) -> tuple[str, str, bool]:
    near = [own] if own is not None and own in table.columns else []
    near += [held for held in table.columns if _rank(held, column.named) is not None]
    if not near:
        return f"lacks {column.means}", f"Say which entity it is: --column {name}=…", False
    entity = "_".join(w for w in words(near[0]) if w not in ("id", "key", "no")) or name
    return (
        f"does not say that {near[0]!r} is a key",
        f"Add it to the table: entities: {{{entity}: {{type: foreign, expr: {spelled(near[0])}}}}}",
        False,
    )


def _no_column(
    table: HeldTable, name: str, column: WantedColumn, near: Sequence[Played], said: _Said
) -> tuple[str, str, bool]:
    if len(near) > 1:
        could = " or ".join(repr(played.name) for played in near)
        option = f"Say which: --column {name}={near[0].name}."
        return f"could mean {could} with {column.means}", option, True
    own = said.columns.get(name)
    if own is not None:
        return f"cannot use {own!r} as {column.means}", _usable(column), False
    if column.type == "time":
        hint = "Declare it: time: …, dimensions: {…: {type: time, grain: day}}."
        return f"has no time dimension for {column.means}", hint, False
    return f"lacks {column.means}", f"If a column holds it, say which: --column {name}=…", False


def _usable(column: WantedColumn) -> str:
    kinds = {
        "number": "a column of numbers, or an expression over them",
        "whole": "a column of whole numbers",
        "time": "a time dimension that the table declares",
        "team": "a column of texts",
        "text": "a column of texts",
        "date": "a column of days or moments",
        "state": "a column that is true or false, or a condition such as \"status = 'Done'\"",
    }
    return f"It takes {kinds[column.type]}."


def _either(role: str, variant: Variant, one: _Candidate, other: _Candidate) -> Lack:
    first, second = one.table.name, other.table.name
    return Lack(
        role,
        f"{first!r} and {second!r} could both be {role} ({variant.tables[role].holds})",
        f"Say which: --table {role}={first}.",
        True,
    )


def _no_shared_key(variant: Variant, fitting: Mapping[str, list[_Candidate]]) -> Lack:
    pairs = " and ".join(repr(found[0].table.name) for found in fitting.values())
    keys = [
        name
        for name, column in variant.columns.items()
        if column.type == "key" and sum(name in t.columns for t in variant.tables.values()) > 1
    ]
    key = keys[0] if keys else "key"
    role = next(iter(variant.tables))
    return Lack(
        role,
        f"{pairs} have no key in common",
        f"Declare in both the same entity, or name it: --column {key}=….",
    )
