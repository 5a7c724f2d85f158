"""The page 'Outlook': will we make it, how sure is that, and what would have to be true."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import quote

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from sameboat.charts.fan import WIDTHS, Fan, fan_chart
from sameboat.charts.figures import Figures, full_day
from sameboat.charts.time_axis import period_name
from sameboat.charts.values import Line
from sameboat.errors import UsageError
from sameboat.questions.outlook.answer import Need, Outlook, Slider
from sameboat.web.drawings import target_of
from sameboat.web.site import Site, site_of

router = APIRouter()


@dataclass(frozen=True)
class PeriodRow:
    """One period ahead as a row of the chart's table."""

    name: str
    middle: str
    inner: str
    outer: str


@dataclass(frozen=True)
class NeedRow:
    """A part of the formula and what it alone would have to be."""

    label: str
    now: str
    wanted: str
    change: str
    seen: str
    possible: bool


@dataclass(frozen=True)
class SliderRow:
    """A slider with the words beside it; `value` is in percent."""

    name: str
    label: str
    value: int
    now: str
    each: str
    basis: str


@router.get("/kpi/{name}/outlook")
def outlook_page(request: Request, name: str) -> Response:
    """Whether one KPI will make it; each slider is a field of the address, in percent."""
    site = site_of(request)
    reader = site.reader(request)
    answer = site.answers.outlook(
        site.workspace, name, viewer=site.viewer(request), as_known_at=reader.as_known_at,
        settings=settings_of(request.query_params),
    )  # fmt: skip
    return site.page(request, "outlook.html", _shown(site, answer, reader.locale), reader=reader)


def settings_of(asked: Mapping[str, str]) -> dict[str, float]:
    """By metric the change that `move-METRIC=PERCENT` asks for, as a share; none is left out.

    Raises UsageError where a percentage is no number.
    """
    found: dict[str, float] = {}
    for key, text in asked.items():
        name = key.removeprefix("move-")
        if name == key or not text.strip():
            continue
        try:
            percent = float(text)
        except ValueError:
            raise UsageError("wrong-type", f"{text!r} is not a percentage") from None
        if percent:
            found[name] = percent / 100
    return found


def _shown(site: Site, answer: Outlook, locale: str) -> dict[str, object]:
    """Everything that the page shows."""
    return {
        "outlook": answer, "company": answer.company, "demo": answer.demo, "section": "board",
        "minimum_group": answer.minimum_group, "definitions": answer.definitions,
        "headline": headline(answer, locale), "lead": lead(answer, locale),
        "charts": charts(answer, locale), "rows": rows(answer, locale),
        "needs": [_need(one, locale) for one in answer.needs] if answer.target else [],
        "sliders": [_slider(one, answer, locale) for one in answer.sliders],
        "scenario": scenario(answer, locale),
        "back": f"/kpi/{quote(answer.kpi)}",
    }  # fmt: skip


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
    middle = figures.short(answer.mean[at])
    return (
        f"If nothing changes but what always changes, it stands at {middle} "
        f"then; 8 times in 10 between {figures.short(low)} and {figures.short(high)}."
    )


def charts(answer: Outlook, locale: str) -> Markup | None:
    """The fan at every width; None where there is nothing to draw."""
    series = answer.series
    latest = series.latest
    if latest is None or not answer.mean:
        return None
    end = latest + 1
    past = Line(
        answer.label, series.unit, series.grain, series.periods[:end], series.values[:end],
        series.complete[:end],
    )  # fmt: skip
    fan = Fan(
        past, answer.periods, answer.mean,
        tuple(zip(answer.lower[80], answer.upper[80], strict=True)),
        tuple(zip(answer.lower[95], answer.upper[95], strict=True)),
        target_of(answer.target),
    )  # fmt: skip
    return Markup("".join(fan_chart(fan, width=width, locale=locale) for width in WIDTHS))


def rows(answer: Outlook, locale: str) -> list[PeriodRow]:
    """The fan as a table, one row per period ahead."""
    figures = Figures(answer.unit, locale)
    found = []
    for at, day in enumerate(answer.periods):
        ends = [
            f"{figures.bare(answer.lower[level][at])} to {figures.full(answer.upper[level][at])}"
            for level in (80, 95)
        ]
        name = f"{period_name(day, answer.grain, locale)} {day.year}"
        found.append(PeriodRow(name, figures.full(answer.mean[at]), ends[0], ends[1]))
    return found


def scenario(answer: Outlook, locale: str) -> str | None:
    """What the sliders make of it, in one sentence; None where none is moved."""
    if answer.with_sliders is None or answer.shift is None:
        return None
    figures = Figures(answer.unit, locale)
    middle, low, high = answer.shift
    words = f"So moved, {answer.label} changes by {figures.change(middle)}"
    if high - low > 1e-9 * max(abs(middle), 1e-12):
        words += f" (19 times in 20 {figures.change_bare(low)} to {figures.change(high)})"
    if answer.with_sliders.value is None:
        return f"{words}. The chance to hit is not known: {answer.with_sliders.reason}."
    before = "" if answer.chance.value is None else f" instead of {answer.chance.value:.0%}"
    return f"{words}, and the chance to hit the target is {answer.with_sliders.value:.0%}{before}."


def _need(one: Need, locale: str) -> NeedRow:
    figures = Figures(one.unit, locale)
    now = figures.full(one.now)
    if one.value is None:
        return NeedRow(one.label, now, "no value is enough", "", "", possible=False)
    change = "" if one.change is None else f"{one.change:+.0%}"
    span = f"{figures.bare(one.least)} to {figures.full(one.most)}"
    seen = f"seen before ({span})" if one.within else f"beyond anything seen ({span})"
    return NeedRow(one.label, now, figures.full(one.value), change, seen, one.within)


def _slider(one: Slider, answer: Outlook, locale: str) -> SliderRow:
    own, figures = Figures(one.unit, locale), Figures(answer.unit, locale)
    each = f"10% more gives {figures.change(10 * one.per_percent)}"
    return SliderRow(
        one.metric, one.label, round(100 * one.change), own.full(one.now), each, one.basis
    )
