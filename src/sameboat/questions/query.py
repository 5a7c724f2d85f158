"""Any metric by any dimension: the question that an analyst asks."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Sequence
from dataclasses import replace

import pyarrow as pa

from sameboat.errors import RequestError
from sameboat.periods import zone_of
from sameboat.project.viewer import Viewer
from sameboat.questions.about import with_reasons
from sameboat.questions.asking import Asked, request_of
from sameboat.questions.fetch import fetch
from sameboat.questions.workspace import Workspace, local_now


def query(
    workspace: Workspace,
    *,
    metrics: Sequence[str],
    group_by: Iterable[Asked] = (),
    where: Iterable[str] | str = (),
    start: str | dt.date | None = None,
    end: str | dt.date | None = None,
    order_by: Iterable[str] | str = (),
    limit: int | None = None,
    saved_query: str | None = None,
    min_max_only: bool = False,
    ungrouped: bool = False,
    currency: str | None = None,
    rates: str | None = None,
    as_known_at: dt.datetime | str | None = None,
    evidence: bool = False,
    viewer: Viewer,
) -> pa.Table:
    """Metrics by dimensions: columns bear the asked names, dimensions first, both in order.

    Ends are included; a range is widened to whole periods of the grain shown. Undefined figures
    are null; why, and where the figures come from, stands in the schema's metadata (see
    `questions.about`); `evidence` adds n and intervals there. Without metrics, the values that
    the dimensions have. `currency` is that in which all money is shown; `rates` the day or period
    whose exchange rates hold for all of it, or `as_at` for each row's own day. With `as_known_at`,
    a moment of the past, the record answers, or refuses what it does not hold (see
    `questions.known`). `win_rate@2` is a metric by an earlier version of its definition, computed
    on the data of today (see `questions.old_versions`).

    Raises RequestError for what cannot be asked, WarehouseError where the data cannot be read.
    """
    request = request_of(
        workspace.project, metrics=metrics, group_by=group_by, where=where, start=start, end=end,
        order_by=order_by, limit=limit, saved_query=saved_query, min_max_only=min_max_only,
        ungrouped=ungrouped, currency=currency, rates=rates,
    )  # fmt: skip
    if as_known_at is not None:
        from sameboat.questions.known import as_known  # with the store: a query needs none

        return as_known(workspace, request, _moment(workspace, as_known_at), evidence=evidence)
    request = replace(request, as_of=local_now(workspace))
    if any("@" in name for name in request.metrics):
        from sameboat.questions.old_versions import by_versions  # with the store

        return by_versions(workspace, request, viewer=viewer, evidence=evidence)
    found = fetch(workspace, request, viewer=viewer)
    return with_reasons(workspace, request, found, viewer=viewer, evidence=evidence)


def _moment(workspace: Workspace, asked: dt.datetime | str) -> dt.datetime:
    """The moment that is meant: a day means its end, a time without zone is one of the project's.

    Raises RequestError (`request-invalid`) for a text that is no time.
    """
    if isinstance(asked, str):
        try:
            found = dt.datetime.fromisoformat(asked)
        except ValueError:
            raise RequestError(
                "request-invalid",
                f"as_known_at={asked!r} is not a time",
                hint="Write it as 2026-05-04 or 2026-05-04T09:30.",
            ) from None
        if len(asked.strip()) <= len("2026-05-04"):
            found = dt.datetime.combine(found, dt.time.max)
    else:
        found = asked
    zone = zone_of(workspace.project.root.calendar.timezone)
    return found if found.tzinfo else found.replace(tzinfo=zone)
