"""Whatever is asked: an answer that the engine runs, or an error with a code that says why."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.errors import SameboatError
from sameboat.project.formula import FUNCTIONS, TYPES
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from sameboat.warehouse.faults import explained
from tests.unit.compiler.shop import PROJECT, WORLD, shop
from tests.unit.questions.ferry import ferry

QUICK = settings(
    max_examples=300, deadline=None, derandomize=True, database=None, phases=[Phase.generate],
    suppress_health_check=list(HealthCheck),
)  # fmt: skip
DEEP = settings(
    max_examples=20_000, deadline=None, database=None, suppress_health_check=list(HealthCheck)
)

# ── what is asked ────────────────────────────────────────────────────────────────────────────

METRICS = st.sampled_from([*sorted(PROJECT.metrics) * 4, "nope", "", "won; drop table deals"])
ITEMS = st.one_of(
    st.sampled_from(
        [
            "metric_time", "metric_time__day", "metric_time__week", "metric_time__month",
            "metric_time__quarter", "metric_time__fiscal_year", "metric_time__hour",
            "metric_time__extract_dow", "metric_time__extract_year", "deal__opened_on__week",
            "opened_on", "opened_on__year", "closed_on__month", "stage", "deal__stage", "account",
            "account__country", "account__rep__office", "account__segment", "country", "deal",
            "touch", "rep", "account__rep", "at", "day", "nothing", "a__b__c", "owner_name",
            "{{ TimeDimension('metric_time', 'quarter') }}", "{{ Dimension('account__country') }}",
            "{{ Metric('deals', group_by=['account']) }}", "stage; drop table deals", "§",
        ]
    ),
    st.text(max_size=4),
)  # fmt: skip
ATOMS = st.one_of(
    st.sampled_from(
        [
            "stage", "amount", "account__country", "account__rep__office", "segment", "metric_time",
            "metric_time__month", "opened_on", "closed", "deal", "account", "owner_name", "nothing",
            '"stage"', "metric_time__extract_dow", "true", "null", "1", "0", "2.5", "0.0", "1e3",
            "-1", "'x'", "''", "'2024-02-01'", "date '2024-02-01'", "date 'soon'", "timestamp ''",
            "timestamp '2024-02-01 10:00:00'", "interval '3 days'", "interval 1 moon",
            "current_date", "now()", "{{ Dimension('account__segment') }}", "{{ nothing }}",
            "{{ TimeDimension('metric_time', 'week') }}", "{{ Entity('account') }}",
            "{{ Metric('touches', group_by=['account']) }}", "(select 1)", "stage;", "x.y", "§",
            "{{ Metric('win_rate', group_by=['account', 'deal']) }}", "select", "``", "a b",
        ]
    ),
    st.text(max_size=4),
)  # fmt: skip
OPERATORS = ("=", "<>", "<", ">=", "and", "or", "+", "-", "*", "/", "%", "||", "like", "ilike")
UNITS = ("day", "month", "week", "moon", "second", "epoch", "Quarter")


def _larger(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    """Expressions made of smaller ones, whether or not their types fit."""
    names = st.sampled_from([*sorted(FUNCTIONS), "extract", "count", "sum", "read_csv"])
    types = st.sampled_from([*sorted(TYPES), "blob", "decimal(10,2)", "decimal(99,98)"])
    dated = st.sampled_from(["date_trunc", "date_part", "date_diff"])
    some = st.lists(inner, max_size=3).map(", ".join)
    return st.one_of(
        st.builds("{} {} {}".format, inner, st.sampled_from(OPERATORS), inner),
        st.builds("{} in ({})".format, inner, some),
        st.builds("{} between {} and {}".format, inner, inner, inner),
        st.builds("{} is {}null".format, inner, st.sampled_from(["", "not "])),
        st.builds("{}{}".format, st.sampled_from(["not ", "-", "+"]), inner),
        st.builds("({})".format, inner),
        st.builds("cast({} as {})".format, inner, types),
        st.builds("{}::{}".format, inner, types),
        st.builds("case when {} then {} else {} end".format, inner, inner, inner),
        st.builds("{}({})".format, names, some),
        st.builds("{}('{}', {})".format, dated, st.sampled_from(UNITS), some),
    )


FILTERS = st.recursive(ATOMS, _larger, max_leaves=5)
DAYS = st.sampled_from(
    [None] * 10 + ["2024-01-15", "2024-02", "2024-Q1", "2025", "FY2025-Q2", "2024-W09", "someday",
     "2024-01-01T10:00", "0001-01-01", "9999-12-31"]
)  # fmt: skip
FLAGS = st.sampled_from([{}] * 6 + [{"min_max_only": True}, {"ungrouped": True}])
ORDERS = st.builds("{}{}".format, st.sampled_from(["", "-"]), st.one_of(ITEMS, METRICS))
REQUESTS = st.fixed_dictionaries(
    {
        "metrics": st.lists(METRICS, max_size=3),
        "group_by": st.lists(ITEMS, max_size=2),
        "where": st.lists(FILTERS, max_size=1),
        "start": DAYS,
        "end": DAYS,
        "order_by": st.one_of(st.just([]), st.just([]), st.lists(ORDERS, max_size=2)),
        "limit": st.sampled_from([None, None, None, 0, 3, -1]),
    }
)


@pytest.fixture(scope="module")
def company() -> Iterator[duckdb.DuckDBPyConnection]:
    """The shop's data, for all requests of a test."""
    connection = shop()
    yield connection
    connection.close()


def ask(company: duckdb.DuckDBPyConnection, asked: dict[str, Any], flags: dict[str, Any]) -> None:
    """Ask, and let nothing pass but rows, or an error with a code of its own."""
    try:
        request = request_of(PROJECT, **asked, **flags)
        text = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    except SameboatError:
        return  # every SameboatError has a listed code: it could not be made without
    # what only the data know, such as the type of a raw column, may be refused by the engine
    assert engine_says(company, text) in (None, "column-missing", "column-type", "value-type"), text


def engine_says(company: duckdb.DuckDBPyConnection, text: str) -> str | None:
    """The code under which the engine refuses a query; None where it runs."""
    try:
        company.sql(text).fetchall()
    except duckdb.Error as error:
        return explained(error).code
    return None


@QUICK
@given(REQUESTS, FLAGS)
def test_a_request_is_answered_or_refused(
    company: duckdb.DuckDBPyConnection, asked: dict[str, Any], flags: dict[str, Any]
) -> None:
    """Never a traceback, and never SQL that the engine cannot read."""
    ask(company, asked, flags)


@pytest.mark.slow
@DEEP
@given(REQUESTS, FLAGS)
def test_thousands_of_requests_are_answered_or_refused(
    company: duckdb.DuckDBPyConnection, asked: dict[str, Any], flags: dict[str, Any]
) -> None:
    """The same over many more requests."""
    ask(company, asked, flags)


@pytest.mark.parametrize(
    "text",
    [
        "interval 1 moon > interval 1 day",
        "opened_on > date 'soon'",
        "date_trunc('moon', opened_on) is null",
        "cast(amount as decimal(99, 98)) > 1",
    ],
)
def test_what_no_engine_reads_is_refused_before_one_is_asked(text: str) -> None:
    """Each once reached the engine as text that it could not read."""
    request = request_of(PROJECT, metrics=["deals"], where=[text])
    with pytest.raises(SameboatError) as refused:
        compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB)
    assert refused.value.code == "expression-syntax"


@pytest.mark.parametrize(
    ("text", "count"),
    [
        ("(amount > 60) <> (amount > 100)", 2),
        ("amount / 0.0 is null", 8),
        ("amount / 0 is null", 8),
    ],
)
def test_what_fuzzing_found_stays_right(text: str, count: int) -> None:
    """Comparisons of comparisons lost their brackets; a division by 0.0 gave infinity."""
    request = request_of(PROJECT, metrics=["deals"], where=[text])
    sql = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB).sql
    assert shop().sql(sql).fetchall() == [(count,)]


def test_a_filter_on_time_and_on_a_metric_beside_a_look_back_is_refused() -> None:
    """It once ended in a traceback: the time is that of the answer, the metric that of the rows."""
    text = "{{ Metric('touches', group_by=['account']) }} > 1 or metric_time > '2024-01-01'"
    request = request_of(
        PROJECT, metrics=["revenue_28d"], group_by=["metric_time__day"], where=[text]
    )
    with pytest.raises(SameboatError) as refused:
        compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB)
    assert refused.value.code == "request-invalid"


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("came_on > 5", "column-type"),
        ("came_on between 1 and 'x'", "column-type"),
        ("nothing = 3", "column-missing"),
        ("cast(came_on as text) = 3", "value-type"),
    ],
)
def test_what_only_the_data_can_refuse_gets_a_code_too(
    text: str, code: str, tmp_path: Path
) -> None:
    """Through the workspace an engine's refusal is an error with a code, not a traceback."""
    workspace = ferry(tmp_path)
    try:
        with pytest.raises(SameboatError) as refused:
            workspace.query(["leads"], where=[text])
        assert refused.value.code == code
    finally:
        workspace.close()
