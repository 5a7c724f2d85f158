"""A project checked against its data: columns, rows, unreadable tables, the tree's arithmetic."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from pathlib import Path

import numpy as np

from sameboat.compiler.query import METRIC_TIME, Item, Request
from sameboat.errors import Finding, SameboatError
from sameboat.project.check import Arithmetic, arithmetic, check, check_folder
from sameboat.project.declared import sorted_findings
from sameboat.project.viewer import Viewer
from sameboat.questions.arithmetic import recomputed
from sameboat.questions.checks.data import data_findings
from sameboat.questions.fetch import fetch
from sameboat.questions.opened import open_workspace
from sameboat.questions.principles import recorded_breaches
from sameboat.questions.wanted import grain_of_sum
from sameboat.questions.workspace import Workspace, local_now
from sameboat.warehouse.examine import examine


def check_with_data(folder: Path | str, *, viewer: Viewer) -> tuple[Finding, ...]:
    """Every finding about a project and its data; without a project that loads, of its files."""
    try:
        workspace = open_workspace(folder)
    except SameboatError:
        return check_folder(folder)
    try:
        return check_workspace(workspace, viewer=viewer)
    finally:
        workspace.close()


def check_workspace(workspace: Workspace, *, viewer: Viewer) -> tuple[Finding, ...]:
    """Every finding about an open workspace and its data."""
    today = local_now(workspace).date()
    try:
        columns, unread = _columns(workspace)
    except SameboatError as error:
        return sorted_findings((*check(workspace.project, today=today), *error.findings))
    breaches = recorded_breaches(workspace)
    found = [
        *check(
            workspace.project,
            columns=columns,
            today=today,
            recorded=breaches.findings,
            asked=breaches.asked,
        ),
        *unread,
    ]
    found += data_findings(workspace, columns)
    found += _definition_changes(workspace)
    for edge in arithmetic(workspace.project):
        found += _holds(workspace, edge, viewer)
    return sorted_findings(dict.fromkeys(found))


def _definition_changes(workspace: Workspace) -> tuple[Finding, ...]:
    """What changed since the last refresh; nothing where no record can be read."""
    from sameboat.questions.definition_changes import definition_changes  # with the store

    try:
        return tuple(definition_changes(workspace.project, workspace.record))
    except SameboatError:
        return ()


def _columns(workspace: Workspace) -> tuple[dict[str, Mapping[str, str]], list[Finding]]:
    """The columns of every table that can be read, and findings about tables and their rows."""
    project, warehouse = workspace.project, workspace.warehouse
    columns: dict[str, Mapping[str, str]] = {}
    found: list[Finding] = []
    for name, table in project.tables.items():
        place = project.place("tables", name)
        found += [
            finding if finding.where else finding.at(place)
            for finding in examine(warehouse, {name: table})
            if finding.code not in _BY_COLUMN
        ]
        try:
            hidden = dict.fromkeys(table.personal, "text")
            columns[name] = {**hidden, **warehouse.columns(name)}
        except SameboatError:
            continue
    return columns, found


_BY_COLUMN = ("column-missing", "date-is-text", "value-type")
"""What `check` finds itself once it knows the columns, each at its own place in the files."""


def _holds(workspace: Workspace, edge: Arithmetic, viewer: Viewer) -> Iterator[Finding]:
    """A finding where the two sides of an arithmetic edge differ in some period of the data."""
    driver = edge.driver
    where = workspace.project.place("drivers", workspace.project.drivers.index(driver), "equals")
    grain = grain_of_sum(workspace.project, edge.metrics)
    request = Request(metrics=edge.metrics, group_by=(Item(METRIC_TIME, grain),))
    try:
        table = fetch(workspace, request, viewer=viewer)
    except SameboatError as error:
        yield Finding(
            "arithmetic-unchecked",
            f"{driver.metric} = {driver.equals} could not be checked: {error.why}",
            where,
            severity="warning",
        )
        return
    values = {
        name: np.asarray(table.column(name).cast("double").to_numpy(), dtype=float)
        for name in edge.metrics
    }
    days = table.column(f"{METRIC_TIME}__{grain}").cast("date32").to_numpy()
    found = recomputed(
        driver.equals or "", edge.formula, values[driver.metric], values,
        days.astype("datetime64[D]"), grain,
    )  # fmt: skip
    worst = found.worst
    if worst is None:
        return
    count = len(found.differences)
    noun = grain.replace("_", " ") + ("" if found.periods == 1 else "s")
    yield Finding(
        "arithmetic-broken",
        f"{driver.metric} = {driver.equals} does not hold in {count} of {found.periods} {noun}; "
        f"most of all in {_named(worst.period, grain)}: {worst.stated:.6g} against "
        f"{worst.recomputed:.6g} ({worst.size:+.3g})",
        where,
        hint="Mend the formula, or make it an influence with `influenced_by`.",
    )


def _named(day: dt.date, grain: str) -> str:
    """A period in a sentence: a month by its name, a longer one by its first day."""
    return f"{day:%B %Y}" if grain == "month" else f"the {grain.replace('_', ' ')} from {day}"
