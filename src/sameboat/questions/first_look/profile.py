"""What one table holds, column by column: how much is filled, how many values, which kinds."""

from __future__ import annotations

import datetime as dt
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sameboat.project.sql_text import literal, quoted
from sameboat.project.tables import TableSource
from sameboat.warehouse.base import Warehouse

SAMPLE = 2000
"""Rows that are looked at value by value."""

FEW = 15
"""Up to how many different values are listed with how often each occurs."""

TIMES = ("date", "timestamp", "timestamptz")
NUMBERS = ("integer", "decimal", "float")

EMAIL = r"[A-Za-z0-9._%+-]+@[A-Za-z0-9-]+(\.[A-Za-z0-9-]+)*\.[A-Za-z]{2,}"
_EURO = r"\s*-?\d{1,3}(\.\d{3})*,\d+\s*|\s*-?\d{1,3}(\.\d{3})+\s*"
_POINT = r"\s*[$€£]?\s*-?\d{1,3}(,\d{3})*(\.\d+)?\s*|\s*[$€£]\s*-?\d+(\.\d+)?\s*"


@dataclass(frozen=True)
class Column:
    """One column as the data show it."""

    name: str
    kind: str  # one of warehouse.base.WORDS
    filled: int
    distinct: int
    low: Any = None
    high: Any = None
    sample: tuple[str, ...] = ()  # different values, as text
    values: tuple[tuple[str, int], ...] = ()  # all values with their counts, where they are few
    emails: int = 0
    longest: int = 0
    coarse: str = "day"  # of times: day or month
    written: str | None = None  # of text that holds numbers: 'comma' or 'point' decimals

    @property
    def is_time(self) -> bool:
        return self.kind in TIMES

    @property
    def is_number(self) -> bool:
        return self.kind in NUMBERS

    def share(self, pattern: re.Pattern[str]) -> float:
        """How much of the sample matches a pattern as a whole."""
        if not self.sample:
            return 0.0
        return sum(bool(pattern.fullmatch(value.strip())) for value in self.sample) / len(
            self.sample
        )


@dataclass(frozen=True)
class Profile:
    """One table as the data show it."""

    source: TableSource
    rows: int
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    sample: Mapping[str, Sequence[Any]] = field(default_factory=dict, repr=False)

    @property
    def name(self) -> str:
        return self.source.name

    def column(self, name: str) -> Column:
        """The column of that very name."""
        return next(column for column in self.columns if column.name == name)


def profile(warehouse: Warehouse, source: TableSource, *, notes: tuple[str, ...] = ()) -> Profile:
    """The profile of a table, from one pass for counts and one sample for values.

    Raises WarehouseError where the table cannot be read.
    """
    kinds = warehouse.columns(source.name)
    sample = _sample(warehouse, source.name)
    rows = max((len(values) for values in sample.values()), default=0)
    if rows < SAMPLE:
        totals = _counted(sample, kinds, rows)  # the whole table is here: wide ones are quick so
    else:
        totals = _totals(warehouse, source.name, kinds)
        rows = int(totals["rows"])
    columns = tuple(
        _column(warehouse, source.name, name, kind, totals, at, sample)
        for at, (name, kind) in enumerate(kinds.items())
    )
    return Profile(source, rows, columns, notes, sample)


def _totals(warehouse: Warehouse, table: str, kinds: Mapping[str, str]) -> dict[str, Any]:
    parts = ["count(*) AS rows"]
    for at, (name, kind) in enumerate(kinds.items()):
        column = quoted(name)
        parts.append(f"count({column}) AS filled_{at}")
        if kind in ("list", "struct", "blob", "other", "interval"):
            continue
        parts.append(f"count(DISTINCT {column}) AS distinct_{at}")
        if kind in (*TIMES, *NUMBERS):
            parts += [f"min({column}) AS low_{at}", f"max({column}) AS high_{at}"]
        if kind in TIMES:
            parts.append(f"bool_and({column} = date_trunc('month', {column})) AS months_{at}")
        if kind == "text":
            parts += [
                f"max(length({column})) AS longest_{at}",
                f"count_if(regexp_matches({column}, {literal(EMAIL)})) AS emails_{at}",
                f"bool_and(regexp_full_match({column}, {literal(_EURO)})) AS comma_{at}",
                f"bool_and(regexp_full_match({column}, {literal(_POINT)})) AS point_{at}",
            ]
    table_ = warehouse.run(f"SELECT {', '.join(parts)} FROM {quoted(table)}")
    row: dict[str, Any] = table_.to_pylist()[0]
    return row


def _counted(
    sample: Mapping[str, Sequence[Any]], kinds: Mapping[str, str], rows: int
) -> dict[str, Any]:
    """The same as `_totals` of a table whose rows are all in the sample."""
    row: dict[str, Any] = {"rows": rows}
    for at, (name, kind) in enumerate(kinds.items()):
        held = [value for value in sample[name] if value is not None]
        row[f"filled_{at}"] = len(held)
        if kind in ("list", "struct", "blob", "other", "interval"):
            continue
        row[f"distinct_{at}"] = len(set(held))
        if kind in (*TIMES, *NUMBERS) and held:
            row[f"low_{at}"], row[f"high_{at}"] = min(held), max(held)
        if kind in TIMES:
            row[f"months_{at}"] = bool(held) and all(_begins_month(value) for value in held)
        if kind == "text":
            row[f"longest_{at}"] = max(map(len, held), default=0)
            row[f"emails_{at}"] = sum(bool(re.search(EMAIL, value)) for value in held)
            row[f"comma_{at}"] = bool(held) and all(re.fullmatch(_EURO, v) for v in held)
            row[f"point_{at}"] = bool(held) and all(re.fullmatch(_POINT, v) for v in held)
    return row


def _begins_month(value: dt.date) -> bool:
    """Whether a day or moment is the very beginning of a month."""
    if isinstance(value, dt.datetime):
        return value.day == 1 and value.time() == dt.time()
    return value.day == 1


def _sample(warehouse: Warehouse, table: str) -> dict[str, list[Any]]:
    rows = warehouse.run(
        f"SELECT * FROM {quoted(table)} USING SAMPLE reservoir({SAMPLE} ROWS) REPEATABLE (1)"
    )
    return {name: rows.column(name).to_pylist() for name in rows.column_names}


def _column(
    warehouse: Warehouse,
    table: str,
    name: str,
    kind: str,
    totals: Mapping[str, Any],
    at: int,
    sample: Mapping[str, list[Any]],
) -> Column:
    distinct = int(totals.get(f"distinct_{at}") or 0)
    values: tuple[tuple[str, int], ...] = ()
    if kind == "text" and 0 < distinct <= FEW:
        if int(totals["rows"]) < SAMPLE:
            held = Counter(value for value in sample[name] if value is not None)
            values = tuple(sorted(held.items(), key=lambda item: (-item[1], item[0])))
        else:
            values = _values(warehouse, table, name)
    written = None
    if kind == "text" and distinct:
        if totals[f"comma_{at}"]:
            written = "comma"
        elif totals[f"point_{at}"] and any(
            mark in str(value) for value in sample[name] if value for mark in ",$€£"
        ):
            written = "point"
    seen = dict.fromkeys(str(value) for value in sample[name] if value is not None)
    return Column(
        name=name,
        kind=kind,
        filled=int(totals[f"filled_{at}"]),
        distinct=distinct,
        low=totals.get(f"low_{at}"),
        high=totals.get(f"high_{at}"),
        sample=tuple(seen),
        values=values,
        emails=int(totals.get(f"emails_{at}") or 0),
        longest=int(totals.get(f"longest_{at}") or 0),
        coarse="month" if totals.get(f"months_{at}") and distinct > 1 else "day",
        written=written,
    )


def _values(warehouse: Warehouse, table: str, name: str) -> tuple[tuple[str, int], ...]:
    column = quoted(name)
    found = warehouse.run(
        f"SELECT CAST({column} AS VARCHAR) AS v, count(*) AS n FROM {quoted(table)}"
        f" WHERE {column} IS NOT NULL GROUP BY 1 ORDER BY 2 DESC, 1"
    )
    return tuple((row["v"], row["n"]) for row in found.to_pylist())
