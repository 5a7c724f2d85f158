"""A metric taken apart into leaves: aggregates over one table each, and the formula over them.

Filters, windows and offsets of outer metrics are pushed down to the leaves, so that a ratio of
offset or windowed metrics stays a ratio of sums.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, field, replace

from sameboat.errors import RequestError, did_you_mean
from sameboat.periods import GRAINS
from sameboat.project.formula import (
    Binary,
    Call,
    Case,
    IsNull,
    Literal,
    Name,
    Node,
    conjuncts,
    names,
    parse,
    rewrite,
    walk,
)
from sameboat.project.model import (
    Conversion,
    Cumulative,
    Derived,
    Duration,
    Index,
    Input,
    Metric,
    Ratio,
    Retention,
    Simple,
    Survey,
    Table,
)

from .durations import as_simple
from .expressions import BaseValue, LeafValue, Quotient
from .joins import Graph
from .leaf import COUNTS, Converted, Leaf, Offset, Window
from .money import Money, refuse_mixed
from .plan import World
from .query import Request
from .retention import retention_formula
from .surveys import survey_formula


@dataclass(frozen=True)
class _Setting:
    """What outer metrics ask of an inner one."""

    filters: tuple[Node, ...] = ()
    offsets: tuple[Offset, ...] = ()
    window: Window | None = None
    fill: float | None = None
    spine: bool = False
    trail: tuple[str, ...] = ()
    shown_in: str | None = None  # the currency of all money inside


@dataclass
class Leaves:
    """The leaves met so far; equal ones are kept once."""

    metrics: Mapping[str, Metric]
    tables: Mapping[str, Table]
    native: bool = True
    now: dt.datetime | None = None
    money: Money = field(default_factory=Money)
    graph: Graph | None = None
    found: list[Leaf] = field(default_factory=list)

    @classmethod
    def of(cls, world: World, request: Request) -> Leaves:
        """No leaves yet, and all that decides which ones a request's metrics have."""
        money = Money(world.currencies is not None, world.currency, request.currency, request.rates)
        return cls(world.metrics, world.tables, not world.dbt, request.as_of, money, world.graph)

    def formula(self, metric: str) -> Node:
        """The formula of a metric over leaves.

        Raises RequestError: `unknown-metric`, `metric-cycle`, `metric-type-later`.
        """
        return self._expand(metric, _Setting())

    def parts(self, metric: str, node: Node) -> list[tuple[str, Node]]:
        """What a metric's figure is made of: numerator and denominator of a ratio, and n.

        n counts the rows behind the figure: those of a simple metric, or of the denominator of
        its first ratio. An index is made of its parts' changes, `part_1` and so on, in order.
        """
        found: list[tuple[str, Node]] = []
        if isinstance(self.metrics[metric], Index):
            changes = [part for part in walk(node) if _is_change(part)]
            return [(f"part_{number}", change) for number, change in enumerate(changes, start=1)]
        base = node
        quotient = next((part for part in walk(node) if isinstance(part, Quotient)), None)
        if quotient is not None:
            if not isinstance(self.metrics[metric], Derived):
                found = [("numerator", quotient.above), ("denominator", quotient.below)]
            base = quotient.below
        if quotient is not None and isinstance(self.metrics[metric], Survey):
            match quotient.above:
                case Binary("-", LeafValue() as promoters, LeafValue() as detractors):
                    found += [("promoters", promoters), ("detractors", detractors)]
        leaf = self._leaf_behind(base)
        if leaf is None or leaf.over is not None or leaf.spine:
            return found
        if leaf.cohort is not None:
            counted = replace(leaf, cohort=replace(leaf.cohort, counts="entities"))
            return [*found, ("n", self.add(replace(counted, metric=f"{metric}__n")))]
        if leaf.is_plain:
            rows = replace(leaf, agg="count", metric=f"{metric}__n")
            found.append(("n", self.add(rows)))
        return found

    def _leaf_behind(self, node: Node) -> Leaf | None:
        """The leaf whose value a formula is, with or without a value for missing ones."""
        if isinstance(node, Call) and node.function == "coalesce":
            node = node.args[0]
        return self.found[node.leaf] if isinstance(node, LeafValue) else None

    def add(self, leaf: Leaf) -> LeafValue:
        """The place of a leaf, new or met before."""
        if leaf not in self.found:
            self.found.append(leaf)
        return LeafValue(self.found.index(leaf))

    def _expand(self, name: str, setting: _Setting) -> Node:
        metric = self.metrics.get(name)
        if metric is None:
            raise RequestError(
                "unknown-metric",
                f"{name!r} is not a metric",
                hint=did_you_mean(name, self.metrics),
            )
        if name in setting.trail:
            raise RequestError(
                "metric-cycle", f"metrics need each other: {' → '.join((*setting.trail, name))}"
            )
        own = tuple(c for text in metric.filter for c in conjuncts(parse(text)))
        setting = replace(
            setting,
            filters=setting.filters + own,
            trail=(*setting.trail, name),
            shown_in=setting.shown_in or self.money.shown_in(metric, self.metrics),
        )
        match metric:
            case Simple():
                return self._simple(metric, setting)
            case Ratio():
                above = self._input(metric.numerator, setting)
                below = self._input(metric.denominator, setting)
                return Quotient(self._none_is_zero(metric.numerator, above, below), below)
            case Derived():
                return self._derived(metric, setting)
            case Cumulative():
                return self._cumulative(metric, setting)
            case Conversion():
                return self._conversion(metric, setting)
            case Duration():
                simple = as_simple(metric, self.tables[metric.table], self.now)
                ended = tuple(parse(text) for text in simple.filter)
                return self._simple(simple, replace(setting, filters=setting.filters + ended))
            case Survey():
                asked = self._plain_only(name, setting).filters[: -len(own) or None]
                table = self.tables[metric.table]
                return survey_formula(metric, table, self.add, own=own, asked=asked)
            case Retention():
                asked = self._plain_only(name, setting).filters[: -len(own) or None]
                table = self.tables[metric.table]
                refuse_mixed(metric, table)
                return retention_formula(metric, table, self.add, own=own, asked=asked)
            case Index():
                self._plain_only(name, setting)
                return self._index(metric, setting)
        raise RequestError(
            "metric-type-later", f"{name!r} is of type {metric.type}, which cannot be computed yet"
        )

    def _input(self, given: Input, setting: _Setting) -> Node:
        filters = tuple(c for text in given.filter for c in conjuncts(parse(text)))
        offsets = setting.offsets
        if given.offset_window or given.offset_to_grain:
            offsets = (*offsets, Offset(given.offset_window, given.offset_to_grain))
        fill = given.fill_nulls_with if given.fill_nulls_with is not None else setting.fill
        single = isinstance(self.metrics.get(given.metric), Simple)
        node = self._expand(
            given.metric,
            replace(
                setting,
                filters=setting.filters + filters,
                offsets=offsets,
                fill=fill if single else None,
                spine=setting.spine or given.join_to_time_spine,
            ),
        )
        return node if single or fill is None else Call("coalesce", (node, _number(fill)))

    def _none_counted(self, value: Node) -> Node:
        """A count as it enters a formula: one of nothing is 0, whatever else is asked beside it."""
        leaf = self.found[value.leaf] if self.native and isinstance(value, LeafValue) else None
        if leaf is None or leaf.agg not in COUNTS or not leaf.is_plain:
            return value
        return Call("coalesce", (value, Literal(0)))

    def _none_is_zero(self, given: Input, above: Node, below: Node) -> Node:
        """A numerator that is 0 where the denominator has rows and the numerator has none.

        A sum over rows that hold no value stays unknown: only a lack of rows is 0.
        """
        inner = self.metrics[given.metric]
        while isinstance(inner, Cumulative):
            inner = self.metrics[inner.metric.metric]
        if not self.native or not isinstance(above, LeafValue) or not isinstance(inner, Simple):
            return above
        leaf = self.found[above.leaf]
        if leaf.agg in COUNTS:
            return Call("coalesce", (above, Literal(0)))
        if leaf.agg != "sum" or _has_rows_of(leaf, self._leaf_behind(below)):
            return above
        rows = self.add(replace(leaf, agg="count", expr=None, metric=f"{leaf.metric}_rows"))
        none = Binary("=", Call("coalesce", (rows, Literal(0))), Literal(0))
        return Case(None, ((none, Literal(0)),), above)

    def _simple(self, metric: Simple, setting: _Setting) -> Node:
        table = self.tables[metric.table]
        share = metric.percentile
        if metric.agg == "percentile" and (share is None or not 0 <= share <= 1):
            raise RequestError(
                "request-invalid",
                f"{metric.name!r} asks for the percentile {metric.percentile}",
                hint="A percentile is a share between 0 and 1, such as 0.9.",
            )
        over = metric.non_additive_over
        fill = setting.fill if setting.fill is not None else metric.fill_nulls_with
        leaf = Leaf(
            metric=metric.name,
            table=metric.table,
            agg="sum" if metric.agg == "sum_boolean" else metric.agg,
            expr=_measured(metric, table),
            time=metric.time or table.time,
            filters=_unique(setting.filters),
            percentile=metric.percentile,
            discrete=metric.discrete,
            approximate=metric.approximate,
            over=(over.time, over.dimension, over.by) if over else None,
            offsets=setting.offsets,
            window=setting.window,
            spine=metric.join_to_time_spine or setting.spine,
            fill=fill,
            exchange=self.money.exchange(metric, table, setting.shown_in),
            decimals=metric.decimals,
        )
        value: Node = self.add(leaf)
        return value if fill is None else Call("coalesce", (value, _number(fill)))

    def _derived(self, metric: Derived, setting: _Setting) -> Node:
        inputs = {given.called: given for given in metric.metrics}

        def to_formula(node: Node) -> Node | None:
            if not isinstance(node, Name):
                return None
            given = inputs.get(node.text)
            if given is None and not inputs:
                given = Input(metric=node.text)
            if given is None:
                raise RequestError(
                    "unknown-metric",
                    f"the formula of {metric.name!r} uses {node.text!r}, "
                    "which is not among its metrics",
                    hint=did_you_mean(node.text, inputs),
                )
            return self._none_counted(self._input(given, setting))

        formula = parse(metric.expr)
        value = rewrite(divided(formula), to_formula)
        if not self.native or not _swallows_missing(formula):
            return value
        given = {node: rewrite(node, to_formula) for node in names(formula)}
        return Case(None, tuple((IsNull(one), Literal(None)) for one in given.values()), value)

    def _cumulative(self, metric: Cumulative, setting: _Setting) -> Node:
        if setting.window is not None:
            raise RequestError(
                "request-invalid", f"{metric.name!r} runs a window over a windowed metric"
            )
        window = Window(metric.window, metric.grain_to_date, metric.period_agg)
        return self._input(metric.metric, replace(setting, window=window))

    def _plain_only(self, name: str, setting: _Setting) -> _Setting:
        """The setting, if it asks for no look back, which this kind of metric cannot take."""
        if setting.window is not None or setting.offsets:
            raise RequestError(
                "request-invalid",
                f"{name!r} is a {self.metrics[name].type} metric: it cannot be offset or windowed",
            )
        return setting

    def _index(self, metric: Index, setting: _Setting) -> Node:
        """100 × the weighted mean of each part over its value in the base period."""
        total = sum(part.weight for part in metric.parts)
        index: Node | None = None
        for part in metric.parts:
            now = self._input(Input(metric=part.metric), setting)
            base = BaseValue(part.metric, metric.base)
            good = part.good or self.metrics[part.metric].good
            change = Quotient(base, now) if good == "down" else Quotient(now, base)
            term = Binary("*", _number(100 * part.weight / total), change)
            index = term if index is None else Binary("+", index, term)
        if index is None:
            raise RequestError("request-invalid", f"the index {metric.name!r} has no parts")
        return index

    def _conversion(self, metric: Conversion, setting: _Setting) -> Node:
        """Conversions over bases: filters from outside choose the bases, goals follow them."""
        if setting.window is not None or setting.offsets:
            raise RequestError(
                "request-invalid",
                f"{metric.name!r} is a conversion: it cannot be offset or windowed",
            )
        base = self._leaf_of(metric, metric.base, setting)
        alone = self._leaf_of(metric, metric.base, _Setting(trail=setting.trail))
        goal = self._leaf_of(metric, metric.converted, _Setting(trail=setting.trail))
        filters = alone.filters if self.native else base.filters
        asked = tuple(node for node in base.filters if node not in filters)
        converted = Converted(
            base.table, base.time, filters, metric.entity, metric.window, metric.constant, asked
        )
        found: Node = self.add(replace(goal, metric=metric.name, converted=converted))
        none = goal.fill if goal.fill is not None or not self.native else 0
        if none is not None:
            found = Call("coalesce", (found, _number(none)))
        if metric.calculation == "conversions":
            return self._where_bases(base, found) if self.native else found
        below: Node = self.add(base)
        if base.fill is not None:
            below = Call("coalesce", (below, _number(base.fill)))
        return Quotient(found, below)

    def _where_bases(self, base: Leaf, found: Node) -> Node:
        """Conversions where there was anything to convert: 0 there, and nothing elsewhere."""
        rows = self.add(replace(base, agg="count", expr=None, metric=f"{base.metric}_rows"))
        return Case(None, ((Binary(">", rows, Literal(0)), found),), None)

    def _leaf_of(self, metric: Conversion, given: Input, setting: _Setting) -> Leaf:
        """The one leaf of a conversion's input; no other inputs than simple metrics can convert."""
        inner = Leaves(self.metrics, self.tables, self.native, money=self.money)
        inner._input(given, setting)
        (leaf,) = inner.found if len(inner.found) == 1 else (None,)
        if leaf is None or not leaf.is_plain or leaf.over is not None:
            raise RequestError(
                "request-invalid",
                f"{metric.name!r} converts {given.metric!r}, which is not a plain simple metric",
            )
        return leaf

    def default_grain(self, metric: str, grains: tuple[str, ...] = GRAINS) -> str:
        """The grain of a plain `metric_time` for a metric: its own, else the data's, else day."""
        declared = self.metrics[metric]
        if declared.time_grain:
            return declared.time_grain
        match declared:
            case Simple():
                table = self.tables[declared.table]
                time = declared.time or table.time
                dimension = table.dimensions.get(time or "")
                grain = dimension.grain if dimension else None
                return max(grain or "day", "day", key=_coarseness)
            case Ratio():
                inputs = [declared.numerator.metric, declared.denominator.metric]
            case Derived():
                inputs = [given.metric for given in declared.metrics] or [
                    node.text for node in names(parse(declared.expr))
                ]
            case Cumulative():
                inputs = [declared.metric.metric]
            case Conversion():
                inputs = [declared.base.metric]
            case Index():
                inputs = [part.metric for part in declared.parts]
            case Retention():
                return declared.period
            case _:
                inputs = []
        return max((self.default_grain(m) for m in inputs), key=_coarseness, default="day")


def _is_change(node: Node) -> bool:
    """Whether a node is a part of an index over its base, or the other way round."""
    return isinstance(node, Quotient) and any(
        isinstance(end, BaseValue) for end in (node.above, node.below)
    )


def _has_rows_of(leaf: Leaf, other: Leaf | None) -> bool:
    """Whether a leaf has rows wherever another one has a value, because it asks for no more."""
    if other is None or other.fill is not None or not set(leaf.filters) <= set(other.filters):
        return False
    return leaf == replace(
        other, metric=leaf.metric, agg=leaf.agg, expr=leaf.expr, filters=leaf.filters,
        percentile=leaf.percentile, discrete=leaf.discrete, approximate=leaf.approximate,
    )  # fmt: skip


def _coarseness(grain: str) -> int:
    return GRAINS.index(grain) if grain in GRAINS else len(GRAINS)


def divided(node: Node) -> Node:
    """An expression with its divisions as quotients, which know their denominators."""

    def quotient(part: Node) -> Node | None:
        if isinstance(part, Binary) and part.op == "/":
            return Quotient(divided(part.left), divided(part.right))
        return None

    return rewrite(node, quotient)


def _swallows_missing(formula: Node) -> bool:
    """Whether a formula could have a value with an input missing, and does not say which.

    Engines disagree on `greatest` and `least` of a missing value, and a comparison with one takes
    the other branch. A formula that asks for missing values itself means what it says.
    """
    parts = list(walk(formula))
    if any(
        isinstance(p, IsNull) or (isinstance(p, Call) and p.function == "coalesce") for p in parts
    ):
        return False
    return any(
        isinstance(p, Case) or (isinstance(p, Call) and p.function in ("greatest", "least", "if"))
        for p in parts
    )


def _measured(metric: Simple, table: Table) -> str | None:
    """The expression that a simple metric aggregates; a count may count rows."""
    if metric.agg == "sum_boolean":
        return f"case when {metric.expr or metric.name} then 1 else 0 end"
    if metric.agg == "count" and metric.expr is None:
        return None
    return metric.expr or metric.name


def _unique(filters: tuple[Node, ...]) -> tuple[Node, ...]:
    return tuple(dict.fromkeys(filters))


def _number(value: float) -> Literal:
    return Literal(int(value)) if float(value).is_integer() else Literal(repr(value), decimal=True)
