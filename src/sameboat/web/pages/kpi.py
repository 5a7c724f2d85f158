"""The page of one KPI: what is this number, and who moves it?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Hashable, Sequence
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Query, Request
from jinja2 import Environment
from markupsafe import Markup
from starlette.responses import Response

from sameboat.actions.lock_phase import LONGEST, lock_phase
from sameboat.charts import line as line_charts
from sameboat.charts import process as process_charts
from sameboat.charts import recent as recent_charts
from sameboat.charts.figures import Figures, full_day
from sameboat.charts.process_layout import NARROW_SHOWS
from sameboat.charts.spark import SHOWN as SPARK_SHOWN
from sameboat.charts.spark import spark
from sameboat.charts.timeline import count_of
from sameboat.charts.values import Process, Role
from sameboat.project.viewer import Actor
from sameboat.questions.kpi import KpiAnswer, LeverRow, Segment
from sameboat.questions.series import Series
from sameboat.web import wording
from sameboat.web.drawings import last_of, line_of, process_of, role_of
from sameboat.web.site import site_of
from sameboat.web.tables import TwinTable, csv_of, plain_table, process_table
from sameboat.web.weighing import weighing_view

router = APIRouter()

RATIO_SHOWN = 26
NAMING_WIDTHS = (608, 896, 1216)  # of the charts that may name events themselves


@dataclass(frozen=True)
class RatioPart:
    """Numerator or denominator: a name, what it did, its line."""

    label: str
    words: str
    charts: Markup


@dataclass(frozen=True)
class LeverView:
    """A lever as a table row."""

    row: LeverRow
    now: str
    spark: Markup


@dataclass(frozen=True)
class SegmentGroup:
    """The segments of one dimension."""

    dimension: str
    head: str
    rows: tuple[Segment, ...]


@router.get("/kpi/{name}.csv")
def kpi_csv(request: Request, name: str) -> Response:
    """The line over time as CSV."""
    answer = _ask(request, name)
    safe = "".join(char if char.isalnum() or char in "-_" else "_" for char in answer.kpi)
    return Response(
        "".join(csv_of(answer.series, proposed=answer.proposed_phases)),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": f"attachment; filename*=UTF-8''{quote(safe)}.csv"},
    )


@router.get("/kpi/{name}/phase.patch")
def phase_patch(
    request: Request, name: str, since: dt.date,
    why: Annotated[str, Query(max_length=2 * LONGEST)] = "",
) -> Response:  # fmt: skip
    """The lines that lock a phase, as a file for `git apply`; nothing is written here."""
    site = site_of(request)
    viewer = site.viewer(request)
    locked = lock_phase(
        site.workspace, name, actor=Actor(viewer.name, viewer.roles), since=since, why=why,
        now=site.now(),
    )  # fmt: skip
    return Response(
        locked.patch,
        media_type="text/x-patch; charset=utf-8",
        headers={
            "content-disposition": f"attachment; filename*=UTF-8''{quote(locked.event)}.patch"
        },
    )


@router.get("/kpi/{name}")
def kpi_page(request: Request, name: str) -> Response:
    """Everything about one KPI."""
    site = site_of(request)
    reader = site.reader(request)
    answer = _ask(request, name)
    locale = reader.locale
    about: dict[str, object] = {
        "kpi": answer, "company": answer.company, "demo": answer.demo, "section": "board",
        "minimum_group": answer.minimum_group, "definitions": answer.definitions,
        "longest_why": LONGEST, "locked": [event for event in answer.happenings if event.why],
    }  # fmt: skip
    made = site.sections.get((answer, locale), lambda: _sections(site.templates, answer, locale))
    return site.page(request, "kpi.html", about | made, reader=reader)


def _sections(templates: Environment, answer: KpiAnswer, locale: str) -> dict[str, object]:
    """Everything on the page that is drawn or worded."""
    return {
        "owners_head": wording.owners_head(answer),
        "guardrails_head": wording.guardrails_head(answer.guardrails),
        "levers": [_lever(templates, row, locale) for row in answer.levers],
        "lever_tables": _lever_tables(templates, answer.levers, locale),
        "segments": _segments(answer.segments, locale, answer.unit),
        "ratio": _ratio(templates, answer, locale),
        "weighing": weighing_view(answer.weighing, locale) if answer.weighing else None,
        "recent": _recent(templates, answer, locale),
        **_over_time(templates, answer, locale),
    }


def _ask(request: Request, name: str) -> KpiAnswer:
    site = site_of(request)
    reader = site.reader(request)
    return site.answers.kpi(
        site.workspace, name, viewer=site.viewer(request), as_known_at=reader.as_known_at
    )


def _over_time(templates: Environment, answer: KpiAnswer, locale: str) -> dict[str, object]:
    """The process chart with its twin and the rules that fired."""
    series = answer.series
    if not any(value is not None for value in series.values):
        return {"process_charts": None}
    process = process_of(
        series, label=answer.watched or answer.label, verdict=answer.verdict, good=answer.good,
        target=None if answer.watched else answer.target, happenings=answer.happenings,
        proposed=answer.proposed_phases,
    )  # fmt: skip
    parts = (None, None) if answer.watched else (answer.numerator, answer.denominator)
    numerator, denominator = (part.label if part else None for part in parts)
    table, column = process_table(
        series, locale, label=answer.watched or answer.label,
        numerator=numerator or "Numerator", denominator=denominator or "Denominator",
        proposed=answer.proposed_phases,
    )  # fmt: skip
    caption = f"{count_of(series.grain, len(series.values))}, newest first."
    csv = f"/kpi/{quote(answer.kpi, safe='')}.csv"
    return {
        "process_charts": Markup(_process_charts(process, locale, column)),
        "narrow_shows": _narrow_shows(process),
        "many_phases": len(series.phases) > 1,
        "has_incomplete": not all(series.complete),
        "events_said": _said(process, locale),
        "table": _table(templates, table, "t-process", caption, csv),
        "rules": wording.rules_fired(series, locale),
    }


def _process_charts(process: Process, locale: str, column: int) -> str:
    return "".join(
        process_charts.process_chart(
            process, width=width, locale=locale, twin="t-process", column=column
        )
        for width in process_charts.WIDTHS
    )


def _narrow_shows(process: Process) -> str | None:
    """How much of a long line the narrow charts show."""
    if len(process.line.values) <= NARROW_SHOWS:
        return None
    return f"here the last {count_of(process.line.grain, NARROW_SHOWS)}"


def _said(process: Process, locale: str) -> str:
    """Classes for the widths whose chart names every event, so that the list beside it can go."""
    return " ".join(
        f"said-{width}"
        for width in NAMING_WIDTHS
        if not process_charts.events_without_words(process, width=width, locale=locale)
    )


def _table(
    templates: Environment, table: TwinTable, name: str, caption: str, csv: str = ""
) -> Markup:
    text = templates.get_template("table.html").render(
        id=name, caption=caption, csv=csv, heads=table.heads, rows=table.rows
    )
    return Markup(text)


def _ratio(templates: Environment, answer: KpiAnswer, locale: str) -> dict[str, object] | None:
    """Numerator and denominator side by side."""
    parts = [part for part in (answer.numerator, answer.denominator) if part is not None]
    if not parts:
        return None
    cut = [_last(part, RATIO_SHOWN) for part in parts]
    count = count_of(cut[0].grain, len(cut[0].values))
    since = answer.since_on
    moves = [wording.move_of(part, since) for part in (parts if since else cut)]
    by_label = {part.label: move for part, move in zip(parts, moves, strict=True)}
    sides = [part for part in (answer.denominator, answer.numerator) if part is not None]
    return {
        "head": wording.ratio_head([(side.label, by_label[side.label]) for side in sides], locale),
        "sub": f"Numerator and denominator, {count}; {_ratio_base(since, moves, locale)}",
        "parts": [
            _ratio_part(part, move, locale, column)
            for column, (part, move) in enumerate(zip(cut, moves, strict=True), start=1)
        ],
        "table": _table(
            templates, plain_table(cut, locale), "t-ratio", f"{count}, newest first."
        ),
    }  # fmt: skip


def _ratio_base(since: dt.date | None, moves: Sequence[wording.Move | None], locale: str) -> str:
    """What is compared with what."""
    base = next((move.base for move in moves if move is not None), None)
    if since is None or base is None:
        return "the latest against the mean of those before"
    return f"all since {full_day(since, locale)} against {base}"


def _ratio_part(series: Series, move: wording.Move | None, locale: str, column: int) -> RatioPart:
    said = f"per {series.grain.replace('_', ' ')}"
    if move is not None:
        said += f": {'' if move.is_since else 'latest '}{move.said(locale)}"
    line = line_of(series)
    charts = "".join(
        line_charts.line_chart(line, width=width, locale=locale, twin="t-ratio", column=column)
        for width in line_charts.WIDTHS
    )
    return RatioPart(series.label, said, Markup(charts))


def _last(series: Series, count: int) -> Series:
    """The last points of a series."""
    first = max(0, len(series.values) - count)
    return Series(
        series.metric, series.label, series.unit, series.grain, series.periods[first:],
        series.values[first:], complete=series.complete[first:], reasons=series.reasons[first:],
    )  # fmt: skip


def _recent(templates: Environment, answer: KpiAnswer, locale: str) -> dict[str, object] | None:
    """Six weeks and twelve months."""
    weeks, months, before = answer.weeks, answer.months, answer.year_before
    if not any(
        part is not None and any(v is not None for v in part.values) for part in (weeks, months)
    ):
        return None
    charts = "".join(
        recent_charts.weeks_and_months(
            weeks=last_of(weeks, 6) if weeks else None,
            months=last_of(months, 12) if months else None,
            year_before=last_of(before, 12) if before else None,
            width=width, locale=locale,
        )
        for width in recent_charts.WIDTHS
    )  # fmt: skip
    tables = []
    if weeks:
        tables.append(
            _table(
                templates, plain_table([_last(weeks, 6)], locale), "t-weeks", "Weeks, newest first."
            )
        )
    if months:
        both = [_last(months, 12)]
        if before and len(before.values) >= len(both[0].values):
            both.append(_relabelled(_last(before, 12), "A year before"))
        tables.append(
            _table(templates, plain_table(both, locale), "t-months", "Months, newest first.")
        )
    return {
        "head": wording.recent_head(months, before, answer.unit, locale, weeks=weeks is not None),
        "sub": "The same scale for weeks and months" if weeks and months else "",
        "charts": Markup(charts),
        "tables": tables,
    }


def _relabelled(series: Series, label: str) -> Series:
    return Series(
        series.metric, label, series.unit, series.grain, series.periods, series.values,
        complete=series.complete, reasons=series.reasons,
    )  # fmt: skip


def _lever(templates: Environment, row: LeverRow, locale: str) -> LeverView:
    figures = Figures(row.unit, locale)
    if row.value is None:
        now = "not known"
    elif row.before is None:
        now = figures.short(row.value)
    else:
        now = f"{figures.short(row.before)} → {figures.short(row.value)}"
    series = row.series
    if series is None or not series.values:
        return LeverView(row, now, Markup("no line yet"))
    fired = {signal.index for signal in series.signals}
    latest = series.latest
    role: Role | None = None
    if row.verdict.is_signal:
        role = "worse" if row.verdict.state == "worse" else "better"
    elif latest in fired and latest is not None:
        role = role_of(series, latest, verdict=row.verdict, good=None)
    drawn = spark(line_of(series), role=role, stale=row.verdict.state == "stale")
    return LeverView(row, now, Markup(drawn))


def _lever_tables(templates: Environment, levers: Sequence[LeverRow], locale: str) -> list[Markup]:
    """The points of the sparks, side by side where they share their periods."""
    groups: dict[Hashable, list[Series]] = {}
    for row in levers:
        if row.series is not None and row.series.values:
            cut = _last(row.series, SPARK_SHOWN)
            groups.setdefault((cut.grain, cut.periods), []).append(cut)
    return [
        _table(
            templates, plain_table(same, locale), f"t-levers-{number}",
            f"{count_of(same[0].grain, len(same[0].values))}, newest first.",
        )
        for number, same in enumerate(groups.values(), start=1)
    ]  # fmt: skip


def _segments(segments: Sequence[Segment], locale: str, unit: str | None) -> list[SegmentGroup]:
    groups: dict[str, list[Segment]] = {}
    for segment in segments:
        groups.setdefault(segment.dimension, []).append(segment)
    return [
        SegmentGroup(
            _spoken(dimension).capitalize(),
            _segments_head(_spoken(dimension), rows, locale, unit),
            tuple(rows),
        )
        for dimension, rows in groups.items()
    ]


def _spoken(dimension: str) -> str:
    """A dimension's name as people read it: account__region is 'account region'."""
    return " ".join(dimension.replace("_", " ").split())


def _segments_head(dimension: str, rows: Sequence[Segment], locale: str, unit: str | None) -> str:
    """Which segment is highest and which lowest, where at least two are known."""
    known = sorted(
        ((row.figure, row.value) for row in rows if row.figure is not None), reverse=True
    )
    if len(known) < 2 or known[0][0] == known[-1][0]:
        return f"By {dimension}"
    figures = Figures(unit, locale)
    (high, top), (low, bottom) = known[0], known[-1]
    return f"By {dimension}: {figures.short(low)} ({bottom}) to {figures.short(high)} ({top})"
