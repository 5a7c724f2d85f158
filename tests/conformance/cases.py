"""MetricFlow's integration cases as data: request, models, and a check query for each.

The data lie beside the repository (`conformance/` of the shared folder) and are never copied.
"""

from __future__ import annotations

import datetime as dt
import json
import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa

from sameboat.questions.opened import Opened, open_workspace

SCHEMA = "mf_demo"
CLOSE = 1e-6
"""How far, relatively, two floats may lie apart."""


@dataclass(frozen=True)
class Case:
    """One request and the query whose rows it must give."""

    id: str
    model: str
    metrics: tuple[str, ...]
    group_by: tuple[str | Mapping[str, str], ...]
    where: tuple[str, ...]
    order_by: tuple[str, ...]
    limit: int | None
    start: str | None
    end: str | None
    saved_query: str | None
    ordered: bool
    may_be_empty: bool
    min_max_only: bool
    ungrouped: bool
    categories: tuple[str, ...]
    columns: tuple[str, ...]
    check: str

    @property
    def name(self) -> str:
        """The last part of the id, as tests are called."""
        return self.id.rpartition("/")[2]


def cases(folder: Path) -> tuple[Case, ...]:
    """All cases of a conformance folder."""
    lines = (folder / "cases.jsonl").read_text(encoding="utf-8").splitlines()
    return tuple(_case(json.loads(line)) for line in lines if line.strip())


def _case(raw: Mapping[str, Any]) -> Case:
    start, end = raw["time_constraint"] or (None, None)
    return Case(
        id=raw["id"],
        model=raw["model"],
        metrics=tuple(raw["metrics"]),
        group_by=(*raw["group_bys"], *raw["group_by_objs"]),
        where=(raw["where"],) if raw["where"] else (),
        order_by=tuple(raw["order_bys"]),
        limit=raw["limit"],
        start=start,
        end=end,
        saved_query=raw["saved_query"],
        ordered=raw["check_order"],
        may_be_empty=raw["allow_empty"],
        min_max_only=raw["min_max_only"],
        ungrouped=not raw["apply_group_by"],
        categories=tuple(raw["categories"]),
        columns=tuple(raw["expected_columns"]),
        check=raw["rendered_check_sql"],
    )


def database(folder: Path, at: Path) -> Path:
    """A DuckDB file with all tables of a conformance folder in the schema that cases name."""
    file = at / "conformance.duckdb"
    with duckdb.connect(str(file)) as connection:
        connection.execute(f"create schema {SCHEMA}")
        for table in sorted((folder / "tables").glob("*.parquet")):
            source = str(table).replace("'", "''")
            connection.execute(f"create table {SCHEMA}.{table.stem} as from '{source}'")
    return file


def opened(folder: Path, model: str, file: Path) -> Opened:
    """The project of a case's model over the database, as any user opens it."""
    return open_workspace(folder / "models" / model, warehouse=f"duckdb:///{file}", schema=SCHEMA)


def ask(workspace: Opened, case: Case) -> pa.Table:
    """The answer to a case's request."""
    return workspace.query(
        list(case.metrics),
        group_by=list(case.group_by),
        where=list(case.where),
        order_by=list(case.order_by),
        limit=case.limit,
        start=case.start,
        end=case.end,
        saved_query=case.saved_query,
        min_max_only=case.min_max_only,
        ungrouped=case.ungrouped,
    )


# ── comparison ───────────────────────────────────────────────────────────────────────────────

Row = tuple[Any, ...]


def difference(case: Case, answer: pa.Table, wanted: pa.Table) -> str | None:
    """In which way an answer differs from the rows of the check query; None where it does not."""
    names = sorted(name.lower() for name in answer.column_names)
    expected = sorted(name.lower() for name in wanted.column_names)
    if names != expected or names != sorted(case.columns):
        return f"the columns are {names}, not {expected}"
    mine, theirs = _rows(answer), _rows(wanted)
    if not theirs and not case.may_be_empty:
        return "the check query gives no rows, which proves nothing"
    if not case.ordered:
        mine, theirs = sorted(mine, key=_rank), sorted(theirs, key=_rank)
    if len(mine) != len(theirs):
        return f"{len(mine)} rows, not {len(theirs)}"
    for number, (one, other) in enumerate(zip(mine, theirs, strict=True), start=1):
        if not all(_same(left, right) for left, right in zip(one, other, strict=True)):
            return f"row {number} is {one}, not {other}"
    return None


def _rows(table: pa.Table) -> list[Row]:
    order = sorted(range(table.num_columns), key=lambda at: table.column_names[at].lower())
    columns = [[_plain(value) for value in table.column(at).to_pylist()] for at in order]
    return list(zip(*columns, strict=True)) if columns else []


def _plain(value: Any) -> Any:
    """Dates as timestamps and numbers as floats: the types of both sides may differ."""
    if isinstance(value, bool) or value is None:
        return value
    if isinstance(value, dt.datetime):
        return value.replace(tzinfo=None)
    if isinstance(value, dt.date):
        return dt.datetime(value.year, value.month, value.day)
    if isinstance(value, (int, float, Decimal)):
        return float(value)
    return value


def _rank(row: Row) -> Sequence[tuple[bool, str, Any]]:
    return [
        (value is None or value != value, type(value).__name__, value if value == value else None)
        for value in row
    ]


def _same(left: Any, right: Any) -> bool:
    if isinstance(left, float) and isinstance(right, float):
        if math.isnan(left) or math.isnan(right):
            return math.isnan(left) and math.isnan(right)
        return math.isclose(left, right, rel_tol=CLOSE, abs_tol=CLOSE * CLOSE)
    return bool(left == right)
