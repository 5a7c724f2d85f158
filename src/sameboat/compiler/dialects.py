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
    """all analyse analyze and anti any array as asc asof asymmetric at authorization between bigint
    binary bit boolean both by case cast char character check coalesce collate collation column
    columns concurrently constraint create cross current_date current_timestamp date day dec
    decimal default deferrable desc describe distinct do double else end except exists extract
    false fetch float for foreign freeze from full generated glob grant group grouping grouping_id
    having hour if ilike in initially inner inout int integer intersect interval into is isnull
    join lambda lateral leading left like limit map minute month national natural nchar none not
    notnull null nullif numeric offset on only or order out outer over overlaps overlay partition
    pivot pivot_longer pivot_wider placing position positional precision primary qualify range
    real references returning right row rows sample select semi set setof show similar smallint
    some start struct substring summarize symmetric table tablesample text then time timestamp to
    trailing treat trim true try_cast tuple union unique unpack unpivot update user using values
    varchar variadic verbose when where window with year""".split()
)


@dataclass(frozen=True, eq=False)
class Dialect:
    """An engine's spelling: templates take `{x}`, `{n}` and the like."""

    name: str
    quote: str = '"'
    types: Mapping[str, str] = field(default_factory=lambda: _TYPES)
    trunc: str = "DATE_TRUNC('{grain}', {x})"
    trunc_days: str = ""  # to days and longer, where that is another type
    part: str = "EXTRACT({part} FROM {x})"
    parts: Mapping[str, str] = field(default_factory=dict)
    interval: str = "INTERVAL {n} {grain}"
    quarter_months: bool = False
    zoned: str = "({x} AT TIME ZONE '{source}' AT TIME ZONE '{target}')"
    add_days: str = "({x} + {n} * INTERVAL 1 DAY)"
    count_listed: str = "COUNT(DISTINCT {x})"  # where a group has few values
    percentile: str = "QUANTILE_CONT({x}, {p})"
    percentile_discrete: str = "QUANTILE_DISC({x}, {p})"
    percentile_approximate: str = "APPROX_QUANTILE({x}, {p})"
    spine: str = "SELECT UNNEST(GENERATE_SERIES({low}, {high}, {step})) AS {column}"
    date_diff: Mapping[str, str] = field(default_factory=dict)  # by unit; "" for all others
    typed_nulls: bool = False
    ending: str = ""
    same: str = "{a} IS NOT DISTINCT FROM {b}"
    functions: Mapping[str, str] = field(default_factory=dict)
    ascending: str = ""
    descending: str = " DESC"
    reserved: frozenset[str] = _RESERVED

    def identifier(self, name: str) -> str:
        """A name, quoted where it has to be."""
        plain = name.isidentifier() and name.isascii() and name == name.lower()
        if plain and name not in self.reserved:
            return name
        return self.quote + name.replace(self.quote, self.quote * 2) + self.quote


DUCKDB = Dialect(
    "duckdb",
    # Each COUNT(DISTINCT …) is planned as a grouping of its own, joined to the others.
    count_listed="LIST_UNIQUE(LIST({x}))",
    parts={"dow": "ISODOW({x})", "doy": "DAYOFYEAR({x})"},
    date_diff={"": "DATE_DIFF('{unit}', {a}, {b})"},
    functions={
        "if": "IF({0}, {1}, {2})",
        "one_of_64": "CAST(1 AS UBIGINT) << (HASH({0}) & 63)",
    },
)

_EPOCH = "EXTRACT(EPOCH FROM (DATE_TRUNC('{unit}', {b}) - DATE_TRUNC('{unit}', {a})))"
_YEARS = "(EXTRACT(YEAR FROM {b}) - EXTRACT(YEAR FROM {a}))"
_PART = "(EXTRACT({UNIT} FROM {b}) - EXTRACT({UNIT} FROM {a}))"

POSTGRES = Dialect(
    "postgres",
    descending=" DESC NULLS LAST",
    types={**_TYPES, "double": "DOUBLE PRECISION", "decimal": "NUMERIC"},
    interval="INTERVAL '{n} {grain}'",
    quarter_months=True,
    add_days="({x} + {n} * INTERVAL '1 day')",
    part="CAST(EXTRACT({part} FROM {x}) AS INTEGER)",
    parts={"dow": "CAST(EXTRACT(ISODOW FROM {x}) AS INTEGER)"},
    typed_nulls=True,
    date_diff={
        "second": f"CAST({_EPOCH} AS BIGINT)",
        "minute": f"CAST({_EPOCH} / 60 AS BIGINT)",
        "hour": f"CAST({_EPOCH} / 3600 AS BIGINT)",
        "day": "(CAST({b} AS DATE) - CAST({a} AS DATE))",
        "week": "((CAST(DATE_TRUNC('week', {b}) AS DATE) "
        "- CAST(DATE_TRUNC('week', {a}) AS DATE)) / 7)",
        "month": f"CAST({_YEARS} * 12 + {_PART} AS INTEGER)",
        "quarter": f"CAST({_YEARS} * 4 + {_PART} AS INTEGER)",
        "year": f"CAST({_YEARS} AS INTEGER)",
    },
    percentile="PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    percentile_discrete="PERCENTILE_DISC({p}) WITHIN GROUP (ORDER BY {x})",
    percentile_approximate="PERCENTILE_CONT({p}) WITHIN GROUP (ORDER BY {x})",
    trunc_days="CAST(DATE_TRUNC('{grain}', {x}) AS DATE)",
    spine=(
        "SELECT GENERATE_SERIES(CAST({low} AS TIMESTAMP), CAST({high} AS TIMESTAMP), {step}) "
        "AS {column}"
    ),
    functions={
        "if": "CASE WHEN {0} THEN {1} ELSE {2} END",
        "contains": "(POSITION({1} IN {0}) > 0)",
        "one_of_64": "CAST(1 AS BIGINT) << (HASHTEXT(CAST({0} AS VARCHAR)) & 63)",
        "bit_count": "BIT_COUNT(CAST({0} AS BIT(64)))",
    },
    # Only equalities are joined by hashes.
    same="COALESCE(CAST({a} AS VARCHAR), '') = COALESCE(CAST({b} AS VARCHAR), '') "
    "AND ({a} IS NULL) = ({b} IS NULL)",
)

SPARK = Dialect(
    "spark",
    ascending=" NULLS LAST",
    quote="`",
    zoned="CONVERT_TIMEZONE('{source}', '{target}', {x})",
    add_days="DATEADD(DAY, {n}, {x})",
    types={**_TYPES, "text": "STRING", "timestamptz": "TIMESTAMP"},
    parts={"dow": "(WEEKDAY({x}) + 1)", "doy": "DAYOFYEAR({x})"},
    percentile="PERCENTILE({x}, {p})",
    percentile_discrete="PERCENTILE_DISC({p}) WITHIN GROUP (ORDER BY {x})",
    percentile_approximate="PERCENTILE_APPROX({x}, {p})",
    spine=(
        "SELECT {column} FROM (SELECT EXPLODE(SEQUENCE({low}, GREATEST({low}, {high}), {step})) "
        "AS {column}) WHERE {column} <= {high}"
    ),
    date_diff={
        "": "TIMESTAMPDIFF({UNIT}, DATE_TRUNC('{unit}', {a}), DATE_TRUNC('{unit}', {b}))",
    },
    functions={
        "starts_with": "STARTSWITH({0}, {1})",
        "one_of_64": "SHIFTLEFT(CAST(1 AS BIGINT), PMOD(HASH({0}), 64))",
    },
    same="{a} <=> {b}",
)

CLICKHOUSE = Dialect(
    "clickhouse",
    zoned="toDateTime64(formatDateTime(toTimeZone(toDateTime64({x}, 6, '{source}'), '{target}'), "
    "'%Y-%m-%d %H:%i:%S'), 6)",
    types={
        **_TYPES,
        "text": "Nullable(String)",
        "double": "Nullable(Float64)",
        "integer": "Nullable(Int32)",
        "bigint": "Nullable(Int64)",
        "date": "Nullable(Date32)",
        "timestamp": "Nullable(DateTime64(6))",
    },
    parts={
        "dow": "toDayOfWeek({x})",
        "doy": "toDayOfYear({x})",
        "week": "toISOWeek({x})",
        "quarter": "toQuarter({x})",
    },
    ending="SETTINGS join_use_nulls = 1",
    percentile="quantileExactInclusive({p})({x})",
    percentile_discrete=(
        "IF(COUNT({x}) = 0, NULL, arrayElement(arraySort(groupArray({x})), "
        "greatest(1, toUInt64(ceil({p} * COUNT({x}))))))"
    ),
    percentile_approximate="quantileTDigest({p})({x})",
    spine=(
        "SELECT arrayJoin(arrayMap(i -> {low} + INTERVAL i {grain}, "
        "range(0, assumeNotNull(dateDiff('{grain}', {low}, {high})) + 1))) AS {column}"
    ),
    date_diff={"": "dateDiff('{unit}', {a}, {b})"},
    functions={
        "contains": "(position({0}, {1}) > 0)",
        "starts_with": "startsWith({0}, {1})",
        "split_part": "arrayElement(splitByString({1}, {0}), {2})",
        "one_of_64": "bitShiftLeft(toUInt64(1), cityHash64({0}) % 64)",
        "bit_count": "bitCount({0})",
    },
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
