"""Sentences about figures, in plain words; nothing here says that one thing caused another."""

from __future__ import annotations

import datetime as dt

import numpy as np
import numpy.typing as npt

from sameboat.project.declared import Project
from sameboat.project.model import Kpi, Ratio
from sameboat.questions.series import Chance, Phase, TargetPath
from sameboat.store.packing import PackedSeries
from sameboat.units import format_value

FLAT = 0.05
"""A relative change under which a figure is called flat."""

NUMBERS = ("no", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten")


def ratio_sentence(
    project: Project, metric: Ratio, points: PackedSeries, since: dt.date
) -> str | None:
    """What the two sides of a ratio did since a signal began, against as long a time before.

    `Leads rose by 38% on the 8 weeks before, new customers stayed flat.`
    """
    if points.numerator is None or points.denominator is None:
        return None
    start = int(np.searchsorted(points.periods, np.datetime64(since, "D")))
    complete = int(np.flatnonzero(points.complete)[-1]) + 1
    below = _said(project, metric.denominator.metric, points.denominator, start, complete)
    above = _said(project, metric.numerator.metric, points.numerator, start, complete)
    if below is None or above is None:
        return None
    compared = before_words(start - _before(start, complete), points.grain)
    second = above[0].lower() + above[1:]
    return f"{below} on {compared}, {second}."


def before_words(count: int, grain: str) -> str:
    """Against how many periods before a signal it is compared.

    >>> before_words(8, "week"), before_words(1, "month")
    ('the 8 weeks before', 'the month before')
    """
    noun = grain.replace("_", " ")
    return f"the {noun} before" if count == 1 else f"the {count} {noun}s before"


def since_against_before(values: npt.NDArray[np.float64], start: int, end: int) -> float | None:
    """The mean of `start` up to `end` relative to the mean of as many before; .38 is 38 % more.

    None where nothing lies before, or nothing known, or where that mean is 0.
    """
    after, before = values[start:end], values[_before(start, end) : start]
    if not np.isfinite(before).any() or not np.isfinite(after).any():
        return None
    base = float(np.nanmean(before))
    return None if base == 0 else float(np.nanmean(after)) / base - 1


def _before(start: int, end: int) -> int:
    return max(0, 2 * start - end)


def _said(
    project: Project, metric: str, values: npt.NDArray[np.float64], start: int, end: int
) -> str | None:
    """`Leads rose by 38%` or `New customers stayed flat`: right for one and for many."""
    change = since_against_before(values, start, end)
    if change is None:
        return None
    declared = project.metrics.get(metric)
    label = declared.title if declared else metric
    if abs(change) < FLAT:
        return f"{label} stayed flat"
    return f"{label} {'rose' if change > 0 else 'fell'} by {abs(change):.0%}"


def since_event(project: Project, kpi: Kpi, since: dt.date) -> str | None:
    """The declared event that a signal began with, as a time and not as a cause."""
    near = [
        event
        for event in project.events.values()
        if (not event.kpis or kpi.name in event.kpis) and abs((event.from_ - since).days) <= 10
    ]
    if not near:
        return None
    event = min(near, key=lambda e: abs((e.from_ - since).days))
    return f"Began with: {event.title}, {event.from_.day} {event.from_:%b}."


def spread_sentence(unit: str | None, phase: Phase, target: float) -> str:
    """What to expect of a process whose target lies beyond that."""
    expected = phase.likely or (phase.lower, phase.upper)
    low, high, goal = (_rough(value, unit) for value in (*expected, target))
    return (
        f"As it runs, expect {low} to {high}. Pushing harder will not reach {goal}; "
        "a change to the process might."
    )


HARDLY = 0.05
"""A chance under which a routine number is told to miss its target as it runs."""


def far_sentence(unit: str | None, target: TargetPath | None, chance: Chance) -> str | None:
    """What a routine number with next to no chance to hit its target needs; else None.

    Routine says that nothing has changed, not that all is well: without a change it misses.
    """
    is_band = target is not None and target.high is not None
    if target is None or is_band or chance.value is None or chance.value > HARDLY:
        return None
    goal = target.value if target.total is None else target.total
    by = f" by {target.by:%B %Y}" if target.by else ""
    return (
        f"Nothing has changed, and as it runs it will hardly reach {_rough(goal, unit)}{by}: "
        "that takes a change to the process."
    )


def _rough(value: float, unit: str | None) -> str:
    """A figure as precise as a sentence needs it."""
    return format_value(value, unit, precision=1 if unit == "percent" or abs(value) < 10 else 0)


def counted(count: int) -> str:
    """A small number as a word.

    >>> counted(4)
    'four'
    """
    return NUMBERS[count] if count < len(NUMBERS) else str(count)


def listed(names: list[str]) -> str:
    """Names as a sentence lists them.

    >>> listed(["a", "b", "c"])
    'a, b and c'
    """
    if len(names) < 2:
        return "".join(names)
    return f"{', '.join(names[:-1])} and {names[-1]}"
