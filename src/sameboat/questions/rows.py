"""One KPI on the board, and the decision that waits: the values that a refresh makes ready."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass

from sameboat.questions.series import Chance, Pull, Series, TargetPath, Verdict


@dataclass(frozen=True)
class Raised:
    """A signal, or an alert of stale data, that was raised and stands."""

    version: int
    raised_at: dt.datetime
    words: str  # "raised 26 Oct, not acknowledged"
    acknowledged: bool
    reason: str | None = None
    id: int = 0
    kind: str = "signal"  # or "stale"
    takers: tuple[tuple[str, str], ...] = ()  # who may be named to have it, with their titles

    @property
    def sentence(self) -> str:
        """What stands, and what was done about it."""
        return f"{'Alert' if self.kind == 'stale' else 'Signal'} {self.words}"


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
    watched: str | None = None  # what the series is, where it is not the KPI's own metric
    since: dt.date | None = None  # the first period of the signal
    rarity: float | None = None  # how often chance alone shows a signal like it
    doubt: str | None = None  # "may be chance: …", where many KPIs are watched
    raised: Raised | None = None  # the signal that stands, where a watch raised one


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
