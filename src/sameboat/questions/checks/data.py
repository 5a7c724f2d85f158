"""The data held against what the project says of them, and which KPIs a failing table feeds."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace

from sameboat.compiler.audits import tables_read
from sameboat.compiler.compile import plan
from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.errors import Finding, SameboatError
from sameboat.periods import zone_of
from sameboat.project.declared import Project
from sameboat.project.model import Kpi
from sameboat.questions.audit import Audit
from sameboat.questions.checks.keys import key_findings
from sameboat.questions.checks.mergers import merger_findings
from sameboat.questions.checks.rates import rate_findings
from sameboat.questions.checks.scenarios import scenario_findings
from sameboat.questions.checks.tables import table_findings
from sameboat.questions.freshness import TableFreshness, look_at_tables
from sameboat.questions.judging import stale_verdict
from sameboat.questions.rhythm import Ended, ended_findings, rhythm_findings
from sameboat.questions.rows import BoardRow
from sameboat.questions.series import Chance
from sameboat.questions.wanted import tables_of, wanted_series, watch_grain
from sameboat.questions.workspace import Workspace
from sameboat.store.runs import RunRecord, TableState

Columns = Mapping[str, Mapping[str, str]]
"""Per table the columns that its data hold, with their types."""


def data_findings(workspace: Workspace, columns: Columns) -> Iterator[Finding]:
    """Every finding about the rows of the tables that can be read: those with known columns."""
    audits = _audits(workspace, columns)
    ended: list[Ended] = []
    for audit in audits.values():
        yield from table_findings(audit)
        yield from key_findings(audit, audits)
        for one in rhythm_findings(audit):
            if isinstance(one, Ended):
                ended.append(one)
            else:
                yield one
    yield from ended_findings(ended)
    yield from rate_findings(workspace, viewer=workspace.viewer)
    yield from scenario_findings(workspace)
    yield from merger_findings(workspace)


def _audits(workspace: Workspace, columns: Columns, *, gate: bool = False) -> dict[str, Audit]:
    return {
        name: Audit(workspace, name, columns[name], gate)
        for name in workspace.project.tables
        if name in columns
    }


# ── in a refresh ─────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Failing:
    """A table whose rows break a check, since when that is known, and what is wrong."""

    table: str
    since: dt.date
    finding: Finding

    @property
    def why(self) -> str:
        return self.finding.message


def failing_tables(workspace: Workspace, last: RunRecord | None) -> dict[str, Failing]:
    """The tables behind shared KPIs, levers and guardrails with an error; the first one of each.

    Only what can be an error is asked, and not again of rows that passed at the last run. A table
    that failed then fails since then; for another one that is its last load, else today.
    """
    kpis = workspace.project.kpis.values()
    behind = {name for kpi in kpis for name in tables_behind(workspace, kpi)}
    fed = {name for w in wanted_series(workspace.project) for name in _fed_by(workspace, w.metric)}
    behind |= fed & workspace.project.tables.keys()
    behind -= {name for name in behind if _passed_before(workspace, name, last)}
    columns: dict[str, Mapping[str, str]] = {}
    for name in _with_keys(workspace, behind):
        try:
            columns[name] = workspace.warehouse.columns(name)
        except SameboatError:
            continue  # that it cannot be read is said where its KPIs are computed
    audits = _audits(workspace, columns, gate=True)
    found: dict[str, Failing] = {}
    for name in sorted(behind & audits.keys()):
        errors = (*table_findings(audits[name]), *key_findings(audits[name], audits))
        first = next((finding for finding in errors if finding.severity == "error"), None)
        if first is not None:
            found[name] = Failing(name, _since(workspace, name, last), first)
    return found


CHECKS = 1
"""The version of these checks; rows that passed another version are asked again."""


def _passed_before(workspace: Workspace, name: str, last: RunRecord | None) -> bool:
    """Whether these rows, and those that their keys must lead to, passed at the last run."""
    if last is None or last.project != workspace.project.digest:
        return False
    if last.counts.get("checks") != CHECKS:
        return False
    return all(_same_rows(workspace, one, last) for one in _with_keys(workspace, [name]))


def _same_rows(workspace: Workspace, name: str, last: RunRecord) -> bool:
    before = last.tables.get(name)
    if before is None or not before.fingerprint or before.failing_since is not None:
        return False
    try:
        return workspace.warehouse.fingerprint(name) == before.fingerprint
    except SameboatError:
        return False


def _with_keys(workspace: Workspace, tables: Iterable[str]) -> list[str]:
    """The tables and those that their declared `matches` lead to."""
    found = dict.fromkeys(tables)
    for name in list(found):
        asked = {rule.get("matches") for rule in workspace.project.tables[name].checks}
        hops = workspace.world.graph.hops_from(name) if asked - {None} else ()
        found |= dict.fromkeys(hop.target for hop in hops if hop.entity in asked)
    return list(found)


def _since(workspace: Workspace, name: str, last: RunRecord | None) -> dt.date:
    before = last.tables.get(name) if last is not None else None
    if before is not None and before.failing_since is not None:
        return before.failing_since
    zone = zone_of(workspace.project.root.calendar.timezone)
    [table] = look_at_tables(workspace, [name]).values()
    return min(workspace.now, table.loaded_at or workspace.now).astimezone(zone).date()


def tables_behind(workspace: Workspace, kpi: Kpi) -> frozenset[str]:
    """Every declared table that a KPI's figures are read from: joined ones and sources included."""
    project = workspace.project
    found = set(tables_of(project, kpi.metric))
    if kpi.signal.metric:
        found |= set(tables_of(project, kpi.signal.metric))
    for metric in {kpi.metric, kpi.signal.metric or kpi.metric}:
        time = Item(METRIC_TIME, watch_grain(project, kpi))
        for by in ((), *((Item.of(name),) for name in kpi.by)):
            found |= _read(workspace, Request(metrics=(metric,), group_by=(time, *by)))
    for name in list(found):
        found |= _sources(workspace, name)
    return frozenset(found & project.tables.keys())


def _read(workspace: Workspace, request: Request) -> frozenset[str]:
    try:
        read = tables_read(plan(workspace.world, request))
    except SameboatError:
        return frozenset()  # it is not computed either
    named = {relation: name for name, relation in workspace.world.relations.items()}
    return frozenset(named.get(relation, relation) for relation in read)


def _fed_by(workspace: Workspace, metric: str) -> Iterator[str]:
    """The tables that a metric is counted from, and those that they are made of."""
    for name in tables_of(workspace.project, metric):
        yield name
        yield from _sources(workspace, name)


def _sources(workspace: Workspace, name: str) -> frozenset[str]:
    try:
        return workspace.warehouse.reads(name)
    except SameboatError:
        return frozenset()


def distrusted(
    workspace: Workspace, kpi: Kpi, card: BoardRow, failing: Mapping[str, Failing]
) -> BoardRow:
    """The card of a KPI; where a table behind it fails, marked as stale with the reason."""
    if not failing:
        return card
    wrong = [failing[name] for name in tables_behind(workspace, kpi) if name in failing]
    if not wrong:
        return card
    first = min(wrong, key=lambda one: (one.since, one.table))
    since = min(first.since, card.stale_since or first.since)
    return replace(
        card,
        verdict=stale_verdict(since),
        stale_since=since,
        why=_sentence(workspace.project, wrong, first),
        chance=Chance(None, "until the data pass their checks"),
    )


def _sentence(project: Project, wrong: list[Failing], first: Failing) -> str:
    title = project.tables[first.table].title
    others = len(wrong) - 1
    more = f" {others} more table{'s' if others > 1 else ''} failed." if others else ""
    return f"{title} failed a check of its data: {first.why}.{more}"


def state_of(table: TableFreshness, failing: Mapping[str, Failing]) -> TableState:
    """What a run records of a table; also since when it has failed its checks."""
    wrong = failing.get(table.table)
    return replace(table.state, failing_since=wrong.since if wrong else None)
