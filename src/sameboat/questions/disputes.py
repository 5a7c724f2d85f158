"""What is disputed about a KPI's definition, and how the definition stands in its file."""

from __future__ import annotations

import datetime as dt
import difflib
from dataclasses import dataclass
from pathlib import Path
from typing import get_args
from urllib.parse import quote

from sameboat.errors import ProjectError, RequestError, did_you_mean
from sameboat.project.declared import Project
from sameboat.project.edits import Block, block_of
from sameboat.project.viewer import Viewer
from sameboat.questions.workspace import Workspace
from sameboat.store.disputes import DisputeRecord, Status, disputes


@dataclass(frozen=True)
class Declaration:
    """Where a metric is declared: the file as it is, and the lines that are the metric's."""

    file: str
    text: str
    block: Block


def declaration(project: Project, metric: str) -> Declaration:
    """The lines of the project's files that declare a metric.

    Raises RequestError: `unknown-metric`, or `edit-not-possible` where it has no lines of its own.
    """
    project.metric(metric)
    mark = project.places.mark(("metrics", metric))
    if mark is None or not mark.key_line or not mark.file.endswith((".yml", ".yaml")):
        raise RequestError(
            "edit-not-possible", f"{metric!r} is not declared in a file of this project."
        )
    path = Path(project.folder, mark.file)
    try:
        text = path.read_bytes().decode("utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ProjectError("file-unreadable", f"{mark.file} cannot be read: {error}") from None
    return Declaration(mark.file, text, block_of(text, mark, metric))


@dataclass(frozen=True)
class Disputed:
    """One objection as a page shows it: the record, for whom it speaks, and the lines that differ.

    `changes` are the lines asked for against those objected to, each with `+`, `-` or a space
    before it; empty where only words were said.
    """

    record: DisputeRecord
    team_label: str | None
    changes: tuple[str, ...]


@dataclass(frozen=True)
class Disputes:
    """The objections to one KPI's definition, and the lines that may be objected to.

    `lines` is None where the definition has none of its own to edit; `reason` says why.
    """

    company: str
    demo: bool
    minimum_group: int
    definitions: str
    kpi: str
    label: str
    metric: str
    file: str | None
    lines: str | None
    reason: str | None
    teams: tuple[tuple[str, str], ...]
    found: tuple[Disputed, ...]


def disputes_of(workspace: Workspace, kpi: str, *, viewer: Viewer) -> Disputes:
    """The objections to a KPI's definition, open ones first. Raises RequestError unknown-kpi."""
    project = workspace.project
    declared = project.kpi(kpi)
    file, lines, reason = None, None, None
    try:
        here = declaration(project, declared.metric)
        file, lines = here.file, here.block.text
    except (RequestError, ProjectError) as error:
        reason = error.why
    return Disputes(
        company=project.root.title,
        demo="demo" in project.root.tags,
        minimum_group=project.root.privacy.minimum_group,
        definitions=project.digest[:7],
        kpi=kpi,
        label=declared.label or project.metric(declared.metric).title,
        metric=declared.metric,
        file=file,
        lines=lines,
        reason=reason,
        teams=tuple((name, team.title) for name, team in project.teams.items()),
        found=tuple(
            _disputed(project, one) for one in disputes(workspace.record, metric=declared.metric)
        ),
    )


@dataclass(frozen=True)
class DisputeLine:
    """One objection in a list of all: what is objected to, what is asked for, what was answered.

    `changes` are the lines asked for against those objected to; `patch` is what an accepted one
    would have git apply. `version` is what an answer must name. `page` is None where no KPI is
    measured by the metric.
    """

    id: str
    metric: str
    label: str
    status: str
    version: int
    objection: str
    team: str | None
    team_label: str | None
    file: str
    changes: tuple[str, ...]
    created_at: dt.datetime
    answer: str | None
    answered_at: dt.datetime | None
    patch: str | None
    page: str | None


def all_disputes(
    workspace: Workspace, *, viewer: Viewer, metric: str | None = None, status: str | None = None
) -> tuple[DisputeLine, ...]:
    """The objections to all definitions or to one metric's, open ones first, then the newest.

    `status` keeps those that are `open`, `accepted` or `declined`. Raises RequestError
    unknown-metric, and request-invalid for another status.
    """
    if metric is not None:
        workspace.project.metric(metric)
    if status is not None and status not in get_args(Status):
        known = ", ".join(get_args(Status))
        raise RequestError("request-invalid", f"{status!r} is not one of {known}.")
    return tuple(
        _line(workspace.project, one)
        for one in disputes(workspace.record, metric=metric)
        if status in (None, one.status)
    )


def dispute_of(workspace: Workspace, id: str, *, viewer: Viewer) -> DisputeLine:
    """One objection by its id. Raises RequestError unknown-dispute."""
    found = {one.id: one for one in disputes(workspace.record)}
    if id not in found:
        raise RequestError(
            "unknown-dispute", f"There is no dispute {id!r}.", hint=did_you_mean(id, found)
        )
    return _line(workspace.project, found[id])


def _line(project: Project, record: DisputeRecord) -> DisputeLine:
    shown = _disputed(project, record)
    kpi = next((name for name, one in project.kpis.items() if one.metric == record.metric), None)
    declared = project.metrics.get(record.metric)
    return DisputeLine(
        id=record.id, metric=record.metric, label=declared.title if declared else record.metric,
        status=record.status, version=record.version, objection=record.objection,
        team=record.team, team_label=shown.team_label, file=record.file, changes=shown.changes,
        created_at=record.created_at, answer=record.answer, answered_at=record.answered_at,
        patch=record.patch, page=f"/kpi/{quote(kpi, safe='')}/disputes" if kpi else None,
    )  # fmt: skip


def _disputed(project: Project, one: DisputeRecord) -> Disputed:
    team = project.teams.get(one.team or "")
    changes: tuple[str, ...] = ()
    if one.before != one.after:
        changes = tuple(
            f"{line[0]} {line[2:].rstrip()}"
            for line in difflib.ndiff(one.before.split("\n"), one.after.split("\n"))
            if line[0] in "+- " and line[2:].strip()
        )
    return Disputed(one, team.title if team else one.team, changes)
