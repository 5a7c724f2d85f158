"""The decision that waits: the open proposal that closes first, with its prediction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from statistics import NormalDist
from typing import Any

from sameboat.questions.rows import OpenDecision
from sameboat.questions.sentences import listed
from sameboat.questions.workspace import Workspace
from sameboat.store.proposals import ProposalRecord, open_proposals
from sameboat.units import format_value


def open_decision(
    workspace: Workspace, *, as_known_at: dt.datetime | None = None
) -> OpenDecision | None:
    """The open proposal that closes first; None when nothing waits."""
    waiting = open_proposals(workspace.record, as_known_at=as_known_at)
    return _decision(workspace, waiting[0]) if waiting else None


def _decision(workspace: Workspace, proposal: ProposalRecord) -> OpenDecision:
    project = workspace.project
    kpi = project.kpis.get(proposal.kpi)
    metric = project.metrics.get(kpi.metric) if kpi else None
    predicts: Mapping[str, Any] = proposal.record["predicts"]
    effect, low, high = (float(predicts[key]) for key in ("effect", "low", "high"))
    confidence = float(predicts.get("confidence", 0.8))
    down = metric is not None and metric.good == "down"
    return OpenDecision(
        proposal=proposal.id,
        title=proposal.title,
        closes=proposal.closes_on,
        kpi=proposal.kpi,
        kpi_label=(kpi.label or (metric.title if metric else None) or kpi.title)
        if kpi
        else proposal.kpi,
        unit=metric.unit if metric else None,
        effect=effect,
        low=low,
        high=high,
        confidence=confidence,
        by=_date(predicts.get("by")),
        chance_helps=chance_helps(effect, low, high, confidence, down=down),
        summary=_summary(workspace, proposal),
        stop_by=_date(proposal.record.get("stop_by")),
    )


def chance_helps(effect: float, low: float, high: float, confidence: float, *, down: bool) -> float:
    """The chance that the effect is on the good side, if the range is a normal distribution's.

    >>> round(chance_helps(0.5, 0.1, 0.9, 0.8, down=False), 2)
    0.95
    """
    width = NormalDist().inv_cdf(0.5 + confidence / 2)
    spread = (high - low) / (2 * width)
    if spread <= 0:
        return float(effect < 0) if down else float(effect > 0)
    above = 1 - NormalDist(effect, spread).cdf(0)
    return 1 - above if down else above


def _summary(workspace: Workspace, proposal: ProposalRecord) -> str:
    """Cost, role-hours and teams in a sentence."""
    project, record = workspace.project, proposal.record
    cost = record.get("cost") or {}
    teams = [
        project.teams[name].title if name in project.teams else name
        for name in record.get("teams") or ()
    ]
    said = []
    if cost.get("money"):
        said.append(format_value(float(cost["money"]), project.root.currency))
    hours = sum(float(value) for value in (cost.get("hours") or {}).values())
    if hours:
        said.append(f"{hours:,.0f} role-hours")
    costs = " and ".join(said)
    named = f"from {listed(teams)}" if teams else ""
    return f"{costs} {named}".strip() + "." if said or teams else ""


def _date(value: Any) -> dt.date | None:
    if value is None or isinstance(value, dt.date):
        return value
    return dt.date.fromisoformat(str(value)[:10])
