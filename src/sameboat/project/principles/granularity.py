"""How finely a company measures itself: the hypergranularity index and the reporting burden."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from sameboat.project.cycles import inputs
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.project.vocabulary import metrics_in, names_in

MOST_PER_KPI = 8
"""The KPI itself, a lever of each of four owners, and three guardrails."""

MOST_FIGURES = 60
"""A week: an hour of reviews, a minute for each figure."""

MOST_LOOSE = 0.5
"""Of all metrics, those that serve no KPI."""

A_WEEK: Mapping[str, float] = {
    "day": 5.0, "week": 1.0, "month": 12 / 52, "quarter": 4 / 52, "year": 1 / 52,
}  # fmt: skip
"""How often a week a review of each rhythm is held."""

_SPOKEN = {"daily": "day", "weekly": "week", "monthly": "month", "quarterly": "quarter",
           "yearly": "year", "annually": "year"}  # fmt: skip


@dataclass(frozen=True)
class Part:
    """One part of the index: what was counted, the most that can be steered, and their ratio."""

    name: str
    value: float
    most: float

    @property
    def load(self) -> float:
        """1 where it is at the most."""
        return self.value / self.most


@dataclass(frozen=True)
class Granularity:
    """The index with all that it is made of; over 1 there is more than can be steered."""

    parts: tuple[Part, ...]

    @property
    def index(self) -> float:
        """The mean of the parts' loads."""
        return sum(part.load for part in self.parts) / len(self.parts)

    @property
    def too_fine(self) -> bool:
        return self.index > 1


def hypergranularity(
    *, kpis: int, watched: int, figures: float, loose: int, live: int, most_kpis: int = 9
) -> Granularity:
    """The hypergranularity index of a company with `kpis` shared KPIs.

    `watched` counts the different metrics that somebody is to watch: KPIs, levers, guardrails and
    local goals; `figures` how many of them reviews put before people in a week; `loose` of `live`
    metrics serve no KPI. Each is divided by the most that can be steered: `most_kpis`, 8 metrics
    per KPI, 60 figures a week, half of the metrics. The index is the mean of the four.

    Seven KPIs with 28 metrics, 35 figures a week, and 20 of 80 metrics loose: the loads are 7/9,
    4/8, 35/60 and .25/.5, and their mean is .590.

    >>> found = hypergranularity(kpis=7, watched=28, figures=35, loose=20, live=80)
    >>> [round(part.load, 3) for part in found.parts], round(found.index, 3), found.too_fine
    ([0.778, 0.5, 0.583, 0.5], 0.59, False)
    """
    return Granularity(
        (
            Part("shared KPIs", kpis, most_kpis),
            Part("metrics watched per KPI", watched / kpis if kpis else 0.0, MOST_PER_KPI),
            Part("figures reviewed a week", figures, MOST_FIGURES),
            Part("share of metrics that serve no KPI", loose / live if live else 0.0, MOST_LOOSE),
        )
    )


def granularity(project: Project) -> Granularity:
    """The index of a project's files."""
    live = [name for name, metric in project.metrics.items() if metric.retired is None]
    serving = served(project)
    return hypergranularity(
        kpis=len(project.kpis),
        watched=len(watched(project)),
        figures=figures_a_week(project),
        loose=sum(name not in serving for name in live),
        live=len(live),
        most_kpis=max(1, project.root.principles.most_kpis),
    )


def watched(project: Project) -> frozenset[str]:
    """The metrics that somebody is to watch: KPIs, levers, guardrails and local goals."""
    found: set[str] = set()
    for kpi in project.kpis.values():
        found |= _of_kpi(kpi)
    for pool in project.pools.values():
        found |= set(pool.own.values())
    for plan in project.incentives.values():
        found |= {pay.metric for pay in plan.pay if pay.metric is not None}
    return frozenset(found & project.metrics.keys())


def _of_kpi(kpi: Kpi) -> set[str]:
    levers = {owner.lever for owner in kpi.owners if owner.lever is not None}
    return {kpi.metric} | levers | {rail.metric for rail in kpi.guardrails}


def figures_a_week(project: Project) -> float:
    """How many figures the reviews put before people in a week: KPIs, levers and guardrails.

    A KPI is reviewed in each review that lists it, else in the rhythm that its `review` says,
    else in that of its signal, else once a month.
    """
    total = 0.0
    for name, kpi in project.kpis.items():
        meetings = [one.every for one in project.reviews.values() if name in one.kpis]
        spoken = _SPOKEN.get(kpi.review or "", kpi.signal.grain or "month")
        rate = sum(A_WEEK[every] for every in meetings) or A_WEEK.get(spoken, A_WEEK["month"])
        total += len(_of_kpi(kpi)) * rate
    return total


def served(project: Project) -> frozenset[str]:
    """The metrics that serve a KPI or a plan: what is watched, what drives it, and their parts."""
    found = set(watched(project))
    for kpi in project.kpis.values():
        found |= {kpi.signal.metric} if kpi.signal.metric else set()
    for driver in project.drivers:
        found |= {driver.metric, *([driver.influenced_by] if driver.influenced_by else ())}
        found |= {name.text for name in names_in(driver.equals)} if driver.equals else set()
    for query in project.saved_queries.values():
        found |= set(query.metrics)
    for pool in project.pools.values():
        found |= {pool.metric} if pool.metric else set()
    for plan in project.staffing.values():
        found.add(plan.lever)
    for journey in project.journeys.values():
        found.add(journey.converted)
    for work in project.teamwork.values():
        found |= {work.outcome} if work.outcome else set()
    for trial in project.experiments.values():
        found |= set(trial.metrics)
    for initiative in project.initiatives.values():
        if initiative.panel is not None and initiative.panel.weight is not None:
            found.add(initiative.panel.weight)
    return frozenset(_with_parts(project, found))


def _with_parts(project: Project, names: Iterable[str]) -> set[str]:
    found: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        metric = project.metrics.get(name)
        if metric is None or name in found:
            continue
        found.add(name)
        waiting += inputs(metric)
        waiting += [used.metric for text in metric.filter for used in metrics_in(text)]
    return found
