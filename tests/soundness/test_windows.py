"""Wrong numbers that windows once gave, never again."""

from __future__ import annotations

import datetime as dt

from tests.unit.compiler.shop import rows, shop, sql


def test_a_window_by_month_is_read_on_the_last_day_even_when_nothing_happened_on_it() -> None:
    """The spine once ended with the last row that passed the filters: February read 300, not 200.

    On 29 February the 28 days before hold one won deal of 200; the deal of 31 January is out.
    """
    asked = {"group_by": ["metric_time__month"], "start": "2024-02-01", "end": "2024-02-29"}
    assert rows(shop(), sql("revenue_28d", **asked)) == [(dt.date(2024, 2, 1), 200.0)]


def test_a_window_is_shown_on_a_day_without_rows() -> None:
    """A day on which nothing was won still shows what the 28 days before it hold."""
    asked = {"group_by": ["metric_time__day"], "start": "2024-02-20", "end": "2024-02-20"}
    assert rows(shop(), sql("revenue_28d", **asked)) == [(dt.date(2024, 2, 20), 300.0)]
