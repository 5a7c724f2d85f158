"""What cannot be asked is refused with a code and what to write instead."""

from __future__ import annotations

from typing import Any

import pytest

from sameboat.errors import SameboatError
from tests.unit.compiler.shop import sql

CASES: dict[str, tuple[tuple[str, ...], dict[str, Any], str, str]] = {
    "an unknown metric": (("revenu",), {}, "unknown-metric", "revenue"),
    "an unknown dimension": (
        ("deals",),
        {"group_by": ["account__segmnt"]},
        "unknown-dimension",
        "account__segment",
    ),
    "a grain finer than the data": (
        ("deals",),
        {"group_by": ["metric_time__hour"]},
        "too-fine-grain",
        "day",
    ),
    "a window at a coarser grain without period_agg": (
        ("revenue_28d_daily",),
        {"group_by": ["metric_time__month"]},
        "window-needs-period-agg",
        "period_agg",
    ),
    "a look back without a time": (("revenue_growth",), {}, "window-needs-time", "metric_time"),
    "a personal column in a filter": (
        ("deals",),
        {"where": ["owner_name = 'ann'"]},
        "unknown-dimension",
        "owner_name",
    ),
    "a subquery in a filter": (
        ("deals",),
        {"where": ["amount > (select max(amount) from deals)"]},
        "expression-not-allowed",
        "select",
    ),
    "a table function in a filter": (
        ("deals",),
        {"where": ["read_csv('/etc/passwd') is not null"]},
        "expression-not-allowed",
        "read_csv",
    ),
    "a second statement": (
        ("deals",),
        {"where": ["1 = 1; drop table deals"]},
        "expression-syntax",
        ";",
    ),
    "sorting by what is not in the answer": (
        ("deals",),
        {"order_by": ["revenue"]},
        "request-invalid",
        "deals",
    ),
    "SQL as a name to group by": (
        ("deals",),
        {"group_by": ["stage; drop table deals"]},
        "unknown-dimension",
        "stage",
    ),
    "a date part that does not exist": (
        ("deals",),
        {"group_by": [{"name": "metric_time", "date_part": "moon"}]},
        "request-invalid",
        "quarter",
    ),
    "nothing at all": ((), {}, "request-invalid", "metric"),
}


@pytest.mark.parametrize("name", CASES)
def test_a_request_that_cannot_be_asked_is_refused_in_words(name: str) -> None:
    """The error has its stable code and names what would be right."""
    metrics, asked, code, said = CASES[name]
    with pytest.raises(SameboatError) as refused:
        sql(*metrics, **asked)
    assert refused.value.code == code
    assert said in str(refused.value)


def test_hostile_text_in_a_literal_stays_a_literal() -> None:
    """A quote inside a text is doubled, so it can never end it."""
    assert "stage = 'x''; drop table deals; --'" in sql(
        "deals", where=["stage = 'x''; drop table deals; --'"]
    )


def test_a_grain_that_there_is_not_is_told_as_a_grain() -> None:
    """It was once looked for among the dimensions."""
    with pytest.raises(SameboatError, match="month") as refused:
        sql("revenue", group_by=["metric_time__mnth"])
    assert refused.value.findings[0].code == "unknown-grain"
