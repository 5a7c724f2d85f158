"""What does a team pull? Its levers on shared KPIs; a KPI is never one team's."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from sameboat.errors import RequestError, did_you_mean
from sameboat.project.declared import Project
from sameboat.project.teams import TeamHistory, history_of
from sameboat.project.viewer import Viewer
from sameboat.questions.tree.answer import Branch, KpiNode, Tree, tree
from sameboat.questions.workspace import Workspace, local_now

Named = tuple[str, str]
"""A team's name and its label."""


@dataclass(frozen=True)
class Lever:
    """A lever of the team on one shared KPI, with those who own that KPI together with it.

    Where the lever rests on data about employees, `kept_back` says why nothing is said of it.
    """

    branch: Branch
    kpi: KpiNode
    others: tuple[tuple[str, str, str], ...]
    """Of the co-owners: name, label, and what they pull."""
    kept_back: str | None


@dataclass(frozen=True)
class TeamLine:
    """A team in the list of all: what it pulls, and whether it exists today."""

    team: str
    label: str
    levers: int
    kpis: int
    exists: bool
    note: str | None


@dataclass(frozen=True)
class Team:
    """One team: its history, its levers on shared KPIs, and where it is steward."""

    team: str
    label: str
    parent: Named | None
    since: dt.date | None
    until: dt.date | None
    became: tuple[Named, ...]
    came_from: tuple[Named, ...]
    below: tuple[Named, ...]
    exists: bool
    levers: tuple[Lever, ...]
    stewards: tuple[KpiNode, ...]
    tree: Tree


@dataclass(frozen=True)
class Teams:
    """All declared teams, those that exist today first."""

    teams: tuple[TeamLine, ...]
    tree: Tree


def teams(workspace: Workspace, *, viewer: Viewer) -> Teams:
    """The declared teams with how many levers they pull on how many shared KPIs."""
    grown = tree(workspace, viewer=viewer)
    project = workspace.project
    history, today = history_of(project), local_now(workspace).date()
    lines = [_line(project, history, name, grown, today) for name in project.teams]
    return Teams(tuple(sorted(lines, key=lambda line: not line.exists)), grown)


def team(workspace: Workspace, name: str, *, viewer: Viewer) -> Team:
    """One team with its levers; figures and verdicts are those of the tree.

    Raises RequestError (`unknown-team`).
    """
    project = workspace.project
    if name not in project.teams:
        raise RequestError(
            "unknown-team",
            f"{name!r} is not a team of this project.",
            hint=did_you_mean(name, project.teams),
        )
    grown = tree(workspace, viewer=viewer)
    history, today = history_of(project), local_now(workspace).date()
    declared = project.teams[name]
    return Team(
        team=name,
        label=declared.title,
        parent=_named(project, declared.parent) if declared.parent else None,
        since=declared.from_,
        until=history.ended(name),
        became=tuple(_named(project, after) for after in declared.became if after in project.teams),
        came_from=tuple(
            _named(project, before) for before, one in project.teams.items() if name in one.became
        ),
        below=tuple(
            _named(project, child) for child, one in project.teams.items() if one.parent == name
        ),
        exists=history.exists(name, today),
        levers=tuple(_levers(project, name, grown)),
        stewards=tuple(
            one for one in grown.kpis if (one.steward or "").startswith(f"{declared.title} until")
        ),
        tree=grown,
    )


def _named(project: Project, name: str) -> Named:
    team = project.teams.get(name)
    return (name, team.title if team else name)


def _levers(project: Project, name: str, grown: Tree) -> Iterator[Lever]:
    for kpi in grown.kpis:
        others = tuple(
            (pull.team, pull.team_label, pull.lever_label or "no lever named")
            for pull in kpi.owners
            if pull.team != name
        )
        for branch in kpi.branches:
            if name in branch.edge.teams:
                yield Lever(branch, kpi, others, _kept_back(project, branch))


def _kept_back(project: Project, branch: Branch) -> str | None:
    """Why nothing is said of a lever here: it would speak of the people of one team."""
    subjects = {project.tables[one.table].subject for one in branch.node.tables}
    if "employee" not in subjects:
        return None
    least = project.root.privacy.minimum_team
    return (
        f"It rests on data about employees. Of a team of fewer than {least} people nothing is "
        "said, and how many people the team has is not known here."
    )


def _line(
    project: Project, history: TeamHistory, name: str, grown: Tree, today: dt.date
) -> TeamLine:
    mine = [
        (kpi.kpi, branch.edge.child)
        for kpi in grown.kpis
        for branch in kpi.branches
        if name in branch.edge.teams
    ]
    declared = project.teams[name]
    note = None
    if declared.became:
        after = [_named(project, one)[1] for one in declared.became]
        note = f"became {' and '.join(after)}"
    elif declared.parent:
        note = f"part of {_named(project, declared.parent)[1]}"
    return TeamLine(
        name, declared.title, len({lever for _, lever in mine}), len({kpi for kpi, _ in mine}),
        history.exists(name, today), note,
    )  # fmt: skip
