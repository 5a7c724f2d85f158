"""First metrics: sums of what adds up, shares of what ends well, and nothing that misleads."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.questions.first_look.look import FirstLook, first_look

DAYS = [f"2026-04-{i % 28 + 1:02d}" for i in range(60)]


def looked(folder: Path, name: str, header: str, *values: list[str]) -> FirstLook:
    rows = [
        f"{i},{day}," + ",".join(column[i % len(column)] for column in values)
        for i, day in enumerate(DAYS)
    ]
    file = folder / f"{name}.csv"
    file.write_text(f"{name[:-1]}_id,created_on,{header}\n" + "\n".join(rows), encoding="utf-8")
    return first_look([file])


def keys(look: FirstLook, name: str) -> dict[str, str]:
    return dict(next(metric for metric in look.metrics if metric.name == name).keys)


def test_prices_rates_and_years_are_not_added(tmp_path: Path) -> None:
    look = looked(
        tmp_path, "sales", "amount,unit_price,tax_rate,fiscal_year,quantity",
        ["10.5", "11"], ["1", "2"], ["0.1", "0.2"], ["2025", "2026"], ["1", "2"],
    )  # fmt: skip
    assert {m.key("expr") for m in look.metrics if m.key("agg") == "sum"} == {"amount", "quantity"}


def test_one_currency_is_the_unit_and_several_are_kept_apart(tmp_path: Path) -> None:
    """Only rows of the most frequent currency are added up, and the remark says so."""
    one = looked(tmp_path, "sales", "amount,currency", ["10.5", "11"], ["eur"])
    assert (keys(one, "sale_amount")["unit"], one.currency) == ("EUR", "EUR")
    two = looked(tmp_path, "sales", "amount,currency", ["10.5", "11"], ["usd", "usd", "eur"])
    assert keys(two, "sale_amount")["filter"] == "currency = 'usd'"
    assert keys(two, "sale_amount")["unit"] == "USD"


def test_a_share_is_of_what_came_to_an_end(tmp_path: Path) -> None:
    """Deals that are still open are no losses."""
    look = looked(tmp_path, "deals", "stage", ["Closed Won", "Closed Lost", "Negotiation"])
    assert keys(look, "win_rate")["denominator"] == "finished_deals"
    assert keys(look, "finished_deals")["filter"] == "stage in ('Closed Won', 'Closed Lost')"


@pytest.mark.parametrize("values", [["north", "south"], ["1", "2"], ["open", "new"]])
def test_a_status_without_an_end_suggests_no_share(tmp_path: Path, values: list[str]) -> None:
    look = looked(tmp_path, "deals", "status", values)
    assert {metric.key("type") for metric in look.metrics} == {"simple"}


def test_a_duration_where_the_end_follows_the_beginning(tmp_path: Path) -> None:
    """Ends that lie before their beginnings in many rows make no duration."""
    good = looked(tmp_path, "tickets", "closed_on", ["2026-05-01", "2026-06-01"])
    assert keys(good, "days_from_created_on_to_closed_on")["type"] == "duration"
    bad = looked(tmp_path, "tickets", "closed_on", ["2026-05-01", "2020-06-01"])
    assert {metric.key("type") for metric in bad.metrics} == {"simple"}


def test_answers_of_several_kinds_in_one_column(tmp_path: Path) -> None:
    look = looked(tmp_path, "answers", "kind,score", ["nps", "csat"], ["5", "4"])
    assert keys(look, "nps")["filter"] == "kind = 'nps'"
    assert keys(look, "csat")["scale"] == "[1, 5]"
    assert {fed.kpi: fed.state for fed in look.templates}["NPS"] == "written"


def test_what_is_missing_for_a_kpi_is_said(tmp_path: Path) -> None:
    """Every template is judged, and a missing one names the data that it needs."""
    look = looked(tmp_path, "sales", "amount", ["1", "2"])
    says = {fed.kpi: fed.says for fed in look.templates if fed.state == "missing"}
    assert "mrr" in says["Net revenue retention"]
    assert len({fed.template for fed in look.templates} - {None}) == 12
