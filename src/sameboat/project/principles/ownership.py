"""Whether every KPI serves an objective, and whether several teams own it with a lever each."""

from __future__ import annotations

from collections.abc import Iterator

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.project.principles.catalogue import RULES

NOT_MOVED = ("output", "outcome", "activity")
"""Kinds of metrics that no team moves directly, or that only say how busy it is."""


def ownership(project: Project) -> Iterator[Finding]:
    """A finding for each KPI without objective, second owner or lever, and each idle objective."""
    for name, kpi in project.kpis.items():
        if kpi.objective is None:
            yield RULES["no-objective"].breach(
                project,
                ("kpis", name),
                f"{name!r} has no objective: nobody can say what it is watched for.",
                hint="Add 'objective'.",
            )
        yield from _owners(project, name, kpi)
    if not project.complete or project.faulty.get("kpis"):
        return  # the KPI that serves it may be the one that could not be read
    served = {kpi.objective for kpi in project.kpis.values()}
    for name in project.objectives:
        if name not in served and project.kpis:
            yield RULES["orphan-objective"].breach(
                project, ("objectives", name), f"no KPI serves the objective {name!r}.",
                hint="Give it a KPI, or take it out.",
            )  # fmt: skip


def _owners(project: Project, name: str, kpi: Kpi) -> Iterator[Finding]:
    teams = {owner.team for owner in kpi.owners}
    if len(teams) < 2:
        has = "one owner" if teams else "no owners"
        yield RULES["one-owner"].breach(
            project, ("kpis", name),
            f"{name!r} has {has}: one outcome needs at least two teams that own it together.",
            hint="Add 'owners'."
            if project.teams
            else "Declare your departments under `teams:`, then name two as 'owners'.",
        )  # fmt: skip
    bare = [owner.team for owner in kpi.owners if owner.lever is None]
    if bare:
        yield RULES["owner-without-lever"].breach(
            project, ("kpis", name),
            f"{name!r} has owners without a lever ({', '.join(bare)}): they can watch the number "
            "but not move it.",
            hint="Add 'lever'.",
        )  # fmt: skip
    told: set[str] = set()
    for at, owner in enumerate(kpi.owners):
        lever = owner.lever
        metric = project.metrics.get(lever or "")
        if lever is None or metric is None or lever in told:
            continue
        told.add(lever)
        path = ("kpis", name, "owners", at, "lever")
        if lever == kpi.metric:
            yield RULES["lever-not-input"].breach(
                project, path, f"{lever!r} is the KPI itself, not a lever of it.",
                hint="Name what the team does that moves it.",
            )  # fmt: skip
        elif metric.kind in NOT_MOVED:
            yield RULES["lever-not-input"].breach(
                project, path,
                f"{lever!r} is of kind {metric.kind!r}: a lever is an input that the team moves.",
                hint="Name an input, or give the metric 'kind: input' if the team moves it.",
            )  # fmt: skip
