"""The text of a KPI's file from a template: what it declares, and a remark on every choice."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sameboat.project.catalogue.binding import Bound
from sameboat.project.catalogue.shapes import CoOwner, KpiTemplate, Variant
from sameboat.project.declared import Project
from sameboat.project.formats.native import MODELINE, text
from sameboat.project.model import Metric
from sameboat.project.names import words

WIDTH = 92


@dataclass(frozen=True)
class KpiDraft:
    """A KPI as it is to be declared: its sections, and what is left for people to say."""

    name: str
    template: KpiTemplate
    variant: str
    bound: Bound
    sections: Mapping[str, Any]
    kpi: Mapping[str, Any]
    levers: tuple[tuple[CoOwner, str | None], ...]  # typical owners without a lever, their team
    limits: tuple[str, ...]  # guardrails that the template cannot compute
    base: float | None = None  # the usual value on the data


def kpi_text(draft: KpiDraft) -> str:
    """The file: modeline, where it comes from, what it declares, what people still have to say."""
    parts = [MODELINE, *_head(draft)]
    for section, content in draft.sections.items():
        parts.append(text({section: content}, modeline=False))
    parts.append(text({"kpis": {draft.name: dict(draft.kpi)}}, modeline=False))
    parts += [f"    {line}\n" for line in _left(draft)]
    return "".join(parts)


def _head(draft: KpiDraft) -> Iterator[str]:
    template, shape = draft.template, draft.template.variants[draft.variant]
    yield f"# {template.label}: written by `sameboat add {template.name}`; it is yours now.\n"
    yield from _remarks(template.definition)
    yield from _remarks(f"This variant ({draft.variant}): {shape.says}")
    for source in template.sources:
        yield from _remarks(f"Source: {source.author}: {source.title}. {source.where}.")
    yield from _remarks(f"Definitions differ. {template.differs}")
    yield "# Taken from:\n"
    for line in played(draft.bound, shape):
        yield f"#   {line}\n"


def played(bound: Bound, variant: Variant) -> Iterator[str]:
    """Each table's role with what plays it, and its columns."""
    for role, table in bound.tables.items():
        columns = [
            f"{name} = {bound.columns[role, name].expr}"
            for name in variant.tables[role].columns
            if (role, name) in bound.columns
        ]
        without = [n for n in variant.tables[role].columns if (role, n) not in bound.columns]
        tail = f" (without {', '.join(without)})" if without else ""
        yield f"{role} = {table}: {', '.join(columns)}{tail}"


def _remarks(said: str) -> Iterator[str]:
    line = "#"
    for word in said.split():
        if len(line) + len(word) >= WIDTH:
            yield f"{line}\n"
            line = "#"
        line += f" {word}"
    yield f"{line}\n"


def _left(draft: KpiDraft) -> Iterator[str]:
    """What only people can say, as comments below the KPI."""
    if draft.levers:
        yield "# Who else typically owns it, and the lever to measure (a metric of yours):"
    for owner, team in draft.levers:
        lag = f", lag: {owner.lag}" if owner.lag else ""
        effect = f"{{moves: {owner.moves}{lag}, evidence: belief}}"
        yield f"#   - {{team: {team or owner.team}, lever: …, effect: {effect}}}  # {owner.lever}"
    if "steward" not in draft.kpi:
        yield "# steward: {rota: […], every: quarter}   # who calls the review; it passes on"
    if "target" not in draft.kpi:
        start = "" if draft.base is None else f"from: {draft.base:.4g}, "
        yield f"# target: {{{start}to: …, by: …}}"
        for line in _remarks(draft.template.target):
            yield f"#   {line[1:].strip()}"
    for limit in draft.limits:
        yield f"# Another guardrail, if you measure it: {limit}"


# ── who owns it ──────────────────────────────────────────────────────────────────────────────


def owners(
    template: KpiTemplate,
    project: Project,
    own: Sequence[str],
    *,
    review_by: dt.date,
) -> tuple[list[dict[str, Any]], list[tuple[CoOwner, str | None]]]:
    """The typical owners that the project has with a lever that it computes, and the others.

    `own` are the template's metrics: what is the KPI itself is no lever of it.
    """
    found: list[dict[str, Any]] = []
    left: list[tuple[CoOwner, str | None]] = []
    for owner in template.owners:
        team = _team(owner, project)
        lever = next((m for m in owner.metrics if m in project.metrics and m not in own), None)
        if team is None or lever is None:
            left.append((owner, team))
            continue
        moves = _moves(template, owner, project.metrics[lever])
        effect: dict[str, Any] = {"moves": moves}
        if owner.lag:
            effect["lag"] = owner.lag
        effect |= {"evidence": "belief", "review_by": review_by.isoformat()}
        found.append({"team": team, "lever": lever, "effect": effect})
    return found, left


def _team(owner: CoOwner, project: Project) -> str | None:
    usual = {owner.team, *("_".join(words(name)) for name in owner.named)}
    for name, team in project.teams.items():
        own = {"_".join(words(text)) for text in (name, team.label or "", *team.values)}
        if own & usual:
            return name
    return None


def _moves(template: KpiTemplate, owner: CoOwner, lever: Metric) -> str:
    """Which way the KPI follows: a lever that gets better makes it better."""
    if lever.good in ("up", "down"):
        return "same" if lever.good == template.good else "opposite"
    return owner.moves
