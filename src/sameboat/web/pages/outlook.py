"""The page 'Outlook': will we make it, how sure is that, and what would have to be true."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from sameboat.charts.fan import SHOWN, WIDTHS, Fan, fan_chart
from sameboat.charts.figures import Figures, full_day, share
from sameboat.charts.time_axis import dated_period
from sameboat.charts.values import Line
from sameboat.questions.outlook.answer import Need, Outlook
from sameboat.units import MINUS
from sameboat.web.drawings import target_of
from sameboat.web.site import Site, site_of
from sameboat.web.what_if import (
    PREFIX,
    default_of,
    model_of,
    scenario_words,
    slider_row,
    unmoved_words,
)

router = APIRouter()

TWIN = "fan-table"
"""The id of the chart's table."""


@dataclass(frozen=True)
class PeriodRow:
    """One period as a row of the chart's table; `index` is its place in the chart."""

    index: int
    name: str
    value: float | None
    text: str
    inner: str = ""
    outer: str = ""
    moved: str = ""


@dataclass(frozen=True)
class NeedRow:
    """A part of the formula, what it alone would have to be, and what it would be with all."""

    label: str
    now: str
    wanted: str
    change: str
    seen: str
    chance: str
    together: str


@router.get("/kpi/{name}/outlook")
def outlook_page(request: Request, name: str) -> Response:
    """Whether one KPI will make it; each slider is a field of the address, in its own unit."""
    site = site_of(request)
    reader = site.reader(request)
    answer = site.answers.outlook(
        site.workspace, name, viewer=site.viewer(request), as_known_at=reader.as_known_at,
    )  # fmt: skip
    settings = settings_of(request.query_params, answer)
    if settings:
        answer = site.answers.outlook(
            site.workspace, name, viewer=site.viewer(request), as_known_at=reader.as_known_at,
            settings=settings,
        )  # fmt: skip
    return site.page(request, "outlook.html", _shown(site, answer, reader.locale), reader=reader)


def settings_of(asked: Mapping[str, str], answer: Outlook) -> dict[str, float | str]:
    """By driver the value that `set-DRIVER=VALUE` asks for; sliders that nobody moved left out."""
    still = {one.metric: default_of(one) for one in answer.sliders}
    found: dict[str, float | str] = {}
    for key, text in asked.items():
        name, value = key.removeprefix(PREFIX), text.strip()
        if name != key and value and value != still.get(name):
            found[name] = value
    return found


def _shown(site: Site, answer: Outlook, locale: str) -> dict[str, object]:
    """Everything that the page shows."""
    rows = [slider_row(one, answer, locale) for one in answer.sliders]
    return {
        "outlook": answer, "company": answer.company, "demo": answer.demo, "section": "board",
        "minimum_group": answer.minimum_group, "definitions": answer.definitions,
        "headline": headline(answer, locale), "lead": lead(answer, locale),
        "charts": charts(answer, locale), "rows": table_rows(answer, locale),
        "goal": goal(answer, locale), "told": told(answer, locale),
        "needs": [_need(one, locale) for one in answer.needs] if answer.target else [],
        "needs_words": needs_words(answer, locale), "met": _is_met(answer),
        "sliders": rows, "scenario": scenario_words(answer, locale),
        "unmoved": [(one, unmoved_words(one)) for one in answer.unmoved],
        "model": model_of(answer, locale), "twin": TWIN, "back": f"/kpi/{quote(answer.kpi)}",
    }  # fmt: skip


# ── the answer in words ──────────────────────────────────────────────────────────────────────


def headline(answer: Outlook, locale: str) -> str:
    """One sentence that answers the page's question."""
    chance = answer.chance.value
    if chance is None:
        return f"Whether {answer.label} makes it is not known"
    by = f" by {full_day(answer.target.by, locale)}" if answer.target and answer.target.by else ""
    if chance >= 0.8:
        return f"{answer.label} will probably make it{by}"
    if chance >= 0.4:
        return f"{answer.label} may make it{by}, or may not"
    if chance >= 0.1:
        return f"{answer.label} will probably miss its target{by}"
    return f"{answer.label} will miss its target{by} unless something changes"


def lead(answer: Outlook, locale: str) -> str:
    """The sentence under the headline: the middle at the target's date, and its range."""
    figures = Figures(answer.unit, locale)
    if answer.reason is not None:
        return f"No forecast: {answer.reason}."
    at = answer.at_target if answer.at_target is not None else len(answer.mean) - 1
    low, high = answer.lower[80][at], answer.upper[80][at]
    return (
        f"If nothing changes but what always changes, it stands at "
        f"{figures.short(answer.mean[at])} in {named(answer, at, locale)}; "
        f"8 times in 10 between {figures.short(low)} and {figures.short(high)}."
    )


def named(answer: Outlook, at: int, locale: str) -> str:
    """One of the periods ahead as a sentence names it: a week by its last day."""
    when = dated_period(answer.periods[at], answer.grain, locale)
    return f"the week to {when}" if answer.grain == "week" else when


def goal(answer: Outlook, locale: str) -> tuple[str, str]:
    """The target's figure, and over what it is meant where that is not its last period."""
    target, figures = answer.target, Figures(answer.unit, locale)
    if target is None:
        return "", ""
    if target.over == "last" or target.since is None:
        return figures.short(target.value), ""
    what = "in all" if target.over == "sum" else "on average"
    value = target.value if target.total is None else target.total
    known = "" if answer.known is None else f"; {figures.short(answer.known)} is known already"
    return figures.short(value), f"{what} since {full_day(target.since, locale)}{known}"


def told(answer: Outlook, locale: str) -> list[str]:
    """Sentences on what lies on the way: steps that are due, and how far anything can be told."""
    figures, found = Figures(answer.unit, locale), []
    near = answer.nearest
    if near is not None:
        when = named(answer, len(answer.periods) - 1, locale)
        found.append(
            f"The chance to be there already in {when}, the last that can be told of, is "
            f"{share(near.chance, locale)}."
        )
    steps = (
        f"Due by {full_day(one.by, locale)}: {figures.short(one.value)}, chance "
        f"{share(one.chance, locale)}."
        for one in answer.milestones
    )
    return [*found, *steps]


def _is_met(answer: Outlook) -> bool:
    return answer.needed is not None and answer.needed.met


def needs_words(answer: Outlook, locale: str) -> str | None:
    """What all parts together would need; None where that is not known."""
    needed = answer.needed
    if needed is None or not answer.needs or answer.target is None:
        return None
    now = f"Now is the last whole {answer.needs[0].grain.replace('_', ' ')} in all of these."
    if needed.share is None:
        return f"No common share of all parts is enough. {now}"
    percent = f"{100 * needed.share:.1f}%"
    if needed.met:
        return f"It is there now, and stays if all parts are {percent} worse. {now}"
    return f"If all parts share it evenly, each has to move by {percent}. {now}"


# ── the chart and its table ──────────────────────────────────────────────────────────────────


def _past(answer: Outlook) -> Line | None:
    """The line up to the last complete point; None without one."""
    series = answer.series
    latest = series.latest
    if latest is None or not answer.mean:
        return None
    end = latest + 1
    return Line(
        answer.label, series.unit, series.grain, series.periods[:end], series.values[:end],
        series.complete[:end],
    )  # fmt: skip


def charts(answer: Outlook, locale: str) -> Markup | None:
    """The fan at every width; None where there is nothing to draw."""
    past = _past(answer)
    if past is None:
        return None
    moved = answer.moved
    drawn = () if moved is None else tuple(
        zip(moved.lower[80], moved.middle, moved.upper[80], strict=True)
    )[: len(answer.periods)]  # fmt: skip
    fan = Fan(
        past, answer.periods, answer.mean,
        tuple(zip(answer.lower[80], answer.upper[80], strict=True)),
        tuple(zip(answer.lower[95], answer.upper[95], strict=True)),
        target_of(answer.target), moved=drawn if answer.sliders else None, room=_room(answer),
    )  # fmt: skip
    return Markup(
        "".join(fan_chart(fan, width=width, locale=locale, twin=TWIN) for width in WIDTHS)
    )


def _room(answer: Outlook) -> tuple[float, ...]:
    """How far exact sliders may carry the middle, so that a script need not redraw the axis."""
    if answer.scenario is None:
        return ()
    least, most = min(answer.lower[95]), max(answer.upper[95])
    end, found = answer.mean[-1], []
    for one in answer.sliders:
        for to in (one.low, one.high) if one.said == "exact" else ():
            added, _, _ = answer.scenario.effect(one.metric, to, end)
            if math.isfinite(added):
                found.append(min(max(end + added, least - (most - least)), most + (most - least)))
    return tuple(found)


def table_rows(answer: Outlook, locale: str) -> list[PeriodRow]:
    """The fan as a table: the periods of the past that it shows, then those ahead."""
    past, figures = _past(answer), Figures(answer.unit, locale)
    if past is None:
        return []
    first = past.first_of_last(SHOWN.get(answer.grain.removeprefix("fiscal_"), 60))
    found = [
        PeriodRow(
            at, dated_period(past.periods[at], answer.grain, locale), value,
            "not known" if value is None else figures.full(value),
        )
        for at, value in enumerate(past.values)
        if at >= first
    ]  # fmt: skip
    for at, day in enumerate(answer.periods):
        ends = [
            f"{figures.bare(answer.lower[level][at])} to {figures.full(answer.upper[level][at])}"
            for level in (80, 95)
        ]
        moved = "" if answer.moved is None else figures.full(answer.moved.middle[at])
        name = dated_period(day, answer.grain, locale)
        value = answer.mean[at]
        found.append(
            PeriodRow(
                len(past.values) + at, name, value, figures.full(value), ends[0], ends[1], moved
            )
        )
    return found


def _need(one: Need, locale: str) -> NeedRow:
    figures = Figures(one.unit, locale)
    now = figures.full(one.now)
    together = "" if one.together is None else figures.full(one.together)
    if one.value is None:
        return NeedRow(one.label, now, "no value is enough", "", "", "", together)
    change = "" if one.change is None else f"{one.change:+.0%}".replace("-", MINUS)
    periods = f"{one.grain.replace('_', ' ')}{'s' if one.of != 1 else ''}"
    seen = f"there or better in {one.reached} of the last {one.of} {periods}"
    if one.reached == 0 and not one.within:
        seen = f"beyond anything seen ({figures.bare(one.least)} to {figures.full(one.most)})"
    chance = "not known" if one.chance is None else share(one.chance, locale)
    return NeedRow(one.label, now, figures.full(one.value), change, seen, chance, together)
