"""Which metrics are retired or no longer asked for, and what still rests on one?"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Literal

from sameboat.errors import ProjectError, RequestError
from sameboat.project.cycles import inputs
from sameboat.project.declared import Project
from sameboat.project.viewer import Viewer
from sameboat.questions.disputes import declaration
from sameboat.questions.health import unused
from sameboat.questions.workspace import Workspace


@dataclass(frozen=True)
class Retirement:
    """A metric as its retirement concerns it.

    `status` is `retired` with its last day and what replaces it, `unused` where nobody asked for
    it as long as the project says, else `in-use`. `used_by` says in words what still rests on it.
    `file` is where it is declared, None where it has no lines of its own to change; `reason` then
    says why.
    """

    metric: str
    label: str
    status: Literal["retired", "unused", "in-use"]
    retired: dt.date | None
    replaced_by: str | None
    used_by: tuple[str, ...]
    file: str | None
    reason: str | None


def retirements(workspace: Workspace, *, viewer: Viewer) -> tuple[Retirement, ...]:
    """The metrics that are retired, newest first, then those that nobody asks for any more."""
    found = [_one(workspace, name, idle) for name, idle in _idle(workspace).items()]
    kept = [one for one in found if one.status != "in-use"]
    kept.sort(key=lambda one: (one.retired is None, -(one.retired or dt.date.min).toordinal()))
    return tuple(kept)


def retirement_of(workspace: Workspace, metric: str, *, viewer: Viewer) -> Retirement:
    """One metric, whether it is retired or not. Raises RequestError unknown-metric."""
    workspace.project.metric(metric)
    return _one(workspace, metric, _idle(workspace)[metric])


def _idle(workspace: Workspace) -> dict[str, bool]:
    """Every metric, and whether nobody asked for it for so long that it is known."""
    names = {name for name, _ in unused(workspace).metrics or ()}
    return {name: name in names for name in workspace.project.metrics}


def _one(workspace: Workspace, name: str, idle: bool) -> Retirement:
    project = workspace.project
    metric = project.metrics[name]
    file, reason = None, None
    try:
        file = declaration(project, name).file
    except (RequestError, ProjectError) as error:
        reason = error.why
    if metric.retired is not None:
        status: Literal["retired", "unused", "in-use"] = "retired"
    else:
        status = "unused" if idle else "in-use"
    return Retirement(
        name, metric.title, status, metric.retired, metric.replaced_by,
        tuple(users(project, name)), file, reason,
    )  # fmt: skip


def users(project: Project, metric: str) -> Iterator[str]:
    """What rests on a metric, in words: KPIs, levers, guardrails, other metrics, influences."""
    for name, kpi in project.kpis.items():
        label = kpi.label or (
            project.metrics[kpi.metric].title if kpi.metric in project.metrics else name
        )
        if kpi.metric == metric:
            yield f"the KPI {label} is measured by it"
        elif kpi.signal.metric == metric:
            yield f"the KPI {label} is watched by it"
        for owner in kpi.owners:
            if owner.lever == metric:
                team = project.teams.get(owner.team)
                yield f"{team.title if team else owner.team} moves it for the KPI {label}"
        if any(rail.metric == metric for rail in kpi.guardrails):
            yield f"it is a guardrail of the KPI {label}"
    for name, other in project.metrics.items():
        if name != metric and metric in inputs(other):
            yield f"the metric {other.title} is made from it"
    for driver in project.drivers:
        moved = project.metrics[driver.metric].title if driver.metric in project.metrics else ""
        if driver.influenced_by == metric:
            yield f"{moved} is said to follow it"
        elif driver.equals is not None and metric in re.findall(r"\w+", driver.equals):
            yield f"{moved} is reckoned from it"
