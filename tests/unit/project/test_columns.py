"""The files are held against the columns of the data."""

from __future__ import annotations

import pytest

from sameboat.project.columns import kind_of
from tests.unit.project.told import Findings, short

WORLD = """\
tables:
  deals:
    file: deals.csv
    subject: account
    time: closed
    entities: {deal: {type: primary, expr: id}, account: {type: foreign, expr: account_id}}
    dimensions: {closed: {type: time, expr: close_date}, stage: {}}
    checks: [{unique: id}, {accepted: {stage: [Won]}}]
  accounts:
    file: accounts.csv
    subject: account
    entities: {account: {type: primary, expr: id}}
    dimensions: {region: {}}
"""
COLUMNS = {
    "deals": {
        "id": "BIGINT", "account_id": "BIGINT", "close_date": "DATE", "stage": "VARCHAR",
        "Amount": "DECIMAL(18,2)", "won": "BOOLEAN", "opened": "TIMESTAMP",
    },
    "accounts": {"id": "BIGINT", "region": "VARCHAR"},
}  # fmt: skip


def test_files_that_fit_the_data_have_no_findings(findings: Findings) -> None:
    """Columns are found whatever their case; filters see columns and reachable dimensions."""
    text = """\
metrics:
  a: {type: simple, table: deals, agg: sum, expr: amount, filter: [stage = 'Won', region = 'UK']}
  b: {type: simple, table: deals, agg: sum_boolean, expr: won, filter: "amount > 1"}
  c: {type: simple, table: deals, agg: count_distinct, expr: account_id}
  d: {type: ratio, numerator: {metric: a, filter: "won"}, denominator: a}
"""
    assert findings(text, world=WORLD, columns=COLUMNS) == []


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("agg: sum, expr: amont", "1:59 column-missing"),
        ("agg: sum, expr: amount * facter", "1:59 column-missing"),
        ("agg: count, filter: stag = 'Won'", "1:63 column-missing"),
        ("agg: sum", "1:11 column-missing"),
        ("agg: max, expr: closed", "1:59 column-missing"),
        ("agg: sum, expr: stage", "1:59 column-type"),
        ("agg: average, expr: close_date", "1:63 column-type"),
        ("agg: sum, expr: won", "1:59 column-type"),
        ("agg: sum_boolean, expr: amount", "1:67 column-type"),
        ("agg: percentile, percentile: 0.5, expr: stage", "1:83 column-type"),
    ],
)
def test_a_metric_over_a_wrong_column_is_found(
    findings: Findings, metric: str, expected: str
) -> None:
    """Columns that are not there, and types that cannot be summed."""
    found = findings(
        f"metrics: {{m: {{type: simple, table: deals, {metric}}}}}", world=WORLD, columns=COLUMNS
    )
    assert [item.removeprefix("x.yml:") for item in short(found)] == [expected]


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("expr: close_date", "expr: closed_date", "column-missing"),
        ("expr: close_date", "expr: stage", "date-is-text"),
        ("expr: close_date", "expr: amount", "column-type"),
        ("stage: {}", "phase: {}", "column-missing"),
        ("expr: account_id", "expr: acount_id", "column-missing"),
        ("expr: account_id", "expr: [account_id, mont]", "column-missing"),
        ("{unique: id}", "{unique: [id, idd]}", "column-missing"),
        ("{unique: id}", "{not_null: idd}", "column-missing"),
        ("{accepted: {stage", "{accepted: {phase", "column-missing"),
        ("time: closed", "time: closed\n    loaded_at: at", "column-missing"),
        ("time: closed", "time: closed\n    personal: [ower]", "column-missing"),
        ("time: closed", "time: closed\n    pseudonymous: [acount_id]", "column-missing"),
    ],
)
def test_a_table_that_names_a_wrong_column_is_found(
    findings: Findings, old: str, new: str, code: str
) -> None:
    """A personal column under a wrong name would be loaded; a date of text has no months."""
    assert old in WORLD
    found = findings("", world=WORLD.replace(old, new), columns=COLUMNS)
    assert [item.code for item in found] == [code]


def test_findings_about_columns_say_what_to_do(findings: Findings) -> None:
    """The nearest column, the column behind a dimension, the other aggregation."""

    def told(metric: str) -> str:
        text = f"metrics: {{m: {{type: simple, table: deals, {metric}}}}}"
        (found,) = findings(text, world=WORLD, columns=COLUMNS)
        return f"{found.message}. {found.hint}"

    assert told("agg: max, expr: opend") == (
        "there is no column 'opend' in 'deals'. Did you mean 'opened'?"
    )
    assert told("agg: max, expr: closed") == (
        "there is no column 'closed' in 'deals'. Expressions see columns: write 'close_date'."
    )
    assert told("agg: sum, expr: won") == (
        "the column 'won' of table 'deals' holds true and false; numbers are needed here. "
        "Use 'agg: sum_boolean'."
    )


def test_tables_without_known_columns_are_not_judged(findings: Findings) -> None:
    """A table that could not be read is told elsewhere; here nothing is guessed."""
    text = "metrics: {m: {type: simple, table: deals, agg: sum, expr: amont}}"
    assert findings(text, world=WORLD, columns={"accounts": COLUMNS["accounts"]}) == []


def test_columns_of_plans_are_held_against_the_data(findings: Findings) -> None:
    """Spend, heads and work name columns or dimensions of their tables."""
    text = """\
metrics: {w: {type: simple, table: deals, agg: count}}
incentives:
  i:
    team: t
    deals: {table: deals, closed: stage, value: amount, account: acct}
    pay: []
teams: {t: {}}
"""
    found = findings(text, world=WORLD, columns=COLUMNS)
    assert short(found) == ["x.yml:5:35 date-is-text", "x.yml:5:66 column-missing"]


KINDS = {
    "text": [
        "VARCHAR", "string", "large_string", "character varying", "LowCardinality(String)",
    ],
    "number": [
        "INTEGER", "uint64", "double precision", "float64", "numeric(10,2)", "HUGEINT",
        "decimal128(18, 2)", "Nullable(Int32)",
    ],
    "date": [
        "DATE", "date32[day]", "timestamp[us, tz=UTC]", "TIMESTAMP WITH TIME ZONE", "DateTime64(3)",
    ],
    "boolean": ["BOOLEAN", "bool"],
    "other": ["INTERVAL", "BLOB", "STRUCT(a INTEGER)", "VARCHAR[]", "list<item: string>"],
}  # fmt: skip


@pytest.mark.parametrize(
    ("type_", "kind"), [(type_, kind) for kind, types in KINDS.items() for type_ in types]
)
def test_types_of_all_engines_are_known_by_their_kind(type_: str, kind: str) -> None:
    """DuckDB's, Postgres's, Arrow's and ClickHouse's names of types."""
    assert kind_of(type_) == kind
