"""What every address shares: who asks, of what, with whose rights, and the answer's form.

An address names its path, its parameters and its question; `Ask` brings the rest, as FastAPI's
own dependencies do, so that the description of the addresses is that of their parameters.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from dataclasses import dataclass
from typing import Annotated, Any, Protocol

from fastapi import Depends, Query, Request
from starlette.responses import Response

from sameboat.errors import RequestError
from sameboat.periods import zone_of
from sameboat.project.viewer import Actor, Viewer
from sameboat.questions.plain import json_text

PREFIX = "/api/v1"


class House(Protocol):
    """What the app that serves us holds: its workspace, its questions, and who reads."""

    answers: Any

    @property
    def workspace(self) -> Any: ...

    def viewer(self, request: Request) -> Viewer: ...


@dataclass(frozen=True)
class Asking:
    """One request: the workspace that answers, the pages' questions, and whose rights it has."""

    workspace: Any
    answers: Any
    viewer: Viewer

    @property
    def actor(self) -> Actor:
        """The same person as one who changes something."""
        return Actor(self.viewer.name, self.viewer.roles)

    def __call__(self, question: Callable[..., Any], *of: Any, **more: Any) -> Response:
        """The answer of a question, asked of this workspace with the rights of this viewer."""
        return data(question(self.workspace, *of, viewer=self.viewer, **more))


def asking(request: Request) -> Asking:
    """Who asks, by the session that the gate let in."""
    house: House = request.app.state.site
    return Asking(house.workspace, house.answers, house.viewer(request))


Ask = Annotated[Asking, Depends(asking)]


def moment(
    ask: Ask,
    as_known_at: Annotated[
        str | None,
        Query(description="Answer with what was known then, such as 2026-05-04T09:30."),
    ] = None,
) -> dt.datetime | None:
    """A moment of the past; without a zone it is one of the project's."""
    if as_known_at is None:
        return None
    try:
        found = dt.datetime.fromisoformat(as_known_at)
    except ValueError:
        raise RequestError(
            "request-invalid",
            f"as_known_at={as_known_at!r} is not a time",
            hint="Write it as 2026-05-04T09:30.",
        ) from None
    zone = zone_of(ask.workspace.project.root.calendar.timezone)
    return found if found.tzinfo else found.replace(tzinfo=zone)


Moment = Annotated[dt.datetime | None, Depends(moment)]


def data(value: Any, *, status: int = 200) -> Response:
    """An answer under the one key that every answer has."""
    return plain({"data": value}, status=status)


def plain(value: Any, *, status: int = 200) -> Response:
    """A value as JSON."""
    return Response(json_text(value), status_code=status, media_type="application/json")
