"""Search: KPIs by their name, their levers and the teams that pull them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from sameboat.questions.board import BoardRow
from sameboat.web.site import site_of

router = APIRouter()

LONGEST = 100


@dataclass(frozen=True)
class Found:
    """A KPI that matches, and by which of its levers if not by name."""

    row: BoardRow
    because: str | None


@router.get("/search")
def search_page(request: Request, q: str = "") -> Response:
    """The KPIs that match, or all of them."""
    site = site_of(request)
    reader = site.reader(request)
    board = site.board(request, reader)
    query = q.strip()[:LONGEST]
    results = find(board.rows, query)
    about = {
        "company": board.company, "demo": board.demo, "minimum_group": board.minimum_group,
        "definitions": board.definitions, "section": "search", "query": query,
        "results": results, "head": _head(query, results),
    }  # fmt: skip
    return site.page(request, "search.html", about, reader=reader)


def find(rows: Sequence[BoardRow], query: str) -> list[Found]:
    """Rows that hold every word of the query: first by name, then by lever or team."""
    words = query.casefold().split()
    by_name: list[Found] = []
    by_lever: list[Found] = []
    for row in rows:
        name = f"{row.label} {row.kpi}".casefold()
        if all(word in name for word in words):
            by_name.append(Found(row, None))
            continue
        for pull in row.pulls:
            lever = f"{pull.team_label} {pull.lever_label or ''} {pull.lever or ''}"
            if all(word in f"{name} {lever.casefold()}" for word in words):
                label = pull.lever_label or pull.lever or "no lever named"
                by_lever.append(Found(row, f"{pull.team_label}: {label}"))
                break
    return by_name + by_lever


def _head(query: str, results: Sequence[Found]) -> str:
    if not query:
        return "Which number do you look for?"
    if not results:
        return "Nothing has that name"
    return "One KPI matches" if len(results) == 1 else f"{len(results)} KPIs match"
