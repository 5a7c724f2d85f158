"""Are our metrics any good? The principles per KPI, what measuring costs, and what the data say."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sameboat.errors import Finding, Severity
from sameboat.project.check import judged_principles
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.project.places import Mark, Path
from sameboat.project.principles.balance import horizon_of
from sameboat.project.principles.catalogue import RULES
from sameboat.project.principles.granularity import (
    A_WEEK,
    Granularity,
    figures_a_week,
    granularity,
    watched,
)
from sameboat.project.principles.rule import PRINCIPLES, Principle
from sameboat.project.viewer import Viewer
from sameboat.questions.freshness import late_since
from sameboat.questions.goodhart import by_metric, judged_ties
from sameboat.questions.principles import recorded_breaches, unused_metrics
from sameboat.questions.sentences import counted, listed
from sameboat.questions.workspace import Workspace, local_now
from sameboat.store.disputes import disputes
from sameboat.store.proposals import decided_since
from sameboat.store.runs import RunRecord, TableState, last_run
from sameboat.store.uses import uses

A_YEAR = dt.timedelta(days=365)

GRAVEST: tuple[Severity, ...] = ("error", "warning", "notice")


@dataclass(frozen=True)
class Cell:
    """What one principle says of one KPI: whether it is kept, in words, and which rules are not.

    `severity` is the gravest of the rules that are not kept, None where all are.
    """

    principle: Principle
    kept: bool
    words: str
    codes: tuple[str, ...] = ()
    severity: Severity | None = None


@dataclass(frozen=True)
class KpiHealth:
    """One row of the matrix: a KPI held against each principle."""

    kpi: str
    label: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Breach:
    """A finding of the principles as a page shows it; of an allowed one, why and until when."""

    code: str
    principle: Principle
    severity: Severity
    title: str
    message: str
    hint: str | None
    where: str | None
    reason: str | None = None
    until: dt.date | None = None


@dataclass(frozen=True)
class Burden:
    """What measuring costs: figures that reviews show a week, and the time there is for each.

    `decisions` are the proposals decided in the last twelve months; without one there is no
    number of metrics per decision.
    """

    figures: float
    minutes: float | None
    watched: int
    decisions: int

    @property
    def metrics_per_decision(self) -> float | None:
        return self.watched / self.decisions if self.decisions else None

    @property
    def minutes_per_figure(self) -> float | None:
        return self.minutes / self.figures if self.minutes and self.figures else None


@dataclass(frozen=True)
class Unused:
    """The metrics that nobody asked for in `days`; None where uses are not counted that long."""

    days: int
    since: dt.date | None
    metrics: tuple[tuple[str, str], ...] | None
    """Names and labels."""


@dataclass(frozen=True)
class TableHealth:
    """A table as the last refresh found it, and in words what that means for its KPIs."""

    table: str
    label: str
    loaded_at: dt.datetime | None
    rows: int | None
    fresh: bool
    words: str


@dataclass(frozen=True)
class Decoupled:
    """A lever or local metric that no longer moves with its KPI, in one sentence."""

    metric: str
    label: str
    kpi: str
    sentence: str


@dataclass(frozen=True)
class Dispute:
    """An objection to a definition that waits for its answer."""

    metric: str
    label: str
    sentence: str


@dataclass(frozen=True)
class Health:
    """How good the metrics are, as the files and the record of one moment say."""

    company: str
    demo: bool
    minimum_group: int
    definitions: str
    headline: str
    principles: Mapping[Principle, str]
    rows: tuple[KpiHealth, ...]
    breaches: tuple[Breach, ...]
    allowed: tuple[Breach, ...]
    granularity: Granularity | None
    burden: Burden
    unused: Unused
    tables: tuple[TableHealth, ...]
    refreshed_at: dt.datetime | None
    decoupled: tuple[Decoupled, ...] | None = None
    """The Goodhart monitor's findings; None where it has not looked."""
    disputes: tuple[Dispute, ...] | None = None
    """Open objections; None where none can be recorded."""


def health(workspace: Workspace, *, viewer: Viewer) -> Health:
    """How good the metrics are: from the files and the record alone, no data are read."""
    project, record = workspace.project, workspace.record
    today = local_now(workspace).date()
    recorded = recorded_breaches(workspace)
    judged = judged_principles(
        project, today=today, recorded=recorded.findings, asked=recorded.asked
    )
    run = last_run(record)
    rows = tuple(_row(project, kpi, judged.findings) for kpi in project.kpis.values())
    return Health(
        company=project.root.title,
        demo="demo" in project.root.tags,
        minimum_group=project.root.privacy.minimum_group,
        definitions=project.digest[:7],
        headline=headline(rows),
        principles=PRINCIPLES,
        rows=rows,
        breaches=tuple(breach_of(one) for one in judged.findings),
        allowed=tuple(
            breach_of(one, reason=why.reason, until=why.until) for one, why in judged.allowed
        ),
        granularity=granularity(project) if project.kpis else None,
        burden=_burden(project, decided_since(record, today - A_YEAR)),
        unused=unused(workspace),
        tables=tuple(_tables(workspace, run)),
        refreshed_at=run.finished_at if run else None,
        decoupled=tuple(_decoupled(workspace)) if run else None,
        disputes=tuple(_disputes(workspace)),
    )


def unused(workspace: Workspace) -> Unused:
    """The metrics that nobody asked for, where uses are counted long enough to say so."""
    project = workspace.project
    today, used = local_now(workspace).date(), uses(workspace.record)
    days = project.root.principles.unused_days
    if used.since is None or (today - used.since).days < days:
        return Unused(days, used.since, None)
    idle = unused_metrics(project, used, today)
    return Unused(days, used.since, tuple((name, project.metrics[name].title) for name in idle))


def _decoupled(workspace: Workspace) -> Iterator[Decoupled]:
    """One sentence per metric that no longer moves what it is for, the surest first."""
    for first, others in by_metric(judged_ties(workspace)):
        also = f" So it is of {listed([one.parent_label for one in others])}." if others else ""
        kpi = first.tie.kpi or first.parent
        yield Decoupled(first.tie.metric, first.label, kpi, first.sentence + also)


def _disputes(workspace: Workspace) -> Iterator[Dispute]:
    """One sentence per objection that waits for an answer."""
    metrics = workspace.project.metrics
    for one in disputes(workspace.record):
        if one.status == "open":
            label = metrics[one.metric].title if one.metric in metrics else one.metric
            day = f"{one.created_at.day} {one.created_at:%B %Y}"
            yield Dispute(one.metric, label, f"{label}, since {day}: {one.objection}")


def headline(rows: tuple[KpiHealth, ...]) -> str:
    """One sentence: how many KPIs keep all principles, and where it is worth looking."""
    if not rows:
        return "No KPI is shared yet."
    breaking = [row.label for row in rows if not all(cell.kept for cell in row.cells)]
    keeping = len(rows) - len(breaking)
    number = f"{keeping} of {len(rows)}"
    if not breaking:
        return f"All {counted(len(rows))} KPIs keep the principles." if len(rows) > 1 else (
            "The one KPI keeps the principles."
        )  # fmt: skip
    if len(breaking) > 3:
        return f"{number} KPIs keep the principles."
    looks = "needs" if len(breaking) == 1 else "need"
    return f"{number} KPIs keep the principles; {listed(breaking)} {looks} a look."


def breach_of(
    finding: Finding, *, reason: str | None = None, until: dt.date | None = None
) -> Breach:
    """A finding as a page shows it."""
    rule = RULES[finding.code]
    where = f"{finding.where.file}:{finding.where.line}" if finding.where else None
    message = finding.message[:1].upper() + finding.message[1:]
    return Breach(
        finding.code, rule.principle, finding.severity, rule.title, message, finding.hint, where,
        reason, until,
    )  # fmt: skip


# ── the matrix ───────────────────────────────────────────────────────────────────────────────


def _row(project: Project, kpi: Kpi, findings: tuple[Finding, ...]) -> KpiHealth:
    metric = project.metrics.get(kpi.metric)
    lines = _lines_of(project, kpi)
    mine = [one for one in findings if one.where and (one.where.file, one.where.line) in lines]
    said = _said(project, kpi)
    cells = []
    for principle in PRINCIPLES:
        here = [one for one in mine if RULES[one.code].principle == principle]
        codes = tuple(dict.fromkeys(one.code for one in here))
        words = "; ".join(RULES[code].title.rstrip(".") for code in codes)
        gravest = min((one.severity for one in here), key=GRAVEST.index, default=None)
        cells.append(Cell(principle, not codes, words or said[principle], codes, gravest))
    label = kpi.label or (metric.title if metric else kpi.title)
    return KpiHealth(kpi.name, label, tuple(cells))


def _lines_of(project: Project, kpi: Kpi) -> set[tuple[str, int]]:
    """The lines of the files that speak of a KPI: its own, its metric's, those of its edges."""
    paths: list[Path] = [("kpis", kpi.name), ("metrics", kpi.metric)]
    paths += [
        ("drivers", at) for at, driver in enumerate(project.drivers) if driver.metric == kpi.metric
    ]
    marks = (project.places.mark(path) for path in paths)
    return {line for mark in marks if mark is not None for line in _lines(mark)}


def _lines(mark: Mark) -> Iterator[tuple[str, int]]:
    waiting = [mark]
    while waiting:
        here = waiting.pop()
        yield here.file, here.key.line
        yield here.file, here.value.line
        waiting += (here.parts or {}).values()


def _said(project: Project, kpi: Kpi) -> dict[Principle, str]:
    """What is so of a KPI that keeps a principle, in words."""
    objective = project.objectives.get(kpi.objective or "")
    teams = len({owner.team for owner in kpi.owners})
    metric = project.metrics.get(kpi.metric)
    horizon = horizon_of(project, kpi)
    rails = len(kpi.guardrails)
    term = f"; {horizon}-term" if horizon else ""
    kind = metric.kind if metric and metric.kind else "kind not said"
    return {
        "aligned": f"Serves “{objective.title}”" if objective else "Serves an objective",
        "cross-functional": f"{counted(teams).capitalize()} teams, each with a lever",
        "outcomes": f"{kind.capitalize()}; {'with' if kpi.target else 'without'} a target",
        "balanced": f"{counted(rails).capitalize()} guardrail{'' if rails == 1 else 's'}{term}",
        "trust": "Says how it could be gamed; no review is due",
    }


# ── burden and tables ────────────────────────────────────────────────────────────────────────


def _burden(project: Project, decisions: int) -> Burden:
    held = [one for one in project.reviews.values() if one.minutes]
    minutes = sum((one.minutes or 0) * A_WEEK[one.every] for one in held)
    return Burden(figures_a_week(project), minutes or None, len(watched(project)), decisions)


def _tables(workspace: Workspace, run: RunRecord | None) -> Iterator[TableHealth]:
    """The tables behind shared KPIs, those that need a look first."""
    project = workspace.project
    states = run.tables if run else {}
    found = [
        _table(workspace, name, state) for name, state in states.items() if name in project.tables
    ]
    yield from sorted(found, key=lambda one: (one.fresh, one.label.casefold()))


def _table(workspace: Workspace, name: str, state: TableState) -> TableHealth:
    late = late_since(workspace, name, state.loaded_at)
    if not state.fingerprint:
        words = "could not be read"
    elif state.failing_since is not None:
        words = f"fails a check of its data since {state.failing_since:%d %b %Y}"
    elif late is not None:
        words = f"late: last loaded on {late:%d %b %Y}"
    else:
        words = "fresh, and passed its checks"
    fresh = words.startswith("fresh")
    label = workspace.project.tables[name].title
    return TableHealth(name, label, state.loaded_at, state.rows, fresh, words)
