"""Names that lead nowhere."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sameboat.errors import Finding, did_you_mean
from sameboat.periods import Span
from sameboat.project.model import Conversion, Derived, Kpi, Shape, Simple, Table
from sameboat.project.names import legal
from sameboat.project.places import Path
from sameboat.project.plans import Initiative, Staffing
from sameboat.project.structure import Mention, keys
from sameboat.project.values import Column, Condition, Refers
from sameboat.project.vocabulary import (
    Vocabulary,
    entities_of,
    metrics_in,
    names_in,
    parsed,
    shapes,
)

_NOUNS = {"kpi": "KPI", "study": "experiment or initiative"}
_GRAIN_KEYS = frozenset({"grain", "grain_to_date", "offset_to_grain", "time_grain", "period"})


def references(known: Vocabulary) -> Iterator[Finding]:
    """A finding for every name, grain and expression of a project that means nothing."""
    for mention in known.mentions:
        marker = mention.marker
        if marker is Span:
            yield from _span(known, mention)
        elif isinstance(marker, Refers):
            yield from _reference(known, mention, marker.kind)
        elif isinstance(marker, (Column, Condition)):
            yield from _expression(known, mention)
    yield from _grains(known)
    yield from _formulas(known)
    yield from _tables(known)
    yield from _saved_orders(known)


def unknown(known: Vocabulary, kind: str, name: str, names: Iterable[str], path: Path) -> Finding:
    """The finding for a name that is none of these."""
    noun = _NOUNS.get(kind, kind)
    article = "an" if noun[0] in "aeio" else "a"
    return Finding(
        f"unknown-{kind}",
        f"{name!r} is not {article} {noun} of this project.",
        known.project.place(*path),
        did_you_mean(name, names),
    )


def _reference(known: Vocabulary, mention: Mention, kind: str) -> Iterator[Finding]:
    name = mention.value
    if kind == "dimension":
        yield from _dimension(known, mention)
    elif kind == "entity":
        yield from _entity(known, mention)
    elif kind == "role":
        plan = next(shape for shape in mention.around if isinstance(shape, Staffing))
        if name not in plan.roles:
            yield unknown(known, kind, name, plan.roles, mention.path)
    elif known.whole and name not in known.declared(kind):
        yield unknown(known, kind, name, known.declared(kind), mention.path)


def _dimension(known: Vocabulary, mention: Mention) -> Iterator[Finding]:
    table = next((shape for shape in mention.around if isinstance(shape, Table)), None)
    if mention.key == "dimension" and isinstance(mention.around[0], Simple):
        table = known.project.tables.get(mention.around[0].table)
    yield from _leads(known, mention.value, mention.path, table)


def _leads(
    known: Vocabulary, name: str, path: Path, table: Table | None = None
) -> Iterator[Finding]:
    if not known.whole or known.project.faulty.get("tables") or known.leads(name, table):
        return
    near = table.dimensions if table and "__" not in name else known.dimensions
    hint = did_you_mean(name, sorted(known.qualified | set(near)))
    where = known.project.place(*path)
    of = f"table {table.name!r}" if table and "__" not in name else "any table that can be reached"
    yield Finding("unknown-dimension", f"{name!r} is not a dimension of {of}.", where, hint)


def _entity(known: Vocabulary, mention: Mention) -> Iterator[Finding]:
    if not known.whole or known.project.faulty.get("tables"):
        return
    tables = _tables_of(known, mention)
    names = frozenset().union(*(entities_of(table) for table in tables)) or known.entities
    if mention.value not in names:
        yield unknown(known, "entity", mention.value, names, mention.path)


def _tables_of(known: Vocabulary, mention: Mention) -> list[Table]:
    shape = mention.around[-1]
    names: list[str] = [getattr(shape, "table", "")]
    if isinstance(shape, Conversion):
        metrics = (known.project.metrics.get(part.metric) for part in (shape.base, shape.converted))
        names = [metric.table for metric in metrics if isinstance(metric, Simple)]
    return [known.project.tables[name] for name in names if name in known.project.tables]


def _span(known: Vocabulary, mention: Mention) -> Iterator[Finding]:
    grain = mention.value.grain
    if known.whole and grain not in known.grains:
        yield _unknown_grain(known, grain, mention.path)


def _unknown_grain(known: Vocabulary, grain: str, path: Path) -> Finding:
    hint = did_you_mean(grain, sorted(known.grains))
    message = f"{grain!r} is not a grain of time."
    return Finding("unknown-grain", message, known.project.place(*path), hint)


def _grains(known: Vocabulary) -> Iterator[Finding]:
    """Grains that are written as plain text."""
    for path, shape in shapes(known.project):
        for key, grain in _grain_texts(shape):
            if grain not in known.grains:
                yield _unknown_grain(known, grain, (*path, *key))


def _grain_texts(shape: Shape) -> Iterator[tuple[Path, str]]:
    for key in _GRAIN_KEYS & keys(type(shape)).keys():
        value = getattr(shape, key)
        if isinstance(value, str):
            yield (key,), value
    if isinstance(shape, Table):
        for name, dimension in shape.dimensions.items():
            if dimension.grain:
                yield ("dimensions", name, "grain"), dimension.grain
        for at, rollup in enumerate(shape.rollups):
            yield ("rollups", at, "grain"), rollup.grain
    if isinstance(shape, Kpi) and shape.signal.grain is not None:
        yield ("signal", "grain"), shape.signal.grain
    if isinstance(shape, Initiative) and shape.panel is not None:
        yield ("panel", "grain"), shape.panel.grain


# ── expressions ──────────────────────────────────────────────────────────────────────────────


def syntax(known: Vocabulary, text: str, path: Path) -> Iterator[Finding]:
    """What is wrong with the words of an expression."""
    found = parsed(text)
    if isinstance(found, Finding):
        yield found.at(known.project.place(*path))


def _expression(known: Vocabulary, mention: Mention) -> Iterator[Finding]:
    """An expression that cannot be read, and names in it that mean nothing."""
    text, path = mention.value, mention.path
    yield from syntax(known, text, path)
    for name in names_in(text):
        if "__" in name.text and isinstance(mention.marker, Condition):
            yield from _leads(known, name.text, path)
    for used in metrics_in(text):
        if known.whole and used.metric not in known.declared("metric"):
            yield unknown(known, "metric", used.metric, known.declared("metric"), path)


def _formulas(known: Vocabulary) -> Iterator[Finding]:
    """Formulas over metrics: of derived metrics and of the tree."""
    for name, metric in known.project.metrics.items():
        if isinstance(metric, Derived):
            path: Path = ("metrics", name, "expr")
            yield from syntax(known, metric.expr, path)
            yield from _inputs(known, metric, path)
    for at, driver in enumerate(known.project.drivers):
        if driver.equals is not None:
            path = ("drivers", at, "equals")
            yield from syntax(known, driver.equals, path)
            yield from _metric_names(known, driver.equals, path)


def _inputs(known: Vocabulary, metric: Derived, path: Path) -> Iterator[Finding]:
    if not metric.metrics:
        yield from _metric_names(known, metric.expr, path)
        return
    inputs = {part.called for part in metric.metrics}
    used = {name.text for name in names_in(metric.expr)}
    for name in sorted(used - inputs):
        yield Finding(
            "undeclared-input",
            f"{name!r} is not one of the inputs that 'metrics' lists.",
            known.project.place(*path),
            did_you_mean(name, inputs) or f"Inputs are {', '.join(sorted(inputs))}.",
        )
    if used - inputs or isinstance(parsed(metric.expr), Finding):
        return  # the name that was meant may be the misspelt one
    for at, part in enumerate(metric.metrics):
        if part.called not in used and legal(part.called, in_expressions=True):
            yield Finding(
                "unused-input",
                f"the input {part.called!r} does not stand in 'expr'.",
                known.project.place("metrics", metric.name, "metrics", at),
                severity="warning",
            )


def _metric_names(known: Vocabulary, text: str, path: Path) -> Iterator[Finding]:
    for name in dict.fromkeys(name.text for name in names_in(text)):
        if known.whole and name not in known.declared("metric"):
            yield unknown(known, "metric", name, known.declared("metric"), path)


def _tables(known: Vocabulary) -> Iterator[Finding]:
    """Expressions of entities and dimensions, and each table's own time dimension."""
    for name, table in known.project.tables.items():
        for entity, declared in table.entities.items():
            for text in declared.expr:
                yield from syntax(known, text, ("tables", name, "entities", entity, "expr"))
        for dimension, made in table.dimensions.items():
            if made.expr is not None:
                path = ("tables", name, "dimensions", dimension, "expr")
                yield from syntax(known, made.expr, path)
        if table.time is not None:
            yield from time_dimension(known, table.time, table, ("tables", name, "time"))
    for name, metric in known.project.metrics.items():
        own = known.project.tables.get(getattr(metric, "table", ""))
        time = getattr(metric, "time", None)
        if own is not None and time is not None:
            yield from time_dimension(known, time, own, ("metrics", name, "time"))


def time_dimension(known: Vocabulary, name: str, table: Table, path: Path) -> Iterator[Finding]:
    """A finding where a name is not a time dimension of a table."""
    where = known.project.place(*path)
    times = [key for key, made in table.dimensions.items() if made.type == "time"]
    if name in times:
        return
    if name in table.dimensions:
        message = f"{name!r} is a dimension of table {table.name!r}, but not of time."
        yield Finding("unknown-dimension", message, where, "Give it 'type: time'.")
    else:
        message = f"{name!r} is not a time dimension of table {table.name!r}."
        hint = did_you_mean(name, times) or "Declare it under 'dimensions' with 'type: time'."
        yield Finding("unknown-dimension", message, where, hint)


def _saved_orders(known: Vocabulary) -> Iterator[Finding]:
    """What saved queries are ordered by must be in their results."""
    for name, query in known.project.saved_queries.items():
        results = {*query.metrics, *query.group_by}
        for at, text in enumerate(query.order_by):
            if text.removeprefix("-") not in results:
                yield Finding(
                    "unknown-order",
                    f"{text.removeprefix('-')!r} is not in the results of this query.",
                    known.project.place("saved_queries", name, "order_by", at),
                    did_you_mean(text.removeprefix("-"), results),
                )
