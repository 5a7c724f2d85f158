"""What the pages of one app share: the answers they show, who reads, the moment, the templates."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Literal, Protocol

from jinja2 import Environment
from starlette.requests import Request
from starlette.responses import HTMLResponse

from sameboat.project.viewer import Viewer
from sameboat.questions.board import Board
from sameboat.questions.health import Health, health
from sameboat.questions.kpi import KpiAnswer
from sameboat.questions.outlook.answer import Outlook, outlook
from sameboat.questions.teams import Team, Teams, team, teams
from sameboat.questions.tree.answer import Tree, tree
from sameboat.questions.why.answer import explain
from sameboat.questions.why.parts import Explanation
from sameboat.web.assets import Asset
from sameboat.web.fragments import Fragments
from sameboat.web.reader import Reader, reader_of
from sameboat.web.sessions import Doors, Session

ViewerOf = Callable[[Session], Viewer]


class AskBoard(Protocol):
    """The question that the board's page asks."""

    def __call__(
        self, workspace: Any, *, viewer: Viewer, as_known_at: dt.datetime | None = None
    ) -> Board: ...


class AskKpi(Protocol):
    """The question that the page of one KPI asks."""

    def __call__(
        self, workspace: Any, name: str, *, viewer: Viewer, as_known_at: dt.datetime | None = None
    ) -> KpiAnswer: ...


class AskHealth(Protocol):
    """The question that the health page asks."""

    def __call__(self, workspace: Any, *, viewer: Viewer) -> Health: ...


class AskTree(Protocol):
    """The question that the tree's page asks."""

    def __call__(
        self,
        workspace: Any,
        kpi: str | None = None,
        *,
        viewer: Viewer,
        as_known_at: dt.datetime | None = None,
    ) -> Tree: ...


class AskTeams(Protocol):
    """The question that the list of teams asks."""

    def __call__(self, workspace: Any, *, viewer: Viewer) -> Teams: ...


class AskTeam(Protocol):
    """The question that a team's page asks."""

    def __call__(self, workspace: Any, name: str, *, viewer: Viewer) -> Team: ...


ABOUT: dict[str, Any] = {
    "company": "", "demo": False, "minimum_group": None, "definitions": "", "section": "",
    "progress": None,
}  # fmt: skip
"""What the frame of a page shows where the page does not say."""


class AskWhy(Protocol):
    """The question that the page 'Why' asks."""

    def __call__(
        self,
        workspace: Any,
        kpi: str,
        *,
        before: str | None = None,
        after: str | None = None,
        method: Literal["shapley", "lmdi"] = "shapley",
        viewer: Viewer,
    ) -> Explanation: ...


class AskOutlook(Protocol):
    """The question that the page 'Outlook' asks."""

    def __call__(
        self,
        workspace: Any,
        name: str,
        *,
        viewer: Viewer,
        horizon: int | None = None,
        settings: Mapping[str, float | str] | None = None,
        as_known_at: dt.datetime | None = None,
    ) -> Outlook: ...


@dataclass(frozen=True)
class Answers:
    """The questions that pages ask."""

    board: AskBoard
    kpi: AskKpi
    health: AskHealth = health
    tree: AskTree = tree
    why: AskWhy = explain
    outlook: AskOutlook = outlook
    teams: AskTeams = teams
    team: AskTeam = team


@dataclass(frozen=True)
class Progress:
    """How far a running refresh is."""

    done: int
    total: int
    seconds_left: float | None = None


@dataclass(frozen=True)
class Site:
    """One app's shared, unchanging parts."""

    current: Callable[[], Any]  # the open workspace: opaque here, only questions look inside
    answers: Answers
    viewer_of: ViewerOf
    now: Callable[[], dt.datetime]
    doors: Doors
    cookie: str
    templates: Environment
    assets: Mapping[str, Asset]
    rows: Fragments  # of boards
    sections: Fragments  # of KPI pages
    progress: Callable[[], Progress | None]

    @property
    def workspace(self) -> Any:
        """The workspace that answers now."""
        return self.current()

    def reader(self, request: Request) -> Reader:
        """How this request's reader wants the page."""
        return reader_of(request, zone=self.now().tzinfo)

    def viewer(self, request: Request) -> Viewer:
        """With whose rights this request's questions are asked."""
        session: Session = request.scope["sameboat.session"]
        return self.viewer_of(session)

    def board(self, request: Request, reader: Reader) -> Board:
        """The board as this request's viewer may see it."""
        return self.answers.board(
            self.workspace, viewer=self.viewer(request), as_known_at=reader.as_known_at
        )

    def page(
        self,
        request: Request,
        template: str,
        values: Mapping[str, Any],
        *,
        reader: Reader,
        status: int = 200,
    ) -> HTMLResponse:
        """A page from its template, with the values that it shows."""
        text = self.templates.get_template(template).render(
            reader=reader,
            locale=reader.locale,
            path=request.scope["path"],
            signed_in=request.scope.get("sameboat.session") is not None,
            now=self.now(),
            asset=lambda name: self.assets[name].url,
            **{**ABOUT, **values},
        )
        return HTMLResponse(text, status_code=status)


def site_of(request: Request) -> Site:
    """The site that a request came to."""
    site: Site = request.app.state.site
    return site
