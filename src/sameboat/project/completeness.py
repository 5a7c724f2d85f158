"""What a shared KPI still lacks, and why each part matters."""

from __future__ import annotations

from collections.abc import Iterator

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.model import Between, Kpi

PARTS: dict[str, str] = {
    "unit": "without a unit nobody can read the number.",
    "good": "without it no one can tell better from worse.",
    "kind": "outcomes, activities and inputs are judged differently.",
    "objective": "a KPI that serves no objective cannot say why it is watched.",
    "owners": "one outcome needs at least two teams that own it together.",
    "levers": "a team without a lever can watch the number but not move it.",
    "steward": "without a steward nobody calls the review.",
    "target": "without a target no one knows what is enough.",
    "guardrails": "without a guardrail the number can be raised at others' cost.",
    "gaming": "a number that is steered by will be gamed; saying how makes it visible.",
}
"""What a complete KPI has, and why."""


def missing(kpi: Kpi, project: Project) -> tuple[str, ...]:
    """The parts of `PARTS` that a KPI lacks."""
    metric = project.metrics.get(kpi.metric)
    target = kpi.target
    has = {
        "unit": metric is None or metric.unit is not None,
        "good": metric is None or metric.good is not None,
        "kind": metric is None or metric.kind is not None,
        "objective": kpi.objective is not None,
        "owners": len({owner.team for owner in kpi.owners}) >= 2,
        "levers": all(owner.lever is not None for owner in kpi.owners),
        "steward": kpi.steward is not None and bool(kpi.steward.rota),
        "target": (metric is not None and isinstance(metric.good, Between))
        or (
            target is not None
            and (target.to is not None or bool(target.steps) or target.metric is not None)
        ),
        "guardrails": bool(kpi.guardrails),
        "gaming": bool(kpi.gaming and kpi.gaming.strip()),
    }
    return tuple(part for part in PARTS if not has[part])


RULED = frozenset({"objective", "owners", "levers", "guardrails", "gaming"})
"""Parts that have a rule and a code of their own, in `project.principles`."""


def completeness(project: Project) -> Iterator[Finding]:
    """A warning for each part that a KPI lacks and that no rule of the principles tells."""
    for name, kpi in project.kpis.items():
        for part in missing(kpi, project):
            if part in RULED or (part == "steward" and not kpi.owners):
                continue  # who calls the review is asked once there are teams to take turns
            yield Finding(
                "kpi-incomplete",
                f"{name!r} has no {part}: {PARTS[part]}",
                project.place("kpis", name),
                _where(kpi, part),
                "warning",
            )


def _where(kpi: Kpi, part: str) -> str:
    if part in ("unit", "good", "kind"):
        return f"Add '{part}' to the metric {kpi.metric!r}."
    return f"Add '{part}'."
