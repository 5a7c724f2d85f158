"""How engines spell what the compiler means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from sameboat.errors import RequestError, did_you_mean

_TYPES = {
    "text": "VARCHAR", "integer": "INTEGER", "bigint": "BIGINT", "double": "DOUBLE",
    "decimal": "DECIMAL", "boolean": "BOOLEAN", "date": "DATE", "timestamp": "TIMESTAMP",
    "timestamptz": "TIMESTAMPTZ",
}  # fmt: skip

_RESERVED = frozenset(
    [
        "all",
        "and",
        "any",
        "as",
        "asc",
        "between",
        "by",
        "case",
        "cast",
        "check",
        "column",
        "constraint",
        "create",
        "cross",
        "current_date",
        "default",
        "desc",
        "distinct",
        "else",
        "end",
        "except",
        "exists",
        "false",
        "for",
        "foreign",
        "from",
        "full",
        "group",
        "having",
        "if",
        "in",
        "inner",
        "intersect",
        "into",
        "is",
        "join",
        "left",
        "like",
        "limit",
        "natural",
        "not",
        "null",
        "offset",
        "on",
        "or",
        "order",
        "outer",
        "primary",
        "references",
        "right",
        "select",
        "set",
        "some",
        "table",
        "then",
        "to",
        "true",
        "union",
        "unique",
        "update",
        "user",
        "using",
        "values",
        "when",
        "where",
        "window",
        "with",
        "interval",
        "date",
        "time",
        "timestamp",
        "year",
        "month",
        "day",
        "hour",
        "minute",
        "position",
        "rows",
        "range",
        "start",
        "end",
        "at",
        "row",
        "over",
        "partition",
        "analyse",
        "analyze",
        "lateral",
        "only",
        "grant",
        "qualify",
        "sample",
    ]
)


@dataclass(frozen=True, eq=False)
class Dialect:
    """An engine's spelling: templates take `{x}`, `{n}` and the like."""

    name: str
    quote: str = '"'
    types: Mapping[str, str] = field(default_factory=lambda: _TYPES)
    trunc: str = "DATE_TRUNC('{grain}', {x})"
    part: str = "EXTRACT({part} FROM {x})"
    parts: Mapping[str, str] = field(default_factory=dict)
    interval: str = "INTERVAL {n} {grain}"
    quarter_months: bool = False
    percentile: str = "QUANTILE_CONT({x}, {p})"
    percentile_discrete: str = "QUANTILE_DISC({x}, {p})"
    percentile_approximate: str = "APPROX_QUANTILE({x}, {p})"
    spine: str = "SELECT UNNEST(GENERATE_SERIES({low}, {high}, {step})) AS {column}"
    functions: Mapping[str, str] = field(default_factory=dict)
    reserved: frozenset[str] = _RESERVED

    def identifier(self, name: str) -> str:
        """A name, quoted where it has to be."""
        plain = name.isidentifier() and name.isascii() and name == name.lower()
        if plain and name not in self.reserved:
            return name
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote


_DATE_DIFF = "DATE_DIFF('{0}', {1}, {2})"

DUCKDB = Dialect(
    "duckdb",
    parts={"dow": "ISODOW({x})", "doy": "DAYOFYEAR({x})"},
    functions={"date_diff": _DATE_DIFF, "if": "IF({0}, {1}, {2})"},
)

POSTGRES = Dialect(
    "postgres",
    types={**_TYPES, "double": "DOUBLE PRECISION", "decimal": "NUMERIC"},
    interval="INTERVAL '{n} {grain}'",
    quarter_months=True,
    parts={"dow": "EXTRACT(ISODOW FROM {x})"},
    percentile="PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    percentile_discrete="PERCENTILE_DISC({p}) WITHIN GROUP (ORDER BY {x})",
    percentile_approximate="PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    spine="SELECT GENERATE_SERIES({low}, {high}, {step}) AS {column}",
    functions={
        "if": "CASE WHEN {0} THEN {1} ELSE {2} END",
        "date_diff": "(CAST({2} AS DATE) - CAST({1} AS DATE))",
        "contains": "(POSITION({1} IN {0}) > 0)",
    },
)

SPARK = Dialect(
    "spark",
    quote="`",
    types={**_TYPES, "text": "STRING", "timestamptz": "TIMESTAMP"},
    parts={"dow": "(WEEKDAY({x}) + 1)", "doy": "DAYOFYEAR({x})"},
    percentile="PERCENTILE({x}, {p})",
    percentile_discrete="PERCENTILE_DISC({p}) WITHIN GROUP (ORDER BY {x})",
    percentile_approximate="PERCENTILE_APPROX({x}, {p})",
    spine="SELECT EXPLODE(SEQUENCE({low}, {high}, {step})) AS {column}",
    functions={"date_diff": "TIMESTAMPDIFF({0}, {1}, {2})"},
)

CLICKHOUSE = Dialect(
    "clickhouse",
    types={
        **_TYPES,
        "text": "Nullable(String)",
        "double": "Nullable(Float64)",
        "integer": "Nullable(Int32)",
        "bigint": "Nullable(Int64)",
        "date": "Nullable(Date32)",
        "timestamp": "Nullable(DateTime64(6))",
    },
    parts={"dow": "toDayOfWeek({x})", "doy": "toDayOfYear({x})"},
    percentile="quantileExactInclusive({p})({x})",
    percentile_discrete="quantileExactLow({p})({x})",
    percentile_approximate="quantileTDigest({p})({x})",
    spine="SELECT arrayJoin(arrayMap(i -> {low} + INTERVAL i {grain}, range(0, dateDiff('{grain}', {low}, {high}) + 1))) AS {column}",
    functions={"date_diff": "dateDiff('{0}', {1}, {2})"},
)

DIALECTS = {d.name: d for d in (DUCKDB, POSTGRES, SPARK, CLICKHOUSE)}
"""Dialects that the compiler writes."""


def dialect(name: str) -> Dialect:
    """The dialect of that name.

    Raises RequestError (`unknown-dialect`) for one that is not written yet.
    """
    if name not in DIALECTS:
        raise RequestError(
            "unknown-dialect",
            f"{name!r} is not a dialect that can be written",
            hint=did_you_mean(name, DIALECTS) or f"Known: {', '.join(DIALECTS)}.",
        )
    return DIALECTS[name]
