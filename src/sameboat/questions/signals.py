"""Which signals stand, who owns them, and what was done about them?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal, get_args
from urllib.parse import quote

from sameboat.errors import RequestError, did_you_mean
from sameboat.project.viewer import Viewer
from sameboat.questions.board import board
from sameboat.questions.workspace import Workspace
from sameboat.store.signals import RaisedSignal, signals_of, standing_signals

Which = Literal["standing", "open", "acknowledged", "closed", "all"]

LISTED = "'sameboat acknowledge' lists what stands, '--all' also what is over."
"""What to do where a signal is asked for that there is not."""


@dataclass(frozen=True)
class SignalLine:
    """A raised signal or alert of stale data: what was raised, for whom, and what became of it.

    `words` is the verdict of the day on which it was raised, `verdict` the board's now; `since`
    the first period of the signal. `version` is what an acknowledgement must name. `page` is its
    place on the pages. `acknowledged_by` is a team or a role, never a person.
    """

    id: int
    kpi: str
    label: str
    kind: str
    status: str
    version: int
    words: str
    verdict: str | None
    since: dt.date | None
    grain: str
    raised_at: dt.datetime
    worse_at: dt.datetime | None
    worse_words: str | None
    owners: tuple[Mapping[str, str | None], ...]
    steward: str | None
    alerts: tuple[Mapping[str, str], ...]
    acknowledged_by: str | None
    acknowledged_at: dt.datetime | None
    reason: str | None
    closed_at: dt.datetime | None
    closed_why: str | None
    withdrawn: bool
    page: str


def signals(
    workspace: Workspace, *, viewer: Viewer, which: str = "standing",
    as_known_at: dt.datetime | None = None,
) -> tuple[SignalLine, ...]:  # fmt: skip
    """The signals asked for, those that wait for an acknowledgement first, then the newest.

    `which` is `standing` (those that are not over), `open` (of these, not acknowledged),
    `acknowledged`, `closed` or `all`. A past moment knows only what stood then: what was closed
    by then is not told. Raises RequestError request-invalid for another word.
    """
    if which not in get_args(Which):
        raise RequestError(
            "request-invalid",
            f"{which!r} is not one of {', '.join(get_args(Which))}.",
            hint=did_you_mean(which, get_args(Which)),
        )
    if as_known_at is None and which in ("closed", "all"):
        found = signals_of(workspace.record)
    else:
        found = tuple(standing_signals(workspace.record, as_known_at=as_known_at).values())
    kept = [one for one in found if which in ("all", one.status) or _stands(one, which)]
    shown = board(workspace, viewer=viewer, as_known_at=as_known_at)
    verdicts = {row.kpi: row.verdict.words for row in shown.rows}
    kept.sort(key=lambda one: one.id, reverse=True)
    kept.sort(key=lambda one: ("open", "acknowledged", "closed").index(one.status))
    return tuple(_line(one, verdicts.get(one.kpi)) for one in kept)


def _stands(one: RaisedSignal, which: str) -> bool:
    return which == "standing" and one.status != "closed"


def _line(one: RaisedSignal, verdict: str | None) -> SignalLine:
    return SignalLine(
        id=one.id, kpi=one.kpi, label=one.label, kind=one.kind, status=one.status,
        version=one.version, words=one.words, verdict=verdict, since=one.since, grain=one.grain,
        raised_at=one.raised_at, worse_at=one.worse_at, worse_words=one.worse_words,
        owners=one.owners, steward=one.steward, alerts=one.told,
        acknowledged_by=one.acknowledged_by, acknowledged_at=one.acknowledged_at,
        reason=one.reason, closed_at=one.closed_at, closed_why=one.closed_why,
        withdrawn=one.withdrawn, page=f"/kpi/{quote(one.kpi, safe='')}#signal",
    )  # fmt: skip


def signal_of(workspace: Workspace, id: int, *, viewer: Viewer) -> SignalLine:
    """One signal by its id, whatever became of it. Raises RequestError unknown-signal."""
    for one in signals(workspace, viewer=viewer, which="all"):
        if one.id == id:
            return one
    raise RequestError("unknown-signal", f"There is no signal {id}.", hint=LISTED)
