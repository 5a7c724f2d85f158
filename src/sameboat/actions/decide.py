"""Decide a proposal: what was said, and the prediction frozen as it stood."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from sameboat.errors import AccessError, RequestError, StoreError, did_you_mean
from sameboat.project.diagnosis import diagnose
from sameboat.project.places import Places
from sameboat.project.plans import Decided
from sameboat.project.viewer import Actor
from sameboat.store import audit, proposals
from sameboat.store.connect import Store
from sameboat.store.proposals import ProposalRecord

MAY_DECIDE = frozenset({"admin"})
"""Roles that may decide; single-user mode is an admin, accounts bring more."""


def decide(
    store: Store,
    *,
    actor: Actor,
    proposal: str,
    decided: Mapping[str, Any],
    version: int,
    now: dt.datetime,
) -> ProposalRecord:
    """The proposal as it is decided, written and audited in one transaction.

    `decided` has the shape of the format's `decided:`: the moment, the verdict, by which role,
    from which pool. `version` is the one that the decision was made on. From here on the
    prediction is frozen. The same decision again changes nothing. Raises AccessError not-allowed,
    RequestError with every fault of the shape or where there is no such proposal, StoreError
    record-changed where the proposal is another by now.
    """
    if not actor.roles & MAY_DECIDE:
        raise AccessError("not-allowed", f"{actor.name} may not decide.")
    said = _read(proposal, decided)
    with store.writing() as connection:
        there = proposals.held(connection, proposal, at=store.at)
        if there is None:
            waiting = [one.id for one in proposals.open_proposals(store)]
            raise RequestError(
                "record-invalid",
                f"There is no proposal {proposal!r}.",
                hint=did_you_mean(proposal, waiting),
            )
        record = {**there.record, "decided": said}
        if there.record == record:
            return there
        if there.status != "open" or there.version != version:
            raise StoreError(
                "record-changed",
                f"{there.title!r} is {there.status} in version {there.version} by now, "
                f"not open in version {version}.",
                hint="Read it again and decide on what it says now.",
            )
        done = replace(
            there,
            status="decided",
            record=record,
            prediction=dict(there.record["predicts"]),
            version=there.version + 1,
        )
        proposals.change(connection, done)
        audit.note(
            connection,
            audit.Change(
                at=now, who=actor.name, what="decided", kind=proposals.KIND, record=proposal,
                before=there.plain(), after=done.plain(),
            ),
        )  # fmt: skip
    return done


def _read(proposal: str, decided: Mapping[str, Any]) -> dict[str, Any]:
    """The decision as checked, plain JSON with just the keys that were written."""
    try:
        shape = Decided.model_validate(dict(decided))
    except ValidationError as error:
        path = ("proposals", proposal, "decided")
        found = diagnose(error, raw=dict(decided), hint=Decided, path=path, places=Places())
        raise RequestError.of(found) from error
    if shape.at.tzinfo is None:
        raise RequestError("record-invalid", "The time of the decision has no time zone.")
    said: dict[str, Any] = shape.model_dump(mode="json", by_alias=True, exclude_unset=True)
    return said
