"""Parts of one object that do not fit together."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from typing import Any

from sameboat.errors import Finding, Severity
from sameboat.project.cycles import inputs
from sameboat.project.declared import Project
from sameboat.project.model import (
    Between,
    Conversion,
    Cumulative,
    Derived,
    Driver,
    Duration,
    Event,
    Guardrail,
    Index,
    Input,
    Kpi,
    Metric,
    Ratio,
    Retention,
    Root,
    Shape,
    Simple,
    Survey,
    Table,
    Target,
    Team,
)
from sameboat.project.names import legal
from sameboat.project.places import Path
from sameboat.project.plans import Experiment, Pool
from sameboat.project.vocabulary import Vocabulary, shapes

CHECKS: Mapping[str, frozenset[str]] = {
    "unique": frozenset(),
    "not_null": frozenset(),
    "accepted": frozenset(),
    "matches": frozenset({"at_least"}),
}
"""Kinds of checks of a table's data, with the keys that may stand beside them."""


def rules(known: Vocabulary) -> Iterator[Finding]:
    """A finding for everything that contradicts itself."""
    project = known.project
    for name, table in project.tables.items():
        yield from _table(project, table, ("tables", name))
    timed = needing_time(project)
    for name, metric in project.metrics.items():
        path: Path = ("metrics", name)
        yield from _metric(project, metric, path)
        yield from _time(project, metric, path, needed=name in timed)
    for name, kpi in project.kpis.items():
        yield from _kpi(project, kpi, ("kpis", name))
    for at, driver in enumerate(project.drivers):
        yield from _driver(project, driver, ("drivers", at))
    yield from _retired(project)
    for path, shape in shapes(project):
        yield from _dates(project, shape, path)


def finding(
    project: Project,
    path: Path,
    code: str,
    message: str,
    *,
    hint: str | None = None,
    severity: Severity = "error",
) -> Finding:
    """A finding at the place of a path."""
    where = project.places.key(path) if code == "unknown-key" else project.place(*path)
    return Finding(code, message, where, hint, severity)


# ── tables ───────────────────────────────────────────────────────────────────────────────────


def _table(project: Project, table: Table, path: Path) -> Iterator[Finding]:
    sources = [key for key in ("file", "relation", "sql") if getattr(table, key) is not None]
    if len(sources) != 1:
        said = " and ".join(repr(key) for key in sources) or "none of them"
        message = f"a table needs exactly one of 'file', 'relation' and 'sql'; it has {said}"
        yield finding(project, path, "conflicting-keys" if sources else "missing-key", message)
    primary = [name for name, entity in table.entities.items() if entity.type == "primary"]
    if len(primary) > 1:
        message = f"a row has one primary entity; these are {', '.join(map(repr, primary))}"
        yield finding(project, (*path, "entities", primary[1]), "conflicting-keys", message)
    both = {name.casefold() for name in table.personal} & {
        name.casefold() for name in table.pseudonymous
    }
    if both:
        message = f"{', '.join(sorted(both))} cannot be personal and pseudonymous"
        hint = "Personal columns are never loaded; pseudonymous ones are hashed."
        yield finding(project, (*path, "pseudonymous"), "conflicting-keys", message, hint=hint)
    yield from _validity(project, table, path)
    for at, rule in enumerate(table.checks):
        yield from _check(project, rule, (*path, "checks", at))


def _validity(project: Project, table: Table, path: Path) -> Iterator[Finding]:
    ends = {made.validity: name for name, made in table.dimensions.items() if made.validity}
    if len(ends) == 1:
        (end, name), *_ = ends.items()
        other = "end" if end == "start" else "start"
        message = f"the validity of a row has a start and an end; {other!r} is missing"
        yield finding(project, (*path, "dimensions", name), "missing-key", message)
    for name, made in table.dimensions.items():
        if made.validity and made.type != "time":
            message = f"{name!r} says when a row is valid, so it must be of time"
            yield finding(
                project,
                (*path, "dimensions", name),
                "wrong-type",
                message,
                hint="Add 'type: time'.",
            )


def _check(project: Project, rule: Mapping[str, Any], path: Path) -> Iterator[Finding]:
    kinds = [key for key in rule if key in CHECKS]
    if len(kinds) != 1:
        message = f"a check of the data is one of {', '.join(CHECKS)}"
        yield finding(project, path, "unknown-key" if not kinds else "conflicting-keys", message)
        return
    for key in rule:
        if key not in CHECKS and key not in CHECKS[kinds[0]]:
            message = f"{key!r} is not a key of the check {kinds[0]!r}"
            yield finding(project, (*path, key), "unknown-key", message)
    value = rule[kinds[0]]
    columns = list(value) if isinstance(value, (list, Mapping)) else [value]
    right = isinstance(value, Mapping) if kinds[0] == "accepted" else not isinstance(value, Mapping)
    if not right or not columns or not all(isinstance(column, str) for column in columns):
        wanted = "{column: [values]}" if kinds[0] == "accepted" else "a name or a list of names"
        yield finding(project, (*path, kinds[0]), "wrong-type", f"{kinds[0]!r} takes {wanted}")


# ── metrics ──────────────────────────────────────────────────────────────────────────────────


def _metric(project: Project, metric: Metric, path: Path) -> Iterator[Finding]:
    if isinstance(metric.good, Between) and metric.good.between[0] >= metric.good.between[1]:
        message = "the range of 'good' is empty: its low end comes first"
        yield finding(project, (*path, "good"), "range-empty", message)
    match metric:
        case Simple():
            yield from _simple(project, metric, path)
        case Ratio():
            for key, part in (("numerator", metric.numerator), ("denominator", metric.denominator)):
                yield from _input(project, part, (*path, key))
        case Derived():
            yield from _derived(project, metric, path)
        case Cumulative():
            yield from _cumulative(project, metric, path)
        case Conversion():
            for key, part in (("base", metric.base), ("converted", metric.converted)):
                yield from _input(project, part, (*path, key))
        case Survey():
            yield from _survey(project, metric, path)
        case Index():
            yield from _index(project, metric, path)


def _simple(project: Project, metric: Simple, path: Path) -> Iterator[Finding]:
    if metric.agg == "percentile" and metric.percentile is None:
        message = "a percentile needs 'percentile', such as 0.9"
        yield finding(project, path, "missing-key", message)
    if metric.percentile is not None and not 0 <= metric.percentile <= 1:
        hint = None
        if 1 < metric.percentile <= 100:
            hint = f"Write {metric.percentile / 100:g}."
        message = f"a percentile lies between 0 and 1; it is {metric.percentile:g}"
        yield finding(project, (*path, "percentile"), "percentile-range", message, hint=hint)
    if metric.percentile is not None and metric.agg != "percentile":
        message = f"'percentile' says nothing where 'agg' is {metric.agg!r}"
        yield finding(project, (*path, "percentile"), "unused-key", message, severity="warning")


def _input(project: Project, part: Input, path: Path) -> Iterator[Finding]:
    if part.offset_window is not None and part.offset_to_grain is not None:
        message = "an input is moved by 'offset_window' or to 'offset_to_grain', not both"
        yield finding(project, (*path, "offset_to_grain"), "conflicting-keys", message)
    if part.alias is not None and not legal(part.alias, in_expressions=True):
        message = f"{part.alias!r} cannot be used in an expression"
        hint = "Use lower-case letters, digits and single underscores."
        yield finding(project, (*path, "alias"), "illegal-name", message, hint=hint)


def _derived(project: Project, metric: Derived, path: Path) -> Iterator[Finding]:
    seen: set[str] = set()
    for at, part in enumerate(metric.metrics):
        here = (*path, "metrics", at)
        yield from _input(project, part, here)
        if part.called in seen:
            message = f"two inputs are called {part.called!r}"
            hint = "Give one of them an 'alias'."
            yield finding(project, here, "ambiguous-name", message, hint=hint)
        seen.add(part.called)


def _cumulative(project: Project, metric: Cumulative, path: Path) -> Iterator[Finding]:
    yield from _input(project, metric.metric, (*path, "metric"))
    if metric.window is not None and metric.grain_to_date is not None:
        message = "a cumulative metric runs over a 'window' or from a 'grain_to_date', not both"
        yield finding(project, (*path, "grain_to_date"), "conflicting-keys", message)
    if metric.window is not None and metric.window.count == 0:
        message = "a window of length 0 holds nothing"
        yield finding(project, (*path, "window"), "range-empty", message)


def _survey(project: Project, metric: Survey, path: Path) -> Iterator[Finding]:
    low, high = metric.scale
    if low >= high:
        message = "the scale is empty: its low end comes first"
        yield finding(project, (*path, "scale"), "range-empty", message)
    elif metric.method == "nps" and (low, high) != (0, 10):
        message = "NPS is asked on a scale from 0 to 10"
        yield finding(project, (*path, "scale"), "wrong-type", message)
    if metric.satisfied is not None and not low <= metric.satisfied <= high:
        message = f"'satisfied' lies outside the scale from {low:g} to {high:g}"
        yield finding(project, (*path, "satisfied"), "range-empty", message)


def _index(project: Project, metric: Index, path: Path) -> Iterator[Finding]:
    total = sum(part.weight for part in metric.parts)
    if not metric.parts or any(part.weight <= 0 for part in metric.parts):
        message = "an index needs parts, each with a weight above 0"
        yield finding(project, (*path, "parts"), "range-empty", message)
    elif abs(total - 1) > 1e-6:
        message = f"the weights of an index add up to 1; these give {total:g}"
        yield finding(project, (*path, "parts"), "index-weights", message, severity="warning")


# ── time ─────────────────────────────────────────────────────────────────────────────────────


def needing_time(project: Project) -> frozenset[str]:
    """The metrics that are read period by period: those of KPIs and those that look back."""
    waiting: list[str] = []
    for kpi in project.kpis.values():
        levers = [owner.lever for owner in kpi.owners if owner.lever]
        watched = [kpi.signal.metric] if kpi.signal.metric else []
        waiting += [kpi.metric, *levers, *watched, *(rail.metric for rail in kpi.guardrails)]
    for name, metric in project.metrics.items():
        if isinstance(metric, (Cumulative, Conversion)):
            waiting += [name, *inputs(metric)]
        elif isinstance(metric, Derived):
            waiting += [
                part.metric for part in metric.metrics if part.offset_window or part.offset_to_grain
            ]
    needed: set[str] = set()
    while waiting:
        name = waiting.pop()
        if name not in needed and name in project.metrics:
            needed.add(name)
            waiting += inputs(project.metrics[name])
    return frozenset(needed)


def _time(project: Project, metric: Metric, path: Path, *, needed: bool) -> Iterator[Finding]:
    if not isinstance(metric, (Simple, Survey, Retention)):
        return
    table = project.tables.get(metric.table)
    if table is None or table.time or getattr(metric, "time", None):
        return
    times = [name for name, made in table.dimensions.items() if made.type == "time"]
    if times:
        hint = f"Set 'time: {times[0]}' in the table or in the metric."
    else:
        hint = "Declare a dimension {type: time, grain: day} in the table and name it under 'time'."
    message = f"the table {table.name!r} of this metric has no 'time'"
    said = ", and a KPI or another metric reads it by time" if needed else ""
    yield finding(
        project,
        (*path, "table"),
        "no-time-dimension",
        f"{message}{said}",
        hint=hint,
        severity="error" if needed else "warning",
    )


# ── KPIs, drivers, dates ─────────────────────────────────────────────────────────────────────


def _kpi(project: Project, kpi: Kpi, path: Path) -> Iterator[Finding]:
    for at, rail in enumerate(kpi.guardrails):
        yield from _guardrail(project, rail, (*path, "guardrails", at))
    teams = [owner.team for owner in kpi.owners]
    for at, team in enumerate(teams):
        if team in teams[:at]:
            message = f"the team {team!r} owns this KPI twice"
            yield finding(project, (*path, "owners", at), "duplicate-name", message)
    yield from _target(project, kpi, path)
    watched = kpi.signal.metric or kpi.metric
    if rolls(project.metrics.get(watched)):
        message = f"{watched!r} rolls over several periods, so one move shows in each of them"
        hint = "Name a metric without a window under 'signal: {metric: …}'."
        yield finding(
            project, (*path, "signal"), "signal-rolls", message, hint=hint, severity="warning"
        )


def _target(project: Project, kpi: Kpi, path: Path) -> Iterator[Finding]:
    target = kpi.target
    if target is None:
        return
    here = (*path, "target")
    ways = [bool(target.steps), target.metric is not None, target.to is not None]
    if sum(ways) > 1:
        message = "a target is 'to' a value, 'steps', or a 'metric': one of them"
        yield finding(project, here, "conflicting-keys", message)
    if target.to is not None and target.by is None:
        yield finding(project, here, "missing-key", "a target needs 'by': the day to reach it")
    if target.since and target.by and target.by <= target.since:
        message = "the target is to be reached before it begins"
        yield finding(project, (*here, "by"), "dates-reversed", message)
    yield from _over(project, target, kpi, here)
    due, own = project.metrics.get(target.metric or ""), project.metrics.get(kpi.metric)
    if sum(ways) == 1 and due is not None and own is not None and due.unit != own.unit:
        message = (
            f"the target {due.name!r} is in {due.unit or 'no unit'} and {own.name!r} in "
            f"{own.unit or 'no unit'}"
        )
        yield finding(project, (*here, "metric"), "unit-mismatch", message)
    days = [step.by for step in target.steps]
    if days != sorted(set(days)):
        message = "the steps of a target go forward in time"
        yield finding(project, (*here, "steps"), "dates-reversed", message)


def _over(project: Project, target: Target, kpi: Kpi, here: Path) -> Iterator[Finding]:
    """A target over all periods needs its first and last day, and figures that add up."""
    if target.over == "last":
        return
    if target.since is None or target.by is None or target.to is None:
        message = f"a target over the {target.over} of all periods needs 'since', 'to' and 'by'"
        yield finding(project, (*here, "over"), "missing-key", message)
    if target.from_ is not None:
        message = f"a target over the {target.over} of all periods has no path that begins 'from'"
        yield finding(project, (*here, "from"), "conflicting-keys", message)
    metric = project.metrics.get(kpi.metric)
    fits = (Simple, Derived) if target.over == "sum" else (Simple, Derived, Survey, Duration)
    if metric is not None and not isinstance(metric, fits):
        message = f"the periods of a {metric.type} metric do not make a {target.over}"
        hint = "Such a figure of all periods is a metric of its own, with a longer window."
        yield finding(project, (*here, "over"), "conflicting-keys", message, hint=hint)


def _guardrail(project: Project, rail: Guardrail, path: Path) -> Iterator[Finding]:
    limits = (rail.min, rail.max, rail.worse_by)
    metric = project.metrics.get(rail.metric)
    limited = metric is not None and isinstance(metric.good, Between)
    if all(limit is None for limit in limits) and not limited:
        message = "a guardrail needs 'min', 'max' or 'worse_by'"
        yield finding(project, path, "missing-key", message)
    if rail.min is not None and rail.max is not None and rail.min > rail.max:
        yield finding(project, (*path, "min"), "range-empty", "'min' is above 'max'")
    if rail.worse_by is not None and metric is not None and metric.good is None:
        message = f"'worse_by' needs to know what is better: {rail.metric!r} does not say 'good'"
        yield finding(project, (*path, "worse_by"), "kpi-incomplete", message, severity="warning")


def rolls(metric: Metric | None) -> bool:
    """Whether each value of a metric covers several of its periods."""
    if isinstance(metric, Cumulative):
        return metric.window is not None
    if isinstance(metric, Retention):
        return metric.over is not None and (metric.over.count, metric.over.grain) != (
            1,
            metric.period,
        )
    return False


def _driver(project: Project, driver: Driver, path: Path) -> Iterator[Finding]:
    if (driver.equals is None) == (driver.influenced_by is None):
        message = "a driver says what the metric 'equals' or is 'influenced_by': one of them"
        yield finding(
            project, path, "conflicting-keys" if driver.equals else "missing-key", message
        )
    elif driver.influenced_by is not None and driver.moves is None:
        message = "an influence needs 'moves': same or opposite"
        yield finding(project, path, "missing-key", message)
    if driver.influenced_by is not None and driver.evidence == "arithmetic":
        message = "arithmetic is written as 'equals'"
        yield finding(project, (*path, "evidence"), "conflicting-keys", message)


def _retired(project: Project) -> Iterator[Finding]:
    """Retired metrics that KPIs and other metrics still stand on."""
    retired = {name for name, metric in project.metrics.items() if metric.retired}
    for name, metric in project.metrics.items():
        if metric.replaced_by and not metric.retired:
            message = f"{name!r} names what replaces it but not since when it is 'retired'"
            path: Path = ("metrics", name, "replaced_by")
            yield finding(project, path, "missing-key", message, severity="warning")
        if metric.replaced_by in retired:
            message = f"{metric.replaced_by!r}, which replaces this metric, is itself retired"
            path = ("metrics", name, "replaced_by")
            yield finding(project, path, "metric-retired", message, severity="warning")
        for used in sorted(retired & set(inputs(metric))):
            if name not in retired:
                yield _uses_retired(project, used, ("metrics", name))
    for name, kpi in project.kpis.items():
        if kpi.metric in retired:
            yield _uses_retired(project, kpi.metric, ("kpis", name, "metric"))
        for at, owner in enumerate(kpi.owners):
            if owner.lever in retired:
                yield _uses_retired(
                    project, owner.lever or "", ("kpis", name, "owners", at, "lever")
                )


def _uses_retired(project: Project, name: str, path: Path) -> Finding:
    metric = project.metrics[name]
    hint = f"Use {metric.replaced_by!r}." if metric.replaced_by else None
    message = f"{name!r} is retired on {metric.retired}"
    return finding(project, path, "metric-retired", message, hint=hint, severity="warning")


def _dates(project: Project, shape: Shape, path: Path) -> Iterator[Finding]:
    """Stretches of time that end before they begin."""
    for first, last, begin, end, here in _stretches(shape, path):
        if begin is not None and end is not None and end < begin:
            message = f"{last!r} ({end}) is before {first!r} ({begin})"
            yield finding(project, (*here, last), "dates-reversed", message)


def _stretches(
    shape: Shape, path: Path
) -> Iterator[tuple[str, str, dt.date | None, dt.date | None, Path]]:
    match shape:
        case Team() | Event():
            yield "from", "until", shape.from_, shape.until, path
        case Experiment():
            yield "started", "stopped", shape.started, shape.stopped, path
        case Pool():
            for key, inner in (("periods", shape.periods), ("status_quo", shape.status_quo)):
                if inner is not None:
                    yield "from", "until", inner.from_, inner.until, (*path, key)
        case Root():
            spine = shape.calendar.time_spine
            if spine is not None:
                here = (*path, "calendar", "time_spine")
                yield "from", "until", spine.from_, spine.until, here
