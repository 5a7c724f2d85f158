"""Disputes: what is objected to a definition, what is asked for instead, what was answered."""

from __future__ import annotations

import datetime as dt
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from sameboat.actions.dispute import LONGEST, answer, dispute
from sameboat.errors import RequestError
from sameboat.project.viewer import Actor
from sameboat.questions.disputes import Disputes, disputes_of
from sameboat.store.disputes import DisputeRecord
from sameboat.web.site import site_of

router = APIRouter()

Words = Annotated[str, Form(max_length=2 * LONGEST)]


@router.get("/kpi/{name}/disputes")
def disputes_page(request: Request, name: str) -> Response:
    """The objections to a definition, and the form for another one."""
    site = site_of(request)
    found = _ask(request, name)
    shown: dict[str, object] = {
        "disputes": found, "company": found.company, "demo": found.demo, "section": "board",
        "minimum_group": found.minimum_group, "definitions": found.definitions,
        "longest": LONGEST, "today": site.now().date().isoformat(),
    }  # fmt: skip
    return site.page(request, "disputes.html", shown, reader=site.reader(request))


@router.post("/kpi/{name}/disputes")
def object_to(
    request: Request, name: str, objection: Words = "", proposed: Words = "",
    team: Annotated[str, Form(max_length=200)] = "",
) -> Response:  # fmt: skip
    """Record the objection and show it."""
    site = site_of(request)
    found = _ask(request, name)
    dispute(
        site.workspace, actor=_actor(request), metric=found.metric, objection=objection,
        team=team or None, proposed=proposed if proposed.strip() else None, now=site.now(),
    )  # fmt: skip
    return _back(name)


@router.post("/kpi/{name}/disputes/{id}")
def answer_to(
    request: Request, name: str, id: str, version: Annotated[int, Form()], words: Words = "",
    verdict: Annotated[str, Form(max_length=20)] = "",
    valid_from: Annotated[str, Form(max_length=10)] = "",
) -> Response:  # fmt: skip
    """Record the answer and show it."""
    site = site_of(request)
    _one(_ask(request, name), id)
    if verdict not in ("accept", "decline"):
        raise RequestError("record-invalid", "An answer accepts or declines.")
    answer(
        site.workspace, actor=_actor(request), id=id, accept=verdict == "accept", words=words,
        version=version, now=site.now(), valid_from=_day(valid_from),
    )  # fmt: skip
    return _back(name)


@router.get("/kpi/{name}/disputes/{id}.patch")
def patch_file(request: Request, name: str, id: str) -> Response:
    """The accepted change as a file for `git apply`."""
    patch = _one(_ask(request, name), id).patch
    if patch is None:
        raise RequestError("unknown-dispute", f"{id!r} has no patch: no change was accepted.")
    return Response(
        patch,
        media_type="text/x-patch; charset=utf-8",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(id, safe='')}.patch"},
    )


def _ask(request: Request, name: str) -> Disputes:
    site = site_of(request)
    return disputes_of(site.workspace, name, viewer=site.viewer(request))


def _one(found: Disputes, id: str) -> DisputeRecord:
    for one in found.found:
        if one.record.id == id:
            return one.record
    raise RequestError("unknown-dispute", f"There is no dispute {id!r} of {found.label}.")


def _actor(request: Request) -> Actor:
    viewer = site_of(request).viewer(request)
    return Actor(viewer.name, viewer.roles)


def _day(text: str) -> dt.date | None:
    try:
        return dt.date.fromisoformat(text) if text else None
    except ValueError:
        raise RequestError("record-invalid", f"{text!r} is not a day such as 2026-11-02.") from None


def _back(name: str) -> Response:
    return RedirectResponse(f"/kpi/{quote(name, safe='')}/disputes", status_code=303)
