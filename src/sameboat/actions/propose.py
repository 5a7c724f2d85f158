"""Put a proposal before the others: which KPI, how much, how sure, by when, at what cost."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from pydantic import ValidationError

from sameboat.errors import AccessError, Finding, RequestError, StoreError
from sameboat.project.diagnosis import diagnose
from sameboat.project.names import legal, suggestion
from sameboat.project.places import Places
from sameboat.project.plans import Proposal
from sameboat.project.viewer import Actor
from sameboat.store import audit, proposals
from sameboat.store.connect import Store
from sameboat.store.proposals import ProposalRecord

MAY_PROPOSE = frozenset({"admin"})
"""Roles that may propose; single-user mode is an admin, accounts bring more."""

_BESIDE = ("id", "closes_on")
"""What the store keeps beside the format's shape."""


def propose(store: Store, *, actor: Actor, proposal: Mapping[str, Any], now: dt.datetime) -> str:
    """The id of the proposal, written and audited in one transaction.

    `proposal` has the shape of the format's `proposals:`, with an `id` (else one is given) and
    `closes_on`, the day by which a decision is due. One that is `decided` already, as an
    import brings it, comes with its prediction frozen. The same proposal under the same id
    again changes nothing. Raises AccessError not-allowed, RequestError with every fault of the
    shape, StoreError record-exists where the id is taken by another proposal.
    """
    if not actor.roles & MAY_PROPOSE:
        raise AccessError("not-allowed", f"{actor.name} may not propose.")
    if now.tzinfo is None:
        raise RequestError("record-invalid", f"The time {now} has no time zone.")
    shape, record = _read(proposal)
    closes_on = _closes_on(proposal)
    with store.writing() as connection:
        id = proposal.get("id") or proposals.next_id(connection, year=now.year)
        there = proposals.held(connection, id, at=store.at)
        if there is not None:
            return _same(there, record, closes_on)
        new = ProposalRecord(
            id=id,
            status="decided" if shape.decided else "open",
            title=shape.title_,
            kpi=shape.kpi,
            record=record,
            created_at=now,
            created_by=actor.name,
            closes_on=closes_on,
            prediction=record["predicts"] if shape.decided else None,
        )
        proposals.add(connection, new)
        audit.note(
            connection,
            audit.Change(
                at=now, who=actor.name, what="proposed", kind=proposals.KIND, record=id,
                after=new.plain(),
            ),
        )  # fmt: skip
    return new.id


def _same(there: ProposalRecord, record: Mapping[str, Any], closes_on: dt.date | None) -> str:
    if there.record == record and there.closes_on == closes_on:
        return there.id
    raise StoreError(
        "record-exists",
        f"There is another proposal {there.id!r}: {there.title!r}, version {there.version}.",
        hint="Choose another id, or leave it out.",
    )


def _read(proposal: Mapping[str, Any]) -> tuple[Proposal, dict[str, Any]]:
    """The proposal as a checked shape, and as plain JSON with just the keys that were written."""
    shaped = {key: value for key, value in proposal.items() if key not in _BESIDE}
    path = ("proposals", str(proposal.get("id") or "new"))
    try:
        shape = Proposal.model_validate(shaped)
    except ValidationError as error:
        found = diagnose(error, raw=shaped, hint=Proposal, path=path, places=Places())
        raise RequestError.of(found) from error
    faults = [Finding("record-invalid", words) for words in _faults(proposal, shape)]
    if faults:
        raise RequestError.of(faults)
    return shape, shape.model_dump(mode="json", by_alias=True, exclude_unset=True)


def _faults(proposal: Mapping[str, Any], shape: Proposal) -> Iterator[str]:
    id = proposal.get("id")
    if id is not None and not (isinstance(id, str) and legal(id)):
        near = suggestion(id) if isinstance(id, str) else None
        yield f"The id {id!r} is no name." + (f" Use {near!r}." if near else "")
    predicts = shape.predicts
    if not predicts.low <= predicts.effect <= predicts.high:
        yield "The effect must lie between its low and its high."
    if not 0 < predicts.confidence < 1:
        yield "The confidence must lie between 0 and 1, such as 0.8."
    if shape.decided is not None and shape.decided.at.tzinfo is None:
        yield "The time of the decision has no time zone."
    needed = {
        "a title": shape.title_,
        "the day by which its effect is to be seen (predicts.by)": predicts.by,
        "what it costs (cost)": shape.cost,
        "the teams that do it (teams)": shape.teams,
        "a guardrail that must not get worse (guardrails)": shape.guardrails,
        "the day on which it stops if it does not work (stop_by)": shape.stop_by,
    }
    lacking = [what for what, given in needed.items() if not given]
    if lacking and shape.decided is None:
        yield f"The proposal lacks {'; '.join(lacking)}."


def _closes_on(proposal: Mapping[str, Any]) -> dt.date | None:
    given = proposal.get("closes_on")
    if given is None or type(given) is dt.date:
        return given
    try:
        return dt.date.fromisoformat(given)
    except (TypeError, ValueError):
        raise RequestError(
            "record-invalid", f"closes_on must be a day such as 2026-11-30, not {given!r}."
        ) from None
