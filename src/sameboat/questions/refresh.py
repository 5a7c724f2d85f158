"""Compute every shared KPI anew and record what changed, all in one transaction."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sameboat.errors import Finding
from sameboat.project.viewer import Viewer
from sameboat.questions.beginnings import with_beginnings
from sameboat.questions.cards import card_of, deal, kept
from sameboat.questions.checks.data import CHECKS, Failing, distrusted, failing_tables, state_of
from sameboat.questions.computing import Failed, compute
from sameboat.questions.definition_changes import definition_changes
from sameboat.questions.definition_texts import definition_hash, definition_text
from sameboat.questions.freshness import TableFreshness, ages, look_at_tables
from sameboat.questions.rows import BoardRow
from sameboat.questions.vanished import vanished
from sameboat.questions.wanted import Wanted, tables_of, wanted_series
from sameboat.questions.workspace import Workspace
from sameboat.store.definitions import DefinitionText
from sameboat.store.packing import PackedSeries
from sameboat.store.points import cards, last_run, record_refresh
from sameboat.store.runs import RunRecord

Progress = Callable[[str, int, int], None]
"""Called with what comes next, how many steps are done, and how many there are."""


@dataclass(frozen=True)
class Refreshed:
    """What a refresh did."""

    run: int
    series: int
    changed: int
    seconds: float
    tables: tuple[TableFreshness, ...]
    findings: tuple[Finding, ...]  # what could not be computed or trusted, and why


def refresh(workspace: Workspace, *, viewer: Viewer, progress: Progress | None = None) -> Refreshed:
    """What was computed and recorded; the points and the run's record go in together.

    A series that fails leaves a finding and its KPI says why; the others are recorded. Running it
    again on the same data and definitions adds a run and no points.

    Raises WarehouseError where no data can be read, StoreError where nothing can be recorded.
    """
    started = workspace.clock()
    wanted = wanted_series(workspace.project)
    tell = _Steps(progress, len({(w.grain, w.by) for w in wanted}) + 4)
    store = workspace.store
    restated = tuple(definition_changes(workspace.project, store))
    tell("reading tables")
    tables = look_at_tables(workspace, _tables(workspace, wanted))
    known = with_beginnings(workspace, ages(tables, workspace.now), wanted)
    done, failed = compute(workspace, wanted, known, viewer=viewer, step=tell)
    gone = vanished(workspace.project, store, wanted, done, failed)
    tell("checking the data")
    last = last_run(store)
    failing = failing_tables(workspace, last)
    tables |= look_at_tables(workspace, failing.keys() - tables.keys())
    tell("judging")
    judged = _judged(workspace, done, failed, tables, failing, last)
    tell("recording")
    finished = workspace.clock()
    recorded = record_refresh(
        store,
        run=_record(workspace, viewer, started, finished, tables, done, failing),
        series=[*done, *gone],
        cards=deal(judged),
        definitions=_definitions(workspace, wanted),
    )
    return Refreshed(
        run=recorded.run.id or 0,
        series=len(done),
        changed=recorded.appended,
        seconds=(finished - started).total_seconds(),
        tables=tuple(tables.values()),
        findings=tuple(
            dict.fromkeys(
                (
                    *restated,
                    *(x for f in failed for x in f.error.findings),
                    *(table.finding for table in failing.values()),
                )
            )
        ),
    )


def _judged(
    workspace: Workspace,
    done: list[PackedSeries],
    failed: list[Failed],
    tables: Mapping[str, TableFreshness],
    failing: Mapping[str, Failing],
    last: RunRecord | None,
) -> dict[str, BoardRow]:
    """The card of each KPI: as it is now, or as it was before where it cannot be computed."""
    series = {(s.metric, s.grain): s for s in done if not s.segment}
    problems = {f.wanted.metric: f.error for f in failed if not f.wanted.by}
    before = cards(workspace.store)
    judged = {}
    for name, kpi in workspace.project.kpis.items():
        card = card_of(workspace, kpi, series, tables, problems)
        if last is not None:
            card = kept(card, before.get(name), last.finished_at.date(), problems)
        judged[name] = distrusted(workspace, kpi, card, failing)
    return judged


def _definitions(workspace: Workspace, wanted: tuple[Wanted, ...]) -> list[DefinitionText]:
    """The texts of all definitions that the series are computed by."""
    project = workspace.project
    return [
        DefinitionText(
            name,
            definition_hash(project, name),
            project.metrics[name].version,
            definition_text(project, name),
        )
        for name in dict.fromkeys(one.metric for one in wanted)
        if name in project.metrics
    ]


def is_current(workspace: Workspace) -> bool:
    """Whether the last refresh computed the definitions as they are now."""
    last = last_run(workspace.record)
    return last is not None and last.project == workspace.project.digest


def _tables(workspace: Workspace, wanted: tuple[Wanted, ...]) -> list[str]:
    """The tables behind all wanted series."""
    found = [t for w in wanted for t in tables_of(workspace.project, w.metric)]
    return [t for t in dict.fromkeys(found) if t in workspace.project.tables]


def _record(
    workspace: Workspace,
    viewer: Viewer,
    started: dt.datetime,
    finished: dt.datetime,
    tables: dict[str, TableFreshness],
    done: list[PackedSeries],
    failing: dict[str, Failing],
) -> RunRecord:
    return RunRecord(
        started_at=started,
        finished_at=finished,
        who=viewer.name,
        project=workspace.project.digest,
        tables={name: state_of(table, failing) for name, table in tables.items()},
        counts={"series": len(done), "points": sum(len(s) for s in done), "checks": CHECKS},
    )


class _Steps:
    """Counts the steps that a caller is told of."""

    def __init__(self, progress: Progress | None, total: int) -> None:
        self.progress, self.total, self.done = progress, total, 0

    def __call__(self, what: str) -> None:
        if self.progress is not None:
            self.progress(what, min(self.done, self.total), self.total)
        self.done += 1
