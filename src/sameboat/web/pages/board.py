"""The board: are we heading the right way?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import Response

from sameboat.charts import board as board_charts
from sameboat.charts.figures import Figures, month_year
from sameboat.charts.meter import meter
from sameboat.charts.prediction import WIDTHS as CURVE_WIDTHS
from sameboat.charts.prediction import Prediction, prediction_curve
from sameboat.charts.time_axis import period_name
from sameboat.questions.board import Board, BoardRow, OpenDecision
from sameboat.web import wording
from sameboat.web.drawings import process_of, shown
from sameboat.web.site import Site, site_of
from sameboat.web.tables import complete_at, reason_at

router = APIRouter()

STATES = (
    ("worse", "signal, worse"),
    ("better", "signal, better"),
    ("routine", "routine"),
    ("short", "routine, short of target"),
    ("stale", "stale"),
)

TITLES = {"week": "The points drawn, by week to", "month": "The points drawn, by month"}


@dataclass(frozen=True)
class PointCell:
    """One drawn point in the table twin."""

    index: int
    value: float | None
    text: str
    reason: str | None
    open: bool


@dataclass(frozen=True)
class PointTable:
    """The drawn points of every row of one grain."""

    title: str
    names: tuple[str, ...]
    rows: tuple[Markup, ...]


@router.get("/")
def board_page(request: Request) -> Response:
    """The board, or what to do where there is none yet."""
    site = site_of(request)
    reader = site.reader(request)
    board = site.board(request, reader)
    running = site.progress()
    progress = wording.progress_words(running) if running else None
    about = {
        "board": board, "company": board.company, "demo": board.demo, "section": "board",
        "minimum_group": board.minimum_group, "definitions": board.definitions,
        "progress": progress,
    }  # fmt: skip
    if board.refreshed_at is None:
        return site.page(request, "waiting.html", reader=reader, **about)
    return site.page(
        request, "board.html", reader=reader, **about, **_pieces(site, board, reader.locale)
    )


def _pieces(site: Site, board: Board, locale: str) -> dict[str, object]:
    """The rendered parts of the board, each made once for what it shows."""
    templates, keep = site.templates, site.fragments.get
    rows = [
        keep(("row", row, locale), lambda row=row: row_html(templates, row, locale))
        for row in board.rows
    ]
    summaries = [
        keep(("summary", row, locale), lambda row=row: summary_html(templates, row, locale))
        for row in board.rows
    ]
    decision = board.decision
    return {
        "rows": rows,
        "summaries": summaries,
        "points": _point_tables(site, board.rows, locale),
        "states": STATES,
        "freshness": wording.freshness(board, locale, site.now()),
        "old": wording.too_old(board, locale, site.now()),
        "curve": keep(("curve", decision, locale), lambda: curve_html(decision, locale)),
        "curve_range": _range_words(decision, locale),
    }


def row_html(templates: Environment, row: BoardRow, locale: str) -> str:
    """One row of the ledger."""
    return templates.get_template("row.html").render(
        row=row,
        locale=locale,
        charts=Markup(_charts(row, locale)),
        meter=Markup("" if row.chance.value is None else meter(row.chance.value)),
        target=_target(row, locale),
    )


def _target(row: BoardRow, locale: str) -> str:
    after = row.series.periods[-1] if row.series.periods else None
    return wording.target_words(row.target, row.unit, locale, after=after)


def summary_html(templates: Environment, row: BoardRow, locale: str) -> str:
    """The same row in the table twin."""
    return templates.get_template("summary.html").render(
        row=row,
        locale=locale,
        phase=row.series.phases[-1] if row.series.phases else None,
        target=_target(row, locale),
    )


def _charts(row: BoardRow, locale: str) -> str:
    if not any(value is not None for value in row.series.values):
        return ""
    process = process_of(
        row.series, label=row.label, verdict=row.verdict, good=row.good, target=row.target,
        since=row.stale_since,
    )  # fmt: skip
    return "".join(
        board_charts.board_chart(process, width=width, locale=locale, twin=f"p-{row.kpi}")
        for width in board_charts.WIDTHS
    )


def _point_tables(site: Site, rows: Sequence[BoardRow], locale: str) -> list[PointTable]:
    grains: dict[str, list[BoardRow]] = {}
    for row in rows:
        grains.setdefault(row.series.grain, []).append(row)
    return [_point_table(site, grain, same, locale) for grain, same in grains.items()]


def _point_table(site: Site, grain: str, rows: Sequence[BoardRow], locale: str) -> PointTable:
    periods = tuple(sorted({row.series.periods[i] for row in rows for i in shown(row.series)}))
    made = tuple(
        site.fragments.get(
            ("points", row.kpi, row.label, row.series, periods, locale),
            lambda row=row: points_html(site.templates, row, periods, locale),
        )
        for row in rows
    )
    names = tuple(
        month_year(day, locale) if grain == "month" else period_name(day, grain, locale)
        for day in periods
    )
    return PointTable(TITLES.get(grain, f"The points drawn, by {grain}"), names, made)


def points_html(
    templates: Environment, row: BoardRow, periods: Sequence[dt.date], locale: str
) -> str:
    """One row of the table of drawn points."""
    series, figures = row.series, Figures(row.unit, locale)
    found: dict[dt.date, PointCell] = {}
    for index in shown(series):
        value = series.values[index]
        found[series.periods[index]] = PointCell(
            index, value, "" if value is None else figures.full(value),
            reason_at(series, index) if value is None else None, not complete_at(series, index),
        )  # fmt: skip
    cells = [found.get(day) for day in periods]
    return templates.get_template("points.html").render(row=row, cells=cells)


def curve_html(decision: OpenDecision | None, locale: str) -> str:
    """The decision's curve at each width; nothing without a decision."""
    if decision is None:
        return ""
    prediction = _prediction(decision)
    return "".join(
        prediction_curve(prediction, width=width, locale=locale) for width in CURVE_WIDTHS
    )


def _prediction(decision: OpenDecision) -> Prediction:
    return Prediction(
        decision.kpi_label, decision.unit, decision.effect, decision.low, decision.high,
        decision.confidence,
    )  # fmt: skip


def _range_words(decision: OpenDecision | None, locale: str) -> str:
    if decision is None:
        return ""
    figures = Figures(decision.unit, locale)
    low, high = figures.change_bare(decision.low), figures.change(decision.high)
    return f"{decision.confidence:.0%} range {low} to {high}"
