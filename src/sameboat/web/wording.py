"""Sentences over sections and in notes, each made only from what the answer holds."""

from __future__ import annotations

import datetime as dt
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from sameboat.charts.figures import (
    Figures,
    full_day,
    month_name,
    month_name_year,
    month_year,
    share,
)
from sameboat.charts.time_axis import period_name
from sameboat.charts.timeline import last_day, plain
from sameboat.questions.board import Board
from sameboat.questions.kpi import GuardrailRow, KpiAnswer
from sameboat.questions.sentences import before_words, since_against_before
from sameboat.questions.series import Series, SignalPoint, TargetPath
from sameboat.web.display import moment
from sameboat.web.site import Progress

NUMBERS = ("No", "One", "Two", "Three", "Four", "Five", "Six", "Seven", "Eight", "Nine", "Ten")
OLD = dt.timedelta(days=8)
SAME = "the same"
ELEVEN_MONTHS = dt.timedelta(days=334)


def freshness(board: Board, locale: str, now: dt.datetime) -> str:
    """When numbers were computed and how many tables were fresh."""
    parts = [] if board.refreshed_at is None else [
        f"Refreshed {moment(board.refreshed_at, locale, now)}"
    ]  # fmt: skip
    if board.tables_total:
        parts.append(f"{board.tables_fresh} of {board.tables_total} sources fresh")
    return " · ".join(parts)


def too_old(board: Board, locale: str, now: dt.datetime) -> str | None:
    """A note where the last refresh is more than eight days ago."""
    if board.refreshed_at is None or now - board.refreshed_at < OLD:
        return None
    days = (now - board.refreshed_at).days
    return f"Nothing was refreshed for {days} days. Run sameboat refresh in the project’s folder."


def progress_words(progress: Progress) -> str:
    """How far a refresh is: '14 of 20 metrics, about 3 s left'."""
    words = f"{progress.done} of {progress.total} metrics"
    if progress.seconds_left is None:
        return words
    return f"{words}, about {max(1, round(progress.seconds_left))} s left"


def target_words(
    target: TargetPath | None, unit: str | None, locale: str, *, after: dt.date | None = None
) -> str:
    """The target and its date: '6.0% by June'; empty without one.

    The year is left out where the date is less than eleven months after `after`.
    """
    if target is None:
        return ""
    figures = Figures(unit, locale)
    value = figures.short(target.value)
    if target.total is not None:
        value = f"{figures.short(target.total)} in all"
    if target.high is not None:
        return f"{value} to {figures.short(target.high)}"
    if target.by is None:
        return value
    soon = after is not None and dt.timedelta(0) <= target.by - after < ELEVEN_MONTHS
    return f"{value} by {(month_name if soon else month_year)(target.by, locale)}"


def count_words(count: int, noun: str) -> str:
    """A number in words with its noun: 'Three teams'."""
    number = NUMBERS[count] if count < len(NUMBERS) else str(count)
    return f"{number} {noun}{'' if count == 1 else 's'}"


def owners_head(kpi: KpiAnswer) -> str:
    """Who owns the outcome together."""
    teams = len({row.pull.team for row in kpi.levers})
    if teams > 1:
        return f"{count_words(teams, 'team')} own it together"
    return "One team owns it alone" if teams else "Nobody owns it yet"


def guardrails_head(rails: Sequence[GuardrailRow]) -> str:
    """Whether what must not get worse has."""
    broken = sum(1 for rail in rails if rail.holds is False)
    if not rails:
        return "No guardrail is named"
    if broken:
        return f"{count_words(broken, 'guardrail')} broken"
    if all(rail.holds is None for rail in rails):
        return "Guardrails are not judged yet"
    return "Guardrails hold"


@dataclass(frozen=True)
class Move:
    """How far a part of a ratio lies from what it was; `base` says what that is."""

    change: float  # .38 is 38 % more
    base: str  # "the mean before", "the 8 weeks before"
    is_since: bool = False  # all points since a signal began, not the latest one alone

    def words(self, locale: str) -> str:
        """'37% above', '2% below', 'the same'."""
        far = round(abs(self.change), 2)
        if far == 0:
            return SAME
        return f"{share(far, locale)} {'above' if self.change > 0 else 'below'}"

    def said(self, locale: str) -> str:
        """The same with its base: '37% above the mean before', 'the same as the mean before'."""
        words = self.words(locale)
        return f"{words}{' as' if words == SAME else ''} {self.base}"


def move_of(series: Series, since: dt.date | None = None) -> Move | None:
    """The periods of a signal that lasts `since` then against as many before it.

    Without a signal, the latest value against the mean of the known complete ones before it.
    None where there is nothing to compare with, or it is 0.
    """
    latest = series.latest
    if latest is None:
        return None
    values = np.array([np.nan if v is None else v for v in series.values], dtype=np.float64)
    end = latest + 1
    start = latest if since is None else bisect_left(series.periods, since, 0, end)
    if since is None:
        known = values[:latest][np.isfinite(values[:latest])]
        if not len(known) or known.mean() == 0:
            return None
        return Move(float(values[latest] / known.mean()) - 1, "the mean before")
    change = since_against_before(values, start, end)
    if change is None:
        return None
    return Move(change, before_words(min(start, end - start), series.grain), is_since=True)


def ratio_head(sides: Sequence[tuple[str, Move | None]], locale: str) -> str:
    """How the sides of a ratio moved, in one line; `sides` are labels with their moves."""
    parts: list[str] = []
    for label, move in sides:
        if move is not None:
            next_one = f"{label[:1].lower()}{label[1:]} {move.words(locale)}"
            parts.append(next_one if parts else f"{label} {move.said(locale)}")
    return ", ".join(parts) or "What the ratio is made of"


def recent_head(
    months: Series | None, year_before: Series | None, unit: str | None, locale: str,
    *, weeks: bool = True,
) -> str:  # fmt: skip
    """The latest month against the same month a year before, and whether both mean the same."""
    shown = [name for name, is_shown in (("weeks", weeks), ("months", months)) if is_shown]
    plain_head = f"The latest {' and '.join(shown)}"
    latest = months.latest if months is not None else None
    if months is None or latest is None or year_before is None or latest >= len(year_before.values):
        return plain_head
    value, earlier = months.values[latest], year_before.values[latest]
    if value is None or earlier is None:
        return plain_head
    name = month_name(months.periods[latest], locale)
    then = month_name_year(year_before.periods[latest], locale)
    figures = Figures(unit, locale)
    if figures.full(value) == figures.full(earlier):
        return f"{name} is where {then} was{_apart(months, year_before, latest)}"
    way = "above" if value > earlier else "below"
    words = f"{name} is {figures.distance(value - earlier)} {way} {then}"
    return words + _apart(months, year_before, latest)


def _apart(months: Series, year_before: Series, latest: int) -> str:
    """What to add where another version of the definition begins between the two months."""
    between = any(change.index <= latest for change in months.breaks)
    between |= any(change.index > latest for change in year_before.breaks)
    return ", which was of another version of the definition" if between else ""


def rules_fired(series: Series, locale: str) -> list[str]:
    """Each rule that fired, with how many points and from when to when."""
    runs: list[list[SignalPoint]] = []
    for signal in sorted(series.signals, key=lambda signal: (signal.rule, signal.index)):
        last = runs[-1][-1] if runs else None
        if last is not None and last.rule == signal.rule and signal.index == last.index + 1:
            runs[-1].append(signal)
        else:
            runs.append([signal])
    runs.sort(key=lambda run: -run[-1].index)
    return [_run_words(run, series, locale) for run in runs]


def _run_words(run: Sequence[SignalPoint], series: Series, locale: str) -> str:
    start, end = (period_title(series, signal.index, locale) for signal in (run[0], run[-1]))
    when = end if len(run) == 1 else f"{start} to {end}"
    points = "1 point" if len(run) == 1 else f"{len(run)} points"
    return f"{run[0].rule}: {points}, {when}."


def period_head(grain: str) -> str:
    """The head of a column of periods."""
    return "Week to" if grain == "week" else grain.replace("_", " ").capitalize()


def period_title(series: Series, index: int, locale: str) -> str:
    """A period with its year: the last day of a week, the month and year of a month."""
    day = series.periods[index]
    if series.grain == "month":
        return month_year(day, locale)
    if plain(series.grain) in ("quarter", "year"):
        return period_name(day, series.grain, locale)
    return full_day(last_day(day, series.grain), locale)
