"""Exchange rates held against what is exchanged: wrong ones, gaps, and money without a rate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from typing import Any

from sameboat.compiler import rate_audits
from sameboat.compiler.leaves import Leaves
from sameboat.compiler.query import Item, Request
from sameboat.compiler.unrated import NO_RATE
from sameboat.errors import Finding, SameboatError, Severity, did_you_mean
from sameboat.project.model import Currencies, Simple
from sameboat.project.viewer import Viewer
from sameboat.questions.fetch import fetch
from sameboat.questions.workspace import Workspace

EXAMPLES = 3
"""How many days or currencies are named at most."""


def rate_findings(workspace: Workspace, *, viewer: Viewer) -> Iterator[Finding]:
    """Every finding about exchange rates; none where a project declares none."""
    declared = workspace.project.root.currencies
    if declared is None or declared.table not in workspace.project.tables:
        return
    try:
        yield from _of_table(workspace, declared)
        yield from _without_rates(workspace, viewer)
    except SameboatError as error:
        message = f"the exchange rates could not be checked: {error.why}"
        yield _finding(workspace, "data-unchecked", message, severity="warning")


def _finding(
    workspace: Workspace,
    code: str,
    message: str,
    *,
    hint: str | None = None,
    severity: Severity = "error",
) -> Finding:
    return Finding(code, message, workspace.project.place("currencies"), hint, severity)


def _of_table(workspace: Workspace, declared: Currencies) -> Iterator[Finding]:
    world, spelling = workspace.world, workspace.dialect

    def ask(sql: str) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = workspace.warehouse.run(sql).to_pylist()
        return found

    several = EXAMPLES + 1
    if bad := ask(rate_audits.unusable_sql(world, declared, limit=several, spelling=spelling)):
        told = [f"{_pair(row)} on {_day(row['day'])}: {row['rate']}" for row in bad]
        message = f"exchange rates are missing or not above 0: {_some(told)}"
        hint = "Money of these days has no figure. Mend the rates, or leave the rows out."
        yield _finding(workspace, "rate-not-positive", message, hint=hint)
    if bad := ask(rate_audits.clashes_sql(world, declared, limit=several, spelling=spelling)):
        told = [f"{_pair(r)} on {_day(r['day'])}: {r['low']} and {r['high']}" for r in bad]
        message = f"a pair has several exchange rates on one day: {_some(told)}"
        hint = "Money of these days has no figure. Keep one rate a day."
        yield _finding(workspace, "rate-duplicate", message, hint=hint)
    if bad := ask(rate_audits.gaps_sql(world, declared, limit=several, spelling=spelling)):
        told = [f"{_pair(r)} from {_day(r['day'])} to {_day(r['next_day'])}" for r in bad]
        message = f"exchange rates stop for more than {declared.stale_after}: {_some(told)}"
        hint = "Load what is missing, or let a rate hold longer: `stale_after`."
        yield _finding(workspace, "rate-gap", message, hint=hint, severity="warning")


def _without_rates(workspace: Workspace, viewer: Viewer) -> Iterator[Finding]:
    """Rows of money for which no rate is known, by the currency that they say."""
    project = workspace.project
    seen: set[tuple[str, str, str]] = set()
    for name, metric in project.metrics.items():
        if not isinstance(metric, Simple):
            continue
        leaves = Leaves.of(workspace.world, Request(metrics=(name,)))
        leaves.formula(name)
        exchange = leaves.found[0].exchange
        if exchange is None or (key := (metric.table, exchange.source, exchange.into)) in seen:
            continue
        seen.add(key)
        items = [] if exchange.code else [Item(exchange.source)]
        request = Request(metrics=(name,), group_by=tuple(items), parts=True)
        try:
            rows = fetch(workspace, request, viewer=viewer).to_pylist()
        except SameboatError:
            continue  # it cannot be asked without more, such as one scenario
        lacking: dict[str, int] = {}
        for row in rows:
            if row.get(f"{name}__{NO_RATE}"):
                said = exchange.code or row[items[0].column]
                lacking["no currency" if said is None else str(said)] = row[f"{name}__{NO_RATE}"]
        if lacking:
            yield _lacking(workspace, name, lacking, exchange.into)


def _lacking(workspace: Workspace, metric: str, lacking: dict[str, int], into: str) -> Finding:
    told = [f"{code} ({count} row{'' if count == 1 else 's'})" for code, count in lacking.items()]
    known = _currencies(workspace)
    near = next((hint for code in lacking if (hint := did_you_mean(code, known))), None)
    return Finding(
        "rate-missing",
        f"no exchange rate into {into} is known for money of {metric!r} in {_some(sorted(told))}",
        workspace.project.place("metrics", metric),
        near or "Its figures are undefined where such rows go in: load the rates.",
        "warning",
    )


def _currencies(workspace: Workspace) -> list[str]:
    """The currencies that the table of rates holds."""
    declared = workspace.project.root.currencies
    assert declared is not None, "rates are checked where they are declared"
    sql = rate_audits.known_sql(workspace.world, declared, spelling=workspace.dialect)
    rows = workspace.warehouse.run(sql).to_pylist()
    return sorted({str(row[side]) for row in rows for side in ("given", "got")})


def _pair(row: dict[str, Any]) -> str:
    return f"{row['given']} to {row['got']}"


def _day(value: object) -> str:
    return value.strftime("%Y-%m-%d") if isinstance(value, dt.date) else str(value)


def _some(told: list[str]) -> str:
    """A few of several, and that there are more.

    >>> _some(["a", "b", "c", "d"])
    'a; b; c; and more'
    """
    return "; ".join([*told[:EXAMPLES], *(["and more"] if len(told) > EXAMPLES else [])])
