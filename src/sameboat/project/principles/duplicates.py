"""Metrics that are defined twice under two names, however they are written."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from hashlib import blake2b
from typing import Any

from sameboat.errors import Finding
from sameboat.project.cycles import inputs
from sameboat.project.declared import Project
from sameboat.project.formula import Binary, In, Name, Node, conjuncts
from sameboat.project.model import Derived, Input, Metric, MetricBase, Ratio, Simple
from sameboat.project.principles.catalogue import RULES
from sameboat.project.vocabulary import names_in, parsed

SAID = frozenset(
    "name label description tags meta synonyms kind why good version valid_from unit retired "
    "replaced_by review_by".split()
)
"""What is said of a metric without changing its figures."""

_TURNED = {">": "<", ">=": "<="}
_FREE_ORDER = ("+", "*", "and", "or")


def duplicates(project: Project) -> Iterator[Finding]:
    """A finding at each metric whose definition an earlier one has already, but for its words."""
    known = Definitions(project)
    first: dict[str, str] = {}
    for name, metric in project.metrics.items():
        if metric.retired is not None:
            continue
        earlier = first.setdefault(known.of(name), name)
        if earlier == name or metric.name in _replaced(project, earlier):
            continue
        yield RULES["duplicate-metric"].breach(
            project, ("metrics", name),
            f"{name!r} is defined just as {earlier!r} is.",
            hint="Keep one of them, and list the other name under its 'synonyms'.",
        )  # fmt: skip


def _replaced(project: Project, name: str) -> tuple[str, ...]:
    by = project.metrics[name].replaced_by
    return (by,) if by else ()


@dataclass
class Definitions:
    """The definitions of a project's metrics in one spelling each, made when they are asked."""

    project: Project
    found: dict[str, str] = field(default_factory=dict)

    def of(self, name: str) -> str:
        """The mark of a metric's definition: equal for two of them where the figures must be."""
        waiting = [name]
        while waiting:
            here = waiting.pop()
            metric = self.project.metrics.get(here)
            if here not in self.found:
                self.found[here] = f"={here}"  # stands where a metric is defined by itself
                below = () if metric is None else inputs(metric)
                waiting += [here, *(one for one in below if one not in self.found)]
            elif metric is not None and self.found[here] == f"={here}":
                told = self._spelled(metric).encode()
                self.found[here] = blake2b(told, digest_size=12).hexdigest()
        return self.found[name]

    def _spelled(self, metric: Metric) -> str:
        filters = _filters(metric.filter)
        match metric:
            case Ratio():
                parts = (self._input(metric.numerator), self._input(metric.denominator))
                return _told("ratio", *parts, filters, metric.nulls, metric.time_grain)
            case Derived():
                return self._derived(metric, filters)
            case Simple():
                table = self.project.tables.get(metric.table)
                time = metric.time or (table.time if table else None)
                expr = spelled(metric.expr) if metric.expr is not None else _own_column(metric)
                beside = metric.model_dump(
                    mode="json", fallback=str, exclude_defaults=True,
                    exclude={*SAID, "type", "filter", "expr", "time"},
                )  # fmt: skip
                return _told("simple", expr, time, filters, beside)
        return _told(metric.type, filters, self._plain(metric))

    def _plain(self, shape: MetricBase) -> str:
        """The other keys of a metric, its inputs as their definitions."""
        kept: dict[str, Any] = {}
        for key in type(shape).model_fields:
            value = getattr(shape, key)
            if key in SAID or key in ("type", "filter"):
                continue
            kept[key] = self._input(value) if isinstance(value, Input) else str(value)
        return repr(sorted(kept.items()))

    def _derived(self, metric: Derived, filters: str) -> str:
        given = {one.called: self._input(one) for one in metric.metrics}
        for name in names_in(metric.expr):
            if name.text not in given:
                given[name.text] = self._input(Input(metric=name.text))
        node = parsed(metric.expr)
        match node:
            case Binary("/", Name(above), Name(below)):
                parts = (given[above], given[below])
                return _told("ratio", *parts, filters, metric.nulls, metric.time_grain)
        said = spelled(metric.expr, given)
        return _told("derived", said, filters, metric.nulls, metric.time_grain)

    def _input(self, part: Input) -> str:
        beside = part.model_dump(
            mode="json", fallback=str, exclude_defaults=True, exclude={"metric", "alias", "filter"}
        )
        below = self.found.get(part.metric, f"={part.metric}")
        if not beside and not part.filter:
            return below
        return _told(below, _filters(part.filter), beside)


def _told(*parts: object) -> str:
    return f"({'|'.join(map(str, parts))})"


def _own_column(metric: Simple) -> str:
    return "" if metric.agg == "count" else spelled(metric.name)


def _filters(texts: tuple[str, ...]) -> str:
    """Filters as the set of their conditions, in whatever order and however many texts."""
    found: set[str] = set()
    for text in texts:
        node = parsed(text)
        if isinstance(node, Finding):
            found.add(text)
        else:
            found |= {_spelling(part, {}) for part in conjuncts(node)}
    return " and ".join(sorted(found))


def spelled(text: str, names: Mapping[str, str] | None = None) -> str:
    """One spelling of an expression: spaces, order of sums and sides of comparisons are gone.

    `names` says what stands for a name.

    >>> spelled("a + b * 2") == spelled("2*b  +  a"), spelled("a > 1") == spelled("1 < a")
    (True, True)
    >>> spelled("a - b") == spelled("b - a")
    False
    """
    node = parsed(text)
    return text if isinstance(node, Finding) else _spelling(node, names or {})


def _spelling(node: Node, names: Mapping[str, str]) -> str:
    match node:
        case Name(text, None, None):
            return names.get(text, text)
        case Binary(op, left, right) if op in _FREE_ORDER:
            parts = sorted(_spelling(part, names) for part in _chain(node, op))
            return f"({f' {op} '.join(parts)})"
        case Binary(op, left, right):
            sides = [_spelling(left, names), _spelling(right, names)]
            if op in _TURNED:
                op, sides = _TURNED[op], sides[::-1]
            elif op in ("=", "<>"):
                sides.sort()
            return f"({sides[0]} {op} {sides[1]})"
        case In(of, items, negated):
            inside = sorted(_spelling(item, names) for item in items)
            return f"({_spelling(of, names)} {'not in' if negated else 'in'} {inside})"
    if isinstance(node, tuple):
        return f"[{', '.join(_spelling(item, names) for item in node)}]"
    if is_dataclass(node):
        inside = [f"{f.name}={_spelling(getattr(node, f.name), names)}" for f in fields(node)]
        return f"{type(node).__name__}({', '.join(inside)})"
    return repr(node)


def _chain(node: Node, op: str) -> Iterator[Node]:
    if isinstance(node, Binary) and node.op == op:
        yield from _chain(node.left, op)
        yield from _chain(node.right, op)
    else:
        yield node
