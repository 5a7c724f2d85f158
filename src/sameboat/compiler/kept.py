"""Groups that are kept back so that a small group beside them cannot be worked out.

A group may be large enough and still give another one away: the total minus all others, or an
answer with a filter minus one without it. So each group that a request shows is judged by what is
around it, in the same SQL and from the data alone, whatever was asked before:

- What a condition takes away, and what all of them take away together, holds nobody or enough
  people (a condition inside `or` and `not` counts as one).
- Along each dimension that is shown or filtered by, small groups stand together with the
  smallest large one: a filter takes all of these or none, and a table shows none of them.
- A range on time that cuts a month is judged by that month's days, and begins and ends with
  months of enough people.
"""

from __future__ import annotations

from itertools import combinations

from sameboat.project.formula import Binary, Case, Literal, Node

from .blocks import by_filters
from .crowd import BESIDE, FEW, VIEW, Crowd, Kept, View, crowd_of, every, flag, is_
from .expressions import (
    Aggregate,
    Column,
    Extreme,
    Named,
    Ranked,
    Relation,
    Select,
    Shifted,
    Trunc,
    Union,
)
from .leaf import all_of, any_of
from .plan import Plan
from .query import Item

ROUNDS = 2
"""How often a table's lines are gone through: what is hidden in one may be alone in another."""

MOST_CROSSED = 3
"""Up to how many shown dimensions every combination of them is a line; else each, and all."""

_PARENTS = {
    "second": ("minute",),
    "minute": ("hour",),
    "hour": ("day",),
    "day": ("week", "month", "quarter", "year"),
    "month": ("quarter", "year"),
    "quarter": ("year",),
    "fiscal_quarter": ("fiscal_year",),
}
"""The coarser periods whose totals a period's figure could be taken from."""


def place_kept(draft: Plan, index: int, leaf: Kept) -> None:
    """Add the steps that say of each group of an answer whether it is kept back."""
    crowd = crowd_of(draft, leaf)
    judged = [_by_people(crowd)]
    if crowd.asked:
        judged += by_filters(draft, crowd)
    if crowd.items:
        judged.append(_by_neighbours(draft, leaf, crowd))
    step = _together(draft, leaf, crowd.items, judged)
    draft.judging.add(step)
    draft.placed[index] = (step, "kept")


def _together(draft: Plan, leaf: Kept, items: tuple[Item, ...], judged: list[Select]) -> str:
    """A step with all judgements about each group as one: kept where any of them says so."""
    keys = tuple(Named(Column(None, item.column), item.column) for item in items)
    group = tuple(key.node for key in keys)

    def highest(rows: list[Select]) -> str:
        name = draft.add("judged", Union(tuple(rows)))
        worst = Named(Aggregate("max", Column(None, "kept")), "kept")
        return draft.add(
            "kept_back",
            Select((*keys, worst), Relation(name, name, True), grouped=True, group_by=group),
        )

    step = highest(judged)
    shown = _later(draft, leaf, items, step)
    return step if shown is None else highest(shown)


def _later(draft: Plan, leaf: Kept, items: tuple[Item, ...], step: str) -> list[Select] | None:
    """The judgements at the times at which a look back shows them; None where there is none.

    A window moves on by the period that comes in and the one that goes out: both are judged.
    """
    source = draft.source(leaf)
    timed = [item for item in items if source.is_clock(item) and item.grain and not item.part]
    spans = tuple(offset.span for offset in leaf.back if offset.span is not None)
    ends = [spans]
    if leaf.span is not None and leaf.span.span is not None:
        ends.append((*spans, leaf.span.span))
    if not timed or ends == [()]:
        return None
    found = []
    for moves in ends:
        values: dict[str, Node] = {item.column: Column(step, item.column) for item in items}
        for item in timed:
            time = values[item.column]
            for span in moves:
                time = Shifted(time, span, 1)
            values[item.column] = Trunc(item.grain or "day", time) if moves else time
        columns = tuple(Named(value, name) for name, value in values.items())
        rows = Relation(step, step, True)
        found.append(Select((*columns, Named(Column(step, "kept"), "kept")), rows))
    return found


# ── what conditions take away ────────────────────────────────────────────────────────────────


def _by_people(crowd: Crowd) -> Select:
    """Groups of too few people, and those in which what a condition takes away holds too few."""
    numbers = range(len(crowd.asked))
    changes: list[Node | None] = []
    for number in numbers:
        others = crowd.holds(set(numbers) - {number})
        changes.append(_both(others, is_(f"asked_{number}", 0)))
    for number, name in crowd.variants:
        others = crowd.holds(set(numbers) - {number})
        differs = Binary("<>", Column(None, f"asked_{number}"), Column(None, name))
        changes.append(_both(others, differs))
    for size in sorted({2, len(crowd.asked)}) if len(crowd.asked) > 1 else ():
        for dropped in combinations(numbers, size):
            others = crowd.holds(set(numbers) - set(dropped))
            changes.append(_both(others, any_of(tuple(is_(f"asked_{n}", 0) for n in dropped))))
    whens = [(crowd.few(crowd.inside), Literal(FEW))]
    taken_away = any_of(tuple(crowd.few(change) for change in dict.fromkeys(changes)))
    if taken_away is not None:
        whens.append((taken_away, Literal(BESIDE)))
    return Select(
        (*crowd.keys, Named(Case(None, tuple(whens), Literal(0)), "kept")),
        crowd.relation,
        grouped=True,
        group_by=crowd.group,
    )


def _both(left: Node | None, right: Node | None) -> Node | None:
    return all_of(tuple(node for node in (left, right) if node is not None))


# ── groups that stand side by side in a table ────────────────────────────────────────────────


def _by_neighbours(draft: Plan, leaf: Kept, crowd: Crowd) -> Select:
    """Groups kept back because the total of a line would give a small one in it away.

    A line is what one shown dimension, or several, are added up over. A filter may empty the
    small group of a line and leave the others as they are: so a group that is the same without
    some of the filters is judged without them, too.
    """
    lines = [(Column(None, VIEW), *line) for line in _lines(draft, leaf, crowd)]
    shown = [_shown(crowd, number, view) for number, view in enumerate(crowd.views)]
    step = draft.add(f"{crowd.step}_shown", Union(tuple(shown)))
    for _ in range(ROUNDS if len(lines) > 1 else 1):
        for line in lines:
            step = _hide_more(draft, crowd, line, step)
    kept = flag(every(is_("hidden", 1), is_("left_out", 0)))
    return Select((*crowd.keys, Named(kept, "kept")), Relation(step, step, True))


def _shown(crowd: Crowd, number: int, view: View) -> Select:
    """The groups that a view shows, each with its people's rows and whether they are few."""
    few = flag(crowd.few())
    inside = crowd.holds(view)
    return Select(
        (
            *crowd.keys,
            Named(Literal(number), VIEW),
            Named(crowd.rows, "people_rows"),
            Named(few, "small"),
            Named(few, "hidden"),
            Named(crowd.left_out(view), "left_out"),
        ),
        crowd.relation,
        where=() if inside is None else (inside,),
        grouped=True,
        group_by=crowd.group,
    )


def _lines(draft: Plan, leaf: Kept, crowd: Crowd) -> list[tuple[Node, ...]]:
    """What each line of a table is told apart by; of periods, also the coarser ones around them."""
    items, source = crowd.items, draft.source(leaf)
    found: list[tuple[Node, ...]] = []
    for item in items:
        value = Column(None, item.column)
        others = tuple(Column(None, other.column) for other in items if other != item)
        if item.grain and not item.part and item.grain not in source.customs:
            found += [(*others, Trunc(up, value)) for up in _PARENTS.get(item.grain, ())]
    return list(dict.fromkeys((*found, *_crossed(items))))


def _crossed(items: tuple[Item, ...]) -> list[tuple[Node, ...]]:
    """The lines of a table: what is fixed while the other shown dimensions are added up."""
    sizes = range(len(items)) if len(items) <= MOST_CROSSED else (0, len(items) - 1)
    return [
        tuple(Column(None, item.column) for item in fixed)
        for size in reversed(sizes)
        for fixed in combinations(items, size)
    ]


def _hide_more(draft: Plan, crowd: Crowd, line: tuple[Node, ...], step: str) -> str:
    """A step that hides the smallest shown group of each line in which a hidden one needs it.

    That is where one group alone is hidden, and where none but small ones are: the same people
    may be in each of these.
    """
    hidden, small, rows = (Column(None, name) for name in ("hidden", "small", "people_rows"))
    count, smalls = Extreme("sum", hidden, line), Extreme("sum", small, line)
    some = Binary(">", count, Literal(0))
    lacks = any_of((Binary("=", count, Literal(1)), Binary("=", count, smalls)))
    place = Ranked((*line, hidden), rows, False, crowd.group)
    assert lacks is not None
    needed = every(some, lacks, Binary("=", place, Literal(1)))
    either = any_of((Binary("=", hidden, Literal(1)), needed))
    assert either is not None
    kept = tuple(Named(Column(None, n), n) for n in (VIEW, "people_rows", "small", "left_out"))
    columns = (*crowd.keys, *kept, Named(flag(either), "hidden"))
    select = Select(columns, Relation(step, step, True))
    return draft.add(f"{crowd.step}_hidden", select)
