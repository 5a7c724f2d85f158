"""The questions over HTTP: `/api/v1/…`, JSON in one shape, errors in the one shape of errors.

The addresses stand behind the same gate as the pages: an open session, our own host, and rights
of the session's viewer. Those here read; what people decide is in `changes`.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Annotated, Any, Literal

import pyarrow as pa
from fastapi import APIRouter, Query
from fastapi.openapi.utils import get_openapi
from starlette.responses import Response

from sameboat import __version__
from sameboat.actions.count_uses import count_uses
from sameboat.api import changes
from sameboat.api.asking import PREFIX, Ask, Moment, plain
from sameboat.errors import RequestError
from sameboat.project.viewer import Viewer
from sameboat.questions.compiling import sql as sql_question
from sameboat.questions.definition_texts import definition_hash
from sameboat.questions.outlook.sliders import asked_settings
from sameboat.questions.query import query as query_question

MOST_ROWS = 100_000
"""Rows that one answer may have; a request for more says how to ask for less."""

router = APIRouter(prefix=PREFIX)

ROUTERS = (router, changes.router)
"""All addresses, those that read and those that change something."""

Names = Annotated[list[str], Query()]


@router.get("/openapi.json")
def description() -> Response:
    """The addresses in the form that OpenAPI tools read."""
    routes = [route for one in ROUTERS for route in one.routes]
    return plain(get_openapi(title="Sameboat", version=__version__, routes=routes))


@router.get("/board")
def board(ask: Ask, moment: Moment) -> Response:
    """The board: every shared KPI with its verdict, figure, target and owners."""
    return ask(ask.answers.board, as_known_at=moment)


@router.get("/kpis/{name}")
def kpi(ask: Ask, name: str, moment: Moment) -> Response:
    """One KPI with its line over time, levers, guardrails, segments and definition."""
    return ask(ask.answers.kpi, name, as_known_at=moment)


@router.get("/kpis/{name}/why")
def why(
    ask: Ask,
    name: str,
    before: str | None = None,
    after: str | None = None,
    method: Literal["shapley", "lmdi"] = "shapley",
) -> Response:
    """Why a KPI moved: effects down its tree, mix and rate, where it sits, and in words."""
    return ask(ask.answers.why, name, before=before, after=after, method=method)


@router.get("/kpis/{name}/outlook")
def outlook(
    ask: Ask,
    name: str,
    moment: Moment,
    settings: Annotated[
        list[str], Query(alias="set", description="A driver at another value: leads=120.")
    ] = [],  # noqa: B006
    horizon: Annotated[int | None, Query(ge=1, le=1000)] = None,
) -> Response:
    """Whether a KPI will make it: forecast, chance to hit, what would have to be true, what if."""
    asked = asked_settings(settings)
    return ask(ask.answers.outlook, name, settings=asked, horizon=horizon, as_known_at=moment)


@router.get("/tree")
def tree(ask: Ask, moment: Moment) -> Response:
    """From the mission to the levers: links with their evidence, and what the data show."""
    return ask(ask.answers.tree, as_known_at=moment)


@router.get("/teams")
def teams(ask: Ask) -> Response:
    """Every team with how many levers it pulls, and on which shared KPIs."""
    return ask(ask.answers.teams)


@router.get("/teams/{team}")
def team(ask: Ask, team: str) -> Response:
    """A team's levers on shared KPIs, its history and its co-owners."""
    return ask(ask.answers.team, team)


@router.get("/health")
def health(ask: Ask) -> Response:
    """Whether the metrics are any good: the four principles, burden, uses and data checks."""
    return ask(ask.answers.health)


@router.get("/metrics")
def metrics(ask: Ask) -> Response:
    """Every metric of the project with its kind, unit, version and the hash of its definition."""
    return ask(_metrics)


@router.get("/query")
def query(
    ask: Ask,
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
    table = query_question(
        ask.workspace, metrics=metric, group_by=by, where=where, start=start, end=end,
        order_by=order_by, limit=limit, saved_query=saved_query, min_max_only=min_max_only,
        ungrouped=ungrouped, currency=currency, rates=rates, as_known_at=as_known_at,
        evidence=evidence, viewer=ask.viewer,
    )  # fmt: skip
    if table.num_rows > MOST_ROWS:
        raise RequestError(
            "request-invalid",
            f"the answer has {table.num_rows:,} rows, and an address gives {MOST_ROWS:,} at most",
            hint="Ask with a coarser grain, a filter or a limit.",
        )
    count_uses(ask.workspace, {(name, "query"): 1 for name in metric})
    return plain(_of_table(table))


@router.get("/sql")
def sql(
    ask: Ask,
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
    return ask(
        sql_question, metrics=metric, group_by=by, where=where, start=start, end=end,
        order_by=order_by, limit=limit, dialect=dialect,
    )  # fmt: skip


def _metrics(workspace: Any, *, viewer: Viewer) -> list[dict[str, Any]]:
    """What a list of metrics says of each."""
    project = workspace.project
    return [
        {
            "name": name,
            "label": metric.title,
            "description": metric.description,
            "type": metric.type,
            "kind": metric.kind,
            "unit": metric.unit,
            "version": metric.version,
            "definition": definition_hash(project, name),
            "retired": metric.retired,
            "replaced_by": metric.replaced_by,
        }
        for name, metric in project.metrics.items()
    ]


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
