"""Does a KPI's line show a new regime that no declared phase covers? Proposals, never changes.

Limits begin anew where a person has locked a phase with a reason, and nowhere else. What the line
itself shows is said in words, beside the lines of YAML that would lock it.
"""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import dataclass
from itertools import pairwise
from typing import Literal

import numpy as np
import numpy.typing as npt

from sameboat.analysis.change_points import change_points
from sameboat.errors import SameboatError
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.questions.grounds import grounds_of, phase_breaks
from sameboat.questions.judging import usable
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.versions import breaks_of
from sameboat.store.packing import PackedSeries
from sameboat.units import format_value

Floats = npt.NDArray[np.float64]
Kind = Literal["level", "trend", "spread", "pattern"]

NEAR = 4
"""A change within so many points of a declared phase or version is the one that was declared."""

FEWEST = 3
"""Points on each side that a proposal tells of at least."""

CLEAR_SLOPE = 4.0
"""Standard errors from which on a slope is said to rise or fall."""

CLEAR_STEP = 1.0
"""Standard deviations between two levels from which on they are told as two levels."""

MORE_SPREAD = 1.6
"""So many times as much scatter is told as more."""

LABELS: dict[Kind, str] = {
    "level": "New level", "trend": "New trend", "spread": "New spread", "pattern": "New pattern",
}  # fmt: skip


@dataclass(frozen=True)
class PhaseProposal:
    """A change of regime that no declared phase covers, and how a person would lock it.

    `index` is its first point in the series, `at` that period's first day, `period` its name as
    `sameboat phase --from` takes it. `before` and `after` are the means of the stretches on both
    sides. `words` say what is seen; `line` is the entry of `events:` that would lock it, whose
    reason a person has yet to give.
    """

    kpi: str
    index: int
    at: dt.date
    period: str
    kind: Kind
    before: float
    after: float
    words: str
    event: str
    line: str

    @property
    def label(self) -> str:
        """What it is, in two words."""
        return LABELS[self.kind]

    @property
    def command(self) -> str:
        """What locks it at a terminal."""
        return f'sameboat phase {self.kpi} --from {self.period} --why "…"'


def proposals(project: Project, kpi: Kpi, points: PackedSeries) -> tuple[PhaseProposal, ...]:
    """The changes of regime in a KPI's watched series that nobody has declared, oldest first.

    Points that are not complete or that an event leaves out are not looked at. A series that
    cannot be told from noise, or is too short, has none.
    """
    used = grounds_of(project, points, kpi=kpi).without(usable(points))
    try:
        found = change_points(used)
    except SameboatError:
        return ()
    declared = {*phase_breaks(project, kpi, points)}
    declared.update(change.index for change in breaks_of(project, points))
    fresh = [at for at in found if all(abs(at - other) > NEAR for other in declared)]
    edges = sorted({0, len(used), *fresh, *(at for at in declared if at < len(used))})
    return tuple(
        _proposal(project, kpi, points, used, (before, at, after))
        for (before, at), after in zip(pairwise(edges), edges[2:], strict=False)
        if at in fresh and min(_known(used[before:at]), _known(used[at:after])) >= FEWEST
    )


def _known(values: Floats) -> int:
    return int(np.isfinite(values).sum())


def event_name(project: Project, kpi: str, at: dt.date, grain: str) -> str:
    """What an event that locks a phase is called: by KPI and period, never a name that is taken."""
    short = grain.removeprefix("fiscal_") in ("day", "week")
    name = f"{kpi}_{at:%Y_%m_%d}" if short else f"{kpi}_{at:%Y_%m}"
    number, called = 2, name
    while called in project.events:
        called, number = f"{name}_{number}", number + 1
    return called


def event_line(name: str, *, label: str, at: dt.date, kpi: str, why: str) -> str:
    """The entry of `events:` that locks a phase of a KPI, on one line.

    >>> event_line("nps_2026", label="New level", at=dt.date(2026, 3, 1), kpi="nps", why="One: two")
    'nps_2026: {label: "New level", from: 2026-03-01, kpis: [nps], phase: true, description: "One: two"}'
    """  # noqa: E501
    texts = [json.dumps(" ".join(text.split()), ensure_ascii=False) for text in (label, why)]
    return (
        f"{name}: {{label: {texts[0]}, from: {at.isoformat()}, kpis: [{kpi}], phase: true, "
        f"description: {texts[1]}}}"
    )


def _proposal(
    project: Project, kpi: Kpi, points: PackedSeries, used: Floats, edges: tuple[int, int, int]
) -> PhaseProposal:
    first, at, end = edges
    period = Period.holding(points.periods[at].item(), points.grain, reckoning_of(project))
    before, after = _Stretch.of(used[first:at]), _Stretch.of(used[at:end])
    kind = _kind(before, after)
    unit = project.metrics[points.metric].unit
    name = event_name(project, kpi.name, period.start, points.grain)
    why = "say here what changed in the work"
    return PhaseProposal(
        kpi=kpi.name, index=at, at=period.start, period=str(period), kind=kind,
        before=before.mean, after=after.mean,
        words=_words(kind, before, after, _when(period), unit, over=end < len(used)),
        event=name,
        line=event_line(name, label=LABELS[kind], at=period.start, kpi=kpi.name, why=why),
    )  # fmt: skip


@dataclass(frozen=True)
class _Stretch:
    """A stretch of points: its mean, its slope per point with its standard error, its scatter."""

    mean: float
    slope: float
    doubt: float
    spread: float

    @classmethod
    def of(cls, values: Floats) -> _Stretch:
        known = np.flatnonzero(np.isfinite(values))
        y, x = values[known], known - known.mean()
        mean = float(y.mean())
        slope = float(x @ (y - mean) / (x @ x))
        freedom = max(y.size - 2, 1)
        spread = float(np.sqrt(np.sum((y - mean - slope * x) ** 2) / freedom))
        return cls(mean, slope, spread / float(np.sqrt(x @ x)), spread)

    @property
    def direction(self) -> str:
        if abs(self.slope) <= CLEAR_SLOPE * self.doubt:
            return "level"
        return "rising" if self.slope > 0 else "falling"


def _kind(before: _Stretch, after: _Stretch) -> Kind:
    if before.direction != "level" or after.direction != "level":
        return "trend"
    least, most = sorted((before.spread, after.spread))
    usual = float(np.hypot(least, most)) / np.sqrt(2)
    if abs(after.mean - before.mean) > CLEAR_STEP * max(usual, 1e-12 * abs(before.mean)):
        return "level"
    return "spread" if most > MORE_SPREAD * least else "pattern"


def _words(
    kind: Kind, before: _Stretch, after: _Stretch, when: str, unit: str | None, *, over: bool
) -> str:
    """What is seen, with the figures of both sides; a stretch that another one ended is past."""
    since = "after" if over else "since"
    seems = "seems to have begun" if over else "seems to begin"
    if kind == "level":
        levels = [format_value(one.mean, unit) for one in (before, after)]
        return f"A new level {seems} {when}: {levels[0]} before, {levels[1]} {since}."
    if kind == "trend":
        return f"A new trend {seems} {when}: {_trend(before, after, since)}."
    if kind == "spread":
        more = "more" if after.spread > before.spread else "less"
        return f"Points scatter {more} from {when.removeprefix('in ').removeprefix('on ')} on."
    return f"Another pattern {seems} {when}, at about the same level."


def _trend(before: _Stretch, after: _Stretch, since: str) -> str:
    if before.direction != after.direction:
        return f"{before.direction} before, {after.direction} {since}"
    faster = "faster" if abs(after.slope) > abs(before.slope) else "more slowly"
    return f"{after.direction} {faster} {since} than before"


def _when(period: Period) -> str:
    """A period as a sentence names it.

    >>> _when(Period.parse("2026-03")), _when(Period.parse("2026-W10"))
    ('in March 2026', 'in the week from 2 March 2026')
    """
    grain = period.grain.removeprefix("fiscal_")
    if grain not in ("day", "week"):
        return f"in {period.label()}"
    day = f"{period.start.day} {period.start:%B %Y}"
    return f"on {day}" if grain == "day" else f"in the week from {day}"
