"""KPIs whose figures would add up actual and budget: they have no figure until that is decided."""

from __future__ import annotations

from collections.abc import Iterator

from sameboat.compiler.leaves import Leaves
from sameboat.compiler.query import Request
from sameboat.compiler.scenarios import refuse_open
from sameboat.errors import Finding, SameboatError
from sameboat.project.places import Path
from sameboat.questions.workspace import Workspace


def scenario_findings(workspace: Workspace) -> Iterator[Finding]:
    """A finding for each metric of a shared KPI that is not restricted to one scenario.

    A metric that is asked by hand may leave that to its question; one that is refreshed may not.
    """
    world = workspace.world
    if not world.graph.has_scenarios:
        return
    for name, path in _refreshed(workspace):
        request = Request(metrics=(name,))
        leaves = Leaves.of(world, request)
        try:
            leaves.formula(name)
            refuse_open(world.graph, request, leaves.found)
        except SameboatError as error:
            if error.code == "scenario-open":
                yield error.findings[0].at(workspace.project.place(*path))


def _refreshed(workspace: Workspace) -> Iterator[tuple[str, Path]]:
    """The metrics of all KPIs, their levers and guardrails, and where each is named."""
    for name, kpi in workspace.project.kpis.items():
        yield kpi.metric, ("kpis", name, "metric")
        for at, owner in enumerate(kpi.owners):
            if owner.lever is not None:
                yield owner.lever, ("kpis", name, "owners", at, "lever")
        for at, guardrail in enumerate(kpi.guardrails):
            yield guardrail.metric, ("kpis", name, "guardrails", at, "metric")
