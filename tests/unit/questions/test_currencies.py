"""Currencies from the files of a project to the board, to `check` and to the command line."""

from __future__ import annotations

import json
from contextlib import closing
from pathlib import Path

import pytest

import sameboat
from sameboat.errors import Finding
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_with_data
from sameboat.store.points import series

ROOT = """
format: 1
name: ferries
mission: Every ferry leaves on time.
as_of: 2026-03-01T00:00:00Z
currency: GBP
currencies: {table: fx_rates, from: given, to: got, time: day, rate: rate, stale_after: 31 days}
tables:
  fx_rates: {file: fx.csv, subject: none}
  fares:
    file: fares.csv
    subject: none
    time: day
    currency: paid_in
    entities: {fare: {type: primary, expr: fare_id}}
    dimensions: {day: {type: time, grain: day}, paid_in: {}}
metrics:
  fares: {type: simple, table: fares, agg: sum, expr: amount, unit: GBP, good: up, kind: outcome}
  fixed_fares: {type: simple, table: fares, agg: sum, expr: amount, unit: GBP, rates: 2026-01-01}
kpis:
  fares: {metric: fares, signal: {grain: month}}
"""
FARES = """fare_id,day,paid_in,amount
1,2026-01-10,GBP,100
2,2026-01-11,EUR,50
3,2026-02-10,GBP,100
4,2026-02-11,EUR,50
5,2026-02-12,NOK,10
"""
FX = """given,got,day,rate
EUR,GBP,2026-01-01,0.8
EUR,GBP,2026-02-01,0.9
"""


def project(folder: Path, *, fares: str = FARES, fx: str = FX, root: str = ROOT) -> Path:
    """The project on disk."""
    (folder / "sameboat.yml").write_text(root, encoding="utf-8")
    (folder / "fares.csv").write_text(fares, encoding="utf-8")
    (folder / "fx.csv").write_text(fx, encoding="utf-8")
    return folder


def told(folder: Path, code: str) -> list[Finding]:
    return [f for f in check_with_data(folder, viewer=OWNER) if f.code == code]


def test_a_query_says_why_a_month_has_no_figure(tmp_path: Path) -> None:
    """January: 100 + 50 × 0.8; in February a fare was paid in crowns."""
    with closing(sameboat.open(str(project(tmp_path)))) as opened:
        table = opened.query(metrics=["fares"], group_by=["metric_time__month"])
    assert table.column("fares").to_pylist() == [pytest.approx(140.0), None]
    reasons = json.loads(table.schema.field("fares").metadata[b"reasons"])
    assert reasons == [None, "no exchange rate"]


def test_fixed_rates_keep_growth_free_of_exchange_rates(tmp_path: Path) -> None:
    """Euro fares did not grow: 40 £ in both months, though the euro rose from 0.80 to 0.90."""
    asked = {"group_by": ["metric_time__month"], "where": ["paid_in = 'EUR'"]}
    with closing(sameboat.open(str(project(tmp_path)))) as opened:
        moving = opened.query(metrics=["fares"], **asked).column("fares").to_pylist()
        fixed = opened.query(metrics=["fixed_fares"], **asked).column("fixed_fares").to_pylist()
        asked_so = opened.query(metrics=["fares"], rates="2026-01-01", **asked)
    assert moving == [pytest.approx(40.0), pytest.approx(45.0)]
    assert fixed == asked_so.column("fares").to_pylist() == [pytest.approx(40.0)] * 2


def test_an_answer_in_another_currency_says_so_in_its_unit(tmp_path: Path) -> None:
    """January in euros: 100 / 0.8 + 50."""
    with closing(sameboat.open(str(project(tmp_path)))) as opened:
        table = opened.query(metrics=["fares"], start="2026-01", end="2026-01", currency="EUR")
    assert table.column("fares").to_pylist() == [pytest.approx(175.0)]
    assert json.loads(table.schema.metadata[b"sameboat"])["metrics"]["fares"]["unit"] == "EUR"


def test_a_kpi_keeps_the_reason_in_its_record(tmp_path: Path) -> None:
    """The board does not show a month in which money has no rate as a figure."""
    with closing(sameboat.open(str(project(tmp_path)))) as opened:
        opened.refresh()
        found = series(opened.store, metric="fares", grain="month")
    assert found is not None
    assert list(found.reasons or ())[:2] == [None, "no exchange rate"]


def test_check_names_money_without_a_rate(tmp_path: Path) -> None:
    [finding] = told(project(tmp_path), "rate-missing")
    assert "NOK (1 row)" in finding.message
    assert finding.severity == "warning"


def test_check_is_silent_where_all_money_has_a_rate(tmp_path: Path) -> None:
    folder = project(tmp_path, fares=FARES.replace("NOK", "EUR"))
    codes = {finding.code for finding in check_with_data(folder, viewer=OWNER)}
    assert not {code for code in codes if code.startswith(("rate-", "currency", "no-exchange"))}


@pytest.mark.parametrize(
    ("more", "code", "words"),
    [
        ("EUR,GBP,2026-02-01,0.91\n", "rate-duplicate", "EUR to GBP on 2026-02-01: 0.9 and 0.91"),
        ("EUR,GBP,2026-02-02,0\n", "rate-not-positive", "EUR to GBP on 2026-02-02: 0.0"),
        ("EUR,GBP,2026-02-02,-1\n", "rate-not-positive", "EUR to GBP on 2026-02-02: -1.0"),
        ("EUR,GBP,2026-02-02,\n", "rate-not-positive", "EUR to GBP on 2026-02-02: None"),
        ("EUR,GBP,2026-03-06,0.9\n", "rate-gap", "EUR to GBP from 2026-02-01 to 2026-03-06"),
    ],
)
def test_check_finds_rates_that_cannot_be_used(
    tmp_path: Path, more: str, code: str, words: str
) -> None:
    [finding] = told(project(tmp_path, fx=FX + more), code)
    assert words in finding.message


def test_a_gap_as_long_as_a_rate_holds_is_none(tmp_path: Path) -> None:
    """1 February and 31 days after it: 5 March is the first day on which no gap would be left."""
    assert told(project(tmp_path, fx=FX + "EUR,GBP,2026-03-05,0.9\n"), "rate-gap") == []


@pytest.mark.parametrize(
    ("old", "new", "code"),
    [
        ("currency: GBP", "currency: QQQ", "currency-unknown"),
        ("currency: paid_in", "currency: QQQ", "currency-unknown"),
        ("rates: 2026-01-01", "rates: 2026-13", "unknown-period"),
        ("currencies: {table", "ignore: []\nmeta: {table", "no-exchange-rates"),
    ],
)
def test_check_finds_what_means_nothing_in_the_files(
    tmp_path: Path, old: str, new: str, code: str
) -> None:
    assert told(project(tmp_path, root=ROOT.replace(old, new, 1)), code)
