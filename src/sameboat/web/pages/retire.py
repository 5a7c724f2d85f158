"""Retire a metric: what rests on it, and the change of its file for git; nothing is recorded."""

from __future__ import annotations

import datetime as dt
from urllib.parse import quote, urlencode

from fastapi import APIRouter, Request
from starlette.responses import Response

from sameboat.actions.retire import retirement
from sameboat.errors import RequestError
from sameboat.project.viewer import Actor
from sameboat.questions.retirement import retirement_of
from sameboat.web.site import site_of

router = APIRouter()


@router.get("/metric/{name}/retire")
def retire_page(request: Request, name: str, on: str = "", replaced_by: str = "") -> Response:
    """What rests on a metric, a form for its last day, and then the lines that would change."""
    site = site_of(request)
    workspace = site.workspace
    found = retirement_of(workspace, name, viewer=site.viewer(request))
    project = workspace.project
    made = _patch(request, name, on, replaced_by) if on else None
    kpi = next((kpi.name for kpi in project.kpis.values() if kpi.metric == name), None)
    shown: dict[str, object] = {
        "retirement": found, "company": project.root.title, "section": "health",
        "demo": "demo" in project.root.tags, "minimum_group": project.root.privacy.minimum_group,
        "definitions": project.digest[:7], "kpi": kpi, "on": on or site.now().date().isoformat(),
        "replaced_by": replaced_by, "lines": _changes(made) if made else (),
        "file": f"/metric/{quote(name, safe='')}/retire.patch?"
        + urlencode({"on": on, "replaced_by": replaced_by}),
        "others": [
            (other, one.title)
            for other, one in project.metrics.items()
            if other != name and one.retired is None
        ],
    }  # fmt: skip
    return site.page(request, "retire.html", shown, reader=site.reader(request))


@router.get("/metric/{name}/retire.patch")
def retire_patch(request: Request, name: str, on: str = "", replaced_by: str = "") -> Response:
    """The change of the metric's file, for `git apply`."""
    if not on:
        raise RequestError("record-invalid", "A metric is retired on a day, such as 2026-12-31.")
    file = f"retire-{quote(name, safe='')}.patch"
    return Response(
        _patch(request, name, on, replaced_by),
        media_type="text/x-patch; charset=utf-8",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{file}"},
    )


def _patch(request: Request, name: str, on: str, replaced_by: str) -> str:
    site = site_of(request)
    viewer = site.viewer(request)
    try:
        day = dt.date.fromisoformat(on)
    except ValueError:
        raise RequestError("record-invalid", f"{on!r} is not a day such as 2026-12-31.") from None
    return retirement(
        site.workspace, name, actor=Actor(viewer.name, viewer.roles), day=day,
        replaced_by=replaced_by or None,
    )  # fmt: skip


def _changes(patch: str) -> tuple[str, ...]:
    """The lines of a patch that say what changes, without its heads."""
    return tuple(
        line
        for line in patch.splitlines()
        if line[:1] in ("+", "-") and not line.startswith(("+++", "---"))
    )
