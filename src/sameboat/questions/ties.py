"""Which metric is meant to move which: levers, drivers, and what a team is steered by alone."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

from sameboat.periods import Span
from sameboat.project.declared import Project
from sameboat.project.model import Evidence, Kpi, Moves
from sameboat.project.places import Path

Kind = Literal["lever", "driver", "local"]


@dataclass(frozen=True)
class Tie:
    """That `metric` is to move `parent`, which way, after how long, and who says so.

    A `lever` is an owner's, a `driver` an edge of the tree; a `local` metric is one that a team is
    paid or given money for alone: it is no part of a KPI, but where it improves, a KPI of that
    team should. `kpi` is the KPI whose metric the parent is, if it is one. `path` is the place in
    the files that says it.
    """

    kind: Kind
    metric: str
    parent: str
    kpi: str | None
    teams: tuple[str, ...]
    moves: Moves
    lag: Span | None
    evidence: Evidence
    path: Path


def ties(project: Project) -> tuple[Tie, ...]:
    """Every tie whose direction is said or follows from what is good; each pair once.

    What an owner or a driver says of a pair counts before what is only local. A metric that is
    retired, or has no direction, is left out.
    """
    found: dict[tuple[str, str], Tie] = {}
    for tie in (*_levers(project), *_drivers(project), *_locals(project)):
        if tie.metric == tie.parent or _gone(project, tie.metric) or _gone(project, tie.parent):
            continue
        before = found.get((tie.metric, tie.parent))
        if before is None:
            found[tie.metric, tie.parent] = tie
        elif before.kind == tie.kind:
            teams = tuple(dict.fromkeys((*before.teams, *tie.teams)))
            found[tie.metric, tie.parent] = replace(before, teams=teams)
    return tuple(found.values())


def local_metrics(project: Project) -> Iterator[tuple[str, str, Path]]:
    """What each team is steered by alone: (team, metric, where the files say so)."""
    for name, pool in project.pools.items():
        for team, metric in pool.own.items():
            yield team, metric, ("pools", name, "own", team)
    for name, plan in project.incentives.items():
        for at, pay in enumerate(plan.pay):
            if pay.metric is not None:
                yield plan.team, pay.metric, ("incentives", name, "pay", at)


def _gone(project: Project, metric: str) -> bool:
    declared = project.metrics.get(metric)
    return declared is None or declared.retired is not None


def _levers(project: Project) -> Iterator[Tie]:
    for name, kpi in project.kpis.items():
        for at, owner in enumerate(kpi.owners):
            said = owner.effect
            moves = said.moves if said is not None else _moves(project, owner.lever, kpi)
            if owner.lever is not None and moves is not None:
                yield Tie(
                    "lever", owner.lever, kpi.metric, name, (owner.team,), moves,
                    said.lag if said is not None else None,
                    said.evidence if said is not None else "belief",
                    ("kpis", name, "owners", at, "lever"),
                )  # fmt: skip


def _drivers(project: Project) -> Iterator[Tie]:
    shared = {kpi.metric: name for name, kpi in project.kpis.items()}
    for at, driver in enumerate(project.drivers):
        if driver.influenced_by is not None and driver.moves is not None:
            yield Tie(
                "driver", driver.influenced_by, driver.metric, shared.get(driver.metric), (),
                driver.moves, driver.lag, driver.evidence or "belief",
                ("drivers", at, "influenced_by"),
            )  # fmt: skip


def _locals(project: Project) -> Iterator[Tie]:
    shared = {kpi.metric for kpi in project.kpis.values()}
    for team, metric, path in local_metrics(project):
        for name, kpi in project.kpis.items():
            if metric in shared or team not in {owner.team for owner in kpi.owners}:
                continue
            moves = _moves(project, metric, kpi)
            if moves is not None:
                yield Tie("local", metric, kpi.metric, name, (team,), moves, None, "belief", path)


def _moves(project: Project, metric: str | None, kpi: Kpi) -> Moves | None:
    """Which way the KPI should follow: what gets better should make it better.

    More of an activity counts as better where nobody says otherwise: it is what is asked for.
    """
    child, parent = project.metrics.get(metric or ""), project.metrics.get(kpi.metric)
    if child is None or parent is None or parent.good not in ("up", "down"):
        return None
    good = child.good or ("up" if child.kind == "activity" else None)
    if good not in ("up", "down"):
        return None
    return "same" if good == parent.good else "opposite"
