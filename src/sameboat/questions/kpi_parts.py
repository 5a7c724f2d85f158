"""What the page of one KPI shows, part by part."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sameboat.questions.index_weights import Weighing
from sameboat.questions.phases import PhaseProposal
from sameboat.questions.rows import Raised
from sameboat.questions.series import (
    Chance,
    Happening,
    Pull,
    Series,
    TargetPath,
    Verdict,
)


@dataclass(frozen=True)
class LeverRow:
    """An owner's lever with its recent points."""

    pull: Pull
    value: float | None
    before: float | None  # its centre before a signal, when there is one
    unit: str | None
    series: Series | None
    verdict: Verdict


@dataclass(frozen=True)
class GuardrailRow:
    """What must not get worse meanwhile."""

    metric: str
    label: str
    unit: str | None
    value: float | None
    limit: str | None  # "at most 15%"
    holds: bool | None
    verdict: Verdict


@dataclass(frozen=True)
class Segment:
    """One value of one dimension with its latest figure; suppressed when the group is too small."""

    dimension: str
    value: str
    figure: float | None
    n: int | None
    reason: str | None


@dataclass(frozen=True)
class Definition:
    """What the number is, where it stands and how it is computed."""

    version: int
    valid_from: dt.date | None
    why: str | None
    description: str | None
    numerator: str | None
    denominator: str | None
    formula: str | None
    good: str | None
    objective: str | None
    horizon: str | None
    gaming: str | None
    sources: tuple[str, ...]  # "opportunities · data/opportunities.parquet"
    file: str | None  # "kpis.yml:12"
    sql: str


@dataclass(frozen=True)
class KpiAnswer:
    """Everything that the page of one KPI shows."""

    company: str
    mission: str
    kpi: str
    label: str
    objective: str | None
    objective_label: str | None
    unit: str | None
    good: str | None
    verdict: Verdict
    since: str | None  # "since 7 September"
    why: str | None
    value: float | None
    value_reason: str | None
    note: str | None
    period: str | None
    series: Series  # long: all phases
    target: TargetPath | None
    chance: Chance
    numerator: Series | None
    denominator: Series | None
    weeks: Series | None  # the last 6 weeks
    months: Series | None  # the last 12 months
    year_before: Series | None  # the 12 months before those
    happenings: tuple[Happening, ...]
    levers: tuple[LeverRow, ...]
    steward: str | None  # "Customer Success until 31 December, then Product"
    guardrails: tuple[GuardrailRow, ...]
    segments: tuple[Segment, ...]
    definition: Definition
    refreshed_at: dt.datetime | None
    minimum_group: int
    definitions: str
    demo: bool = False
    doubt: str | None = None  # "may be chance: …", where many KPIs are watched
    raised: Raised | None = None  # the signal that stands, where a watch raised one
    watched: str | None = None  # what the series is, where it is not the KPI's own metric
    weighing: Weighing | None = None  # of an index: its parts, and what other weights would say
    since_on: dt.date | None = None  # the first period of the signal
    proposed_phases: tuple[PhaseProposal, ...] = ()  # changes that no declared phase covers
