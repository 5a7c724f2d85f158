"""Figures and dates in every locale, and what is special about some of them."""

from __future__ import annotations

import datetime as dt

import pytest
from babel.localedata import locale_identifiers

from sameboat.charts import figures
from sameboat.charts.figures import Figures

DAY = dt.date(2026, 10, 25)
DATES = (
    figures.day_month, figures.month, figures.month_year, figures.month_name,
    figures.month_name_year, figures.full_day, figures.weekday_day,
)  # fmt: skip


def test_dates_and_figures_can_be_written_in_every_locale() -> None:
    """A browser may ask for any of them; none may break a page."""
    moment = dt.datetime(2026, 10, 25, 6, 10)
    languages = [name for name in locale_identifiers() if "_" not in name]
    assert len(languages) > 150
    for name in languages:
        for write in DATES:
            assert write(DAY, name)
        assert figures.time_of_day(moment, name)
        assert figures.share(0.5, name)
        assert Figures("percent", name).full(0.041)
        assert Figures("GBP", name).short(1_234_567.0)
        assert Figures("days", name).short(74.0)
        assert Figures("percent", name).change(0.005)


def test_units_stand_where_they_are_read() -> None:
    assert Figures("percent").full(0.041) == "4.1%"
    assert Figures("days").full(74.0) == "74 days"
    assert Figures("GBP").short(1_234_567.0) == "£1.2M"
    assert Figures("GBP").full(1_234_567.0) == "£1,234,567"
    assert Figures("count").full(1680.0) == "1,680"
    assert Figures("points").full(31.0) == "31"


def test_differences_have_a_sign_and_percentages_differ_by_points() -> None:
    percent = Figures("percent")
    assert percent.change(0.005) == "+0.5 points"
    assert percent.change_bare(-0.001) == "−0.1"
    assert percent.distance(-0.01) == "1.0 points"
    assert percent.change_unit() == "points"
    assert Figures("count").change_unit() == ""


def test_a_unit_that_cannot_be_read_is_left_out() -> None:
    assert Figures("<b> per per").full(2.5) == "2.5"


@pytest.mark.parametrize(
    ("unit", "levels", "texts"),
    [
        ("percent", (0.04, 0.05, 0.06), ("4", "5", "6%")),
        ("percent", (0.045, 0.05, 0.055), ("4.5", "5.0", "5.5%")),
        ("GBP", (0.0, 1e6, 2e6), ("0", "1M", "£2M")),
        ("count", (10_250.0, 10_500.0, 10_750.0), ("10,250", "10,500", "10,750")),
        ("days", (60.0, 70.0, 80.0), ("60", "70", "80")),
        (None, (), ()),
    ],
)
def test_ticks_tell_each_other_apart_and_only_the_top_one_has_the_unit(
    unit: str | None, levels: tuple[float, ...], texts: tuple[str, ...]
) -> None:
    assert Figures(unit).ticks(levels) == texts


def test_a_chance_that_is_not_certain_never_looks_certain() -> None:
    assert figures.share(0.9999, "en-GB") == ">99%"
    assert figures.share(0.0001, "en-GB") == "<1%"
    assert figures.share(1.0, "en-GB") == "100%"
    assert figures.share(0.0, "en-GB") == "0%"
