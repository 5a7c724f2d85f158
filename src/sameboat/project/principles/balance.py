"""Whether the shared KPIs are few, limited, and look both near and far."""

from __future__ import annotations

from collections.abc import Iterator

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.project.principles.catalogue import RULES
from sameboat.project.principles.granularity import granularity

LEAST = 2
"""From how many KPIs with a horizon on it is odd that all have the same."""


def balance(project: Project) -> Iterator[Finding]:
    """A finding for each KPI without a guardrail, and for what is out of balance as a whole."""
    for name, kpi in project.kpis.items():
        if not kpi.guardrails:
            yield RULES["no-guardrail"].breach(
                project, ("kpis", name),
                f"{name!r} has no guardrail: it can be raised at others' cost.",
                hint="Add 'guardrails'.",
            )  # fmt: skip
    yield from _horizons(project)
    most = project.root.principles.most_kpis
    if len(project.kpis) > most:
        yield RULES["too-many-kpis"].breach(
            project, ("kpis",),
            f"{len(project.kpis)} shared KPIs are more than the {most} that can be steered.",
            hint="Make some of them levers or guardrails of the others.",
        )  # fmt: skip
    if project.kpis:
        found = granularity(project)
        if found.too_fine:
            parts = ", ".join(f"{p.name} {p.value:.3g} of {p.most:g}" for p in found.parts)
            yield RULES["hypergranular"].breach(
                project, ("kpis",),
                f"the hypergranularity index is {found.index:.2f}, over 1: {parts}.",
                hint="Watch fewer metrics per KPI, and retire those that serve none.",
            )  # fmt: skip


def horizon_of(project: Project, kpi: Kpi) -> str | None:
    """Whether a KPI looks near or far: its own word, else its objective's."""
    objective = project.objectives.get(kpi.objective or "")
    return kpi.horizon or (objective.horizon if objective else None)


def _horizons(project: Project) -> Iterator[Finding]:
    known = [horizon_of(project, kpi) for kpi in project.kpis.values()]
    said = [horizon for horizon in known if horizon is not None]
    if len(said) < LEAST or len(said) < len(known) or len(set(said)) > 1:
        return
    other = "long" if said[0] == "short" else "short"
    yield RULES["one-horizon"].breach(
        project, ("kpis",), f"all {len(said)} KPIs are {said[0]}-term, and none is {other}-term.",
        hint=f"Share a {other}-term KPI beside them.",
    )  # fmt: skip
