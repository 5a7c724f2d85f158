"""Are we heading the right way? The board: every shared KPI with one verdict."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sameboat.questions.series import Chance, Pull, Series, TargetPath, Verdict


@dataclass(frozen=True)
class BoardRow:
    """One shared KPI on the board."""

    kpi: str
    label: str
    unit: str | None
    good: str | None
    verdict: Verdict
    why: str | None  # one sentence under the verdict
    value: float | None
    value_reason: str | None  # why there is no value
    note: str | None  # the n, range or window under the value
    series: Series  # what the small chart draws (about 26 weeks or 24 months)
    target: TargetPath | None
    chance: Chance
    pulls: tuple[Pull, ...]
    stale_since: dt.date | None = None


@dataclass(frozen=True)
class OpenDecision:
    """A proposal that waits for a verdict, with its prediction."""

    proposal: str
    title: str
    closes: dt.date | None
    kpi: str
    kpi_label: str
    unit: str | None
    effect: float
    low: float
    high: float
    confidence: float
    by: dt.date | None
    chance_helps: float
    summary: str  # cost and teams in a sentence
    stop_by: dt.date | None = None


@dataclass(frozen=True)
class Board:
    """The board as it is known at one moment."""

    company: str
    mission: str
    headline: str
    rows: tuple[BoardRow, ...]
    decision: OpenDecision | None
    period: str | None  # "Week to Sunday 25 October 2026"
    refreshed_at: dt.datetime | None
    tables_fresh: int
    tables_total: int
    minimum_group: int
    definitions: str  # a short version of all definitions together
    demo: bool = False
