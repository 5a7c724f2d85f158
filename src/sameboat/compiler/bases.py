"""Base periods: each part of an index beside its own figure at the start, group by group."""

from __future__ import annotations

from collections.abc import Mapping

from sameboat.project.formula import Binary, Node, rewrite, walk

from .expressions import Aggregate, BaseValue, Column, Join, Named, Relation, Scalar, Select
from .gaps import same
from .plan import Plan, unused

Formulas = tuple[tuple[str, Node], ...]


def with_bases(
    draft: Plan, formulas: Formulas, source: str, columns: Mapping[int, str]
) -> tuple[str, Formulas]:
    """The step to read and the formulas over it, with the figures of base periods put in.

    Each figure is computed once. Without dimensions it is one value; with them it is joined by
    all of them to the rows of the source, whose leaves are in `columns`. A group that had no
    figure in the base period has none.
    """
    wanted = dict.fromkeys(
        part for _, node in formulas for part in walk(node) if isinstance(part, BaseValue)
    )
    if not wanted or draft.base is None:
        return source, formulas
    steps = {value: draft.base(draft, value) for value in wanted}
    by = [item.column for item in draft.items if not item.is_metric_time]
    found: dict[BaseValue, Node] = {}
    if by:
        source, found = _joined(draft, source, columns, steps, by)
    else:
        for value, step in steps.items():
            figure = Aggregate("max", Column(None, value.metric))
            found[value] = Scalar(figure, Relation(step, step, True))

    def put_in(part: Node) -> Node | None:
        return found[part] if isinstance(part, BaseValue) else None

    return source, tuple((name, rewrite(node, put_in)) for name, node in formulas)


def _joined(
    draft: Plan,
    source: str,
    columns: Mapping[int, str],
    steps: Mapping[BaseValue, str],
    by: list[str],
) -> tuple[str, dict[BaseValue, Node]]:
    """A step with the source's rows, each beside the base figures of its group."""
    names = [*(item.column for item in draft.items), *dict.fromkeys(columns.values())]
    taken = set(names)
    shown = [Named(Column(source, name), name) for name in names]
    joins: dict[str, Join] = {}
    found: dict[BaseValue, Node] = {}
    for value, step in steps.items():
        name = unused(f"{value.metric}_base", taken)
        shown.append(Named(Column(step, value.metric), name))
        found[value] = Column(None, name)
        on: Node | None = None
        for key in by:
            equal = same(Column(source, key), Column(step, key))
            on = equal if on is None else Binary("and", on, equal)
        joins[step] = Join(Relation(step, step, True), on)
    select = Select(tuple(shown), Relation(source, source, True), tuple(joins.values()))
    return draft.add("beside_base", select), found
