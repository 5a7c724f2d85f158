"""Draw one KPI as text: its verdict, its points with limits, who moves it and what it is."""

from __future__ import annotations

import dataclasses
import datetime as dt
import json
from collections.abc import Iterator
from typing import TextIO

from sameboat.charts.figures import Figures, full_day
from sameboat.cli.ledger import LOCALE, MARKS, NO_VERDICT, sparkline
from sameboat.cli.printing import plain, write_csv
from sameboat.questions.kpi import GuardrailRow, KpiAnswer, LeverRow
from sameboat.questions.plain import json_text
from sameboat.questions.series import Series, Verdict

LATEST = 12
"""How many points are listed with their limits."""


def draw(answer: KpiAnswer) -> str:
    """The sheet of one KPI, section by section; a section without data is left out."""
    return "\n".join(plain(line) for section in _sections(answer) for line in (*section, ""))


def as_json(answer: KpiAnswer) -> str:
    """The sheet as a JSON object."""
    return json.dumps(
        json.loads(json_text(dataclasses.asdict(answer))), indent=1, ensure_ascii=False
    )


def write_points(answer: KpiAnswer, out: TextIO) -> None:
    """Write one CSV row per point, with its limits."""
    names = ("period", "value", "lower", "centre", "upper", "complete", "signal", "reason")
    write_csv(names, _points(answer.series), out)


def _sections(answer: KpiAnswer) -> Iterator[list[str]]:
    yield list(_head(answer))
    yield list(_chart(answer))
    yield ["Who pulls which lever", *(_lever(row) for row in answer.levers)]
    if answer.steward:
        yield [f"Steward of the review, not of the number: {answer.steward}."]
    if answer.guardrails:
        yield ["What must not get worse", *(_guardrail(row) for row in answer.guardrails)]
    if answer.segments:
        yield ["By segment", *_segments(answer)]
    yield list(_definition(answer))


def _head(answer: KpiAnswer) -> Iterator[str]:
    figures = Figures(answer.unit, LOCALE)
    yield answer.label
    yield f"{_verdict(answer.verdict)}{f', {answer.since}' if answer.since else ''}"
    if answer.why:
        yield answer.why
    if answer.doubt:
        yield f"It {answer.doubt}."
    if answer.raised:
        reason = f": {answer.raised.reason}" if answer.raised.reason else ""
        yield f"{answer.raised.sentence}{reason}"
    value = answer.value_reason if answer.value is None else figures.full(answer.value)
    period = f"{answer.period}: " if answer.period else ""
    yield f"{period}{value}{f' ({answer.note})' if answer.note else ''}"
    if answer.target:
        by = f" by {full_day(answer.target.by, LOCALE)}" if answer.target.by else ""
        now = answer.target.now
        says = {"metric": "due now", "steps": "step now"}.get(answer.target.kind, "path says")
        path = f", {says} {figures.full(now)}" if now is not None else ""
        levels = [answer.target.value, answer.target.high]
        goal = " to ".join(figures.full(level) for level in levels if level is not None)
        source = f", {answer.target.source}" if answer.target.source else ""
        if answer.target.kind == "metric":
            source = f", from {answer.target.source}"
        yield f"Target {goal}{by}{path}{source}"


def _chart(answer: KpiAnswer) -> Iterator[str]:
    series = answer.series
    figures = Figures(series.unit, LOCALE)
    yield f"{series.label} by {series.grain}"
    yield sparkline(series, 78)
    for phase in series.phases:
        first, last = series.periods[phase.first], series.periods[phase.last]
        yield (
            f"{full_day(first, LOCALE)} to {full_day(last, LOCALE)}: "
            f"centre {figures.full(phase.centre)}, "
            f"limits {figures.full(phase.lower)} to {figures.full(phase.upper)}"
        )
    yield from series.notes
    for one in answer.proposed_phases:
        yield f"{one.words} To lock it as a phase: {one.command}"
    for change in series.breaks:
        begins = full_day(series.periods[change.index], LOCALE)
        why = f": {change.why}" if change.why else ""
        yield f"{begins}: {change.label} begins{why} (judged apart)"
    for day, value, _, _, _, complete, signal, reason in list(_points(series))[-LATEST:]:
        said = figures.full(value) if value is not None else reason or "no value"
        begun = series.begins_inside and day == series.periods[0]
        partial = "its rows begin inside it" if begun else "not complete yet"
        marks = [text for text in (signal, None if complete else partial) if text]
        yield f"  {full_day(day, LOCALE)}  {said}{'  ' + ', '.join(marks) if marks else ''}"


Limit = float | None
Point = tuple[dt.date, float | None, Limit, Limit, Limit, bool, str, str]


def _points(series: Series) -> Iterator[Point]:
    """Each point with the limits of its phase, the rule that singled it out, and its reason."""
    rules = {point.index: point.rule for point in reversed(series.signals)}
    for index, day in enumerate(series.periods):
        phase = series.band_at(index)
        yield (
            day,
            series.values[index],
            phase.lower if phase else None,
            phase.centre if phase else None,
            phase.upper if phase else None,
            series.complete[index] if series.complete else True,
            rules.get(index, ""),
            (series.reasons[index] if series.reasons else None) or "",
        )


def _lever(row: LeverRow) -> str:
    figures = Figures(row.unit, LOCALE)
    value = "not known" if row.value is None else figures.full(row.value)
    lever = row.pull.lever_label or "no lever named"
    return f"  {row.pull.team_label}: {lever}, {value}. {_verdict(row.verdict)}"


def _guardrail(row: GuardrailRow) -> str:
    value = "not known" if row.value is None else Figures(row.unit, LOCALE).full(row.value)
    held = {True: "holds", False: "broken", None: "not known"}[row.holds]
    return f"  {row.label}: {value}, {row.limit or 'no limit'}: {held}"


def _segments(answer: KpiAnswer) -> Iterator[str]:
    figures = Figures(answer.unit, LOCALE)
    for segment in answer.segments:
        figure = segment.reason or "no value"
        if segment.figure is not None:
            figure = figures.full(segment.figure)
        n = f" (n = {segment.n:,})" if segment.n is not None else ""
        yield f"  {segment.dimension} {segment.value}: {figure}{n}"


def _definition(answer: KpiAnswer) -> Iterator[str]:
    defined = answer.definition
    since = f", valid from {full_day(defined.valid_from, LOCALE)}" if defined.valid_from else ""
    yield f"What the number is: version {defined.version}{since}"
    named = (
        ("", defined.description), ("Numerator: ", defined.numerator),
        ("Denominator: ", defined.denominator), ("Formula: ", defined.formula),
        ("Good is: ", defined.good), ("Objective: ", defined.objective),
        ("Known games: ", defined.gaming), ("Declared in: ", defined.file),
    )  # fmt: skip
    yield from (f"  {name}{text}" for name, text in named if text)
    yield from (f"  Source: {source}" for source in defined.sources)
    yield ""
    yield from defined.sql.splitlines()


def _verdict(verdict: Verdict) -> str:
    return f"{MARKS.get(verdict.state, NO_VERDICT)} {verdict.words}"
