"""Random small companies: tables with missing partners and nulls, metrics of every computed type.

Every table has few rows, and their days lie where calendars break: month ends, a leap day, new
year, week 53.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from hypothesis import strategies as st

from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.periods import CALENDAR, Reckoning
from sameboat.project.declared import Project

Row = dict[str, Any]

TABLES: dict[str, Any] = {
    "orders": {
        "relation": "orders",
        "time": "at",
        "entities": {
            "order": {"type": "primary", "expr": "order_id"},
            "client": {"type": "foreign", "expr": "client_id"},
        },
        "dimensions": {
            "at": {"type": "time", "grain": "day"},
            "due": {"type": "time", "grain": "day"},
            "kind": {},
        },
    },
    "visits": {
        "relation": "visits",
        "time": "on_day",
        "entities": {
            "visit": {"type": "primary", "expr": "visit_id"},
            "client": {"type": "foreign", "expr": "client_id"},
        },
        "dimensions": {"on_day": {"type": "time", "grain": "day"}, "source": {}},
    },
    "stocks": {
        "relation": "stocks",
        "time": "day",
        "entities": {"client": {"type": "foreign", "expr": "client_id"}},
        "dimensions": {"day": {"type": "time", "grain": "day"}},
    },
    "clients": {
        "relation": "clients",
        "entities": {
            "client": {"type": "primary", "expr": "client_id"},
            "rep": {"type": "foreign", "expr": "rep_id"},
        },
        "dimensions": {"region": {}, "tier": {}},
    },
    "reps": {
        "relation": "reps",
        "entities": {"rep": {"type": "primary", "expr": "rep_id"}},
        "dimensions": {"office": {}},
    },
}

COLUMNS: dict[str, dict[str, str]] = {
    "orders": {
        "order_id": "bigint", "client_id": "varchar", "amount": "bigint", "qty": "bigint",
        "paid": "boolean", "kind": "varchar", "at": "date", "due": "date",
    },
    "visits": {
        "visit_id": "bigint", "client_id": "varchar", "minutes": "bigint", "source": "varchar",
        "on_day": "date",
    },
    "stocks": {"client_id": "varchar", "level": "bigint", "day": "date"},
    "clients": {
        "client_id": "varchar", "region": "varchar", "tier": "varchar", "rep_id": "varchar",
    },
    "reps": {"rep_id": "varchar", "office": "varchar"},
}  # fmt: skip

TIMES = {"orders": ("at", "due"), "visits": ("on_day",), "stocks": ("day",)}
NUMBERS = {"orders": ("amount", "qty"), "visits": ("minutes",), "stocks": ("level",)}
OWN = {"orders": ("kind",), "visits": ("source",), "stocks": ()}
SHARED = ("client__region", "client__tier", "client__rep__office")

DAYS = tuple(
    dt.date.fromisoformat(text)
    for text in (
        "2023-02-28", "2023-12-31", "2024-01-01", "2024-01-30", "2024-01-31", "2024-02-01",
        "2024-02-28", "2024-02-29", "2024-03-01", "2024-03-31", "2024-04-30", "2024-05-15",
        "2024-12-29", "2024-12-30", "2024-12-31", "2025-01-01", "2025-02-27", "2025-02-28",
        "2025-03-01", "2025-03-31",
    )
)  # fmt: skip

FILTERS: dict[str, tuple[tuple[str, Callable[[Row], bool | None]], ...]] = {
    "orders": (
        ("kind = 'a'", lambda r: None if r["kind"] is None else r["kind"] == "a"),
        ("kind in ('a', 'b')", lambda r: None if r["kind"] is None else r["kind"] in "ab"),
        ("amount > 2", lambda r: None if r["amount"] is None else r["amount"] > 2),
        ("kind is null", lambda r: r["kind"] is None),
        ("paid", lambda r: r["paid"]),
        ("client__region = 'N'", lambda r: _is(r["client__region"], "N")),
        ("not client__tier = 'x'", lambda r: _not(_is(r["client__tier"], "x"))),
        (
            "client__rep__office = 'o' or kind = 'b'",
            lambda r: _or(_is(r["client__rep__office"], "o"), _is(r["kind"], "b")),
        ),
    ),
    "visits": (
        ("source = 's'", lambda r: _is(r["source"], "s")),
        ("client__region = 'N'", lambda r: _is(r["client__region"], "N")),
        ("minutes >= 2", lambda r: None if r["minutes"] is None else r["minutes"] >= 2),
    ),
    "stocks": (("client__region = 'N'", lambda r: _is(r["client__region"], "N")),),
}
"""Filters as they are written, and what they mean for a row; None is unknown."""

ANYWHERE = ("client__region = 'N'", "client__tier is not null", "client__rep__office <> 'p'")
MEANING: dict[str, Callable[[Row], bool | None]] = {
    "client__tier is not null": lambda r: r["client__tier"] is not None,
    "client__rep__office <> 'p'": lambda r: _not(_is(r["client__rep__office"], "p")),
    **{text: meaning for table in FILTERS.values() for text, meaning in table},
}


def _is(value: object, wanted: object) -> bool | None:
    return None if value is None else value == wanted


def _not(value: bool | None) -> bool | None:
    return None if value is None else not value


def _or(left: bool | None, right: bool | None) -> bool | None:
    if left or right:
        return True
    return None if left is None or right is None else False


WHEN: dict[str, tuple[str, Callable[[dt.date], bool]]] = {
    "metric_time__month >= '2024-02-01'": ("month", lambda d: d >= dt.date(2024, 2, 1)),
    "metric_time__day < '2024-12-31'": ("day", lambda d: d < dt.date(2024, 12, 31)),
    "metric_time__year = '2024-01-01'": ("year", lambda d: d == dt.date(2024, 1, 1)),
    "metric_time__week <> '2024-02-26'": ("week", lambda d: d != dt.date(2024, 2, 26)),
}
"""Filters on time: the grain at which each looks, and which of its periods pass."""


@dataclass(frozen=True)
class Company:
    """Rows of all tables, and metrics over them."""

    rows: Mapping[str, Sequence[Row]]
    metrics: Mapping[str, Any]
    project: Project = field(repr=False)
    world: World = field(repr=False)


@dataclass(frozen=True)
class Asked:
    """A request in names."""

    metrics: tuple[str, ...]
    grain: str | None
    by: tuple[str, ...]
    where: tuple[str, ...]
    when: tuple[str, ...]
    start: dt.date | None
    end: dt.date | None


# ── data ─────────────────────────────────────────────────────────────────────────────────────

_days = st.sampled_from(DAYS)
_client = st.sampled_from(["c1", "c2", "c3", "c9", None])  # c9 has no partner
_small = st.one_of(st.none(), st.integers(-3, 9))


def _table(columns: Mapping[str, st.SearchStrategy[Any]], key: str | None, most: int) -> Any:
    def numbered(rows: list[Row]) -> list[Row]:
        return [{**({key: n} if key else {}), **row} for n, row in enumerate(rows, start=1)]

    return st.lists(st.fixed_dictionaries(dict(columns)), max_size=most).map(numbered)


ORDERS = _table(
    {
        "client_id": _client, "amount": _small, "qty": st.integers(1, 4),
        "paid": st.sampled_from([True, False, None]),
        "kind": st.sampled_from(["a", "b", "c", None]),
        "at": _days, "due": st.one_of(st.none(), _days),
    },
    "order_id",
    9,
)  # fmt: skip
VISITS = _table(
    {
        "client_id": _client, "minutes": _small, "source": st.sampled_from(["s", "t", None]),
        "on_day": _days,
    },
    "visit_id",
    6,
)  # fmt: skip
STOCKS = _table({"client_id": _client, "level": _small, "day": _days}, None, 6)
CLIENTS = st.lists(
    st.tuples(st.sampled_from("NSx").map(lambda v: None if v == "x" else v),
              st.sampled_from(["x", "y", None]), st.sampled_from(["r1", "r2", "r9", None])),
    min_size=3, max_size=3,
).map(lambda found: [
    {"client_id": f"c{n}", "region": a, "tier": b, "rep_id": c}
    for n, (a, b, c) in enumerate(found, start=1)
])  # fmt: skip
REPS = st.lists(st.sampled_from(["o", "p", None]), min_size=2, max_size=2).map(
    lambda found: [{"rep_id": f"r{n}", "office": o} for n, o in enumerate(found, start=1)]
)
DATA = st.fixed_dictionaries(
    {"orders": ORDERS, "visits": VISITS, "stocks": STOCKS, "clients": CLIENTS, "reps": REPS}
)

# ── metrics ──────────────────────────────────────────────────────────────────────────────────

ADDITIVE = ("sum", "count", "sum_boolean")
AGGS = (*ADDITIVE, "count_distinct", "average", "min", "max", "median", "percentile")
SPANS = (
    "1 day", "7 days", "1 week", "1 month", "3 months", "1 quarter", "1 year", "1 fiscal_quarter",
    "2 fiscal_quarters", "1 fiscal_year",
)  # fmt: skip
WINDOWS = (
    "1 day", "7 days", "28 days", "2 weeks", "1 month", "1 quarter", "1 fiscal_quarter", "1 year",
)  # fmt: skip
TO_GRAINS = ("week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")
GRAINS = ("day", "week", "month", "quarter", "year", "fiscal_quarter", "fiscal_year")


@st.composite
def simple(draw: Any, table: str | None = None, aggs: Sequence[str] = AGGS) -> dict[str, Any]:
    """A simple metric of any table, with or without filters."""
    table = table or draw(st.sampled_from(["orders", "orders", "visits"]))
    agg = draw(st.sampled_from([a for a in aggs if a != "sum_boolean" or table == "orders"]))
    metric: dict[str, Any] = {"type": "simple", "table": table, "agg": agg}
    if agg == "sum_boolean":
        metric["expr"] = "paid"
    elif agg == "count_distinct":
        metric["expr"] = draw(st.sampled_from(["client_id", NUMBERS[table][0]]))
    elif agg != "count" or draw(st.booleans()):
        metric["expr"] = draw(st.sampled_from(NUMBERS[table]))
    if agg == "percentile":
        metric |= {"percentile": draw(st.sampled_from([0.0, 0.25, 0.9, 1.0]))}
        metric |= {"discrete": draw(st.booleans())}
    if len(TIMES[table]) > 1 and draw(st.integers(0, 3)) == 0:
        metric["time"] = TIMES[table][1]
    if draw(st.booleans()):
        metric["filter"] = [draw(st.sampled_from(FILTERS[table]))[0]]
    if draw(st.integers(0, 7)) == 0:
        metric["fill_nulls_with"] = draw(st.sampled_from([0, 7]))
    return metric


@st.composite
def level(draw: Any) -> dict[str, Any]:
    """A level that is not summed over time."""
    over: dict[str, Any] = {"time": draw(st.sampled_from(["last", "first"]))}
    if draw(st.booleans()):
        over["by"] = ["client"]
    return {
        "type": "simple", "table": "stocks", "expr": "level", "non_additive_over": over,
        "agg": draw(st.sampled_from(["sum", "average", "max", "count"])),
    }  # fmt: skip


@st.composite
def conversion(draw: Any, metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """A conversion between plain counts, where there are two."""
    plain = [
        name
        for name, metric in metrics.items()
        if metric["type"] == "simple" and metric["agg"] in ("count", "sum", "count_distinct")
        and "non_additive_over" not in metric and metric.get("time") != "due"
    ]  # fmt: skip
    if not plain:
        return None
    found = {
        "type": "conversion", "entity": "client",
        "base": draw(st.sampled_from(plain)), "converted": draw(st.sampled_from(plain)),
        "calculation": draw(st.sampled_from(["rate", "conversions"])),
    }  # fmt: skip
    if draw(st.booleans()):
        found["window"] = draw(st.sampled_from(["7 days", "1 month", "1 year"]))
    return found


def _entry(draw: Any, name: str, *, offsets: bool) -> Any:
    """A metric as it enters another one: bare, filtered, filled or offset."""
    found: dict[str, Any] = {"metric": name}
    if draw(st.integers(0, 3)) == 0:
        found["filter"] = [draw(st.sampled_from(ANYWHERE))]
    if draw(st.integers(0, 5)) == 0:
        found["fill_nulls_with"] = draw(st.sampled_from([0, 5]))
    if offsets and draw(st.booleans()):
        if draw(st.integers(0, 4)):
            found["offset_window"] = draw(st.sampled_from(SPANS))
        else:
            found["offset_to_grain"] = draw(st.sampled_from(TO_GRAINS))
    return found


@st.composite
def composed(draw: Any, metrics: Mapping[str, Any]) -> dict[str, Any] | None:
    """A metric made of earlier ones."""
    kind = draw(
        st.sampled_from(["ratio", "ratio", "derived", "derived", "cumulative", "conversion"])
    )
    if kind == "conversion":
        return draw(conversion(metrics))
    still = [name for name in metrics if not uses(metrics, name, "conversion")]
    flat = [
        name for name in still
        if not uses(metrics, name, "cumulative") and not uses(metrics, name, "level")
    ]  # fmt: skip
    if kind == "cumulative":
        if not flat:
            return None
        found: dict[str, Any] = {
            "type": "cumulative", "metric": draw(st.sampled_from(flat)),
            "period_agg": draw(st.sampled_from(["last", "first", "average"])),
        }  # fmt: skip
        how = draw(st.sampled_from(["window", "window", "to_date", "all"]))
        if how == "window":
            found["window"] = draw(st.sampled_from(WINDOWS))
        elif how == "to_date":
            found["grain_to_date"] = draw(st.sampled_from(TO_GRAINS))
        return found
    names = list(metrics)
    if kind == "ratio":
        above, below = (draw(st.sampled_from(names)) for _ in range(2))
        return {
            "type": "ratio",
            "numerator": _entry(draw, above, offsets=False),
            "denominator": _entry(draw, below, offsets=False),
        }
    one, two = draw(st.sampled_from(names)), draw(st.sampled_from(still or names))
    return {
        "type": "derived",
        "expr": draw(st.sampled_from(["one - two", "one / two - 1", "2 * one + two", "two"])),
        "metrics": [
            {**_entry(draw, one, offsets=False), "alias": "one"},
            {**_entry(draw, two, offsets=two in still), "alias": "two"},
        ],
    }


def uses(metrics: Mapping[str, Any], name: str, what: str) -> bool:
    """Whether a metric is made of one of a type, levels and offsets being types of their own."""
    metric = metrics[name]
    if metric["type"] == what or (what == "level" and "non_additive_over" in metric):
        return True
    if what == "offset" and any(
        isinstance(i, dict) and ("offset_window" in i or "offset_to_grain" in i)
        for i in metric.get("metrics", ())
    ):
        return True
    return any(uses(metrics, inner, what) for inner in inputs_of(metric))


def inputs_of(metric: Mapping[str, Any]) -> list[str]:
    """The metrics of which one is made."""
    given = [metric.get(k) for k in ("numerator", "denominator", "metric", "base", "converted")]
    given += metric.get("metrics", ())
    return [i["metric"] if isinstance(i, dict) else i for i in given if i is not None]


def tables_of(metrics: Mapping[str, Any], name: str) -> set[str]:
    """The tables that a metric reads."""
    metric = metrics[name]
    if metric["type"] == "simple":
        return {metric["table"]}
    return set().union(*(tables_of(metrics, inner) for inner in inputs_of(metric)))


@st.composite
def metrics(draw: Any) -> dict[str, Any]:
    """Between one and six metrics, later ones made of earlier ones."""
    found: dict[str, Any] = {}
    for _ in range(draw(st.integers(1, 3))):
        found[f"m{len(found)}"] = draw(simple())
    if draw(st.integers(0, 2)) == 0:
        found[f"m{len(found)}"] = draw(level())
    for _ in range(draw(st.integers(0, 3))):
        made = draw(composed(found))
        if made is not None:
            found[f"m{len(found)}"] = made
    return found


RECKONINGS = (CALENDAR, Reckoning(week_starts="sunday", fiscal_start_month=2))


def company(
    rows: Mapping[str, Sequence[Row]],
    declared: Mapping[str, Any],
    reckoning: Reckoning = CALENDAR,
) -> Company:
    """A company of these rows and metrics."""
    project = Project.from_mappings(tables=TABLES, metrics=declared)
    world = World(project.tables, project.metrics, Graph(project.tables), reckoning=reckoning)
    return Company(rows, declared, project, world)


COMPANIES = st.builds(company, DATA, metrics(), st.sampled_from(RECKONINGS))


@st.composite
def asked(draw: Any, of: Company, *, names: Sequence[str] | None = None) -> Asked:
    """A request that the company's metrics can answer."""
    known = list(names or of.metrics)
    chosen = tuple(draw(st.lists(st.sampled_from(known), min_size=1, max_size=3, unique=True)))
    read = set().union(*(tables_of(of.metrics, name) for name in chosen))
    dims = [*SHARED, *(OWN[next(iter(read))] if len(read) == 1 else ())]
    looks_back = any(
        uses(of.metrics, name, kind) for name in chosen for kind in ("cumulative", "offset")
    )
    grain = draw(st.sampled_from(GRAINS if looks_back else (None, *GRAINS)))
    start, end = draw(_days), draw(_days)
    ranged = draw(st.booleans())
    return Asked(
        chosen,
        grain,
        tuple(draw(st.lists(st.sampled_from(dims), max_size=2, unique=True))),
        tuple(draw(st.lists(st.sampled_from(ANYWHERE), max_size=1))),
        tuple(draw(st.lists(st.sampled_from(list(WHEN)), max_size=draw(st.integers(0, 1))))),
        min(start, end) if ranged and draw(st.booleans()) else None,
        max(start, end) if ranged else None,
    )
