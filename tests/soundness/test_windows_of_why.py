"""The windows of an explanation hold what is known: no time to come, and none before the first row.

A year of which ten months had passed was once divided by all its days, so that a figure that rose
was told to have fallen; a month to come, and years before the first row, were told as 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing

import pytest

from sameboat.errors import Undefined
from sameboat.questions.opened import Opened, open_workspace

NOW = dt.datetime(2026, 11, 16, 6, tzinfo=dt.UTC)
FIRST = dt.date(2025, 3, 3)
PROJECT = """
format: 1
name: windows
store: sqlite:///.sameboat/store.db
teams: {web: {}, street: {}}
objectives: {grow: {statement: We grow., horizon: long}}
tables:
  shop: {file: shop.csv, subject: none, time: day, dimensions: {day: {type: time}, kind: {}}}
metrics:
  rows: {type: simple, table: shop, agg: count, unit: count, good: up}
  sold: {type: simple, table: shop, agg: sum, unit: count, good: up}
  mean: {type: simple, table: shop, agg: average, expr: sold, unit: count, good: up}
kpis:
  rows: {metric: rows, objective: grow, by: [kind], signal: {grain: day}}
  sold: {metric: sold, objective: grow, by: [kind]}
  mean: {metric: mean, objective: grow, by: [kind]}
"""


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Two rows a day from March 2025, three from 2026 on, each of 5."""
    folder = tmp_path_factory.mktemp("windows")
    (folder / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    days = [FIRST + dt.timedelta(days=n) for n in range((NOW.date() - FIRST).days)]
    lines = [f"{day},a,5" for day in days for _ in range(2 + (day.year == 2026))]
    (folder / "shop.csv").write_text("\n".join(["day,kind,sold", *lines]), encoding="utf-8")
    with closing(open_workspace(folder, clock=lambda: NOW)) as workspace:
        workspace.refresh()
        yield workspace


def test_a_year_that_is_not_over_counts_the_days_that_have_begun(shop: Opened) -> None:
    answer = shop.explain("rows", before="2025-07-01..2025-12-31", after="2026")
    begun = (NOW.date() - dt.date(2026, 1, 1)).days + 1  # today among them, without a row yet
    assert answer.figure_before == 2
    assert answer.figure_after == pytest.approx(3 * (begun - 1) / begun)
    assert answer.change == pytest.approx(sum(row.effect for row in answer.splits[0].rows))
    assert "2026 is not complete yet" in answer.text


def test_a_month_that_is_not_over_is_one_month(shop: Opened) -> None:
    answer = shop.explain("sold", before="2026-10", after="2026-11")
    assert (answer.figure_before, answer.figure_after) == (31 * 15, 15 * 15)


@pytest.mark.parametrize("name", ["rows", "sold", "mean"])
def test_what_has_not_begun_has_no_figure(shop: Opened, name: str) -> None:
    with pytest.raises(Undefined, match="has not begun"):
        shop.explain(name, before="2026-11", after="2026-12")


@pytest.mark.parametrize("name", ["rows", "sold"])
@pytest.mark.parametrize(
    ("before", "said"),
    [("2024-02", "has no value in 'February 2024'"), ("2025-Q1", "is known for a part only of")],
)
def test_before_the_first_row_nothing_is_counted(
    shop: Opened, name: str, before: str, said: str
) -> None:
    with pytest.raises(Undefined, match=said):
        shop.explain(name, before=before, after="2025-04..2025-06")


def test_a_mean_is_that_of_the_rows_there_are(shop: Opened) -> None:
    assert shop.explain("mean", before="2025-Q1", after="2025-Q2").figure_before == 5
