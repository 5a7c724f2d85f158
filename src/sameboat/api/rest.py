"""The questions over HTTP: `/api/v1/…`, JSON in one shape, errors in the one shape of errors.

The addresses stand behind the same gate as the pages: an open session, our own host, and rights
of the session's viewer. They read; nothing is changed here.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal, Protocol

import pyarrow as pa
from fastapi import APIRouter, Query, Request
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from sameboat import __version__
from sameboat.actions.count_uses import count_uses
from sameboat.errors import RequestError
from sameboat.periods import zone_of
from sameboat.project.viewer import Viewer
from sameboat.questions.compiling import sql as sql_question
from sameboat.questions.definition_texts import definition_hash
from sameboat.questions.plain import json_text
from sameboat.questions.query import query as query_question

PREFIX = "/api/v1"

MOST_ROWS = 100_000
"""Rows that one answer may have; a request for more says how to ask for less."""

router = APIRouter(prefix=PREFIX)

Names = Annotated[list[str], Query()]


class House(Protocol):
    """What the app that serves us holds: its workspace, its questions, and who reads."""

    answers: Any

    @property
    def workspace(self) -> Any: ...

    def viewer(self, request: Request) -> Viewer: ...


@router.get("/openapi.json")
def description(request: Request) -> Response:
    """The addresses in the form that OpenAPI tools read."""
    found = get_openapi(title="Sameboat", version=__version__, routes=router.routes)
    return _json(found)


@router.get("/board")
def board(request: Request, as_known_at: str | None = None) -> Response:
    """The board: every shared KPI with its verdict, figure, target and owners."""
    house = _house(request)
    moment = _moment(house, as_known_at)
    found = house.answers.board(house.workspace, viewer=house.viewer(request), as_known_at=moment)
    return _json({"data": found})


@router.get("/kpis/{name}")
def kpi(request: Request, name: str, as_known_at: str | None = None) -> Response:
    """One KPI with its line over time, levers, guardrails, segments and definition."""
    house = _house(request)
    moment = _moment(house, as_known_at)
    found = house.answers.kpi(
        house.workspace, name, viewer=house.viewer(request), as_known_at=moment
    )
    return _json({"data": found})


@router.get("/kpis/{name}/why")
def why(
    request: Request,
    name: str,
    before: str | None = None,
    after: str | None = None,
    method: Literal["shapley", "lmdi"] = "shapley",
) -> Response:
    """Why a KPI moved: effects down its tree, mix and rate, where it sits, and in words."""
    house = _house(request)
    found = house.answers.why(
        house.workspace, name, before=before, after=after, method=method,
        viewer=house.viewer(request),
    )  # fmt: skip
    return _json({"data": found})


@router.get("/kpis/{name}/outlook")
def outlook(request: Request, name: str, as_known_at: str | None = None) -> Response:
    """Whether a KPI will make it: forecast, chance to hit, what would have to be true."""
    house = _house(request)
    moment = _moment(house, as_known_at)
    found = house.answers.outlook(
        house.workspace, name, viewer=house.viewer(request), as_known_at=moment
    )
    return _json({"data": found})


@router.get("/tree")
def tree(request: Request, as_known_at: str | None = None) -> Response:
    """From the mission to the levers: links with their evidence, and what the data show."""
    house = _house(request)
    moment = _moment(house, as_known_at)
    found = house.answers.tree(house.workspace, viewer=house.viewer(request), as_known_at=moment)
    return _json({"data": found})


@router.get("/teams/{team}")
def team(request: Request, team: str) -> Response:
    """A team's levers on shared KPIs, its history and its co-owners."""
    house = _house(request)
    found = house.answers.team(house.workspace, team, viewer=house.viewer(request))
    return _json({"data": found})


@router.get("/health")
def health(request: Request) -> Response:
    """Whether the metrics are any good: the four principles, burden, uses and data checks."""
    house = _house(request)
    return _json({"data": house.answers.health(house.workspace, viewer=house.viewer(request))})


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Every metric of the project with its kind, unit, version and the hash of its definition."""
    project = _house(request).workspace.project
    found = [
        {
            "name": name,
            "label": metric.title,
            "description": metric.description,
            "type": metric.type,
            "kind": metric.kind,
            "unit": metric.unit,
            "version": metric.version,
            "definition": definition_hash(project, name),
        }
        for name, metric in project.metrics.items()
    ]
    return _json({"data": found})


@router.get("/query")
def query(
    request: Request,
    metric: Names = [],  # noqa: B006 -- read, never changed; FastAPI wants the value itself
    by: Names = [],  # noqa: B006
    where: Names = [],  # noqa: B006
    start: Annotated[str | None, Query(alias="from")] = None,
    end: Annotated[str | None, Query(alias="to")] = None,
    order_by: Names = [],  # noqa: B006
    limit: Annotated[int | None, Query(ge=0)] = None,
    saved_query: str | None = None,
    ungrouped: bool = False,
    min_max_only: bool = False,
    currency: str | None = None,
    rates: str | None = None,
    as_known_at: str | None = None,
    evidence: bool = False,
) -> Response:
    """Metrics by dimensions: rows, their columns, and what is to be known of each figure.

    Repeat `metric`, `by`, `where` and `order_by`; `-name` orders the greatest first.
    """
    house = _house(request)
    table = query_question(
        house.workspace, metrics=metric, group_by=by, where=where, start=start, end=end,
        order_by=order_by, limit=limit, saved_query=saved_query, min_max_only=min_max_only,
        ungrouped=ungrouped, currency=currency, rates=rates, as_known_at=as_known_at,
        evidence=evidence, viewer=house.viewer(request),
    )  # fmt: skip
    if table.num_rows > MOST_ROWS:
        raise RequestError(
            "request-invalid",
            f"the answer has {table.num_rows:,} rows, and an address gives {MOST_ROWS:,} at most",
            hint="Ask with a coarser grain, a filter or a limit.",
        )
    count_uses(house.workspace, {(name, "query"): 1 for name in metric})
    return _json(_of_table(table))


@router.get("/sql")
def sql(
    request: Request,
    metric: Names = [],  # noqa: B006
    by: Names = [],  # noqa: B006
    where: Names = [],  # noqa: B006
    start: Annotated[str | None, Query(alias="from")] = None,
    end: Annotated[str | None, Query(alias="to")] = None,
    order_by: Names = [],  # noqa: B006
    limit: Annotated[int | None, Query(ge=0)] = None,
    dialect: str | None = None,
) -> Response:
    """The SQL that would answer a query, in the warehouse's dialect or the one named."""
    house = _house(request)
    text = sql_question(
        house.workspace, metrics=metric, group_by=by, where=where, start=start, end=end,
        order_by=order_by, limit=limit, viewer=house.viewer(request), dialect=dialect,
    )  # fmt: skip
    return _json({"data": text})


def _house(request: Request) -> House:
    house: House = request.app.state.site
    return house


def _moment(house: House, text: str | None) -> dt.datetime | None:
    """A moment of the past; without a zone it is one of the project's."""
    if text is None:
        return None
    try:
        found = dt.datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(
            "request-invalid",
            f"as_known_at={text!r} is not a time",
            hint="Write it as 2026-05-04T09:30.",
        ) from None
    zone = zone_of(house.workspace.project.root.calendar.timezone)
    return found if found.tzinfo else found.replace(tzinfo=zone)


def _of_table(table: pa.Table) -> Mapping[str, Any]:
    """Rows as lists, columns with their types and row by row what is known of their figures."""
    columns = []
    for field in table.schema:
        told = {
            key.decode(): json.loads(value)
            for key, value in (field.metadata or {}).items()
            if key in (b"reasons", b"n", b"low", b"high")
        }
        columns.append({"name": field.name, "type": str(field.type), **told})
    about = json.loads((table.schema.metadata or {}).get(b"sameboat", b"{}"))
    held = [column.to_pylist() for column in table.columns]
    return {"columns": columns, "data": list(zip(*held, strict=True)), "about": about}


def _json(value: Any) -> Response:
    return Response(json_text(value), media_type="application/json")
