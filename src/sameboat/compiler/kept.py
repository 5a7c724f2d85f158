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

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

from sameboat.project.formula import Binary, Call, Case, In, Literal, Node

from .blocks import JUDGED, by_filters
from .crowd import BESIDE, FEW, Crowd, Kept, crowd_of, either, every, flag, is_
from .cuts import crowd_of_cuts, lines_of_cuts
from .expressions import (
    Aggregate,
    Column,
    Extreme,
    Join,
    Named,
    Ranked,
    Relation,
    Select,
    Shifted,
    Trunc,
    Union,
)
from .lenses import VIEW
from .plan import Plan
from .query import Item
from .source import Source

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


def place_kept(draft: Plan, leaves: Mapping[int, Kept]) -> None:
    """Add the steps that say of each group of an answer whether it is kept back.

    Figures of one table at one time are judged together, each for its own people.
    """
    groups: dict[tuple[object, ...], dict[int, Kept]] = {}
    for index, leaf in leaves.items():
        back = bool(leaf.back) or leaf.span is not None
        own = None if draft.share else index
        alike = (leaf.table, leaf.time, leaf.picked, leaf.expr, leaf.least, back, own)
        groups.setdefault(alike, {})[index] = leaf
    for members in groups.values():
        populations = {leaf.filters: leaf for leaf in members.values()}
        judged = _judged(draft, list(populations.values()))
        names = dict(zip(populations, judged.columns, strict=True))
        for index, leaf in members.items():
            step = _with_later(draft, leaf, judged.step, names[leaf.filters])
            draft.judging.add(step)
            draft.placed[index] = (step, names[leaf.filters])


@dataclass(frozen=True)
class Judged:
    """A step with a row per group, and its columns that say for each population what is kept."""

    step: str
    columns: tuple[str, ...]


def _judged(draft: Plan, leaves: Sequence[Kept]) -> Judged:
    """All judgements about each group as one per population: kept where any of them says so."""
    crowd = crowd_of_cuts(draft, leaves) if draft.cuts else crowd_of(draft, leaves)
    step, beside = _by_people(draft, leaves[0], crowd)
    filters = by_filters(draft, crowd)
    if filters:
        step, beside = _through_lenses(draft, crowd, [_all_of(crowd, step, beside), *filters])
    same = (is_("left_out", 0),) if crowd.asked else ()
    gives_away: tuple[Node, ...] = (every(is_(beside, 1), *same),)
    if crowd.asked:
        gives_away = (is_("apart", 1), *gives_away)
    few = Binary("=", Column(None, "small"), Literal(1))
    cases = ((every(few, *same), Literal(FEW)), (either(*gives_away), Literal(BESIDE)))
    found = Case(None, cases, Literal(0))
    columns = tuple(draft.own(name) for name in _numbered("kept", len(leaves)))
    verdicts = tuple(
        Named(Aggregate("max", found, crowd.lenses.of_population(n)), name)
        for n, name in enumerate(columns)
    )
    select = Select(
        (*crowd.keys, *verdicts), Relation(step, step, True), grouped=True, group_by=crowd.group
    )
    return Judged(draft.add("kept_back", select), columns)


def _numbered(name: str, count: int) -> list[str]:
    return [name, *(f"{name}_{n}" for n in range(2, count + 1))]


def _all_of(crowd: Crowd, step: str, beside: str) -> Select:
    """The judgements about groups as rows of a table, seen through each lens."""
    names = (*(item.column for item in crowd.items), VIEW, *JUDGED)
    columns = (Named(Column(None, beside if name == "beside" else name), name) for name in names)
    return Select(tuple(columns), Relation(step, step, True))


def _through_lenses(draft: Plan, crowd: Crowd, judged: list[Select]) -> tuple[str, str]:
    """A step with all judgements about each group as one per lens, and its column `beside`."""
    name = draft.add("judged", Union(tuple(judged)))
    alike = (*crowd.group, Column(None, VIEW))
    keys = (*crowd.keys, Named(Column(None, VIEW), VIEW))
    worst = tuple(Named(Aggregate("max", Column(None, name)), name) for name in JUDGED)
    select = Select((*keys, *worst), Relation(name, name, True), grouped=True, group_by=alike)
    return draft.add("judged_by_lens", select), "beside"


def _with_later(draft: Plan, leaf: Kept, step: str, name: str) -> str:
    """The step of judgements, with those at the times at which a look back shows them."""
    shown = _later(draft, leaf, step, name)
    if shown is None:
        return step
    keys = tuple(Named(Column(None, item.column), item.column) for item in draft.items)
    rows = draft.add("judged_later", Union(tuple(shown)))
    select = Select(
        (*keys, Named(Aggregate("max", Column(None, name)), name)),
        Relation(rows, rows, True),
        grouped=True,
        group_by=tuple(key.node for key in keys),
    )
    return draft.add("kept_back", select)


def _later(draft: Plan, leaf: Kept, step: str, name: str) -> list[Select] | None:
    """The judgements at the times at which a look back shows them; None where there is none.

    A window moves on by the period that comes in and the one that goes out: both are judged.
    """
    source, items = draft.source(leaf), draft.items
    timed = [item for item in items if item.grain and not item.part and source.is_clock(item)]
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
        columns = tuple(Named(value, column) for column, value in values.items())
        rows = Relation(step, step, True)
        found.append(Select((*columns, Named(Column(step, name), name)), rows))
    return found


# ── the groups of a table ────────────────────────────────────────────────────────────────────


def _by_people(draft: Plan, leaf: Kept, crowd: Crowd) -> tuple[str, str]:
    """A step with what is judged of each group as a table shows it, through each lens.

    Groups of too few people, those in which what a condition takes away holds too few, and those
    that are kept back because the total of a line would give a small one in it away: the column
    that says so is named. A line is what one shown dimension, or several, are added up over. A
    filter may empty the small group of a line and leave the others as they are: so a group that
    is the same without some of the filters is judged without them, too.
    """
    step, hidden = draft.add(f"{crowd.step}_shown", _shown(crowd)), "small"
    source = draft.source(leaf)
    if draft.cuts:
        lines = lines_of_cuts(draft, [_lines(source, cut.items) for cut in draft.cuts])
    else:
        lines = _lines(source, crowd.items)
    lines = [(Column(None, VIEW), *line) for line in lines]
    for _ in range(ROUNDS if len(lines) > 1 else 1):
        for line in lines if crowd.items else ():
            step = _hide_more(draft, crowd, line, step, hidden)
            hidden = "beside"
    return step, hidden


def _shown(crowd: Crowd) -> Select:
    """The groups that are seen through each lens, each with its people's rows.

    Where the request has conditions, also how many cells a lens has more than the request, and
    whether the people in these are few.
    """
    lenses = crowd.lenses
    columns = [*crowd.keys, Named(lenses.view, VIEW), Named(crowd.rows, "people_rows")]
    columns.append(Named(flag(crowd.few()), "small"))
    lost = crowd.taken_away
    if lost is not None:
        left_out: Node = crowd.cells(lost)
        if lenses.in_parts:
            left_out = Binary("+", left_out, Aggregate("max", lenses.part))
        columns.append(Named(left_out, "left_out"))
        columns.append(Named(flag(crowd.few(lost)), "apart"))
    view = () if lenses.alone else (lenses.view,)
    return Select(
        tuple(columns),
        crowd.relation,
        () if lenses.alone else (Join(lenses.relation, None, "cross"),),
        lenses.seen(),
        grouped=True,
        group_by=(*crowd.group, *view),
    )


def _lines(source: Source, items: tuple[Item, ...]) -> list[tuple[Node, ...]]:
    """What each line of a table is told apart by; of periods, also the coarser ones around them."""
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


def _hide_more(draft: Plan, crowd: Crowd, line: tuple[Node, ...], step: str, before: str) -> str:
    """A step that hides the smallest shown group of each line in which a hidden one needs it.

    That is where one group alone is hidden, and where none but small ones are: the same people
    may be in each of these. The column `before` says what is hidden so far, `beside` afterwards.
    """
    hidden, small, rows = (Column(None, name) for name in (before, "small", "people_rows"))
    count = Extreme("sum", hidden, line)
    # In the order of a line the hidden ones come first: engines sort it once for all three.
    shown = Binary("-", Literal(1), hidden)
    place = Ranked(line, shown, False, (rows, *crowd.group))
    smallest_shown = Binary("=", place, Binary("+", count, Literal(1)))
    lacks: Node = Binary(">", count, Literal(0))
    if hidden != small:
        smalls = Call("nullif", (Extreme("sum", small, line), Literal(0)))
        lacks = In(count, (Literal(1), smalls))
    needed = every(lacks, smallest_shown)
    names = (VIEW, "people_rows", "small", *(("left_out", "apart") if crowd.asked else ()))
    kept = tuple(Named(Column(None, name), name) for name in names)
    more = flag(either(is_(before, 1), needed))
    columns = (*crowd.keys, *kept, Named(more, "beside"))
    select = Select(columns, Relation(step, step, True))
    return draft.add(f"{crowd.step}_hidden", select)
