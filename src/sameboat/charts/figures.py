"""How the values and dates of a chart are written."""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

from babel.dates import format_date, format_skeleton, format_time
from babel.numbers import format_percent

from sameboat.charts.scales import decimals
from sameboat.errors import UsageError
from sameboat.units import PLAIN, Unit, format_difference, format_parts, format_value

FINE_PERCENT = 2
"""Decimals of a percentage where centre and limits are told apart."""


@dataclass(frozen=True)
class Figures:
    """Values of one unit in one locale; a unit that cannot be read is left out."""

    unit: str | None
    locale: str = "en-GB"

    def full(self, value: float) -> str:
        """The value with its unit and all its digits, for tables."""
        return _full(value, self.unit, self.locale)

    def short(self, value: float) -> str:
        """The value with its unit, large ones shortened, for charts and heads."""
        number, word = self.parts(value)
        return number + ("" if word.startswith("%") or not word else " ") + word

    def parts(self, value: float) -> tuple[str, str]:
        """The shortened value and its unit apart, so that the unit can be set smaller."""
        return _parts(value, self.unit, self.locale)

    def bare(self, value: float) -> str:
        """The value without its unit."""
        return _bare(value, self.unit, self.locale)

    def fine(self, value: float) -> str:
        """The value without its unit, precise enough for centre and limits."""
        return _fine(value, self.unit, self.locale)

    def ticks(self, levels: Sequence[float]) -> tuple[str, ...]:
        """What stands beside an axis: the unit on the top tick only."""
        return _ticks(tuple(levels), self.unit, self.locale)

    def change(self, value: float) -> str:
        """A difference of two values, with its sign and unit."""
        return format_difference(value, unit_of(self.unit), locale=self.locale, compact=True)

    def change_bare(self, value: float) -> str:
        """A difference with its sign and without its unit."""
        if unit_of(self.unit).kind != "percent":
            return format_difference(value, None, locale=self.locale, compact=True)
        return format_difference(value * 100, None, locale=self.locale, precision=1)

    def distance(self, value: float) -> str:
        """How far two values are apart, without a sign."""
        return self.change(abs(value)).lstrip("+±")

    def change_unit(self) -> str:
        """The unit of differences: percentages differ by points."""
        unit = unit_of(self.unit)
        if unit.kind in ("plain", "count", "score"):
            return ""
        return "points" if unit.kind == "percent" else str(unit).replace("_", " ")


@lru_cache(maxsize=256)
def unit_of(text: str | None) -> Unit:
    """The unit that a text names, or a plain number where it names none."""
    try:
        return Unit.parse(text)
    except UsageError:
        return PLAIN


def _plainly(value: float, unit: str | None) -> tuple[float, Unit]:
    """What to write for the number alone: money without its sign, a percentage as it is read."""
    kind = unit_of(unit).kind
    return (value, unit_of("percent")) if kind == "percent" else (value, PLAIN)


@lru_cache(maxsize=8192)
def _full(value: float, unit: str | None, locale: str) -> str:
    return format_value(value, unit_of(unit), locale=locale)


@lru_cache(maxsize=8192)
def _parts(value: float, unit: str | None, locale: str) -> tuple[str, str]:
    return format_parts(value, unit_of(unit), locale=locale)


@lru_cache(maxsize=8192)
def _bare(value: float, unit: str | None, locale: str) -> str:
    return format_parts(*_plainly(value, unit), locale=locale)[0]


@lru_cache(maxsize=8192)
def _fine(value: float, unit: str | None, locale: str) -> str:
    value, plain = _plainly(value, unit)
    precision = FINE_PERCENT if plain.kind == "percent" else None
    return format_parts(value, plain, locale=locale, precision=precision)[0]


@lru_cache(maxsize=1024)
def _ticks(levels: tuple[float, ...], unit: str | None, locale: str) -> tuple[str, ...]:
    if not levels:
        return ()
    step = levels[1] - levels[0] if len(levels) > 1 else abs(levels[0]) or 1.0
    kind = unit_of(unit).kind
    precision = min(decimals(step * 100 if kind == "percent" else step), 9)
    # Shortened figures have three digits: fine where that is what they are.
    compact = all(float(f"{level:.3g}") == level for level in levels)
    texts = [
        format_parts(*_plainly(level, unit), locale=locale, precision=precision, compact=compact)[0]
        for level in levels
    ]
    if kind == "percent":
        texts[-1] += "%"
    elif kind == "money":
        texts[-1] = format_parts(
            levels[-1], unit_of(unit), locale=locale, precision=precision, compact=compact
        )[0]
    return tuple(texts)


def _tag(locale: str) -> str:
    return locale.replace("-", "_")


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
