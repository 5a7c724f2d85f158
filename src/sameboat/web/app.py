"""The app: pages behind the gate."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Sequence
from typing import Any

from fastapi import APIRouter, FastAPI
from starlette.requests import Request
from starlette.responses import JSONResponse

from sameboat.questions import board as board_question
from sameboat.questions import kpi as kpi_question
from sameboat.web import refusals
from sameboat.web.assets import read_assets
from sameboat.web.assets import router as assets_router
from sameboat.web.display import environment
from sameboat.web.fragments import Fragments
from sameboat.web.gate import Gate, own_hosts
from sameboat.web.pages import (
    acknowledge,
    board,
    disputes,
    health,
    how_to_read,
    kpi,
    outlook,
    retire,
    search,
    sign_in,
    team,
    tour,
    tree,
    why,
)
from sameboat.web.sessions import Doors
from sameboat.web.site import Answers, Progress, Site, ViewerOf
from sameboat.web.uses import Uses, counted_board, counted_kpi

ROUTERS = (
    assets_router, board.router, disputes.router, kpi.router, outlook.router, search.router,
    health.router, how_to_read.router, acknowledge.router, sign_in.router, tour.router,
    tree.router, team.router, why.router, retire.router,
)  # fmt: skip

NO_TELEMETRY: Any = {"tracing": False, "metrics": False, "logs": False, "auto_configure": False}
"""The app sends nothing anywhere, whatever the environment says."""

LARGEST_BODY = 64 * 1024
"""In bytes; no form is larger."""


def create_app(
    current: Callable[[], Any],
    *,
    viewer_of: ViewerOf,
    now: Callable[[], dt.datetime],
    token: str,
    port: int,
    progress: Callable[[], Progress | None] = lambda: None,
    answers: Answers | None = None,
    clock: Callable[[], dt.datetime] | None = None,
    addresses: Sequence[APIRouter] = (),
) -> FastAPI:
    """The app over one workspace, for a server on the loopback at `port`.

    `current` gives the open workspace, each time that it is needed; `viewer_of` says with whose
    rights an open session reads; `now` gives the moment in the reader's zone; `token` opens the
    first session, once; `progress` tells of a refresh that is running. `answers` are the questions
    that pages ask, the real ones unless given. `clock` is what sessions expire by, where `now` is
    the standing moment of data that have ended.
    `addresses` are those of the API, which stand behind the same gate.
    """
    assets = read_assets()
    doors = Doors(token=token, now=clock or now)
    app = FastAPI(
        openapi_url=None, docs_url=None, redoc_url=None, title="Sameboat",
        telemetry=NO_TELEMETRY, max_body_size=LARGEST_BODY,
    )  # fmt: skip
    app.state.site = Site(
        current=current,
        answers=answers or _counted(current, clock or now),
        viewer_of=viewer_of,
        now=now,
        doors=doors,
        cookie=f"sameboat_session_{port}",
        templates=environment(),
        assets=assets,
        rows=Fragments(most=1024),
        sections=Fragments(most=64),
        progress=progress,
    )
    for router in (*ROUTERS, *addresses):
        app.include_router(router)
    app.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    refusals.install(app)
    app.add_middleware(
        Gate, doors=doors, hosts=own_hosts(port), cookie=app.state.site.cookie,
        enter=_with_app(app, sign_in.enter), refuse=_with_app(app, refusals.refuse),
    )  # fmt: skip
    return app


def _counted(current: Callable[[], Any], clock: Callable[[], dt.datetime]) -> Answers:
    """The real questions; what they show is counted per metric and day."""
    uses = Uses(current, clock)
    return Answers(counted_board(board_question.board, uses), counted_kpi(kpi_question.kpi, uses))


def healthz(request: Request) -> JSONResponse:
    """That the server answers, and nothing else."""
    return JSONResponse({"ok": True})


def _with_app(app: FastAPI, answer: Callable[..., Any]) -> Callable[..., Any]:
    """The gate stands before the app puts itself into a request's scope: do it here."""

    def answering(request: Request, *args: Any) -> Any:
        request.scope.setdefault("app", app)
        request.scope.setdefault("sameboat.session", None)
        return answer(request, *args)

    return answering
