"""Acknowledge a raised signal from the page of its KPI."""

from __future__ import annotations

from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from sameboat.actions.acknowledge import acknowledge
from sameboat.project.viewer import Actor
from sameboat.web.site import site_of

router = APIRouter()


@router.post("/kpi/{name}/acknowledge")
def acknowledge_signal(
    request: Request,
    name: str,
    by: Annotated[str, Form(max_length=200)] = "",
    reason: Annotated[str, Form(max_length=500)] = "",
    version: Annotated[int | None, Form()] = None,
    back: Annotated[str, Form(max_length=20)] = "",
) -> Response:
    """Record which team has the signal, and why, and go back to where it was acknowledged.

    The address names what says so now, which browsers then focus and screen readers read.

    The form carries the version that was read, so the second of two readers learns of the first.
    """
    site = site_of(request)
    project = site.workspace.project
    viewer = site.viewer(request)
    acknowledge(
        site.workspace.store, actor=Actor(viewer.name, viewer.roles), kpi=project.kpi(name).name,
        by=by, reason=reason, version=version, now=site.workspace.clock(),
        teams=tuple(project.teams),
    )  # fmt: skip
    quoted = quote(name, safe="")
    place = f"/#s-{quoted}" if back == "board" else f"/kpi/{quoted}#signal"
    return RedirectResponse(place, status_code=303)
