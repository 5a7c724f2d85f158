"""The answer of a plan: all steps side by side, the formulas over them, order and limit."""

from __future__ import annotations

from sameboat.errors import RequestError
from sameboat.project.formula import Binary, Call, Literal, Node, rewrite

from .bases import with_bases
from .expressions import (
    Aggregate,
    Column,
    LeafValue,
    Missing,
    Named,
    Query,
    Quotient,
    Relation,
    Select,
    Sort,
    Union,
)
from .groupings import with_numbered_periods, with_scans_shared
from .passes import PASSES
from .plan import Plan, unused
from .query import Item, Request


def answer(draft: Plan, formulas: tuple[tuple[str, Node], ...]) -> Query:
    """The query of a plan: its steps and the last select, made plainer by all passes."""
    last = lay(draft, formulas)
    query = Query(tuple(draft.steps), last)
    if draft.cells and draft.share:
        query = with_scans_shared(query, draft.world.reckoning)
    query = with_numbered_periods(query, draft.cells)
    for change in PASSES if draft.share else ():
        query = change(query)
    return query


def lay(draft: Plan, formulas: tuple[tuple[str, Node], ...]) -> Select:
    """The last select: all steps side by side, formulas over them, order and limit."""
    formulas = tuple((name, plainer(draft, node)) for name, node in formulas)
    used = list(dict.fromkeys(draft.placed[index][0] for index in sorted(draft.placed)))
    source = used[0] if len(used) == 1 else together(draft, used)
    columns = {index: column for index, (_, column) in draft.placed.items()}
    if source != used[0] or len(used) > 1:
        columns = together_names(draft)
    source, formulas = with_bases(draft, formulas, source, columns)

    def placed(node: Node) -> Node | None:
        return Column(None, columns[node.leaf]) if isinstance(node, LeafValue) else None

    outputs = tuple(Named(Column(None, item.column), item.column) for item in draft.items) + tuple(
        Named(rewrite(node, placed), name) for name, node in formulas
    )
    return Select(
        outputs,
        Relation(source, source, is_step=True),
        order_by=orders(draft.request, draft.items, [name for name, _ in formulas]),
        limit=draft.request.limit,
    )


def plainer(draft: Plan, node: Node) -> Node:
    """A formula without values for missing figures where none can be missing, or none matters."""
    alone = len({step for step, _ in draft.placed.values()}) == 1

    def change(part: Node) -> Node | None:
        match part:
            case Quotient(above, Call("coalesce", (below, Literal(0)))):
                return Quotient(rewrite(above, change), rewrite(below, change))
            case Call("coalesce", (LeafValue(leaf) as value, _)) if alone and leaf in draft.certain:
                return value
        return None

    return rewrite(node, change)


def together_names(draft: Plan) -> dict[int, str]:
    """The column of each leaf once all steps stand side by side, each name given once."""
    taken = {item.column for item in draft.items}
    return {index: unused(draft.placed[index][1], taken) for index in sorted(draft.placed)}


def together(draft: Plan, used: list[str]) -> str:
    """A step that lays several steps side by side by their items, missing items included."""
    keys = [item.column for item in draft.items]
    names = together_names(draft)
    present = unused("present", {*keys, *names.values()}) if draft.judging & set(used) else None
    selects = []
    for step in used:
        columns = [Named(Column(None, key), key) for key in keys]
        for index, name in names.items():
            where, column = draft.placed[index]
            missing = Missing(draft.types.get(index))
            columns.append(Named(Column(None, column) if where == step else missing, name))
        if present is not None:
            columns.append(Named(Literal(0 if step in draft.judging else 1), present))
        selects.append(Select(tuple(columns), Relation(step, step, is_step=True)))
    rows = draft.add("all_rows", Union(tuple(selects)))
    columns = [Named(Column(None, key), key) for key in keys]
    columns += [Named(Aggregate("max", Column(None, name)), name) for name in names.values()]
    group = tuple(Column(None, key) for key in keys)
    having: tuple[Node, ...] = ()
    if present is not None:  # what judges groups adds none to the answer
        having = (Binary("=", Aggregate("max", Column(None, present)), Literal(1)),)
    joined = Select(
        tuple(columns), Relation(rows, rows, True), grouped=True, group_by=group, having=having
    )
    return draft.add("joined", joined)


def orders(request: Request, items: tuple[Item, ...], metrics: list[str]) -> tuple[Sort, ...]:
    """The order of the answer: as asked, then by its items, so that it is always the same.

    Raises RequestError where it would sort by something that is not in the answer.
    """
    if not request.order_by:
        return tuple(Sort(item.column, False) for item in items)
    found = [
        Sort(sorted_column(order.item, items, metrics), order.descending)
        for order in request.order_by
    ]
    named = {sort.name for sort in found}
    return (*found, *(Sort(item.column, False) for item in items if item.column not in named))


def sorted_column(wanted: Item, items: tuple[Item, ...], metrics: list[str]) -> str:
    """The output column that an order names."""
    if wanted.column in metrics:
        return wanted.column
    for item in items:
        if item.column == wanted.column or (
            not wanted.grain and not wanted.part and item.name == wanted.name
        ):
            return item.column
    for item in items:
        if item.column.endswith(f"__{wanted.column}"):
            return item.column
    known = [item.column for item in items] + metrics
    raise RequestError(
        "request-invalid",
        f"the answer cannot be sorted by {wanted.column!r}, which is not in it",
        hint=f"It has {', '.join(known)}.",
    )
