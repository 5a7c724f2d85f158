"""Acknowledge a raised signal: somebody has it, and says what it is taken for."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable
from dataclasses import replace

from sameboat.errors import AccessError, RequestError, StoreError, did_you_mean
from sameboat.project.viewer import Actor
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
    kpi: str,
    by: str,
    reason: str,
    now: dt.datetime,
    teams: Iterable[str] = (),
    version: int | None = None,
) -> RaisedSignal:
    """The standing signal of a KPI, acknowledged by a team or a role, written and audited.

    `by` must be one of `teams` where any are given: a name of a person is not recorded. The same
    acknowledgement again changes nothing. Raises AccessError not-allowed, RequestError
    no-signal-stands, record-invalid without a reason or a known team, StoreError record-changed
    where `version` is not the one that stands.
    """
    if not actor.roles & MAY_ACKNOWLEDGE:
        raise AccessError("not-allowed", f"{actor.name} may not acknowledge signals.")
    reason, known = " ".join(reason.split()), tuple(teams)
    if not reason or len(reason) > LONGEST:
        raise RequestError(
            "record-invalid",
            f"A signal is acknowledged with a reason of 1 to {LONGEST} characters.",
        )
    if known and by not in known:
        raise RequestError(
            "record-invalid",
            f"{by!r} is no team or role of the project.",
            hint=did_you_mean(by, known) or f"Known are {', '.join(known)}.",
        )
    with store.writing() as connection:
        there = signals.held(connection, at=store.at).get(kpi)
        if there is None:
            raise RequestError("no-signal-stands", f"No signal of {kpi!r} stands.")
        if there.status == "acknowledged" and (there.acknowledged_by, there.reason) == (by, reason):
            return there
        if version is not None and version != there.version:
            raise StoreError(
                "record-changed",
                f"The signal of {there.label} is in version {there.version} by now.",
                hint="Read it again and acknowledge what it says now.",
            )
        after = replace(
            there, status="acknowledged", acknowledged_at=now, acknowledged_by=by, reason=reason
        )
        return signals.change(connection, there, after, who=actor.name, at=now)
