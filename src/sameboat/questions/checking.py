"""Is the project in order? Its files, what the data hold of them, the arithmetic of its tree."""

from __future__ import annotations

import datetime as dt
import math
from collections.abc import Iterator, Mapping
from contextlib import closing, suppress
from dataclasses import replace
from pathlib import Path

from sameboat.errors import Finding, Place, SameboatError, WarehouseError
from sameboat.project.check import Arithmetic, arithmetic, check_folder
from sameboat.project.declared import sorted_findings
from sameboat.project.load import examine
from sameboat.project.model import Derived
from sameboat.project.viewer import Viewer
from sameboat.questions.query import query
from sameboat.questions.workspace import Workspace
from sameboat.warehouse.examine import examine as examine_data

TOLERANCE = 1e-6
"""How far, relative to its size, a metric may lie from its formula: engines add in any order."""

OF_COLUMNS = frozenset({"column-missing", "date-is-text", "value-type"})
"""What the project's own check says of columns, with the place in the file."""

GRAIN = "metric_time__month"
FORMULA = "formula_of_the_tree"


def check_with_data(folder: Path | str, *, viewer: Viewer) -> tuple[Finding, ...]:
    """Every finding about a folder and its data, in the order of the files.

    A table that cannot be read is a finding and the others are checked. The arithmetic is only
    tried where nothing else is wrong, since a mistake elsewhere would show there once more.

    Raises ProjectError where there is no project at all.
    """
    project = examine(folder).project
    with closing(Workspace(project, project.root.warehouse)) as workspace:
        columns, unreadable = held_columns(workspace)
        found = (*check_folder(folder, columns=columns), *unreadable)
        if not any(finding.severity == "error" for finding in found):
            found += tuple(broken_arithmetic(workspace, viewer=viewer))
    return sorted_findings(dict.fromkeys(found))


def held_columns(
    workspace: Workspace,
) -> tuple[Mapping[str, Mapping[str, str]], tuple[Finding, ...]]:
    """The columns of every table that can be read; what is wrong with tables as a whole."""
    project = workspace.project
    held: dict[str, Mapping[str, str]] = {}
    found: list[Finding] = []
    try:
        warehouse = workspace.warehouse
    except SameboatError as error:
        return held, error.findings
    for name, table in project.tables.items():
        place = project.place("tables", name, "file")
        said = examine_data(warehouse, {name: table})
        found += [_placed(finding, place) for finding in said if finding.code not in OF_COLUMNS]
        with suppress(WarehouseError):  # said already
            held[name] = warehouse.columns(name)
    return held, tuple(found)


def broken_arithmetic(workspace: Workspace, *, viewer: Viewer) -> Iterator[Finding]:
    """A finding for each formula of the tree that does not hold in the data, month by month."""
    project = workspace.project
    for claim in arithmetic(project):
        where = project.place("drivers", project.drivers.index(claim.driver), "equals")
        try:
            wrong = _months_apart(workspace, claim, viewer=viewer)
        except SameboatError as error:
            yield from (_placed(finding, where) for finding in error.findings)
            continue
        if wrong:
            month, value, formula = wrong[0]
            more = f", and in {len(wrong) - 1} more" if len(wrong) > 1 else ""
            yield Finding(
                "arithmetic-broken",
                f"{claim.driver.metric!r} is {value:.6g} in {month:%B %Y}, but "
                f"{claim.driver.equals} gives {formula:.6g}{more}.",
                where,
                "Mend the formula, or say `influenced_by` where it is no arithmetic.",
            )


def _months_apart(
    workspace: Workspace, claim: Arithmetic, *, viewer: Viewer
) -> list[tuple[dt.date, float, float]]:
    """The months in which metric and formula are both defined and differ, with both values."""
    project = workspace.project
    assert claim.driver.equals is not None
    formula = Derived(type="derived", expr=claim.driver.equals)
    metrics = {**project.metrics, FORMULA: formula}
    with_formula = replace(workspace, project=replace(project, metrics=metrics))
    asked = [claim.driver.metric, FORMULA]
    with closing(with_formula):
        table = query(
            with_formula, metrics=asked, group_by=[GRAIN], order_by=[GRAIN], viewer=viewer
        )
    rows = zip(*(table.column(name).to_pylist() for name in (GRAIN, *asked)), strict=True)
    return [
        (month, float(value), float(formula))
        for month, value, formula in rows
        if month is not None and value is not None and formula is not None
        if not math.isclose(value, formula, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    ]


def _placed(finding: Finding, where: Place | None) -> Finding:
    return finding if finding.where else finding.at(where)
