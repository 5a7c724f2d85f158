"""Which shared KPIs the data could feed, and what is missing for the others.

The contracts of the catalogue decide; what the first metrics hold already is said as written.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from sameboat.project.catalogue.binding import HeldEntity, HeldTable, Holdings
from sameboat.project.catalogue.read import templates as catalogue
from sameboat.project.names import spelled, words
from sameboat.questions.first_look.keys import Keys
from sameboat.questions.first_look.measures import MetricDraft
from sameboat.questions.first_look.profile import Profile
from sameboat.questions.first_look.tables import TableDraft
from sameboat.questions.kpi_templates import TemplateFit, fitted

State = Literal["written", "possible", "missing"]

_RANK = {"written": 0, "possible": 1, "missing": 2}


@dataclass(frozen=True)
class Fed:
    """A KPI against the data: written already, possible with `says`, or what it lacks.

    `template` is what `sameboat add` calls it; None for one that is no template.
    """

    kpi: str
    state: State
    says: str
    template: str | None = None


def templates(
    tables: Sequence[TableDraft],
    profiles: Mapping[str, Profile],
    keys: Keys,
    metrics: Sequence[MetricDraft],
) -> tuple[Fed, ...]:
    """Every KPI template, those that are written or possible first, and what else is written."""
    held = _holdings(tables, profiles)
    judged = [_fed(fitted(one, held)) for one in catalogue().values()]
    judged += _written(tables, keys, metrics)
    return tuple(sorted(judged, key=lambda fed: _RANK[fed.state]))


def _fed(fit: TemplateFit) -> Fed:
    label, name = fit.template.label, fit.template.name
    bound = fit.fit.bound
    if bound is not None:
        return Fed(label, "possible", f"from {', '.join(bound.tables.values())}", name)
    if any(lack.ambiguous for lack in fit.fit.lacks):
        says = "; ".join(lack.says for lack in fit.fit.lacks)
        return Fed(label, "possible", f"once you say more: {says}", name)
    shape = fit.template.variants[fit.fit.variant]
    lacking = [shape.tables[lack.role] for lack in fit.fit.lacks]
    says = "; ".join(f"{table.holds}, {table.grain}" for table in lacking)
    return Fed(label, "missing", f"{says}. {lacking[0].get}", name)


def _holdings(tables: Sequence[TableDraft], profiles: Mapping[str, Profile]) -> Holdings:
    """The tables as contracts see them, without what is to be left out."""

    def values(table: str, column: str) -> tuple[str, ...]:
        return tuple(value for value, _ in profiles[table].column(column).values)

    def span(table: str, column: str) -> tuple[Any, Any] | None:
        held = profiles[table].column(column)
        return None if held.low is None else (held.low, held.high)

    return Holdings({t.name: _held(t, profiles[t.name]) for t in tables}, values, span)


def _held(table: TableDraft, profile: Profile) -> HeldTable:
    personal = {person.column for person in table.personal}
    return HeldTable(
        table.name,
        {c.name: c.kind for c in profile.columns if c.filled and c.name not in personal},
        {e.name: HeldEntity(e.type, tuple(map(spelled, e.exprs))) for e in table.entities},
        {d.name: spelled(d.column) for d in table.dimensions if d.grain is not None},
        table.time,
    )


def _written(tables: Sequence[TableDraft], keys: Keys, metrics: Sequence[MetricDraft]) -> list[Fed]:
    """Outcomes that stand among the first metrics already."""
    found: list[Fed] = []
    tickets = {
        table.name for table in tables
        if {*words(table.name), *words(keys.entities[table.name])} & _TICKETS
    }  # fmt: skip
    for metric in metrics:
        if metric.name.startswith("win_rate"):
            found.append(Fed("Win rate", "written", f"as {metric.name}"))
        elif metric.key("method") in ("nps", "csat"):
            found.append(Fed(metric.name.upper(), "written", f"as {metric.name}"))
        elif metric.key("type") == "duration" and metric.key("table") in tickets:
            found.append(Fed("Time to resolution", "written", f"as {metric.name}"))
    return list({fed.kpi: fed for fed in reversed(found)}.values())


_TICKETS = frozenset({"ticket", "incident", "case", "issue", "event"})
