"""Formulas that are no sums of their inputs, and that have no value for some numbers.

A formula such as `ln(a) / sqrt(n)` was once explained as one fraction whose sides add up: over 26
weeks it was 0.32 where every single week was 1.04. One logarithm of 0 kept a whole refresh from
being recorded.
"""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator
from contextlib import closing

import pytest

from sameboat.api import rest
from sameboat.errors import RequestError
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened, open_workspace
from sameboat.web.app import create_app
from tests.web.conftest import PORT, TOKEN, Client

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
FORMULAS = {
    "shape": "ln(sold) / sqrt(orders)",
    "twice": "sold / orders / lines",
    "square": "sold * sold / orders",
    "gap": "abs(sold - lines) / orders",
    "above": "(sold + 5) / orders",
}
PROJECT = """
format: 1
name: odd
store: sqlite:///.sameboat/store.db
teams: {web: {}, street: {}}
objectives: {grow: {statement: We grow., horizon: long}}
tables:
  shop: {file: shop.csv, subject: none, time: day, dimensions: {day: {type: time}, kind: {}}}
metrics:
  sold: {type: simple, table: shop, agg: sum, unit: count, good: up}
  orders: {type: simple, table: shop, agg: sum, unit: count, good: up}
  lines: {type: simple, table: shop, agg: sum, unit: count, good: up}
  never: {type: derived, expr: ln(sold - 1000), good: up}
"""
SOLD = (40.0, 0.0, 90.0, 60.0, 120.0)
ORDERS = (4.0, 9.0, 9.0, 16.0, 25.0)
LINES = (8.0, 10.0, 18.0, 20.0, 50.0)


def value(name: str, sold: float, orders: float, lines: float) -> float:
    """A formula by hand."""
    return {
        "shape": lambda: math.log(sold) / math.sqrt(orders),
        "twice": lambda: sold / orders / lines,
        "square": lambda: sold * sold / orders,
        "gap": lambda: abs(sold - lines) / orders,
        "above": lambda: (sold + 5) / orders,
    }[name]()


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    """Five months from January on; in February nothing was sold."""
    folder = tmp_path_factory.mktemp("odd")
    kpi = "  {0}: {{metric: {0}, objective: grow, by: [kind], signal: {{grain: month}}}}\n"
    text = PROJECT
    text += "".join(f"  {n}: {{type: derived, expr: {e}, good: up}}\n" for n, e in FORMULAS.items())
    text += "kpis:\n" + "".join(kpi.format(name) for name in (*FORMULAS, "never"))
    (folder / "sameboat.yml").write_text(text, encoding="utf-8")
    lines = ["day,kind,sold,orders,lines"]
    for month, (sold, orders, count) in enumerate(zip(SOLD, ORDERS, LINES, strict=True), start=1):
        lines += [f"2026-{month:02}-03,{k},{sold / 2},{orders / 2},{count / 2}" for k in "ab"]
    (folder / "shop.csv").write_text("\n".join(lines), encoding="utf-8")
    with closing(open_workspace(folder, clock=lambda: NOW)) as workspace:
        workspace.refresh()
        yield workspace


@pytest.mark.parametrize("name", FORMULAS)
def test_over_months_such_a_formula_is_the_mean_of_its_months(shop: Opened, name: str) -> None:
    answer = shop.explain(name, before="2026-03", after="2026-04..2026-05")
    by_hand = [value(name, *row) for row in zip(SOLD[3:], ORDERS[3:], LINES[3:], strict=True)]
    assert answer.figure_after == pytest.approx(sum(by_hand) / 2, rel=1e-12)
    assert all(not split.rows for split in answer.splits)  # nor does it add up over segments


def test_one_logarithm_of_nothing_leaves_its_month_undefined_and_nothing_else(shop: Opened) -> None:
    series = shop.kpi("shape").series
    assert [value is None for value in series.values] == [False, True, False, False, False, True]
    assert series.reasons[1] == "an input is missing, or its formula has no value"
    asked = shop.query(["shape"], group_by=["metric_time__month"], end="2026-03-31")
    assert asked.column("shape").to_pylist()[1] is None


def test_a_formula_that_never_has_a_value_says_so(shop: Opened) -> None:
    """It once said that nothing is computed yet, and to run what had just been run."""
    assert shop.kpi("never").verdict.state == "undefined"
    with pytest.raises(RequestError, match="no period has a value"):
        shop.explain("never")


def test_a_window_without_a_figure_is_no_fault_of_the_server(shop: Opened) -> None:
    app = create_app(
        lambda: shop, viewer_of=lambda session: OWNER, now=lambda: NOW, token=TOKEN, port=PORT,
        addresses=rest.ROUTERS,
    )  # fmt: skip
    client = Client(app).sign_in()
    for path in ("/api/v1/kpis/shape/why", "/kpi/shape/why"):
        answer = client.get(f"{path}?before=2026-01&after=2026-02")
        assert answer.status_code == 422
        assert "has no value in" in answer.text


def test_the_mean_of_several_months_is_called_one(shop: Opened) -> None:
    """A window's figure that is no sum, and not the window's own, was once told as if it were."""
    answer = shop.explain("gap", before="2026-03", after="2026-04..2026-05")
    assert answer.means == "month"
    assert "of several months the mean" in answer.text
    single = shop.explain("gap", before="2026-03", after="2026-04")
    assert single.means is None
    assert "the mean" not in single.text
