"""An app over the mock's answers, asked in process."""

from __future__ import annotations

import asyncio
import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import httpx
import pytest
from fastapi import FastAPI

from sameboat.errors import RequestError
from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.board import Board
from sameboat.questions.health import Health
from sameboat.questions.kpi import KpiAnswer
from sameboat.questions.outlook.answer import Outlook
from sameboat.questions.teams import Team, Teams
from sameboat.questions.tree.answer import Tree
from sameboat.questions.why.parts import Explanation
from sameboat.web.app import create_app
from sameboat.web.site import Answers, Progress
from tests.web import answers, health_answers, outlook_answers, tree_answers, why_answers
from tests.web.reading import Node, read

PORT = 8791
HOST = f"127.0.0.1:{PORT}"
OWN = {"origin": f"http://{HOST}"}
TOKEN = "a-token-of-the-test"


@dataclass
class Clock:
    """A clock that only a test moves."""

    at: dt.datetime = answers.NOW

    def __call__(self) -> dt.datetime:
        return self.at


@dataclass
class House:
    """An app with what it was made from, all of it changeable by a test."""

    board: Board = field(default_factory=answers.board)
    kpis: dict[str, KpiAnswer] = field(default_factory=lambda: {"conversion": answers.kpi()})
    health: Health = field(default_factory=health_answers.health)
    tree: Tree = field(default_factory=tree_answers.tree)
    why: Explanation = field(default_factory=why_answers.why)
    outlook: Outlook = field(default_factory=outlook_answers.outlook)
    settings: dict[str, float | str] = field(default_factory=dict)
    clock: Clock = field(default_factory=Clock)
    progress: Progress | None = None
    error: Exception | None = None
    asked: list[tuple[str, Viewer, dt.datetime | None]] = field(default_factory=list)

    def app(self, token: str = TOKEN, port: int = PORT) -> FastAPI:
        return create_app(
            lambda: None,
            viewer_of=lambda session: OWNER,
            now=self.clock,
            token=token,
            port=port,
            progress=lambda: self.progress,
            answers=Answers(
                self._board,
                self._kpi,
                self._health,
                self._tree,
                self._why,
                self._outlook,
                teams=self._teams,
                team=self._team,
            ),
        )

    def _board(
        self, workspace: Any, *, viewer: Viewer, as_known_at: dt.datetime | None = None
    ) -> Board:
        self.asked.append(("board", viewer, as_known_at))
        if self.error:
            raise self.error
        return self.board

    def _kpi(
        self, workspace: Any, name: str, *, viewer: Viewer, as_known_at: dt.datetime | None = None
    ) -> KpiAnswer:
        self.asked.append((name, viewer, as_known_at))
        if self.error:
            raise self.error
        if name not in self.kpis:
            raise RequestError("unknown-kpi", f"{name!r} is not a KPI.", hint="Did you mean 'nps'?")
        return self.kpis[name]

    def _health(self, workspace: Any, *, viewer: Viewer) -> Health:
        self.asked.append(("health", viewer, None))
        if self.error:
            raise self.error
        return self.health

    def _teams(self, workspace: Any, *, viewer: Viewer) -> Teams:
        self.asked.append(("teams", viewer, None))
        return tree_answers.teams()

    def _team(self, workspace: Any, name: str, *, viewer: Viewer) -> Team:
        self.asked.append((name, viewer, None))
        if name not in ("sales", "support", "marketing"):
            raise RequestError("unknown-team", f"{name!r} is not a team.")
        return tree_answers.team(name)

    def _tree(
        self,
        workspace: Any,
        kpi: str | None = None,
        *,
        viewer: Viewer,
        as_known_at: dt.datetime | None = None,
    ) -> Tree:
        self.asked.append(("tree", viewer, as_known_at))
        if self.error:
            raise self.error
        return self.tree

    def _why(self, workspace: Any, kpi: str, *, viewer: Viewer, **asked: object) -> Explanation:
        self.asked.append((f"why {kpi}", viewer, None))
        if self.error:
            raise self.error
        return self.why

    def _outlook(
        self, workspace: Any, name: str, *, viewer: Viewer, horizon: int | None = None,
        settings: Mapping[str, float | str] | None = None, as_known_at: dt.datetime | None = None,
    ) -> Outlook:  # fmt: skip
        self.asked.append((f"outlook {name}", viewer, as_known_at))
        self.settings = dict(settings or {})
        if self.error:
            raise self.error
        return outlook_answers.outlook(settings) if settings else self.outlook


class Client:
    """A browser without a screen: keeps cookies, asks one app."""

    def __init__(self, app: FastAPI, *, host: str = HOST) -> None:
        self.app = app
        self.cookies = httpx.Cookies()
        self.base = f"http://{host}"

    def ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        """One request, redirects not followed."""
        return asyncio.run(self._ask(method, path, **more))

    async def _ask(self, method: str, path: str, **more: Any) -> httpx.Response:
        transport = httpx.ASGITransport(app=self.app, raise_app_exceptions=False)
        async with httpx.AsyncClient(
            transport=transport, base_url=self.base, cookies=self.cookies
        ) as client:
            answer = await client.request(method, path, **more)
            self.cookies = client.cookies
            return answer

    def get(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("GET", path, **more)

    def post(self, path: str, **more: Any) -> httpx.Response:
        return self.ask("POST", path, **{"headers": OWN, **more})

    def sign_in(self, token: str = TOKEN) -> Client:
        assert self.get(f"/?token={token}").status_code == 303
        return self


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def outside(house: House) -> Client:
    """A client without a session."""
    return Client(house.app())


@pytest.fixture
def inside(house: House) -> Client:
    """A client that signed in."""
    return Client(house.app()).sign_in()


def page(client: Client, path: str = "/") -> Node:
    """The page at a path as a tree."""
    return read(client.get(path).text)
