"""What the files say against what the data hold."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Literal

from sameboat.errors import Finding, did_you_mean
from sameboat.project.model import Simple, Table
from sameboat.project.places import Path
from sameboat.project.uses import Use
from sameboat.project.vocabulary import Vocabulary

Kind = Literal["text", "number", "date", "boolean", "other"]

_KINDS: tuple[tuple[Kind, re.Pattern[str]], ...] = (
    ("text", re.compile(r"(?:n?varchar|n?char|bpchar|character|text|string|large_string|utf8)\b")),
    ("date", re.compile(r"(?:date|timestamp|datetime)")),
    ("boolean", re.compile(r"bool")),
    (
        "number",
        re.compile(r"u?(?:int|bigint|hugeint|smallint|tinyint|double|float|real|decimal|numeric)"),
    ),
)

_WRAPPED = re.compile(r"^(?:(?:nullable|lowcardinality)\()+")

_NUMBERS = frozenset({"amount", "score", "hours", "minutes", "heads", "value", "rate"})
_TIMES = frozenset({"start", "end", "time", "closed", "arrived", "answered", "at", "assigned"})
_SUMS = frozenset({"sum", "average", "median", "percentile"})


def kind_of(type_: str) -> Kind:
    """What kind of values an engine's type holds.

    >>> kind_of("DECIMAL(18,2)"), kind_of("timestamp[us]"), kind_of("VARCHAR"), kind_of("INTERVAL")
    ('number', 'date', 'text', 'other')
    """
    plain = _WRAPPED.sub("", type_.strip().lower())
    if plain.startswith("interval") or plain.endswith("[]"):
        return "other"
    return next((kind for kind, pattern in _KINDS if pattern.match(plain)), "other")


@dataclass(frozen=True)
class _Held:
    """The columns of one table as the data hold them."""

    table: Table
    types: Mapping[str, str]

    def kind(self, column: str) -> Kind | None:
        """The kind of a column, whatever its case; None when there is no such column."""
        for name, type_ in self.types.items():
            if name == column or name.casefold() == column.casefold():
                return kind_of(type_)
        return None


def data_columns(
    known: Vocabulary, used: tuple[Use, ...], columns: Mapping[str, Mapping[str, str]]
) -> Iterator[Finding]:
    """A finding for each column that the data do not hold, or hold as another type.

    `columns` gives table → column → the engine's type; tables that it lacks are not judged.
    """
    held = {
        name: _Held(table, columns[name])
        for name, table in known.project.tables.items()
        if name in columns
    }
    for use in used:
        yield from _use(known, use, held)
    for name, found in held.items():
        yield from _lists(known, name, found)


def _use(known: Vocabulary, use: Use, held: Mapping[str, _Held]) -> Iterator[Finding]:
    tables = [held[table.name] for table in use.tables if table.name in held]
    if len(tables) != len(use.tables):
        return  # a table that is not known might hold the column
    for column in use.columns:
        if any(found.kind(column) is not None for found in tables):
            continue
        if use.way in ("filter", "plan") and column in known.dimensions:
            continue
        yield _missing(known, use, column, tables)
    if len(tables) == 1 and use.columns == (use.text.strip(),):
        yield from _typed(known, use, tables[0])


def _missing(known: Vocabulary, use: Use, column: str, tables: list[_Held]) -> Finding:
    names = sorted({name for found in tables for name in found.types})
    dimension = tables[0].table.dimensions.get(column)
    if dimension is not None and use.way != "dimension":
        hint: str | None = f"Expressions see columns: write {dimension.expr or column!r}."
    else:
        hint = did_you_mean(column, names) or f"Columns are {', '.join(names[:12])}."
    where = " or ".join(repr(found.table.name) for found in tables)
    message = f"there is no column {column!r} in {where}"
    return Finding("column-missing", message, known.project.place(*use.path), hint)


def _typed(known: Vocabulary, use: Use, held: _Held) -> Iterator[Finding]:
    """What is wrong with the type of a bare column where it stands."""
    column = use.text.strip()
    kind = held.kind(column)
    if kind is None or kind == "other":
        return
    place = known.project.place(*use.path)
    wants = _wanted(known, use, held.table)
    if wants == "date" and kind == "text":
        message = f"the column {column!r} of table {held.table.name!r} holds text, not dates"
        hint = f"Say how dates are written under 'read:', or write 'expr: cast({column} as date)'."
        yield Finding("date-is-text", message, place, hint)
    elif wants is not None and kind != wants:
        message = f"the column {column!r} of table {held.table.name!r} holds {_plural(kind)}"
        message += f"; {_plural(wants)} are needed here"
        yield Finding("column-type", message, place, _advice(wants, kind))


def _wanted(known: Vocabulary, use: Use, table: Table) -> Kind | None:
    """The kind of values that a use needs, None where any will do."""
    match use.path:
        case ("tables", _, "dimensions", str(name), *_):
            return "date" if table.dimensions[name].type == "time" else None
        case ("metrics", str(name), *_):
            metric = known.project.metrics[name]
            if use.way != "filter" and isinstance(metric, Simple):
                if metric.agg == "sum_boolean":
                    return "boolean"
                return "number" if metric.agg in _SUMS else None
    if use.way == "filter":
        return None
    if use.key in _NUMBERS:
        return "number"
    return "date" if use.key in _TIMES else None


def _plural(kind: Kind) -> str:
    return {
        "text": "text", "number": "numbers", "date": "dates", "boolean": "true and false",
        "other": "something else",
    }[kind]  # fmt: skip


def _advice(wants: Kind, kind: Kind) -> str | None:
    if wants == "number" and kind == "boolean":
        return "Use 'agg: sum_boolean'."
    if wants == "boolean":
        return "Write a comparison, such as \"status = 'done'\"."
    if wants == "number" and kind == "text":
        return "Write 'expr: cast(… as double)', or say under 'read:' how numbers are written."
    return None


def _lists(known: Vocabulary, name: str, held: _Held) -> Iterator[Finding]:
    """Columns that a table names outside expressions."""
    table, path = held.table, ("tables", name)
    listed: list[tuple[Path, str]] = []
    for key in ("personal", "pseudonymous"):
        listed += [((*path, key, at), column) for at, column in enumerate(getattr(table, key))]
    if table.loaded_at is not None:
        listed.append(((*path, "loaded_at"), table.loaded_at))
    for at, rule in enumerate(table.checks):
        for kind in ("unique", "not_null", "accepted"):
            value = rule.get(kind)
            checked = [value] if isinstance(value, str) else list(value or ())
            listed += [((*path, "checks", at, kind), str(column)) for column in checked]
    for here, column in listed:
        if held.kind(column) is None and column not in table.dimensions:
            hint = did_you_mean(column, held.types)
            if here[2] == "personal" and hint is None:
                hint = "If it has another name, that one would be loaded."
            message = f"there is no column {column!r} in {name!r}"
            yield Finding("column-missing", message, known.project.place(*here), hint)
