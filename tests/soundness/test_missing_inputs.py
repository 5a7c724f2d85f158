"""A derived figure with an input missing is undefined, in every answer that tells it.

`greatest(a, b)` and `case when a > b …` once had a value from the other input alone (and another
one on engines where a missing value wins), and an explanation took a missing input for 0.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from contextlib import closing

import pytest

from sameboat.errors import Undefined
from sameboat.questions.opened import Opened, open_workspace

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
PROJECT = """
format: 1
name: two shops
store: sqlite:///.sameboat/store.db
teams: {web: {}, street: {}}
objectives: {grow: {statement: We grow., horizon: long}}
tables:
  web: {file: web.csv, subject: none, time: day, dimensions: {day: {type: time}, kind: {}}}
  street: {file: street.csv, subject: none, time: day, dimensions: {day: {type: time}, kind: {}}}
metrics:
  online: {type: simple, table: web, agg: sum, expr: sold, unit: count, good: up}
  counter: {type: simple, table: street, agg: sum, expr: sold, unit: count, good: up}
  both: {type: derived, expr: online + counter, unit: count, good: up}
  larger: {type: derived, expr: "greatest(online, counter)", unit: count, good: up}
  smaller: {type: derived, expr: "least(online, counter)", unit: count, good: up}
  chosen: {type: derived, expr: "case when online > counter then online else counter end"}
  picked: {type: derived, expr: "if(online > counter, online, counter)"}
  told: {type: derived, expr: "greatest(online, coalesce(counter, 0))"}
  filled: {type: derived, expr: "greatest(online, c)",
           metrics: [online, {metric: counter, alias: c, fill_nulls_with: 0}]}
kpis:
  both: {metric: both, objective: grow, by: [kind], signal: {grain: month}}
  larger: {metric: larger, objective: grow, signal: {grain: month}}
"""


@pytest.fixture(scope="module")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """The web sold 10 each month, the counter 7 in each but May."""
    folder = tmp_path_factory.mktemp("shops")
    (folder / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    web = [f"2026-{month:02}-03,10,bike" for month in range(1, 6)]
    street = [f"2026-{month:02}-03,7,bike" for month in range(1, 5)]
    (folder / "web.csv").write_text("\n".join(["day,sold,kind", *web]), encoding="utf-8")
    (folder / "street.csv").write_text("\n".join(["day,sold,kind", *street]), encoding="utf-8")
    with closing(open_workspace(folder, clock=lambda: NOW)) as workspace:
        workspace.refresh()
        yield workspace


@pytest.mark.parametrize("name", ["larger", "smaller", "chosen", "picked", "both"])
def test_a_month_without_an_input_is_undefined(shops: Opened, name: str) -> None:
    found = shops.query([name], group_by=["metric_time__month"], start="2026-04-01")
    april = {"smaller": 7, "both": 17}.get(name, 10)
    assert found.column(name).to_pylist() == [april, None]


@pytest.mark.parametrize("name", ["told", "filled"])
def test_a_formula_that_says_what_a_missing_input_is_has_a_value(shops: Opened, name: str) -> None:
    found = shops.query([name], group_by=["metric_time__month"], start="2026-04-01")
    assert found.column(name).to_pylist() == [10, 10]


@pytest.mark.parametrize("name", ["both", "larger"])
def test_an_explanation_has_no_value_where_the_query_has_none(shops: Opened, name: str) -> None:
    with pytest.raises(Undefined, match="no value in 'May 2026'"):
        shops.explain(name, before="2026-04", after="2026-05")


def test_over_months_of_which_one_lacks_an_input_both_add_up_alike(shops: Opened) -> None:
    """A query over both months has a value, so the explanation tells the same per month."""
    answer = shops.explain("both", before="2026-02..2026-03", after="2026-04..2026-05")
    [whole] = shops.query(["both"], start="2026-04-01", end="2026-05-31").column("both").to_pylist()
    assert whole == 27
    assert answer.figure_after == 27 / 2
    assert answer.change == sum(row.effect for row in answer.splits[0].rows)


def test_the_greatest_of_two_is_split_between_them(shops: Opened) -> None:
    answer = shops.explain("larger", before="2026-02", after="2026-03")
    assert answer.tree.reason is None
    assert [step.name for step in answer.tree.steps] == ["online", "counter"]
