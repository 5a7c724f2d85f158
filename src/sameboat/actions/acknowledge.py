"""Acknowledge a raised signal: somebody has it, and says what it is taken for."""

from __future__ import annotations

import datetime as dt
import unicodedata
from collections.abc import Iterable
from dataclasses import replace

from sameboat.errors import AccessError, RequestError, StoreError, did_you_mean
from sameboat.project.viewer import OWNER_ROLE, Actor
from sameboat.questions.signals import LISTED
from sameboat.store import signals
from sameboat.store.connect import Store
from sameboat.store.signals import RaisedSignal

MAY_ACKNOWLEDGE = frozenset({"admin"})
"""Roles that may acknowledge; single-user mode is an admin, accounts bring more."""

LONGEST = 500
"""Characters of a reason at most."""


def acknowledge(
    store: Store,
    *,
    actor: Actor,
    by: str,
    reason: str,
    now: dt.datetime,
    kpi: str | None = None,
    id: int | None = None,
    teams: Iterable[str] | None = None,
    version: int | None = None,
) -> RaisedSignal:
    """The standing signal of a KPI, acknowledged by a team or a role, written and audited.

    It is named by its `id`, or by its `kpi`: its signal, or else its alert of stale data. `by`
    must be one of `teams`, where they are given, or the role that runs the workspace: a name of
    a person is not recorded. The same acknowledgement again changes nothing. Raises AccessError
    not-allowed, RequestError no-signal-stands and unknown-signal, record-invalid without a
    reason or a known team, StoreError record-changed where `version` is not the one that stands
    or it is over by now: the second of two people reads who was first.
    """
    if not actor.roles & MAY_ACKNOWLEDGE:
        raise AccessError("not-allowed", f"{actor.name} may not acknowledge signals.")
    reason = _reason(reason)
    known = None if teams is None else (*teams, OWNER_ROLE)
    if known is not None and by not in known:
        raise RequestError(
            "record-invalid",
            f"{by!r} is no team or role of the project.",
            hint=did_you_mean(by, known) or f"Known are {', '.join(known)}.",
        )
    with store.writing() as connection:
        there = signals.named(connection, kpi=kpi, id=id, at=store.at)
        if there is None and id is not None:
            raise RequestError("unknown-signal", f"There is no signal {id}.", hint=LISTED)
        if there is None:
            raise RequestError("no-signal-stands", f"No signal of {kpi!r} stands.", hint=LISTED)
        if there.status == "acknowledged" and (there.acknowledged_by, there.reason) == (by, reason):
            return there
        if there.status == "closed" or (version is not None and version != there.version):
            raise StoreError(
                "record-changed",
                f"The signal of {there.label} {_meanwhile(there)}.",
                hint="Read it again and acknowledge what it says now.",
            )
        after = replace(
            there, status="acknowledged", acknowledged_at=now, acknowledged_by=by, reason=reason
        )
        return signals.change(connection, there, after, who=actor.name, at=now)


def _reason(text: str) -> str:
    """The reason in one line. Raises RequestError where there is none, or what no page can show."""
    reason = " ".join(text.split())
    if not reason or len(reason) > LONGEST:
        raise RequestError(
            "record-invalid",
            f"A signal is acknowledged with a reason of 1 to {LONGEST} characters.",
        )
    odd = next((sign for sign in reason if unicodedata.category(sign) in ("Cc", "Cs")), None)
    if odd is not None:
        raise RequestError(
            "record-invalid", f"The reason holds a sign that cannot be written, U+{ord(odd):04X}."
        )
    return reason


def _meanwhile(there: RaisedSignal) -> str:
    """What happened to a signal since somebody read it."""
    if there.status == "closed":
        return f"is over: {there.closed_why}"
    if there.status == "acknowledged" and there.acknowledged_at is not None:
        day = f"{there.acknowledged_at.day} {there.acknowledged_at:%B %Y}"
        return f"was acknowledged by {there.acknowledged_by} on {day}: {there.reason}"
    return f"is in version {there.version} by now"
