"""Object to what a metric is, and answer the objection: the definition itself changes in git."""

from __future__ import annotations

import datetime as dt
import unicodedata
from dataclasses import replace

from sameboat.errors import (
    AccessError,
    ProjectError,
    RequestError,
    StoreError,
    did_you_mean,
)
from sameboat.project.check import check
from sameboat.project.declared import Project
from sameboat.project.edits import Scalar, patch, with_block, with_keys
from sameboat.project.load import examine
from sameboat.project.viewer import Actor
from sameboat.questions.disputes import declaration
from sameboat.questions.workspace import Workspace
from sameboat.store import audit, disputes
from sameboat.store.disputes import DisputeRecord

MAY_DISPUTE = frozenset({"admin"})
"""Roles that may object; single-user mode is an admin, accounts bring more."""

MAY_ANSWER = frozenset({"admin"})
"""Roles that may answer an objection."""

LONGEST = 4_000
"""Signs that an objection or an answer may have."""


def dispute(
    workspace: Workspace,
    *,
    actor: Actor,
    metric: str,
    objection: str,
    now: dt.datetime,
    team: str | None = None,
    proposed: str | None = None,
) -> DisputeRecord:
    """The objection as it is recorded, written and audited in one transaction.

    `proposed` are the metric's lines as they should be; without them it is an objection in words
    alone. They are read and checked with the whole project before anything is recorded, and the
    project's files stay as they are. Raises AccessError not-allowed, RequestError for texts that
    cannot be, and ProjectError with what would be wrong with the definition.
    """
    _may(actor, MAY_DISPUTE, "object to a definition")
    said = _said(objection, "objection")
    _team(workspace.project, team)
    here = declaration(workspace.project, metric)
    wanted = here.block.text
    if proposed is not None and _plain(proposed) != _plain(here.block.text):
        text = with_block(here.text, here.block, _readable(proposed, "definition"))
        examined(workspace.project, here.file, text)
        wanted = _plain(proposed) + "\n"
    with workspace.store.writing() as connection:
        new = DisputeRecord(
            id=disputes.next_id(connection, year=now.year), metric=metric, status="open",
            objection=said, team=team, file=here.file, before=here.block.text, after=wanted,
            created_at=now, created_by=actor.name,
        )  # fmt: skip
        disputes.add(connection, new)
        audit.note(
            connection,
            audit.Change(at=now, who=actor.name, what="disputed", kind=disputes.KIND,
                         record=new.id, after=new.plain()),
        )  # fmt: skip
    return new


def answer(
    workspace: Workspace,
    *,
    actor: Actor,
    id: str,
    accept: bool,
    words: str,
    version: int,
    now: dt.datetime,
    valid_from: dt.date | None = None,
) -> DisputeRecord:
    """The dispute with its answer, written and audited in one transaction.

    `version` is that of the record that was read. An accepted one carries the patch of the
    project's file: the lines asked for, with the next `version`, `valid_from` (today without one)
    and the answer as `why`. Nothing is applied here: a person does so in git. Raises AccessError
    not-allowed, RequestError unknown-dispute or for words that cannot be, StoreError record-changed
    where somebody answered meanwhile or the definition is another by now.
    """
    _may(actor, MAY_ANSWER, "answer an objection")
    said = _said(words, "answer")
    with workspace.store.writing() as connection:
        there = disputes.held(connection, id, at=workspace.store.at)
        if there is None:
            known = [one.id for one in disputes.disputes(workspace.record)]
            raise RequestError(
                "unknown-dispute", f"There is no dispute {id!r}.", hint=did_you_mean(id, known)
            )
        if there.status != "open" or there.version != version:
            raise StoreError(
                "record-changed",
                f"{id} is {there.status} in version {there.version} by now, "
                f"not open in version {version}.",
                hint="Read it again and answer what it says now.",
            )
        made = (
            _accepted(workspace.project, there, said, valid_from or now.date()) if accept else None
        )
        done = replace(
            there, status="accepted" if accept else "declined", answer=said, answered_at=now,
            answered_by=actor.name, patch=made, version=there.version + 1,
        )  # fmt: skip
        disputes.change(connection, done)
        audit.note(
            connection,
            audit.Change(at=now, who=actor.name, what=done.status, kind=disputes.KIND, record=id,
                         before=there.plain(), after=done.plain()),
        )  # fmt: skip
    return done


# ── what changes ─────────────────────────────────────────────────────────────────────────────


def _accepted(project: Project, there: DisputeRecord, why: str, day: dt.date) -> str | None:
    """The patch that carries the change out; None where no other definition was asked for."""
    if there.after == there.before:
        return None
    here = declaration(project, there.metric)
    if here.file != there.file or here.block.text != there.before:
        raise StoreError(
            "record-changed",
            f"The definition of {there.metric!r} in {here.file} is not the one that {there.id} "
            "objects to any more.",
            hint="Decline it with a word on what has changed, and object again if need be.",
        )
    version = project.metric(there.metric).version + 1
    keys: dict[str, Scalar] = {"version": version, "valid_from": day, "why": " ".join(why.split())}
    text = with_block(here.text, here.block, with_keys(there.after, there.metric, keys))
    examined(project, here.file, text)
    return patch(here.file, here.text, text)


def examined(project: Project, file: str, text: str) -> None:
    """Raise what would be wrong with the project if a file held this text."""
    found = examine(project.folder, beside={file: text.encode()})
    errors = list(found.errors)
    if not errors:
        there = {(one.code, one.message) for one in check(project)}
        errors = [
            one
            for one in check(found.project)
            if one.severity == "error" and (one.code, one.message) not in there
        ]
    if errors:
        raise ProjectError.of(errors)


# ── what is said ─────────────────────────────────────────────────────────────────────────────


def _may(actor: Actor, roles: frozenset[str], what: str) -> None:
    if not actor.roles & roles:
        raise AccessError("not-allowed", f"{actor.name} may not {what}.")


def _team(project: Project, team: str | None) -> None:
    if team is not None and team not in project.teams:
        near = did_you_mean(team, project.teams)
        raise RequestError("unknown-team", f"{team!r} is not a team.", hint=near)


def _said(text: str, what: str) -> str:
    said = _readable(text, what).strip()
    if not said:
        raise RequestError("record-invalid", f"The {what} has no words.")
    return said


def _readable(text: str, what: str) -> str:
    """The text with plain line ends; refused where it is too long or holds signs that are none."""
    text = text.replace("\r\n", "\n")
    if len(text) > LONGEST:
        raise RequestError(
            "record-invalid", f"The {what} has {len(text):,} signs; {LONGEST:,} are the most."
        )
    odd = next(
        (c for c in text if unicodedata.category(c) in ("Cc", "Cs") and c not in "\n\t"), None
    )
    if odd is not None:
        raise RequestError(
            "record-invalid", f"The {what} holds a sign that cannot be written, U+{ord(odd):04X}."
        )
    return text


def _plain(text: str) -> str:
    return text.replace("\r\n", "\n").strip("\n").rstrip()
