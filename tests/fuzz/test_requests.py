"""Whatever is asked: an answer that the engine runs, or an error with a code."""

from __future__ import annotations

from typing import Any

import duckdb
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from sameboat.compiler.compile import compile_request
from sameboat.compiler.dialects import DUCKDB
from sameboat.errors import SameboatError
from sameboat.project.viewer import OWNER
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import PROJECT, WORLD, shop

METRICS = st.one_of(st.sampled_from(sorted(PROJECT.metrics)), st.text(max_size=8))
ITEMS = st.one_of(
    st.sampled_from(
        [
            "metric_time", "metric_time__day", "metric_time__month", "metric_time__fiscal_year",
            "metric_time__hour", "metric_time__extract_dow", "deal__opened_on__week", "stage",
            "account", "account__country", "account__rep__office", "country", "deal", "opened_on",
            "{{ TimeDimension('metric_time', 'quarter') }}", "nothing", "a__b__c", "owner_name",
        ]
    ),
    st.text(max_size=10),
)  # fmt: skip
FILTERS = st.one_of(
    st.sampled_from(
        [
            "stage = 'Won'", "amount > 60", "account__country in ('UK', 'DE')", "stage is null",
            "metric_time__month >= '2024-02-01'", "opened_on < date '2025-01-01'",
            "{{ Metric('touches', group_by=['account']) }} > 1", "{{ Entity('account') }} is null",
            "not stage = 'Won' or amount between 1 and 99", "owner_name = 'ann'", "1 = 1; select 1",
            "amount > (select 1)", "nothing = 3", "{{ Dimension('account__segment') }} like 'S%'",
        ]
    ),
    st.text(max_size=12),
)  # fmt: skip
DAYS = st.sampled_from([None, "2024-01-15", "2024-02", "2024-Q1", "2025", "FY2025-Q2", "someday"])


@settings(max_examples=250, suppress_health_check=list(HealthCheck), deadline=None)
@given(
    metrics=st.lists(METRICS, max_size=3),
    group_by=st.lists(ITEMS, max_size=3),
    where=st.lists(FILTERS, max_size=2),
    start=DAYS,
    end=DAYS,
    order_by=st.lists(ITEMS, max_size=1),
    limit=st.sampled_from([None, 0, 3, -1]),
    flags=st.sampled_from([{}, {"min_max_only": True}, {"ungrouped": True}]),
)
def test_a_request_is_answered_or_refused(
    metrics: list[str], flags: dict[str, Any], **asked: Any
) -> None:
    """Never a traceback of ours; and what was compiled names only what the engine knows."""
    try:
        request = request_of(PROJECT, metrics=metrics, **flags, **asked)
        compiled = compile_request(WORLD, request, viewer=OWNER, spelling=DUCKDB)
    except SameboatError:
        return  # every SameboatError has a listed code: it could not be made without
    refusal = _engine_says(compiled.sql)
    assert refusal is None or _of_the_data(refusal), compiled.sql


def _engine_says(text: str) -> str | None:
    """Why the engine refuses a query; None where it runs."""
    connection = shop()
    try:
        connection.sql(text).fetchall()
    except duckdb.Error as error:
        return str(error)
    finally:
        connection.close()
    return None


def _of_the_data(said: str) -> bool:
    """Whether the engine refused a column or a comparison that only the data can tell of.

    The compiler knows declared names; a raw column of a filter is checked by the engine, whose
    words the warehouse turns into an error with a code.
    """
    return any(
        words in said
        for words in ("not found", "does not have a column", "Cannot extract field",
                      "Cannot compare", "Could not convert", "No function matches",
                      "invalid date", "invalid timestamp", "Conversion Error", "Cannot mix")
    )  # fmt: skip


@pytest.mark.parametrize("text", ["stage > 5", "nothing = 3", "amount = 'many'"])
def test_what_only_the_data_can_refuse_gets_a_code_too(text: str, tmp_path: Any) -> None:
    """Through the workspace an engine's refusal is an error with a code, not a traceback."""
    from tests.unit.questions.ferry import ferry

    workspace = ferry(tmp_path)
    try:
        with pytest.raises(SameboatError) as refused:
            workspace.query(["leads"], where=[text.replace("stage", "came_on")])
        assert refused.value.code
    finally:
        workspace.close()
