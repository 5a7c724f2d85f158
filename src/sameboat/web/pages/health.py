"""Health: are our metrics any good?"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from starlette.responses import Response

from sameboat.charts.figures import Figures, full_day, share
from sameboat.project.principles.granularity import Granularity
from sameboat.questions.health import Burden, TableHealth, Unused
from sameboat.questions.series import Verdict
from sameboat.web.display import moment
from sameboat.web.site import site_of

router = APIRouter()


@dataclass(frozen=True)
class PartRow:
    """A part of the index in figures of the reader's locale."""

    name: str
    value: str
    most: str
    load: str


@dataclass(frozen=True)
class IndexWords:
    """The hypergranularity index with its parts, as the page shows it."""

    sentence: str
    value: str
    parts: tuple[PartRow, ...]


@dataclass(frozen=True)
class TableRow:
    """One table behind shared KPIs."""

    label: str
    rows: str
    loaded: str
    verdict: Verdict


@router.get("/health")
def health_page(request: Request) -> Response:
    """The principles as a matrix, what measuring costs, and how the data are."""
    site = site_of(request)
    reader = site.reader(request)
    found = site.answers.health(site.workspace, viewer=site.viewer(request))
    locale, now = reader.locale, site.now()
    refreshed = found.refreshed_at
    shown: dict[str, object] = {
        "health": found, "company": found.company, "demo": found.demo, "section": "health",
        "minimum_group": found.minimum_group, "definitions": found.definitions,
        "index": index_words(found.granularity, locale) if found.granularity else None,
        "burden": tuple(burden_words(found.burden, locale)),
        "unused": unused_words(found.unused, locale),
        "tables": [table_row(one, locale, now) for one in found.tables],
        "refreshed": f"Refreshed {moment(refreshed, locale, now)}" if refreshed else "",
    }  # fmt: skip
    return site.page(request, "health.html", shown, reader=reader)


def index_words(found: Granularity, locale: str) -> IndexWords:
    """The index in a sentence, and its parts."""
    index = Figures(None, locale).full(round(found.index, 2))
    judged = "more than can be steered" if found.too_fine else "within what can be steered"
    plain = Figures(None, locale)
    percent = Figures("percent", locale)

    def said(name: str, value: float) -> str:
        return (percent if name.startswith("share of") else plain).short(round(value, 3))

    parts = tuple(
        PartRow(
            part.name[:1].upper() + part.name[1:],
            said(part.name, part.value),
            said(part.name, part.most),
            share(part.load, locale),
        )
        for part in found.parts
    )
    return IndexWords(
        f"The hypergranularity index is {index}: {judged}; 1 is the most.", index, parts
    )


def burden_words(burden: Burden, locale: str) -> Iterator[str]:
    """What measuring costs, in sentences."""
    plain = Figures(None, locale)
    figures = plain.full(round(burden.figures, 1))
    yield f"Reviews put {figures} figures before people in a week."
    each = burden.minutes_per_figure
    if each is not None and burden.minutes is not None:
        yield (
            f"They are given {plain.full(round(burden.minutes))} minutes a week: "
            f"{plain.full(round(each, 1))} minutes for each figure."
        )
    per = burden.metrics_per_decision
    if per is None:
        yield (
            f"{burden.watched} metrics are watched, and no decision was taken by them in the last "
            "twelve months."
        )
    else:
        noun = "decision" if burden.decisions == 1 else "decisions"
        yield (
            f"{burden.watched} metrics are watched for {burden.decisions} {noun} in twelve months: "
            f"{plain.full(round(per, 1))} metrics per decision."
        )


def unused_words(unused: Unused, locale: str) -> str:
    """Which metrics nobody asks for, or why that is not known yet."""
    if unused.since is None:
        return (
            "Uses are counted per metric and day, never per person, from the first board that is "
            "opened after a refresh."
        )
    if unused.metrics is None:
        since = full_day(unused.since, locale)
        return (
            f"Uses are counted since {since}; after {unused.days} days it is known what nobody "
            "needs."
        )
    if not unused.metrics:
        return f"Every metric was asked for in the last {unused.days} days."
    count = len(unused.metrics)
    noun = "metric was" if count == 1 else "metrics were"
    return f"{count} {noun} not asked for in {unused.days} days. Retire what nobody needs."


def table_row(table: TableHealth, locale: str, now: dt.datetime) -> TableRow:
    """A table with its verdict: fresh, or what is wrong with it."""
    rows = Figures("count", locale).full(table.rows) if table.rows is not None else "not known"
    loaded = moment(table.loaded_at, locale, now) if table.loaded_at else "not said"
    words = table.words[:1].upper() + table.words[1:]
    return TableRow(
        table.label, rows, loaded, Verdict("routine" if table.fresh else "stale", words)
    )
