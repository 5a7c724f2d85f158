"""What people decide, over HTTP: signals, disputes and retirements, listed and answered.

Every change goes through its action, which checks the rights of the session's account and the
version of the record that was read; the gate lets in none that another site asked for. What
changes a definition comes back as a patch for git: nothing here overrides a file.
"""

from __future__ import annotations

import datetime as dt
from typing import Annotated, Literal

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field
from starlette.responses import Response

from sameboat.actions import dispute as disputing
from sameboat.actions.acknowledge import LONGEST, acknowledge
from sameboat.actions.lock_phase import lock_phase
from sameboat.actions.retire import retirement as patch_of
from sameboat.api.asking import PREFIX, Ask, Moment, data
from sameboat.errors import RequestError
from sameboat.questions.disputes import all_disputes, dispute_of
from sameboat.questions.retirement import retirement_of, retirements
from sameboat.questions.signals import Which, signal_of, signals

router = APIRouter(prefix=PREFIX)

Words = Annotated[str, Field(max_length=2 * disputing.LONGEST)]
Name = Annotated[str, Field(max_length=200)]


class Sent(BaseModel):
    """What a request sends; a key that is none is refused, never ignored."""

    model_config = ConfigDict(extra="forbid")


class Acknowledgement(Sent):
    """Which team has a signal and what it takes it for; `version` is that which was read."""

    by: Name
    reason: Annotated[str, Field(max_length=2 * LONGEST)]
    version: int


class Objection(Sent):
    """What is wrong with a metric; `proposed` are its lines as they should be."""

    metric: Name
    objection: Words
    team: Name | None = None
    proposed: Words | None = None


class Answer(Sent):
    """Whether an objection is accepted, why, and from which day on."""

    version: int
    accept: bool
    words: Words
    valid_from: dt.date | None = None


@router.get("/signals")
def signals_raised(ask: Ask, moment: Moment, status: Which = "standing") -> Response:
    """What was raised and stands: owners, steward, since when, verdict and who has it."""
    return ask(signals, which=status, as_known_at=moment)


@router.get("/signals/{id}")
def signal(ask: Ask, id: int) -> Response:
    """One raised signal, whatever became of it."""
    return ask(signal_of, id)


@router.post("/signals/{id}/acknowledge")
def acknowledge_signal(ask: Ask, id: int, sent: Acknowledgement) -> Response:
    """Take a signal for a team; 409 with who was first where somebody did so meanwhile."""
    workspace = ask.workspace
    acknowledge(
        workspace.store, actor=ask.actor, id=id, by=sent.by, reason=sent.reason,
        version=sent.version, teams=tuple(workspace.project.teams), now=workspace.clock(),
    )  # fmt: skip
    return ask(signal_of, id)


@router.get("/disputes")
def disputes(
    ask: Ask,
    metric: str | None = None,
    status: Literal["open", "accepted", "declined"] | None = None,
) -> Response:
    """The objections to definitions, open ones first, with the lines that are asked for."""
    return ask(all_disputes, metric=metric, status=status)


@router.get("/disputes/{id}")
def dispute(ask: Ask, id: str) -> Response:
    """One objection; an accepted one carries the patch for git."""
    return ask(dispute_of, id)


@router.post("/disputes", status_code=201)
def object_to(ask: Ask, sent: Objection) -> Response:
    """Object to a definition; the lines proposed are checked with the whole project first."""
    made = disputing.dispute(
        ask.workspace, actor=ask.actor, metric=sent.metric, objection=sent.objection,
        team=sent.team, proposed=sent.proposed, now=ask.workspace.clock(),
    )  # fmt: skip
    return data(dispute_of(ask.workspace, made.id, viewer=ask.viewer), status=201)


@router.post("/disputes/{id}/answer")
def answer_to(ask: Ask, id: str, sent: Answer) -> Response:
    """Accept or decline an objection; 409 where it was answered or the definition changed."""
    disputing.answer(
        ask.workspace, actor=ask.actor, id=id, accept=sent.accept, words=sent.words,
        version=sent.version, now=ask.workspace.clock(), valid_from=sent.valid_from,
    )  # fmt: skip
    return ask(dispute_of, id)


@router.get("/kpis/{name}/phases")
def phases(
    ask: Ask,
    name: str,
    since: Annotated[dt.date | None, Query(description="The first day of the phase.")] = None,
    why: Annotated[str | None, Query(description="What changed in the work.")] = None,
    label: str | None = None,
) -> Response:
    """The changes of a KPI's line that nobody has declared; with `since` and `why` also the event
    that would lock a phase, with its patch for git.

    Nothing is written: the decision is the commit.
    """
    if (since is None) != (why is None):
        raise RequestError("request-invalid", "A phase is locked by since and why together.")
    found = ask.answers.kpi(ask.workspace, name, viewer=ask.viewer).proposed_phases
    made = None
    if since is not None and why is not None:
        made = lock_phase(
            ask.workspace, name, actor=ask.actor, since=since, why=why, label=label,
            now=ask.workspace.clock(),
        )  # fmt: skip
    return data({"proposed": found, "locked": made, "patch": made.patch if made else None})


@router.get("/retirements")
def retired(ask: Ask) -> Response:
    """The metrics that are retired, and those that nobody asks for any more."""
    return ask(retirements)


@router.get("/metrics/{metric}/retirement")
def retirement(
    ask: Ask,
    metric: str,
    day: Annotated[dt.date | None, Query(description="The last day of its use.")] = None,
    replaced_by: str | None = None,
) -> Response:
    """What rests on a metric; with a `day` also the patch for git that would retire it.

    Nothing is recorded: the decision is the commit.
    """
    found = retirement_of(ask.workspace, metric, viewer=ask.viewer)
    made = None
    if day is not None:
        made = patch_of(
            ask.workspace, metric, actor=ask.actor, day=day, replaced_by=replaced_by
        )  # fmt: skip
    return data({**vars(found), "patch": made})
