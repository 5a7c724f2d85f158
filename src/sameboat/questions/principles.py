"""Which principles the record shows to be broken: of targets, goals, doubles, samples and uses."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import combinations

import numpy as np
import numpy.typing as npt

from sameboat.analysis.resemblance import Relation, alike, relation
from sameboat.errors import Finding, SameboatError, Undefined
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Kpi, Metric, Ratio, Simple, Survey
from sameboat.project.places import Path
from sameboat.project.principles.catalogue import RULES
from sameboat.project.principles.duplicates import Definitions
from sameboat.project.principles.granularity import watched
from sameboat.project.principles.judge import OF_FILES
from sameboat.questions.cards import judge_kpi
from sameboat.questions.goodhart import decoupled_breaches
from sameboat.questions.judging import usable
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.targets import target_of, target_series, value_at
from sameboat.questions.wanted import family, inputs_of, wanted_series, watch_grain
from sameboat.questions.workspace import Workspace, local_now
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey, many
from sameboat.store.runs import last_run
from sameboat.store.tally import PREFIX, is_file
from sameboat.store.uses import Uses, uses
from sameboat.units import format_value

Floats = npt.NDArray[np.float64]
Known = Mapping[tuple[str, str], PackedSeries]
"""The recorded series of whole metrics, by metric and grain."""

PERIODS = 12
"""How many complete periods tell whether a target is ever, or always, met."""

INNER = 1 / 3
"""The part of the way from the centre to a limit that one period in six passes by chance."""

OPPOSED = -0.3
"""Below this the whole range of a relation must lie for two goals to be called opposed."""

MOST_GOALS = 60
"""With more goals than these the pairs are so many that hardly any could be told."""

OF_RECORD = frozenset(code for code, rule in RULES.items() if rule.needs == "record")


@dataclass(frozen=True)
class Recorded:
    """The breaches that the record shows, and every rule that could be judged."""

    findings: tuple[Finding, ...]
    asked: frozenset[str]


def recorded_breaches(workspace: Workspace) -> Recorded:
    """What the record of figures and uses says of the principles; nothing before a refresh.

    One statement reads the series, another the uses: no data are asked. A record that cannot be
    read judges nothing; that it cannot is said where it is needed.
    """
    url = workspace.project.root.store
    if is_file(url) and not (workspace.project.folder / url.removeprefix(PREFIX)).exists():
        return Recorded((), OF_FILES)  # spares a first check the toolkit of the store
    try:
        run = last_run(workspace.record)
        if run is None:
            return Recorded((), OF_FILES)
        known = recorded_series(workspace)
        counted = uses(workspace.record)
    except SameboatError:
        return Recorded((), OF_FILES)
    project = workspace.project
    found: list[Finding] = []
    for name, kpi in project.kpis.items():
        points = known.get((kpi.metric, watch_grain(project, kpi)))
        if points is not None and kpi.metric in project.metrics:
            found += _target(project, name, kpi, points, known)
        found += _sample(project, name, kpi, known)
    found += _opposed(project, known)
    found += _doubles(project, known)
    found += decoupled_breaches(workspace)
    found += _unused(project, counted, local_now(workspace).date())
    return Recorded(tuple(found), OF_FILES | OF_RECORD)


def recorded_series(workspace: Workspace) -> Known:
    """Every recorded series of a whole metric that boards and pages need."""
    wanted = [SeriesKey.of(w.metric, w.grain) for w in wanted_series(workspace.project) if not w.by]
    found = many(workspace.record, wanted)
    return {(key.metric, key.grain): one for key, one in found.items()}


# ── targets ──────────────────────────────────────────────────────────────────────────────────


def _target(
    project: Project, name: str, kpi: Kpi, points: PackedSeries, known: Known
) -> Iterator[Finding]:
    metric = project.metrics[kpi.metric]
    path = target_of(project, kpi, None, known.get(target_series(project, kpi) or ("", "")))
    if path is None or kpi.target is None or metric.good not in ("up", "down"):
        return
    sign = 1.0 if metric.good == "up" else -1.0
    place: Path = ("kpis", name, "target")
    ends, values = _complete(project, points)
    since = kpi.target.since or (path.path[0][0] if path.path else None)
    if path.path and since is not None:
        judged = [(day, value) for day, value in zip(ends, values, strict=True) if day >= since]
        met = [sign * (value - value_at(path.path, day)) >= 0 for day, value in judged]
        if len(met) >= PERIODS and not any(met):
            yield RULES["target-never-met"].breach(
                project, place,
                f"none of the {len(met)} {points.grain}s since {since} met the target of {name!r}.",
                hint=RULES["target-never-met"].better,
            )  # fmt: skip
    goal = format_value(path.value, metric.unit)
    due = [value_at(path.path, end) if path.kind == "metric" else path.value for end in ends]
    gaps = [sign * (value - owed) for value, owed in zip(values, due, strict=True)]
    if len(gaps) >= PERIODS and all(gap >= 0 for gap in gaps[-PERIODS:]):
        yield RULES["target-always-met"].breach(
            project, place,
            f"each of the last {PERIODS} {points.grain}s of {name!r} met its target of {goal} "
            "already.",
            hint=RULES["target-always-met"].better,
        )  # fmt: skip
    if not kpi.signal.metric or kpi.signal.metric == kpi.metric:
        yield from _noise(project, name, kpi, points, path.value)


def _noise(
    project: Project, name: str, kpi: Kpi, points: PackedSeries, goal: float
) -> Iterator[Finding]:
    metric = project.metrics[kpi.metric]
    phases = judge_kpi(project, kpi, points).series.phases
    if not phases or phases[-1].last - phases[-1].first + 1 < PERIODS:
        return
    phase = phases[-1]
    up = metric.good == "up"
    ahead = goal - phase.centre if up else phase.centre - goal
    low, high = phase.likely or (phase.lower, phase.upper)
    reach = high - phase.centre if up else phase.centre - low
    if 0 <= ahead < INNER * reach:
        said = [format_value(value, metric.unit) for value in (goal, low, high)]
        yield RULES["target-inside-noise"].breach(
            project, ("kpis", name, "target"),
            f"the target of {name!r}, {said[0]}, lies so far inside its routine variation "
            f"({said[1]} to {said[2]}) that about one {points.grain} in six meets it by chance.",
            hint=RULES["target-inside-noise"].better,
        )  # fmt: skip


def _complete(project: Project, points: PackedSeries) -> tuple[list[dt.date], list[float]]:
    """The last days and the values of the complete periods that have one."""
    reckoning = reckoning_of(project)
    held = np.flatnonzero(points.complete & np.isfinite(points.values))
    ends = [Period.holding(points.periods[at].item(), points.grain, reckoning).end for at in held]
    return ends, [float(points.values[at]) for at in held]


# ── samples ──────────────────────────────────────────────────────────────────────────────────


def _sample(project: Project, name: str, kpi: Kpi, known: Known) -> Iterator[Finding]:
    watched = kpi.signal.metric or kpi.metric
    metric = project.metrics.get(watched)
    points = known.get((watched, watch_grain(project, kpi)))
    if metric is None or points is None:
        return
    held = np.flatnonzero(points.complete & np.isfinite(points.values))[-PERIODS:]
    if len(held) < PERIODS:
        return
    small = _too_few(project, metric, points, held)
    if small is not None:
        yield RULES["sample-too-small"].breach(
            project, ("kpis", name),
            f"{name!r} is judged by {points.grain} on {small}: it jumps for no reason.",
            hint=_coarser(points.grain),
        )  # fmt: skip


def _coarser(grain: str) -> str:
    """At which grain to judge instead."""
    longer = {"day": "week", "week": "month", "month": "quarter", "quarter": "year"}.get(grain)
    if longer is None:
        return "Count more kinds of cases, or watch what leads up to them."
    return f"Judge it by {longer}: `signal: {{grain: {longer}}}`."


def _too_few(
    project: Project, metric: Metric, points: PackedSeries, held: npt.NDArray[np.intp]
) -> str | None:
    """How few cases a usual period has, in words; None where they are enough or not known."""
    value = float(np.median(points.values[held]))
    if isinstance(metric, Simple) and metric.agg in ("count", "count_distinct"):
        return f"about {value:.3g} cases" if 0 < value < 5 else None
    if isinstance(metric, Ratio) and points.denominator is not None:
        below = project.metrics.get(metric.denominator.metric)
        counted = isinstance(below, Simple) and below.agg in ("count", "count_distinct")
        cases = float(np.nanmedian(points.denominator[held])) if counted else np.inf
        rarer = cases * min(value, 1 - value) if 0 <= value <= 1 else np.inf
        every = bool(np.all(points.values[held] == points.values[held][0]))
        return f"about {cases:.3g} cases" if rarer < 5 and not every else None
    if points.n is None or not np.isfinite(points.n[held]).all():
        return None
    cases = float(np.median(points.n[held]))
    if isinstance(metric, Survey):
        return f"about {cases:.3g} answers" if cases < 30 else None
    if isinstance(metric, Simple) and metric.agg in ("average", "median"):
        return f"about {cases:.3g} values" if cases < 10 else None
    return None


# ── goals and doubles ────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Goal:
    """A metric that teams want to move, which way, and where the files say so."""

    metric: str
    sign: int
    teams: frozenset[str]
    path: Path


def goals(project: Project) -> tuple[Goal, ...]:
    """The local goals of teams: their levers, what their pay and their own budgets go by."""
    found: dict[str, Goal] = {}

    def add(metric: str | None, team: str, path: Path) -> None:
        declared = project.metrics.get(metric or "")
        if declared is None or declared.good not in ("up", "down"):
            return
        before = found.get(declared.name)
        teams = (before.teams if before else frozenset()) | {team}
        sign = 1 if declared.good == "up" else -1
        found[declared.name] = Goal(declared.name, sign, teams, before.path if before else path)

    for name, kpi in project.kpis.items():
        for at, owner in enumerate(kpi.owners):
            add(owner.lever, owner.team, ("kpis", name, "owners", at, "lever"))
    for name, pool in project.pools.items():
        for team, metric in pool.own.items():
            add(metric, team, ("pools", name, "own", team))
    for name, plan in project.incentives.items():
        for at, pay in enumerate(plan.pay):
            add(pay.metric, plan.team, ("incentives", name, "pay", at))
    return tuple(found.values())


def opposed_goals(project: Project, known: Known) -> list[tuple[Goal, Goal, Relation, str]]:
    """The pairs of goals of different teams whose changes oppose each other, and at which grain.

    Pairs that share a part or a team are not looked at. The range of each relation holds for all
    pairs together.
    """
    wanted = goals(project)[:MOST_GOALS]
    parts = {goal.metric: set(family(project, goal.metric)) for goal in wanted}
    grains = {goal.metric: [g for m, g in known if m == goal.metric] for goal in wanted}
    pairs = [
        (a, b, grain)
        for a, b in combinations(wanted, 2)
        if not a.teams & b.teams and not parts[a.metric] & parts[b.metric]
        for grain in grains[a.metric][:1]
        if grain in grains[b.metric]
    ]
    found = []
    for a, b, grain in pairs:
        x, y = _together(known[a.metric, grain], known[b.metric, grain])
        try:
            said = relation(a.sign * x, b.sign * y, comparisons=len(pairs))
        except Undefined:
            continue
        if said.high < OPPOSED:
            found.append((a, b, said, grain))
    return found


def _opposed(project: Project, known: Known) -> Iterator[Finding]:
    for a, b, said, grain in opposed_goals(project, known):
        yield RULES["opposed-goals"].breach(
            project, a.path,
            f"{a.metric!r} ({', '.join(sorted(a.teams))}) and {b.metric!r} "
            f"({', '.join(sorted(b.teams))}) get better at each other's cost: their improvements "
            f"correlate at {said.value:.2f} ({said.low:.2f} to {said.high:.2f}) over {said.n} "
            f"{grain}s.",
            hint=RULES["opposed-goals"].better,
        )  # fmt: skip


def _together(a: PackedSeries, b: PackedSeries) -> tuple[Floats, Floats]:
    """The values of two series in their common periods, while both are complete."""
    _, left, right = np.intersect1d(a.periods, b.periods, return_indices=True)
    x = np.where(a.complete, a.values, np.nan)[left]
    y = np.where(b.complete, b.values, np.nan)[right]
    return x, y


def _doubles(project: Project, known: Known) -> Iterator[Finding]:
    defined = Definitions(project)
    for grain in sorted({grain for _, grain in known}):
        names = {metric: one for (metric, held), one in known.items() if held == grain}
        for one in alike(_aligned(names)):
            if defined.of(one.first) == defined.of(one.second):
                continue  # told by their definitions
            yield RULES["same-values"].breach(
                project, ("metrics", one.second),
                f"{one.second!r} moves just as {one.first!r} does: their changes correlate at "
                f"{one.correlation:.4f} over {one.n} {grain}s.",
                hint=RULES["same-values"].better,
            )  # fmt: skip


def _aligned(series: Mapping[str, PackedSeries]) -> dict[str, Floats]:
    """The values on one axis of all periods; NaN where a series has none or is incomplete."""
    if not series:
        return {}
    axis = np.unique(np.concatenate([one.periods for one in series.values()]))
    found = {}
    for name, one in series.items():
        row = np.full(axis.size, np.nan)
        used = usable(one)
        row[np.searchsorted(axis, one.periods[: used.size])] = used
        found[name] = row
    return found


# ── uses ─────────────────────────────────────────────────────────────────────────────────────


def unused_metrics(project: Project, counted: Uses, today: dt.date) -> tuple[str, ...]:
    """The live metrics that nobody asked for in the days that the project allows.

    Nothing is said until uses have been counted for so long. A metric that a used one is made of
    is used with it, and one that is only a part of others is never told.
    """
    days = project.root.principles.unused_days
    start = today - dt.timedelta(days=days)
    if counted.since is None or counted.since > start:
        return ()
    lively = {name for name, last in counted.last.items() if last >= start}
    lively |= {part for name in lively for part in family(project, name)}
    live = {n: m for n, m in project.metrics.items() if m.retired is None}
    parts = {part for metric in live.values() for part in inputs_of(metric)}
    alone = live.keys() - parts | watched(project)
    return tuple(name for name in live if name in alone and name not in lively)


def _unused(project: Project, counted: Uses, today: dt.date) -> Iterator[Finding]:
    for name in unused_metrics(project, counted, today):
        last = counted.last.get(name)
        said = (
            f"was last asked for on {last}" if last else f"was not asked for since {counted.since}"
        )
        yield RULES["unused-metric"].breach(
            project, ("metrics", name), f"{name!r} {said}.", hint=RULES["unused-metric"].better
        )
