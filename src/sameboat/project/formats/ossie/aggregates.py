"""Metric expressions of Ossie → simple metrics, and formulas over them.

An Ossie metric is one SQL expression with aggregates in it. Each aggregate over one dataset
becomes a simple metric; what stands around them becomes a ratio or a derived metric.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp, parse_one
from sqlglot.errors import SqlglotError

from sameboat.project.formats.raw import Skipped, readable, without_nothing
from sameboat.project.names import legal, shown

DIALECTS: Mapping[str, str] = {
    "ANSI_SQL": "duckdb",
    "SNOWFLAKE": "snowflake",
    "DATABRICKS": "databricks",
    "BIGQUERY": "bigquery",
}
"""Dialects of expressions that are SQL, with sqlglot's names for them, best first."""

_PLAIN: Mapping[type[exp.Expression], str] = {
    exp.Sum: "sum",
    exp.Avg: "average",
    exp.Min: "min",
    exp.Max: "max",
    exp.Median: "median",
    exp.Count: "count",
}
_PERCENTILES: Mapping[type[exp.Expression], bool] = {
    exp.PercentileCont: False,
    exp.PercentileDisc: True,
    exp.Quantile: False,
}
_REFUSED = (exp.Window, exp.Query, exp.Subquery)


@dataclass(frozen=True)
class Place:
    """Where a column of an expression leads: its dataset's table, and its name and text there."""

    table: str
    dimension: str | None
    expr: str


Lookup = Callable[[str, str], Place]
"""From a qualifier (empty where there is none) and a name to the place; raises Skipped."""

Reach = Callable[[str, Place], str]
"""How a filter over the first table names a place in any table; raises Skipped."""


@dataclass
class Formulas:
    """Reads expressions of one model; equal aggregates are one metric."""

    lookup: Lookup
    reach: Reach
    tables: tuple[str, ...]
    simple: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Every simple metric so far, the made ones among them."""
    taken: set[str] = field(default_factory=set)
    """Names that metrics of the document have."""

    def read(self, name: str, text: str, dialect: str) -> dict[str, Any]:
        """The raw values of a metric.

        Raises Skipped where it cannot be said as aggregates and arithmetic over them.
        """
        tree = _unwrapped(_parsed(text, dialect))
        if any(tree.find(refused) for refused in _REFUSED):
            raise Skipped("it has a window or a query in its expression")
        if _is_aggregate(tree):
            return self._aggregate(tree)
        ratio = self._as_ratio(tree)
        if ratio is not None:
            above, below = ratio
            return {
                "type": "ratio",
                "numerator": self._named(above, f"{name}_numerator"),
                "denominator": self._named(below, f"{name}_denominator"),
            }
        return self._derived(name, tree)

    def _as_ratio(self, tree: exp.Expression) -> tuple[exp.Expression, exp.Expression] | None:
        """Both sides of a quotient of aggregates or metrics; a guard against zero is understood."""
        if not isinstance(tree, exp.Div):
            return None
        above, below = _unwrapped(tree.this), _unwrapped(tree.expression)
        if isinstance(above, exp.Mul) and above.this.sql() in ("1", "1.0"):
            above = _unwrapped(above.expression)  # `1.0 * a / b` only keeps engines from rounding
        if isinstance(below, exp.Nullif) and below.expression.sql() == "0":
            below = _unwrapped(below.this)
        return (above, below) if self._is_metric(above) and self._is_metric(below) else None

    def _is_metric(self, node: exp.Expression) -> bool:
        named = isinstance(node, exp.Column) and not node.table
        return _is_aggregate(node) or (named and node.name.lower() in self.taken)

    def _derived(self, name: str, tree: exp.Expression) -> dict[str, Any]:
        inputs: dict[str, None] = {}

        def exchanged(node: exp.Expression) -> exp.Expression:
            if _is_aggregate(node):
                own = self._named(node, f"{name}_part_{len(inputs) + 1}")
            elif isinstance(node, exp.Column):
                own = node.name.lower()
                if node.table or own not in self.taken or own == name:
                    raise Skipped(f"{node.sql()} stands outside of any aggregate")
            else:
                return node
            inputs[own] = None
            return exp.Placeholder(this=own)

        made = tree.copy().transform(exchanged)
        for placeholder in list(made.find_all(exp.Placeholder)):
            placeholder.replace(exp.column(placeholder.name))
        if not inputs:
            raise Skipped("there is no aggregate in its expression")
        expr = readable(made.sql(dialect="duckdb"), "its expression")
        return {"type": "derived", "expr": expr, "metrics": list(inputs)}

    def _named(self, node: exp.Expression, wanted: str) -> str:
        """The name of the simple metric that an aggregate is, made where there is none."""
        if isinstance(node, exp.Column):
            return node.name.lower()
        made = self._aggregate(node)
        for name, known in self.simple.items():
            if {key: known.get(key) for key in _STRUCTURE} == {
                key: made.get(key) for key in _STRUCTURE
            }:
                return name
        name, count = wanted, 2
        while name in self.taken or not legal(name, in_expressions=True):
            name, count = f"{wanted}_{count}", count + 1
            if count > 100:
                raise Skipped(f"no name can be made for {shown(wanted)}")
        self.simple[name] = made
        self.taken.add(name)
        return name

    def _aggregate(self, node: exp.Expression) -> dict[str, Any]:
        """A simple metric from one aggregate function over one dataset."""
        node = _unwrapped(node)
        if isinstance(node, exp.Filter):
            made = self._aggregate(node.this)
            condition = node.expression.this
            made["filter"] = [*made.get("filter", ()), self._condition(condition, made["table"])]
            return made
        percentile, discrete, argument = _percentile(node)
        agg = "percentile" if percentile is not None else _PLAIN.get(type(node))
        if agg is None:
            raise Skipped(f"the aggregate {node.sql()} is not supported")
        if agg == "count" and isinstance(argument, exp.Distinct):
            if len(argument.expressions) != 1:
                raise Skipped("it counts distinct combinations of several values")
            agg, argument = "count_distinct", argument.expressions[0]
        argument, condition = _conditional(argument)
        if argument.find(exp.AggFunc):
            raise Skipped("an aggregate stands in another one")
        table = self._home(argument, condition)
        return without_nothing(
            {
                "type": "simple",
                "table": table,
                "agg": agg,
                "expr": self._expression(argument, agg),
                "filter": [self._condition(condition, table)] if condition is not None else None,
                "percentile": percentile,
                "discrete": discrete,
            }
        )

    def _home(self, argument: exp.Expression, condition: exp.Expression | None) -> str:
        """The one table that an aggregate runs over."""
        columns = _columns(argument) or (_columns(condition) if condition is not None else [])
        stars = [c.table for c in columns if isinstance(c.this, exp.Star)]
        homes = {self.lookup(table, "").table for table in stars} | {
            self.lookup(c.table, c.name).table for c in columns if not isinstance(c.this, exp.Star)
        }
        if not columns and len(self.tables) == 1:
            homes = set(self.tables)
        if len(homes) != 1:
            said = "runs over several datasets" if homes else "does not say which rows it counts"
            raise Skipped(f"the aggregate of {argument.sql()} {said}")
        return homes.pop()

    def _expression(self, argument: exp.Expression, agg: str) -> str | None:
        if agg == "count" and isinstance(argument, (exp.Star, exp.Literal)):
            return None
        if isinstance(argument, exp.Column) and isinstance(argument.this, exp.Star):
            return None

        def to_text(node: exp.Expression) -> exp.Expression:
            if not isinstance(node, exp.Column):
                return node
            found = _parsed(self.lookup(node.table, node.name).expr, "ANSI_SQL")
            return found if isinstance(found, exp.Column) else exp.Paren(this=found)

        made = _unwrapped(argument.copy().transform(to_text))
        return readable(made.sql(dialect="duckdb"), "its expression")

    def _condition(self, node: exp.Expression, table: str) -> str:
        def to_name(part: exp.Expression) -> exp.Expression:
            if not isinstance(part, exp.Column):
                return part
            return exp.column(self.reach(table, self.lookup(part.table, part.name)))

        made = _unwrapped(node).copy().transform(to_name)
        return readable(made.sql(dialect="duckdb"), "its condition")


_STRUCTURE = (
    "type", "table", "agg", "expr", "filter", "percentile", "discrete", "time",
    "non_additive_over", "fill_nulls_with", "join_to_time_spine",
)  # fmt: skip
"""Keys that decide what a simple metric computes."""


def as_ours(text: str, dialect: str) -> str:
    """An expression of a dialect in the SQL that our grammar reads."""
    return text if dialect == "ANSI_SQL" else _parsed(text, dialect).sql(dialect="duckdb")


def _parsed(text: str, dialect: str) -> exp.Expression:
    try:
        found = parse_one(text, dialect=DIALECTS[dialect])
    except (SqlglotError, RecursionError) as error:
        raise Skipped(f"its expression is no SQL: {str(error).splitlines()[0]}") from None
    if not isinstance(found, exp.Expression):
        raise Skipped("its expression is no SQL")
    return found


def _unwrapped(node: exp.Expression) -> exp.Expression:
    while isinstance(node, exp.Paren):
        node = node.this
    return node


def _is_aggregate(node: exp.Expression) -> bool:
    return isinstance(node, (exp.AggFunc, exp.Filter, exp.WithinGroup))


def _percentile(node: exp.Expression) -> tuple[float | None, bool, exp.Expression]:
    """The percentile of an aggregate, whether it is discrete, and what is aggregated."""
    inner = node.this if isinstance(node, exp.WithinGroup) else node
    if type(inner) not in _PERCENTILES:
        return None, False, inner.this if inner.this is not None else exp.Star()
    if isinstance(node, exp.WithinGroup):
        share = inner.this
        argument = node.expression.expressions[0].this
    else:
        argument, share = inner.this, inner.args.get("quantile") or inner.args.get("expression")
    if not isinstance(share, exp.Literal) or share.is_string:
        raise Skipped("its percentile is not a number")
    return float(share.this), _PERCENTILES[type(inner)], argument


def _conditional(argument: exp.Expression) -> tuple[exp.Expression, exp.Expression | None]:
    """What is aggregated and under which condition, from `CASE WHEN condition THEN it END`."""
    case = _unwrapped(argument)
    if not isinstance(case, exp.Case) or case.this is not None or len(case.args["ifs"]) != 1:
        return case, None
    default = case.args.get("default")
    if default is not None and not isinstance(default, exp.Null):
        return case, None
    (branch,) = case.args["ifs"]
    return branch.args["true"], branch.this


def _columns(node: exp.Expression) -> list[exp.Column]:
    return list(node.find_all(exp.Column))
