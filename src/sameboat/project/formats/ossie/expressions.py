"""Metrics → SQL expressions with aggregates, as Ossie has them."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field

from sameboat.project.declared import Project
from sameboat.project.formats.ossie.parts import said_name
from sameboat.project.formats.raw import Skipped, readable
from sameboat.project.formats.spelling import plain_column, spell
from sameboat.project.formula import Binary, Name, Node, parse
from sameboat.project.model import Derived, Input, Ratio, Simple, Table
from sameboat.project.vocabulary import parsed

_AGGREGATES = {
    "sum": "SUM({0})",
    "average": "AVG({0})",
    "min": "MIN({0})",
    "max": "MAX({0})",
    "count": "COUNT({0})",
    "count_distinct": "COUNT(DISTINCT {0})",
    "median": "PERCENTILE_CONT(0.5) WITHIN GROUP (ORDER BY {0})",
    "percentile": "PERCENTILE_{1}({2:g}) WITHIN GROUP (ORDER BY {0})",
    "sum_boolean": "SUM(CASE WHEN {0} THEN 1 ELSE 0 END)",
}

DEEPEST = 40
"""How deep metrics may be made of metrics."""


@dataclass
class Expressions:
    """Writes the metrics of a project; `measured` gathers columns that must become fields."""

    project: Project
    datasets: Mapping[str, str]
    """What each table is called in the document."""
    measured: dict[str, dict[str, str]] = field(default_factory=dict)
    """Per table the columns that only metrics use, with the names of their fields."""

    def metric(self, name: str) -> str:
        """The expression of a metric.

        Raises Skipped where aggregates and arithmetic cannot say it.
        """
        return self._metric(name, (), ())

    def _metric(self, name: str, filters: tuple[str, ...], trail: tuple[str, ...]) -> str:
        found = self.project.metrics.get(name)
        if found is None:
            raise Skipped(f"there is no metric {name!r}")
        if name in trail or len(trail) > DEEPEST:
            raise Skipped("it is defined by itself")
        inside = (*filters, *found.filter)
        trail = (*trail, name)
        match found:
            case Simple():
                return self._simple(found.model_copy(update={"filter": inside}))
            case Ratio():
                above = self._input(found.numerator, inside, trail)
                below = self._input(found.denominator, inside, trail)
                return f"{_operand(above)} / NULLIF({below}, 0)"
            case Derived():
                return self._derived(found, inside, trail)
        raise Skipped(f"a {found.type} metric is more than aggregates and arithmetic")

    def _input(self, given: Input, filters: tuple[str, ...], trail: tuple[str, ...]) -> str:
        if given.offset_window is not None or given.offset_to_grain is not None:
            raise Skipped("it looks back in time")
        made = self._metric(given.metric, (*filters, *given.filter), trail)
        if given.fill_nulls_with is not None:
            return f"COALESCE({made}, {given.fill_nulls_with:g})"
        return made

    def _derived(self, metric: Derived, filters: tuple[str, ...], trail: tuple[str, ...]) -> str:
        inputs = {given.called: given for given in metric.metrics}

        def naming(name: Name) -> str:
            given = inputs.get(name.text) or Input(metric=name.text)
            return _operand(self._input(given, filters, trail))

        return spell(parse(readable(metric.expr, "its 'expr'")), naming)

    # ── one aggregate ────────────────────────────────────────────────────────────────────

    def _simple(self, metric: Simple) -> str:
        if metric.non_additive_over is not None:
            raise Skipped("a level is not summed over time, which no aggregate says")
        table = self.project.tables.get(metric.table)
        if table is None:
            raise Skipped(f"there is no table {metric.table!r}")
        condition = self._condition(metric, table)
        counts_rows = metric.agg == "count" and metric.expr is None
        said = "1" if counts_rows else self._measured(metric.expr or metric.name, table)
        if condition is not None:
            said = f"CASE WHEN {condition} THEN {said} END"
        elif counts_rows:
            said = f"{self.datasets[table.name]}.*"
        kind = "DISC" if metric.discrete else "CONT"
        return _AGGREGATES[metric.agg].format(said, kind, metric.percentile or 0.0)

    def _measured(self, expr: str, table: Table) -> str:
        def naming(name: Name) -> str:
            return f"{self.datasets[table.name]}.{self._field(name.text, table)}"

        tree = parse(readable(expr, "its 'expr'"))
        for dimension in table.dimensions.values():
            if dimension.expr is not None and parsed(dimension.expr) == tree:
                return f"{self.datasets[table.name]}.{said_name(dimension)}"
        return spell(tree, naming)

    def _field(self, column: str, table: Table) -> str:
        """The field that is a column: a dimension, or one that only metrics use."""
        column = column.rpartition(".")[2]
        for name, dimension in table.dimensions.items():
            if plain_column(dimension.expr or name) == column:
                return said_name(dimension)
        measured = self.measured.setdefault(table.name, {})
        if column not in measured:
            taken = {*table.dimensions, *measured.values()}
            name = column
            while name in taken:
                name += "_column"
            measured[column] = name
        return measured[column]

    def _condition(self, metric: Simple, table: Table) -> str | None:
        joined: Node | None = None
        for text in metric.filter:
            node = parse(readable(text, "its filter"))
            joined = node if joined is None else Binary("and", joined, node)
        if joined is None:
            return None
        return spell(joined, lambda name: self._reached(name, table))

    def _reached(self, name: Name, table: Table) -> str:
        """A name in a filter, as the field of the dataset that it leads to."""
        if name.grain or name.part:
            raise Skipped("its filter is on a period of time")
        *links, last = name.text.split("__")
        if links and _is_own(table, links):
            links = []
        if not links:
            if last in table.dimensions:
                return f"{self.datasets[table.name]}.{said_name(table.dimensions[last])}"
            if last in table.entities:
                columns = table.entities[last].expr or (last,)
                last = columns[0] if len(columns) == 1 else last
            return f"{self.datasets[table.name]}.{self._field(last, table)}"
        homes = [
            far
            for far in self.project.tables.values()
            if far is not table
            and links[0] in table.entities
            and links[0] in far.entities
            and far.entities[links[0]].type in ("primary", "unique")
            and last in far.dimensions
        ]
        if len(links) > 1 or len(homes) != 1:
            raise Skipped(f"its filter needs {name.text!r}, which is not one dataset away")
        return f"{self.datasets[homes[0].name]}.{said_name(homes[0].dimensions[last])}"


def _is_own(table: Table, links: list[str]) -> bool:
    entity = table.entities.get(links[0])
    own = table.primary_entity == links[0] or (entity is not None and entity.type == "primary")
    return len(links) == 1 and own


_ONE_CALL = re.compile(r"\w+\([^()']*\)")


def _operand(expression: str) -> str:
    """An expression in brackets where it is more than one plain call."""
    return expression if _ONE_CALL.fullmatch(expression) else f"({expression})"
