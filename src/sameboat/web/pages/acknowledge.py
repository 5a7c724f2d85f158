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
) -> Response:
    """Record which team has the signal, and why, and go back to the page.

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
    return RedirectResponse(f"/kpi/{quote(name, safe='')}#signal", status_code=303)
