"""One ready row of the board per KPI, made by a refresh and read as it stands."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import numpy.typing as npt
from pydantic import TypeAdapter

from sameboat.errors import SameboatError
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Kpi, Metric, Ratio, Simple
from sameboat.questions.ahead import look_ahead, unknown
from sameboat.questions.freshness import TableFreshness
from sameboat.questions.grounds import grounds_of, phase_breaks
from sameboat.questions.judging import Judged, day_month, judge, stale_verdict
from sameboat.questions.kept import Kept
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.rows import BoardRow
from sameboat.questions.sentences import far_sentence, ratio_sentence, since_event, spread_sentence
from sameboat.questions.series import Chance, Pull, Series, TargetPath, Verdict
from sameboat.questions.targets import target_of, target_series
from sameboat.questions.versions import breaks_of, since_version
from sameboat.questions.wanted import tables_of, watch_grain, watched_instead
from sameboat.questions.workspace import Workspace
from sameboat.store.packing import PackedSeries
from sameboat.units import format_value

SHOWN = {"day": 60, "week": 26, "month": 24, "quarter": 12, "year": 10}
"""How many periods the board's small chart shows."""

NOT_COMPUTED = "it could not be computed"
"""Why the chance to hit the target of a KPI without points is not known."""

Floats = npt.NDArray[np.float64]

Known = Mapping[tuple[str, str], PackedSeries]


def card_of(
    workspace: Workspace,
    kpi: Kpi,
    known: Known,
    tables: Mapping[str, TableFreshness],
    problems: Mapping[str, SameboatError],
) -> BoardRow:
    """The board's row of a KPI, from the series that a refresh computed."""
    project = workspace.project
    grain = watch_grain(project, kpi)
    points = known.get((kpi.signal.metric or kpi.metric, grain))
    shown = known.get((kpi.metric, grain))
    if points is None or shown is None:
        return _without_points(project, kpi, grain, problems)
    metric = project.metrics[kpi.metric]
    stale = stale_since(project, kpi.metric, tables)
    target = target_of(
        project,
        kpi,
        _last_day(workspace, shown),
        known.get(target_series(project, kpi) or ("", "")),
    )
    judged = judge_kpi(project, kpi, points, target=target, stale=stale)
    value, reason = latest(shown)
    chance = _chance(project, kpi, shown, target, stale)
    why = sentence(project, kpi, shown, judged, target, tables)
    if why is None and judged.verdict.state == "routine":
        why = far_sentence(metric.unit, target, chance)
    return BoardRow(
        kpi=kpi.name,
        label=kpi.label or metric.title,
        unit=metric.unit,
        good=metric.good if isinstance(metric.good, str) else None,
        verdict=judged.verdict,
        why=why,
        value=value,
        value_reason=reason,
        note=note(project, kpi, shown, judged),
        series=recent(judged.series),
        target=target,
        chance=chance,
        pulls=pulls(project, kpi),
        stale_since=stale,
        watched=watched_instead(project, kpi),
        since=judged.since,
        rarity=judged.chance,
    )


def _chance(
    project: Project,
    kpi: Kpi,
    shown: PackedSeries,
    target: TargetPath | None,
    stale: dt.date | None,
) -> Chance:
    """The chance to hit the target on its date, by a forecast of the KPI's own series."""
    if stale:
        return Chance(None, "until the source is back")
    good = project.metrics[kpi.metric].good
    reason = unknown(target, good)
    if reason is not None:
        return Chance(None, reason)
    key = (project.digest, kpi.name, target, *(part.tobytes() for part in _parts(shown)))
    return _CHANCES.get(key, lambda: look_ahead(project, kpi, shown, target).chance(target, good))


_CHANCES: Kept[Chance] = Kept(256)
"""Chances told before: a refresh that changed nothing of a series need not forecast it again."""


def _parts(points: PackedSeries) -> tuple[npt.NDArray[Any], ...]:
    return points.periods, points.values, points.complete


def kept(
    card: BoardRow,
    before: Mapping[str, Any] | None,
    known_on: dt.date,
    problems: Mapping[str, SameboatError],
) -> BoardRow:
    """The card; or, where it could not be computed now, the one before it, marked as stale."""
    if before is None or card.series.periods or not problems:
        return card
    old = read_card(before)
    since = old.stale_since or known_on
    return replace(
        old,
        verdict=stale_verdict(since),
        stale_since=since,
        why=card.why,
        chance=Chance(None, "until the source is back"),
    )


def deal(cards: Mapping[str, BoardRow]) -> dict[str, dict[str, Any]]:
    """The rows as JSON can hold them."""
    return {name: _adapter().dump_python(row, mode="json") for name, row in cards.items()}


def read_card(text: str | Mapping[str, Any]) -> BoardRow:
    """A row that was dealt before."""
    if isinstance(text, str):
        return _adapter().validate_json(text)
    return _adapter().validate_python(text, strict=False)


@cache
def _adapter() -> TypeAdapter[BoardRow]:
    return TypeAdapter(BoardRow)


def judge_kpi(
    project: Project,
    kpi: Kpi,
    points: PackedSeries,
    *,
    target: TargetPath | None = None,
    stale: dt.date | None = None,
) -> Judged:
    """A KPI's watched series, judged with its phases and target."""
    metric = project.metrics[kpi.metric]
    watched = project.metrics[points.metric]
    return judge(
        points,
        label=kpi.label or metric.title,
        unit=watched.unit,
        good=watched.good or metric.good,
        baseline=kpi.signal.baseline,
        breaks=phase_breaks(project, kpi, points),
        changes=breaks_of(project, points),
        target=target if points.metric == kpi.metric else None,
        stale_since=stale,
        grounds=grounds_of(project, points, kpi=kpi),
    )


def stale_since(
    project: Project, metric: str, tables: Mapping[str, TableFreshness]
) -> dt.date | None:
    """Since when any table behind a metric is too old; None while all are fresh."""
    days = [tables[name].stale_since for name in tables_of(project, metric) if name in tables]
    return min((day for day in days if day is not None), default=None)


def latest(points: PackedSeries) -> tuple[float | None, str | None]:
    """The value of the last complete period, or why there is none."""
    complete = np.flatnonzero(points.complete)
    if not len(complete):
        return None, "no complete period yet"
    index = int(complete[-1])
    value = float(points.values[index])
    if np.isnan(value):
        return None, (points.reasons[index] if points.reasons else None) or "no value"
    return value, None


def recent(series: Series) -> Series:
    """The part of a series that the board draws; phases are cut to it."""
    keep = SHOWN.get(series.grain.removeprefix("fiscal_"), 26)
    last = series.latest
    end = len(series.values) if last is None else last + 1
    cut = series.between(max(0, end - keep), end)
    return replace(cut, moving_range=(), moving_range_limit=None)


def pulls(project: Project, kpi: Kpi) -> tuple[Pull, ...]:
    """Who pulls which lever."""
    found = []
    for owner in kpi.owners:
        team, lever = project.teams.get(owner.team), project.metrics.get(owner.lever or "")
        found.append(
            Pull(
                owner.team,
                team.title if team else owner.team,
                owner.lever,
                lever.title if lever else owner.lever,
            )
        )
    return tuple(found)


def note(project: Project, kpi: Kpi, points: PackedSeries, judged: Judged) -> str | None:
    """The n or the former centre, in the few words under the value."""
    metric = project.metrics[kpi.metric]
    if judged.since is not None and judged.centre is not None:
        return f"{format_value(judged.centre, metric.unit)} centre until {judged.since:%b}"
    complete = np.flatnonzero(points.complete)
    if not len(complete) or np.isnan(points.values[complete[-1]]):
        return None
    if isinstance(metric, Ratio):
        below = project.metrics.get(metric.denominator.metric)
        count = _at(points.denominator, complete[-1])
        if below is not None and _is_count(below) and count is not None:
            return f"of {count:,} {below.title.lower()}"
    n = _at(points.n, complete[-1])
    if n is None or _is_count(metric):
        return None
    if isinstance(metric, Simple) and metric.agg in ("median", "average"):
        return f"{metric.agg} of {n:,}"
    return f"n = {n:,}"


def _at(counts: Floats | None, index: int) -> int | None:
    return None if counts is None or np.isnan(counts[index]) else int(counts[index])


def _is_count(metric: Metric) -> bool:
    """Whether a metric's figure says how many there are, counted here or by who exported it."""
    counted = isinstance(metric, Simple) and metric.agg in ("count", "count_distinct")
    return counted or metric.unit == "count"


def sentence(
    project: Project,
    kpi: Kpi,
    points: PackedSeries,
    judged: Judged,
    target: TargetPath | None,
    tables: Mapping[str, TableFreshness],
) -> str | None:
    """One sentence under the verdict: what the data say, never why it must be so."""
    metric = project.metrics[kpi.metric]
    if judged.verdict.state == "stale":
        late = [t for t in tables_of(project, kpi.metric) if t in tables and not tables[t].fresh]
        names = " and ".join(project.tables[t].title for t in late)
        loaded = [tables[t].loaded_at for t in late]
        day = min((m for m in loaded if m is not None), default=None)
        return f"{names} last loaded on {day_month(day.date())}." if day else None
    if judged.verdict.is_signal and judged.since is not None:
        known = since_event(project, kpi, judged.since)
        if known:
            return known
        if isinstance(metric, Ratio):
            return ratio_sentence(project, metric, points, judged.since)
        return None
    if judged.verdict.state in ("routine", "too-few", "short") and (
        known := since_version(judged.series)
    ):
        return known
    if judged.verdict.state == "short" and target is not None and judged.series.phases:
        return spread_sentence(metric.unit, judged.series.phases[-1], target.value)
    return None


def _last_day(workspace: Workspace, points: PackedSeries) -> dt.date | None:
    """The last day of the last complete period."""
    complete = np.flatnonzero(points.complete)
    if not len(complete):
        return None
    start = points.periods[complete[-1]].item()
    return Period.holding(start, points.grain, reckoning_of(workspace.project)).end


def _without_points(
    project: Project, kpi: Kpi, grain: str, problems: Mapping[str, SameboatError]
) -> BoardRow:
    """The row of a KPI that could not be computed, with the reason."""
    metric = project.metrics.get(kpi.metric)
    error = problems.get(kpi.metric) or problems.get(kpi.signal.metric or "")
    why = error.why if error else "not computed"
    label = kpi.label or (metric.title if metric else kpi.name)
    unit = metric.unit if metric else None
    return BoardRow(
        kpi=kpi.name, label=label, unit=unit, good=None,
        verdict=Verdict("undefined", "Undefined: it could not be computed"), why=why, value=None,
        value_reason=why, note=None, series=Series(kpi.metric, label, unit, grain, (), ()),
        target=target_of(project, kpi, None), chance=Chance(None, NOT_COMPUTED),
        pulls=pulls(project, kpi),
    )  # fmt: skip
