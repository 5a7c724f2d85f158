"""Put a KPI of the catalogue over a project's data: one commented file, or what is missing."""

from __future__ import annotations

import datetime as dt
import re
import statistics
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from sameboat.actions.kpi_text import KpiDraft, kpi_text, owners
from sameboat.errors import (
    AccessError,
    Finding,
    ProjectError,
    RequestError,
    SameboatError,
    WarehouseError,
    did_you_mean,
)
from sameboat.project.catalogue.binding import Bound, Fit, Holdings, Lack
from sameboat.project.catalogue.filling import filled, filled_text
from sameboat.project.catalogue.read import template, variant_of
from sameboat.project.catalogue.shapes import KpiTemplate, Limit, Variant
from sameboat.project.check import check
from sameboat.project.declared import Project
from sameboat.project.formats.native import plain
from sameboat.project.load import examine
from sameboat.project.names import legal, suggestion
from sameboat.project.viewer import Actor
from sameboat.questions.kpi_templates import MADE_HERE, TemplateFit, fitted, holdings
from sameboat.questions.opened import Opened
from sameboat.questions.workspace import local_now
from sameboat.sources.publish import publish

MAY_ADD = frozenset({"admin"})
"""Roles that may write a project's files; single-user mode is an admin."""

REVIEW_AFTER = dt.timedelta(days=182)
"""When a belief about a lever is looked at again."""


@dataclass(frozen=True)
class Wished:
    """What a person says of a KPI from a template; the rest is found."""

    variant: str | None = None
    name: str | None = None
    tables: Mapping[str, str] | None = None
    columns: Mapping[str, str] | None = None
    objective: str | None = None
    target: float | None = None
    by: dt.date | None = None


@dataclass(frozen=True)
class Figure:
    """The KPI of one month, as the new file computes it."""

    month: dt.date
    value: float


@dataclass(frozen=True)
class Added:
    """A KPI from a template: its file, and its latest figures. `written` is None in a dry run."""

    name: str
    fit: TemplateFit
    path: Path
    text: str
    unit: str
    figures: tuple[Figure, ...]
    findings: tuple[Finding, ...]
    written: Path | None = None


def add(
    workspace: Opened,
    name: str,
    *,
    actor: Actor,
    wished: Wished | None = None,
    today: dt.date,
    dry_run: bool = False,
) -> Added:
    """The KPI of a template, written into the project as one file, whole or not at all.

    It is loaded, checked and computed beside the project's own files before anything is
    written. Nothing is overwritten. Raises AccessError not-allowed, RequestError for what is
    said wrongly or names that are taken, and WarehouseError template-needs-data with everything
    that is missing.
    """
    if not actor.roles & MAY_ADD:
        raise AccessError("not-allowed", f"{actor.name} may not add a KPI.")
    wished = wished or Wished()
    chosen = template(name)
    _known_parts(chosen, wished)
    said = frozenset((wished.tables or {}).values())
    held = holdings(workspace, viewer=workspace.viewer, named=said)
    fit = fitted(chosen, held, variant=wished.variant, tables=wished.tables, columns=wished.columns)
    if fit.fit.bound is None:
        raise _needs(chosen, fit.fit)
    called = _called(wished.name or chosen.name)
    draft = _draft(workspace, chosen, fit.fit.bound, called, held, wished, today)
    path = workspace.project.folder / f"kpi_{called}.yml"
    _free(workspace, draft, path, called)
    bare = {key: value for key, value in draft.kpi.items() if key != "guardrails"}
    tried = _tried(workspace, path, kpi_text(replace(draft, kpi=bare)))
    try:
        usual = _usual(tried, draft)
        draft = replace(draft, base=usual.get(called), kpi=_limited(draft, usual))
        draft = replace(draft, kpi=_from_base(draft, today))
        text = kpi_text(draft)
        figures = tuple(_figures(tried, called))
        columns = _columns(tried)
    finally:
        _leave(tried, workspace)
    findings = _findings(_read(workspace, path, text), path.name, columns)
    unit = chosen.unit
    added = Added(called, fit, path, text, unit, figures, findings)
    if dry_run:
        return added
    return replace(added, written=publish(path, lambda own: _write(own, text)))


def _write(own: Path, text: str) -> None:
    own.write_text(text, encoding="utf-8")


# ── what was said ────────────────────────────────────────────────────────────────────────────


def _known_parts(chosen: KpiTemplate, wished: Wished) -> None:
    """Refuse a variant, table or column that the template does not have."""
    shapes = list(chosen.variants.values())
    if wished.variant is not None:
        shapes = [variant_of(chosen, wished.variant)]
    roles = {role for shape in shapes for role in shape.tables}
    columns = {column for shape in shapes for column in shape.columns}
    for what, given, known in (
        ("table", wished.tables or {}, roles),
        ("column", wished.columns or {}, columns),
    ):
        for one in given:
            if one not in known:
                near = did_you_mean(one, known) or f"There are {', '.join(sorted(known))}."
                message = f"{chosen.name!r} asks for no {what} {one!r}."
                raise RequestError("unknown-template-part", message, hint=near)


def _called(name: str) -> str:
    if not legal(name, in_expressions=True):
        near = suggestion(name)
        hint = f"Call it {near!r}." if near else None
        raise RequestError("illegal-name", f"{name!r} cannot name a KPI.", hint=hint)
    return name


def _needs(chosen: KpiTemplate, fit: Fit) -> SameboatError:
    """Everything that is missing, with how to get it."""
    shape = chosen.variants[fit.variant]
    return WarehouseError.of(
        Finding("template-needs-data", f"{chosen.name}: {lack.says}.", hint=_advice(lack, shape))
        for lack in fit.lacks
    )


def _advice(lack: Lack, shape: Variant) -> str:
    if lack.ambiguous or lack.hint == shape.tables[lack.role].get:
        return lack.hint
    return f"{lack.hint} {shape.tables[lack.role].get}"


# ── what is written ──────────────────────────────────────────────────────────────────────────


def _draft(
    workspace: Opened,
    chosen: KpiTemplate,
    bound: Bound,
    called: str,
    held: Holdings,
    wished: Wished,
    today: dt.date,
) -> KpiDraft:
    project, shape = workspace.project, chosen.variants[bound.variant]
    declared = filled(shape, bound, name=called, held=held, teams=project.teams)
    for table in declared.get("tables", {}).values():
        table["tags"] = [MADE_HERE]
    there = _there_already(workspace, declared["metrics"], called)
    declared["metrics"] = {
        name: _renamed(metric, there)
        for name, metric in declared["metrics"].items()
        if name not in there
    }
    own = list(declared["metrics"])
    found, left = owners(chosen, project, own, review_by=today + REVIEW_AFTER)

    def said(text: str) -> str | None:
        name = filled_text(text, shape, bound, name=called, held=held)
        return there.get(name, name) if name else None

    kpi: dict[str, Any] = {"label": chosen.label, "metric": called}
    objective = _objective(workspace, chosen, wished)
    kpi["objective"] = objective
    if found:
        kpi["owners"] = found
    if len({owner["team"] for owner in found}) > 1:
        kpi["steward"] = {"rota": [o["team"] for o in found], "every": "quarter"}
    if wished.target is not None:
        kpi["target"] = {"to": wished.target} | ({"by": wished.by.isoformat()} if wished.by else {})
    kpi["guardrails"] = [
        {"metric": metric, **_bounds(limit)}
        for limit in chosen.guardrails
        if limit.metric and (metric := said(limit.metric)) in {*own, *there.values()}
    ]
    kpi["horizon"] = chosen.objective.horizon
    watched = said(chosen.watched.metric) if chosen.watched.metric else None
    kpi["signal"] = {"grain": chosen.watched.grain} | (
        {"metric": watched} if watched in {*own, *there.values()} - {called} else {}
    )
    kpi["gaming"] = " ".join(chosen.gaming)
    sections = dict(declared)
    if objective not in project.objectives:
        serves = chosen.objective
        own_words = {"statement": serves.statement, "horizon": serves.horizon}
        sections = {"objectives": {objective: own_words}, **sections}
    limits = tuple(limit.watch for limit in chosen.guardrails if limit.metric is None)
    return KpiDraft(called, chosen, bound.variant, bound, sections, kpi, tuple(left), limits)


_SAME = {
    "simple": ("type", "table", "agg", "expr", "filter", "unit"),
    "retention": ("type", "table", "entity", "amount", "period", "over", "method", "filter"),
}
"""What makes two metrics of a type one, beside their time; other types are never taken for one."""


_UNSAID = {"period": "month"}
"""What is meant where a definition does not say it."""

_ODD = {"non_additive_over", "fill_nulls_with", "join_to_time_spine", "merged"}
"""What only some metrics of a type say, and what makes them another metric."""


def _there_already(
    workspace: Opened, metrics: Mapping[str, Mapping[str, Any]], called: str
) -> dict[str, str]:
    """The template's metrics that the project has under another name: one truth, one name."""
    project = workspace.project
    known: dict[str, str] = {}
    for name, metric in project.metrics.items():
        if metric.type in _SAME and metric.retired is None:
            known.setdefault(_signature(workspace, plain(metric)), name)
    found = {
        name: known.get(_signature(workspace, metric))
        for name, metric in metrics.items()
        if metric["type"] in _SAME and name != called
    }
    return {name: other for name, other in found.items() if other is not None}


def _signature(workspace: Opened, metric: Mapping[str, Any]) -> str:
    table = workspace.project.tables.get(metric["table"])
    filters = metric.get("filter", [])
    said: dict[str, Any] = {key: metric.get(key) for key in _SAME[metric["type"]]}
    said = {key: str(value or _UNSAID.get(key, "")) for key, value in said.items()}
    said["filter"] = sorted([filters] if isinstance(filters, str) else filters)
    said["time"] = metric.get("time") or (table.time if table else None)
    odd = sorted(metric.keys() & _ODD)
    return repr((said, odd))


def _renamed(value: Any, names: Mapping[str, str]) -> Any:
    """A definition that uses the project's metrics where they are the template's own."""
    match value:
        case str():
            pattern = "|".join(map(re.escape, names))
            return re.sub(rf"\b({pattern})\b", lambda m: names[m[1]], value) if names else value
        case Mapping():
            return {key: _renamed(item, names) for key, item in value.items()}
        case list():
            return [_renamed(item, names) for item in value]
    return value


def _bounds(limit: Limit) -> dict[str, float]:
    given = {"min": limit.min, "worse_by": limit.worse_by}
    return {key: value for key, value in given.items() if value is not None}


def _objective(workspace: Opened, chosen: KpiTemplate, wished: Wished) -> str:
    known = workspace.project.objectives
    if wished.objective is None:
        return chosen.objective.name
    if wished.objective not in known:
        near = did_you_mean(wished.objective, known)
        message = f"{wished.objective!r} is no objective of the project."
        raise RequestError("unknown-objective", message, hint=near)
    return wished.objective


def _free(workspace: Opened, draft: KpiDraft, path: Path, called: str) -> None:
    """Refuse where the file or a name is there already: nothing is ever overwritten."""
    project = workspace.project
    taken = [f"the file {path.name}"] if path.exists() else []
    if called in project.kpis:
        taken.append(f"the KPI {called!r}")
    for section, there in (("metrics", project.metrics), ("tables", project.tables)):
        what = section.removesuffix("s")
        both = [name for name in draft.sections.get(section, {}) if name in there]
        taken += [f"the {what} {name!r}" for name in both]
    if taken:
        raise ProjectError(
            "template-name-taken",
            f"{', '.join(taken)} {'is' if len(taken) == 1 else 'are'} there already, and nothing "
            "of it is overwritten.",
            hint=f"Choose another name, such as --name {called}_2.",
        )


# ── before it is written ─────────────────────────────────────────────────────────────────────


def _tried(workspace: Opened, path: Path, text: str) -> Opened:
    """The project with the new file beside its own; its errors are raised."""
    tried = replace(workspace, project=_read(workspace, path, text))
    if tried.project.tables == workspace.project.tables:  # the same data: opened once
        tried.__dict__["warehouse"] = workspace.warehouse
    found = _findings(tried.project, path.name, _columns(tried))
    errors = [f for f in found if f.severity == "error"]
    if errors:
        _leave(tried, workspace)
        raise ProjectError.of(errors)
    return tried


def _leave(tried: Opened, workspace: Opened) -> None:
    """Close what was opened for the trial alone."""
    if tried.__dict__.get("warehouse") is workspace.__dict__.get("warehouse"):
        tried.__dict__.pop("warehouse", None)
    tried.close()


def _read(workspace: Opened, path: Path, text: str) -> Project:
    """The project as it is with the new file; what is wrong in that file is raised."""
    examined = examine(workspace.project.folder, beside={path.name: text.encode()})
    wrong = [f for f in examined.errors if f.where is not None and f.where.file == path.name]
    if wrong:
        raise ProjectError.of(wrong)
    return examined.project


def _columns(workspace: Opened) -> dict[str, Mapping[str, str]]:
    """The columns of every table that can be read."""
    columns: dict[str, Mapping[str, str]] = {}
    for name, table in workspace.project.tables.items():
        try:
            shown = workspace.warehouse.columns(name)
        except SameboatError:
            continue
        columns[name] = {**dict.fromkeys(table.personal, "text"), **shown}
    return columns


def _findings(
    project: Project, file: str, columns: Mapping[str, Mapping[str, str]]
) -> tuple[Finding, ...]:
    """What `check` says of the new file."""
    found = check(project, columns=columns)
    return tuple(f for f in found if f.where is not None and f.where.file == file)


def _usual(workspace: Opened, draft: KpiDraft) -> dict[str, float]:
    """The median month of the last year, of the KPI and of what its guardrails watch."""
    wanted = [draft.name, *(guardrail["metric"] for guardrail in draft.kpi["guardrails"])]
    found: dict[str, float] = {}
    for metric in dict.fromkeys(wanted):
        values = [figure.value for figure in _figures(workspace, metric)][-12:]
        if values:
            found[metric] = statistics.median(values)
    return found


def _limited(draft: KpiDraft, usual: Mapping[str, float]) -> dict[str, Any]:
    """The KPI with the limits that are shares of what is usual on the data."""
    kpi = dict(draft.kpi)
    computed = [limit for limit in draft.template.guardrails if limit.metric]
    guardrails = []
    for guardrail, limit in zip(kpi["guardrails"], computed, strict=True):
        value = usual.get(guardrail["metric"])
        if not (limit.least_of_usual or limit.most_of_usual):
            guardrails.append(guardrail)
        elif value is not None and limit.least_of_usual:
            guardrails.append({**guardrail, "min": _rounded(value * limit.least_of_usual)})
        elif value is not None and limit.most_of_usual:
            guardrails.append({**guardrail, "max": _rounded(value * limit.most_of_usual)})
    kpi["guardrails"] = guardrails
    if not guardrails:
        del kpi["guardrails"]
    return kpi


def _from_base(draft: KpiDraft, today: dt.date) -> dict[str, Any]:
    """The KPI with a target that begins today at what is usual now."""
    target = draft.kpi.get("target")
    if target is None or draft.base is None:
        return dict(draft.kpi)
    begins = {"since": today.isoformat(), "from": float(f"{draft.base:.4g}")}
    return {**draft.kpi, "target": {**begins, **target}}


def _rounded(value: float) -> float:
    rounded = float(f"{value:.2g}")
    return int(rounded) if rounded.is_integer() else rounded


def _figures(workspace: Opened, metric: str) -> Iterator[Figure]:
    """The metric of each complete month that has a figure, oldest first.

    A month of a conversion is complete when the window of its last day is over.
    """
    declared = workspace.project.metrics[metric]
    window = declared.window if declared.type == "conversion" else None
    over = local_now(workspace).date()
    if window is not None:
        over -= dt.timedelta(days=window.count * _DAYS.get(window.grain, 1))
    rows = workspace.query([metric], group_by=["metric_time__month"])
    for row in rows.sort_by("metric_time__month").to_pylist():
        month, value = row["metric_time__month"], row[metric]
        if month is None or value is None:
            continue
        day = month.date() if isinstance(month, dt.datetime) else month
        if (day + dt.timedelta(days=32)).replace(day=1) <= over:
            yield Figure(day, float(value))


_DAYS = {"day": 1, "week": 7, "month": 31, "quarter": 92, "year": 366}
"""The most days that a length of time lasts."""
