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


@dataclass(frozen=True)
class PointCell:
    """One drawn point in the table twin."""

    index: int
    value: float | None
    text: str
    reason: str | None
    open: bool


@dataclass(frozen=True)
class RowPieces:
    """A KPI in the ledger, in the table twin, and in the table of drawn points."""

    article: Markup
    summary: Markup
    points: Markup


@dataclass(frozen=True)
class PointTable:
    """The drawn points of every row of one grain."""

    title: str
    names: list[str]
    rows: list[Markup]


@router.get("/")
def board_page(request: Request) -> Response:
    """The board, or what to do where there is none yet."""
    site = site_of(request)
    reader = site.reader(request)
    board = site.board(request, reader)
    running = site.progress()
    progress = wording.progress_words(running) if running else None
    about: dict[str, object] = {
        "board": board, "company": board.company, "demo": board.demo, "section": "board",
        "minimum_group": board.minimum_group, "definitions": board.definitions,
        "progress": progress,
    }  # fmt: skip
    if board.refreshed_at is None:
        return site.page(request, "waiting.html", about, reader=reader)
    pieces = _pieces(site, board, reader.locale, takes=reader.as_known_at is None)
    return site.page(request, "board.html", about | pieces, reader=reader)


def _pieces(site: Site, board: Board, locale: str, *, takes: bool) -> dict[str, object]:
    """The rendered parts of the board, each made once for what it shows.

    `takes` says whether signals can be acknowledged: those of a past moment cannot.
    """
    decision = board.decision
    heads = _heads(board.rows)
    rows = [_kept_row(site, row, heads[row.series.grain], locale, takes) for row in board.rows]
    waiting = [row for row in board.rows if takes and row.raised and not row.raised.acknowledged]
    return {
        "waiting": waiting,
        "rows": [row.article for row in rows],
        "summaries": [row.summary for row in rows],
        "points": [
            PointTable(
                f"The points drawn, {wording.period_head(grain).lower()}",
                _names(grain, days, locale),
                [
                    made.points
                    for made, row in zip(rows, board.rows, strict=True)
                    if row.series.grain == grain
                ],
            )
            for grain, days in heads.items()
        ],
        "states": STATES,
        "freshness": wording.freshness(board, locale, site.now()),
        "old": wording.too_old(board, locale, site.now()),
        "curve": site.rows.get((decision, locale), lambda: Markup(curve_html(decision, locale))),
        "curve_range": _range_words(decision, locale),
    }


def _heads(rows: Sequence[BoardRow]) -> dict[str, tuple[dt.date, ...]]:
    """By grain, every period of which a row draws a point."""
    days: dict[str, set[dt.date]] = {}
    for row in rows:
        series = row.series
        days.setdefault(series.grain, set()).update(series.periods[at] for at in shown(series))
    return {grain: tuple(sorted(found)) for grain, found in days.items()}


def _names(grain: str, days: Sequence[dt.date], locale: str) -> list[str]:
    if grain == "month":
        return [month_year(day, locale) for day in days]
    return [period_name(day, grain, locale) for day in days]


def _kept_row(
    site: Site, row: BoardRow, days: tuple[dt.date, ...], locale: str, takes: bool
) -> RowPieces:
    return site.rows.get(
        (row, days, locale, takes), lambda: _row(site.templates, row, days, locale, takes)
    )


def _row(
    templates: Environment, row: BoardRow, days: tuple[dt.date, ...], locale: str, takes: bool
) -> RowPieces:
    return RowPieces(
        Markup(row_html(templates, row, locale, takes=takes)),
        Markup(summary_html(templates, row, locale)),
        Markup(points_html(templates, row, days, locale)),
    )


def row_html(templates: Environment, row: BoardRow, locale: str, *, takes: bool = False) -> str:
    """One row of the ledger; where it `takes` it, with a form to acknowledge its signal."""
    return templates.get_template("row.html").render(
        row=row,
        takes=takes,
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
        row.series, label=row.watched or row.label, verdict=row.verdict, good=row.good,
        target=None if row.watched else row.target, since=row.stale_since,
    )  # fmt: skip
    return "".join(
        board_charts.board_chart(process, width=width, locale=locale, twin=f"p-{row.kpi}")
        for width in board_charts.WIDTHS
    )


def points_html(
    templates: Environment, row: BoardRow, periods: Sequence[dt.date], locale: str
) -> str:
    """One row of the table of drawn points."""
    series, figures = row.series, Figures(row.series.unit, locale)
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
