"""Units: their arithmetic, and how figures are written in English and elsewhere."""

from __future__ import annotations

import math
import subprocess
import sys

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.errors import UsageError
from sameboat.units import (
    Unit,
    add,
    divide,
    format_difference,
    format_parts,
    format_value,
    multiply,
)

NAMES = ("percent", "points", "count", "days", "minutes", "score", "GBP", "EUR", "won_deal", "team")
UNITS = st.builds(
    lambda above, below: f"{above} per {below}" if below else above,
    st.sampled_from((*NAMES, "number", "GBP × team")),
    st.sampled_from((None, "won_deal", "days", "team × days")),
)
NBSP = "\N{NO-BREAK SPACE}"


# ── what a unit is ───────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        (None, "plain"),
        ("percent", "percent"),
        ("%", "percent"),
        ("points", "points"),
        ("count", "count"),
        ("score", "score"),
        ("Days", "duration"),
        ("hour", "duration"),
        ("GBP", "money"),
        ("NPS", "word"),
        ("gbp", "word"),
        ("releases", "word"),
        ("GBP per won_deal", "money"),
        ("tickets per day", "word"),
        ("number per day", "mixed"),
        ("role hours × team", "mixed"),
    ],
)
def test_a_unit_is_read_for_what_it_measures(text: str | None, kind: str) -> None:
    assert Unit.parse(text).kind == kind


@pytest.mark.parametrize(
    "text",
    ["", " ", "per day", "GBP per", "GBP per a per b", "28 days", "<b>", "a\nb", "×", "a × × b",
     "a" * 61, "=1+1", "per", "a;b"],
)  # fmt: skip
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        Unit.parse(text)
    assert caught.value.code == "unit-syntax"


@settings(deadline=None)
@given(UNITS)
def test_a_unit_is_read_back_from_its_text(text: str) -> None:
    unit = Unit.parse(text)
    assert Unit.parse(str(unit)) == unit


# ── arithmetic ───────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("one", "other", "quotient"),
    [
        ("GBP", "won_deal", "GBP per won_deal"),
        ("GBP", "GBP", "number"),
        ("GBP", "count", "GBP"),
        ("count", "count", "number"),
        ("count", "days", "count per days"),
        ("GBP per won_deal", "GBP", "number per won_deal"),
        ("GBP", "percent", "GBP"),
        (None, "days", "number per days"),
        ("percent", "days", "percent per days"),
    ],
)
def test_units_divide(one: str | None, other: str, quotient: str) -> None:
    assert str(divide(one, other)) == quotient


@pytest.mark.parametrize(
    ("one", "other", "product"),
    [
        ("GBP", "percent", "GBP"),
        ("percent", "percent", "percent"),
        ("count", "GBP per won_deal", "GBP per won_deal"),
        ("won_deal", "GBP per won_deal", "GBP"),
        ("team", "days", "days × team"),
        (None, "GBP", "GBP"),
        ("count", "percent", "count"),
    ],
)
def test_units_multiply(one: str | None, other: str, product: str) -> None:
    assert str(multiply(one, other)) == product


@settings(deadline=None)
@given(st.sampled_from(["GBP", "days", "score"]), st.sampled_from(["won_deal", "team", "EUR"]))
def test_multiplying_undoes_dividing(one: str, other: str) -> None:
    assert multiply(divide(one, other), other) == Unit.parse(one)


@settings(deadline=None)
@given(UNITS, UNITS)
def test_the_order_of_factors_does_not_matter(one: str, other: str) -> None:
    assert multiply(one, other) == multiply(other, one)


@pytest.mark.parametrize(
    ("one", "other", "total"),
    [
        ("GBP", "GBP", "GBP"),
        ("percent", None, "percent"),
        (None, "percent", "percent"),
        ("percent", "points", "percent"),
        ("GBP per won_deal", "GBP per won_deal", "GBP per won_deal"),
    ],
)
def test_figures_of_one_unit_add(one: str | None, other: str | None, total: str) -> None:
    assert str(add(one, other)) == total


@pytest.mark.parametrize(
    ("one", "other"),
    [("GBP", "EUR"), ("days", "hours"), ("GBP", None), ("count", "percent"),
     ("GBP", "GBP per won_deal"), ("percent per day", None)],
)  # fmt: skip
def test_figures_of_different_units_do_not_add(one: str, other: str | None) -> None:
    with pytest.raises(UsageError) as caught:
        add(one, other)
    assert caught.value.code == "unit-mismatch"
    assert "cannot be added" in caught.value.why


# ── figures ──────────────────────────────────────────────────────────────────────────────────


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.0412, "percent", "4.1%"),
        (0.7, "percent", "70.0%"),
        (1.018, "percent", "101.8%"),
        (0.00037, "percent", "0.037%"),
        (-0.0412, "percent", "−4.1%"),
        (0, "percent", "0.0%"),
        (74, "days", "74 days"),
        (1, "days", "1 day"),
        (-3.456, "days", "−3.46 days"),
        (4.25, "hours", "4.25 hours"),
        (31, "points", "31"),
        (103.24, "points", "103"),
        (4.375, "score", "4.38"),
        (1680, "count", "1,680"),
        (1680.4, None, "1,680"),
        (0.12345, None, "0.123"),
        (1234567, "GBP", "£1,234,567"),
        (340.5, "GBP", "£340.50"),
        (340, "GBP", "£340"),
        (0.004, "GBP", "£0.004"),
        (-12000, "GBP", "−£12,000"),
        (42000, "JPY", "JP¥42,000"),
        (340, "GBP per won_deal", "£340 per won deal"),
        (2.5, "tickets per day", "2.5 tickets per day"),
        (0.02, "percent per weeks", "2.0% per week"),
        (23, "releases", "23 releases"),
        (-1e-30, None, "0"),
        (1e300, "count", "1E300"),
        (-1e20, "GBP", "−1E20 GBP"),
    ],
)
def test_a_figure_is_written_as_people_do(value: float, unit: str | None, text: str) -> None:
    assert format_value(value, unit) == text


@pytest.mark.parametrize("value", [None, math.nan, math.inf, -math.inf])
def test_no_number_is_not_known_and_never_nought(value: float | None) -> None:
    assert format_value(value, "GBP") == "Not known"
    assert format_difference(value, "percent") == "Not known"
    assert format_parts(value, "days") == ("Not known", "")


@pytest.mark.parametrize(
    ("value", "unit", "text"),
    [
        (0.005, "percent", "+0.5 points"),
        (-0.012, "percent", "−1.2 points"),
        (0, "percent", "±0.0 points"),
        (0.00001, "percent", "±0.0 points"),
        (-9, "points", "−9 points"),
        (-3, "days", "−3 days"),
        (12000, "GBP", "+£12,000"),
        (0.01, "percent per weeks", "+1.0 points per week"),
        (0, "count", "±0"),
    ],
)
def test_a_difference_bears_its_sign_and_percentages_differ_by_points(
    value: float, unit: str, text: str
) -> None:
    assert format_difference(value, unit) == text


@pytest.mark.parametrize(
    ("value", "unit", "parts"),
    [
        (0.0412, "percent", ("4.1", "%")),
        (74, "days", ("74", "days")),
        (1_234_567, "GBP", ("£1.2M", "")),
        (999_999, "GBP", ("£1M", "")),
        (-40_000, "GBP", ("−£40K", "")),
        (9_999, "GBP", ("£9,999", "")),
        (340, "GBP per won_deal", ("£340", "per won deal")),
        (31, "points", ("31", "")),
        (12_345, "count", ("12.3K", "")),
    ],
)
def test_a_figure_and_its_unit_come_apart(value: float, unit: str, parts: tuple[str, str]) -> None:
    assert format_parts(value, unit) == parts


@pytest.mark.parametrize(
    ("value", "unit", "locale", "text"),
    [
        (0.0412, "percent", "de_DE", f"4,1{NBSP}%"),
        (-1234.5, None, "de_DE", "−1.234"),
        (1234567, "EUR", "de_DE", f"1.234.567{NBSP}€"),
        (340.5, "EUR", "de-DE", f"340,50{NBSP}€"),
        (74, "days", "de_DE", "74 Tage"),
        (1, "days", "de_DE", "1 Tag"),
        (4.25, "hours", "fr_FR", "4,25 heures"),
        (1234567, "count", "en_IN", "12,34,567"),
        (0.0412, "percent", "fr_FR", f"4,1{NBSP}%"),
    ],
)
def test_other_countries_write_their_own_way(
    value: float, unit: str | None, locale: str, text: str
) -> None:
    assert format_value(value, unit, locale=locale) == text


def test_large_money_is_short_where_asked_in_the_words_of_the_place() -> None:
    assert format_value(1_234_567, "EUR", locale="de_DE", compact=True) == f"1,2{NBSP}Mio.{NBSP}€"
    assert format_value(1_234_567, "GBP", compact=True) == "£1.2M"


@pytest.mark.parametrize(("precision", "text"), [(0, "4%"), (1, "4.1%"), (3, "4.123%")])
def test_the_decimals_can_be_asked_for(precision: int, text: str) -> None:
    assert format_value(0.04123, "percent", precision=precision) == text


@pytest.mark.parametrize("precision", [-1, 13])
def test_absurd_decimals_are_refused(precision: int) -> None:
    with pytest.raises(UsageError):
        format_value(1, None, precision=precision)


@pytest.mark.parametrize("locale", ["", "xx", "../etc", "de_DE; drop", "\0"])
def test_an_unknown_locale_is_refused(locale: str) -> None:
    with pytest.raises(UsageError) as caught:
        format_value(1, None, locale=locale)
    assert caught.value.code == "unknown-locale"


@settings(deadline=None)
@given(
    st.floats(allow_nan=False, allow_infinity=False),
    UNITS,
    st.sampled_from(["en_GB", "de_DE", "sv_SE", "ja_JP", "ar_EG"]),
    st.booleans(),
)
def test_any_figure_can_be_written_and_a_minus_is_a_minus(
    value: float, unit: str, locale: str, compact: bool
) -> None:
    number, word = format_parts(value, unit, locale=locale, compact=compact)
    assert number
    assert "-" not in number.replace("E-", "")
    assert "duration" not in word
    assert (MINUS_SIGN in number) <= (value < 0)
    assert "nan" not in number.lower()
    format_difference(value, unit, locale=locale, compact=compact)


MINUS_SIGN = "−"


@settings(deadline=None)
@given(st.floats(-1e12, 1e12))
def test_a_written_percentage_is_within_its_rounding(value: float) -> None:
    text = format_value(value, "percent").replace("−", "-").replace(",", "").rstrip("%")
    assert float(text) / 100 == pytest.approx(value, abs=0.0005 + 1e-9, rel=1e-9)


def test_units_load_without_the_locale_data() -> None:
    """Babel is imported when a figure is first written."""
    code = "import sys, sameboat.units; sys.exit('babel' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
