"""Whether what is steered by is an outcome, and whether its target can be followed."""

from __future__ import annotations

from collections.abc import Iterator

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.model import Target
from sameboat.project.principles.activities import activity_of
from sameboat.project.principles.catalogue import RULES


def outcomes(project: Project) -> Iterator[Finding]:
    """A finding for each activity that stands where an outcome should, and each bare target."""
    posing = steered_by(project)
    for name, metric in project.metrics.items():
        role = posing.get(name) or ("says 'kind: outcome'" if metric.kind == "outcome" else None)
        if role is None or metric.retired is not None:
            continue
        activity = activity_of(project, metric)
        if activity is not None:
            yield RULES["activity-as-outcome"].breach(
                project, ("metrics", name),
                f"{name!r} {role}, and counts how much was done, not what came of it.",
                hint=f"Better: {activity.instead}.",
            )  # fmt: skip
        elif metric.kind == "activity" and name in posing:
            yield RULES["activity-as-outcome"].breach(
                project, ("metrics", name),
                f"{name!r} {role}, and calls itself an activity.",
                hint="Steer by what the activity is for, and keep it as a lever's part.",
            )  # fmt: skip
    for name, kpi in project.kpis.items():
        if kpi.target is not None:
            yield from _target(project, name, kpi.target)


def steered_by(project: Project) -> dict[str, str]:
    """The metrics that decide who succeeds, and how: as a KPI, in a pay plan, for a budget."""
    found: dict[str, str] = {}
    for name, pool in project.pools.items():
        if pool.metric is not None:
            found[pool.metric] = f"decides the budget of {name!r}"
    for name, plan in project.incentives.items():
        for pay in plan.pay:
            if pay.metric is not None:
                found[pay.metric] = f"decides pay in {name!r}"
    for name, kpi in project.kpis.items():
        found[kpi.metric] = f"is the KPI {name!r}" if name != kpi.metric else "is a shared KPI"
    return found


def _target(project: Project, name: str, target: Target) -> Iterator[Finding]:
    if target.to is None or target.by is None or target.steps or target.metric is not None:
        return  # steps have days of their own; a missing day is an error of the format
    lacking = [
        words
        for words, given in (
            ("where it starts ('from')", target.from_),
            ("the day from which it counts ('since')", target.since),
        )
        if given is None
    ]
    if lacking:
        yield RULES["target-incomplete"].breach(
            project, ("kpis", name, "target"),
            f"the target of {name!r} does not say {' and '.join(lacking)}.",
            hint="Write {since: …, from: …, to: …, by: …}.",
        )  # fmt: skip
