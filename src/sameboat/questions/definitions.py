"""What a number is: its definition in words, where it stands and from what it is made."""

from __future__ import annotations

from sameboat.project.declared import Project
from sameboat.project.model import Between, Derived, Kpi, Metric, Ratio, Simple
from sameboat.questions.kpi_parts import Definition
from sameboat.questions.wanted import tables_of


def definition(project: Project, kpi: Kpi, *, sql: str) -> Definition:
    """The definition of a KPI's metric, in words that its files give."""
    metric = project.metrics[kpi.metric]
    place = project.place("metrics", kpi.metric)
    objective = project.objectives.get(kpi.objective or "")
    above = below = None
    if isinstance(metric, Ratio):
        above = _said(project, metric.numerator.metric, metric.numerator.filter)
        below = _said(project, metric.denominator.metric, metric.denominator.filter)
    return Definition(
        version=metric.version,
        valid_from=metric.valid_from,
        why=metric.why,
        description=kpi.description or metric.description,
        numerator=above,
        denominator=below,
        formula=formula_words(metric),
        good=_good(metric),
        objective=objective.title if objective else None,
        horizon=kpi.horizon or (objective.horizon if objective else None),
        gaming=kpi.gaming,
        sources=tuple(_source(project, name) for name in tables_of(project, kpi.metric)),
        file=f"{place.file}:{place.line}" if place else None,
        sql=sql,
    )


def _said(project: Project, name: str, filters: tuple[str, ...]) -> str:
    """A metric in words: its description, or what it aggregates and where."""
    metric = project.metrics.get(name)
    if metric is None:
        return name
    said = metric.description or f"{metric.title}: {formula_words(metric)}"
    return f"{said}, where {' and '.join(filters)}" if filters else said


def formula_words(metric: Metric) -> str | None:
    """How a metric is computed, in few words; only its type where these do not tell it."""
    match metric:
        case Simple():
            inside = metric.expr or ("rows" if metric.agg == "count" else metric.name)
            where = f" where {' and '.join(metric.filter)}" if metric.filter else ""
            return f"{metric.agg.replace('_', ' ')} of {inside} in {metric.table}{where}"
        case Ratio():
            return f"{metric.numerator.metric} / {metric.denominator.metric}"
        case Derived():
            return metric.expr
    return metric.type


def _good(metric: Metric) -> str | None:
    if isinstance(metric.good, Between):
        low, high = metric.good.between
        return f"between {low} and {high}"
    return metric.good


def _source(project: Project, name: str) -> str:
    table = project.tables.get(name)
    where = (table.file or table.relation or "a select over other tables") if table else "unknown"
    return f"{name} · {where}"
