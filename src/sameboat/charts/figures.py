"""How the values and dates of a chart are written."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_currency, format_decimal, format_percent

from sameboat.charts.scales import decimals


@dataclass(frozen=True)
class Parts:
    """A value in pieces: what stands before the number, the number, what stands after."""

    before: str
    number: str
    after: str


@dataclass(frozen=True)
class Figures:
    """Values of one unit in one locale."""

    unit: str | None
    locale: str = "en-GB"

    def full(self, value: float) -> str:
        """The value with its unit."""
        return _full(value, self.unit, self.locale)

    def bare(self, value: float, step: float | None = None) -> str:
        """The value without its unit; `step` asks for as many decimals as its ticks need."""
        return _bare(value, self.unit, self.locale, step)

    def fine(self, value: float) -> str:
        """The value without its unit and with one decimal more, for centres and limits."""
        return _fine(value, self.unit, self.locale)

    def tick(self, value: float, step: float) -> str:
        """The value as the top tick of an axis: with its unit, where that is short."""
        return _tick(value, self.unit, self.locale, step)

    def change(self, value: float) -> str:
        """A difference of two values, with its sign."""
        return _change(value, self.unit, self.locale)

    def distance(self, value: float) -> str:
        """How far two values are apart, without a sign."""
        return self.change(value).lstrip("+−±")

    def change_bare(self, value: float) -> str:
        """A difference with its sign and without its unit."""
        return _change(value, None if self.unit == "count" else self.unit, self.locale, bare=True)

    def parts(self, value: float) -> Parts:
        """The value in pieces, so that its unit can be set smaller."""
        number = self.bare(value)
        before, _, after = self.full(value).partition(number)
        return Parts(before.strip(), number, after.strip())

    def change_unit(self) -> str:
        """The unit of differences: percentages differ by points."""
        if self.unit in (None, "count"):
            return ""
        return "points" if self.unit == "percent" else str(self.unit)


def _scaled(value: float, unit: str | None) -> float:
    return value * 100 if unit == "percent" else value


def _tag(locale: str) -> str:
    return locale.replace("-", "_")


@lru_cache(maxsize=4096)
def _bare(value: float, unit: str | None, locale: str, step: float | None) -> str:
    if step is None:
        digits = 1 if unit == "percent" else 0 if abs(value) >= 20 else 1
    else:
        digits = decimals(_scaled(step, unit))
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return format_decimal(_scaled(value, unit), format=pattern, locale=_tag(locale))


@lru_cache(maxsize=4096)
def _fine(value: float, unit: str | None, locale: str) -> str:
    step = (
        0.0001
        if unit == "percent"
        else 1
        if abs(value) >= 1000
        else 0.1
        if abs(value) >= 10
        else 0.01
    )
    return _bare(value, unit, locale, step)


@lru_cache(maxsize=4096)
def _full(value: float, unit: str | None, locale: str) -> str:
    if unit and len(unit.split(" ")[0]) == 3 and unit[:3].isupper():
        return format_currency(value, unit[:3], locale=_tag(locale))
    bare = _bare(value, unit, locale, None)
    if unit == "percent":
        return f"{bare}%"
    return bare if unit in (None, "count", "points") else f"{bare} {unit}"


@lru_cache(maxsize=4096)
def _tick(value: float, unit: str | None, locale: str, step: float) -> str:
    bare = _bare(value, unit, locale, step)
    if unit == "percent":
        return f"{bare}%"
    return bare


@lru_cache(maxsize=4096)
def _change(value: float, unit: str | None, locale: str, bare: bool = False) -> str:
    sign = "+" if value > 0 else "−" if value < 0 else "±"
    number = _bare(abs(value), unit, locale, None)
    word = (
        ""
        if bare
        else " points"
        if unit in ("percent", "points")
        else f" {unit}"
        if unit not in (None, "count")
        else ""
    )
    return f"{sign}{number}{word}"


@lru_cache(maxsize=4096)
def day_month(day: dt.date, locale: str) -> str:
    """A day of the year.

    >>> day_month(dt.date(2026, 10, 25), "en-GB")
    '25 Oct'
    """
    return format_skeleton("dMMM", day, locale=_tag(locale))


@lru_cache(maxsize=4096)
def month(day: dt.date, locale: str) -> str:
    """A month's name.

    >>> month(dt.date(2026, 10, 1), "en-GB")
    'Oct'
    """
    return format_skeleton("MMM", day, locale=_tag(locale))


@lru_cache(maxsize=4096)
def month_year(day: dt.date, locale: str) -> str:
    """A month and its year.

    >>> month_year(dt.date(2027, 6, 30), "en-GB")
    'Jun 2027'
    """
    return format_skeleton("yMMM", day, locale=_tag(locale))


@lru_cache(maxsize=4096)
def month_name(day: dt.date, locale: str) -> str:
    """A month's whole name.

    >>> month_name(dt.date(2026, 10, 1), "en-GB")
    'October'
    """
    return format_date(day, "LLLL", locale=_tag(locale))


@lru_cache(maxsize=4096)
def month_name_year(day: dt.date, locale: str) -> str:
    """A month's whole name and its year.

    >>> month_name_year(dt.date(2025, 10, 1), "en-GB")
    'October 2025'
    """
    return format_skeleton("yMMMM", day, locale=_tag(locale))


@lru_cache(maxsize=4096)
def full_day(day: dt.date, locale: str) -> str:
    """A day with its year.

    >>> full_day(dt.date(2026, 10, 25), "en-GB")
    '25 Oct 2026'
    """
    return format_skeleton("yMMMd", day, locale=_tag(locale))


@lru_cache(maxsize=4096)
def weekday_day(day: dt.date, locale: str) -> str:
    """A day with its weekday.

    >>> weekday_day(dt.date(2026, 10, 30), "en-GB")
    'Friday 30 Oct'
    """
    text = format_skeleton("MMMEEEEd", day, locale=_tag(locale))
    return text.replace(",", "", 1) if locale == "en-GB" else text


def time_of_day(moment: dt.datetime, locale: str) -> str:
    """Hours and minutes of a moment, in its own zone.

    >>> time_of_day(dt.datetime(2026, 10, 26, 6, 10), "en-GB")
    '06:10'
    """
    return format_time(moment, "short", tzinfo=moment.tzinfo, locale=_tag(locale))


@lru_cache(maxsize=4096)
def share(value: float, locale: str) -> str:
    """A chance or a share in whole percent; what is not certain is never rounded to it.

    >>> share(0.09, "en-GB"), share(0.998, "en-GB"), share(0.001, "en-GB")
    ('9%', '>99%', '<1%')
    """
    if 0.995 <= value < 1:
        return ">" + format_percent(0.99, locale=_tag(locale))
    if 0 < value < 0.005:
        return "<" + format_percent(0.01, locale=_tag(locale))
    return format_percent(value, locale=_tag(locale))
