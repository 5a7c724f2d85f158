"""Templates and their filters: values, dates and shares in the reader's locale."""

from __future__ import annotations

import datetime as dt
from functools import cache

from jinja2 import Environment, PackageLoader, StrictUndefined

from sameboat.charts.figures import (
    Figures,
    day_month,
    full_day,
    month_year,
    share,
    time_of_day,
    weekday_day,
)


@cache
def environment() -> Environment:
    """The templates, compiled once, everything escaped, an undefined name an error."""
    templates = Environment(
        loader=PackageLoader("sameboat.web", "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        auto_reload=False,
        cache_size=100,
    )
    templates.filters.update(
        full=full, short=short, bare=bare, share=share, day=day_month, full_day=full_day,
        month_year=month_year, weekday=weekday_day, moment=moment,
    )  # fmt: skip
    templates.globals["parts_of"] = parts_of
    return templates


def full(value: float, unit: str | None, locale: str) -> str:
    """The value with its unit."""
    return Figures(unit, locale).full(value)


def short(value: float, unit: str | None, locale: str) -> str:
    """The value with its unit, a large one shortened."""
    return Figures(unit, locale).short(value)


def bare(value: float, unit: str | None, locale: str) -> str:
    """The value without its unit."""
    return Figures(unit, locale).bare(value)


def parts_of(value: float, unit: str | None, locale: str) -> tuple[str, str]:
    """The value and its unit apart, so that the unit can be set smaller."""
    return Figures(unit, locale).parts(value)


def moment(at: dt.datetime, locale: str, now: dt.datetime) -> str:
    """A moment in the reader's zone.

    >>> at = dt.datetime(2026, 10, 26, 6, 10, tzinfo=dt.UTC)
    >>> moment(at, "en-GB", at)
    'Monday 26 Oct, 06:10'
    """
    local = at.astimezone(now.tzinfo)
    return f"{weekday_day(local.date(), locale)}, {time_of_day(local, locale)}"
