"""Groups of few people are never shown: every figure brings along how many people are in it.

A figure is suppressed where its group holds at least one and fewer than the floor of people. The
group is what the request groups and filters by: 9 of 251 customers is a group of 251. A sum, a
mean or an extreme is about the rows that the metric's own filters leave, so there they count too.
A ratio is judged by its denominator.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Set
from dataclasses import dataclass, replace

from sameboat.errors import RequestError
from sameboat.project.formula import Binary, Call, Case, Literal, Node, Unary, children
from sameboat.project.model import Table

from .crowd import BESIDE, FEW, kept_of
from .enough import enough_of
from .expressions import LeafValue, Quotient
from .joins import Graph
from .leaf import Leaf, any_of
from .leaves import Leaves

SUPPRESSED = "suppressed"
"""The suffix of the columns that say where a figure was left out: too few people."""

KEPT_BACK = "kept_back"
"""The suffix of those that say where it was kept back so that another cannot be worked out."""

_PEOPLE = ("employee", "contact")


@dataclass(frozen=True)
class Floor:
    """Under how many people a group of a table's rows is not shown, and what tells people apart.

    Without `person` each row counts as one person.
    """

    least: int
    person: str | None


def floors_of(tables: Mapping[str, Table], least: Mapping[str, int]) -> dict[str, Floor]:
    """The floors of tables about people, by what identifies a person in each."""
    keys: set[tuple[str, str | None]] = {
        (name, table.subject)
        for table in tables.values()
        for name, entity in table.entities.items()
        if entity.type in ("primary", "unique") and table.subject in _PEOPLE
    }
    strangers = {
        name
        for table in tables.values()
        for name, entity in table.entities.items()
        if entity.type in ("primary", "unique") and table.subject not in _PEOPLE
    }
    found: dict[str, Floor] = {}
    for name, table in tables.items():
        if least.get(name, 0) > 0:
            found[name] = Floor(least[name], _person(table, keys, strangers))
    return found


def reached(graph: Graph, floors: Mapping[str, Floor], asked: Iterable[str]) -> dict[str, Floor]:
    """The floors of tables without one of their own whose rows are told apart by people's.

    Deals have no floor. Deals by the role of their contact do: a group of them is about the
    contacts behind it, whom the key to their table tells apart.
    """
    found: dict[str, Floor] = {}
    for name in asked:
        for table in graph.tables.values():
            if table.name in floors or table.name in found:
                continue
            try:
                hops = graph.reach(table.name, name, columns=True).hops
            except RequestError:
                continue
            floor = next((floors[hop.target] for hop in hops if hop.target in floors), None)
            if floor is not None:
                found[table.name] = Floor(floor.least, _key(table, hops[0].entity))
    return found


def _person(table: Table, keys: Set[tuple[str, str | None]], strangers: Set[str]) -> str | None:
    """What tells people apart: the key of a table of such people, else a pseudonym.

    A pseudonym that is the key of others (an account's, in a table about contacts) does not.
    """
    others: set[str] = set()
    for name, entity in table.entities.items():
        if (name, table.subject) in keys and entity.type not in ("primary", "unique"):
            return _key(table, name)
        if name in strangers:
            others |= set(entity.expr or (name,))
    own = [column for column in table.pseudonymous if column not in others]
    return next(iter((*own, *table.pseudonymous)), None)


def _key(table: Table, entity: str) -> str:
    """The value of an entity in a table; of several columns, all of them."""
    declared = table.entities.get(entity)
    columns = declared.expr if declared is not None and declared.expr else (entity,)
    if len(columns) == 1:
        return columns[0]
    texts = (f"coalesce(cast({column} as text), '')" for column in columns)
    return " || '|' || ".join(texts)


@dataclass(frozen=True)
class Guarded:
    """A formula that gives nothing where it may not be shown, and why: too few, or kept back."""

    shown: Node
    few: Node | None = None
    kept: Node | None = None

    def guard(self, node: Node) -> Node:
        """Another formula over the same groups, shown where this one is."""
        reason = any_of(tuple(why for why in (self.few, self.kept) if why is not None))
        return node if reason is None else Case(None, ((reason, Literal(None)),), node)

    def notes(self, name: str) -> list[tuple[str, Node]]:
        """The columns that say row by row why a metric is not shown."""
        if self.few is None:
            return []
        few = Call("coalesce", (self.few, Literal(False)))
        found: list[tuple[str, Node]] = [(f"{name}__{SUPPRESSED}", few)]
        if self.kept is not None:
            kept = Binary("and", self.kept, Unary("not", few))
            found.append((f"{name}__{KEPT_BACK}", Call("coalesce", (kept, Literal(False)))))
        return found


def guarded(
    leaves: Leaves, floors: Mapping[str, Floor], node: Node, *, around: bool = True
) -> Guarded:
    """A formula that gives nothing where a group is too small, or would give a small one away.

    With `around` false only the group itself is judged, not what is beside it: for a request
    without any filter or group, and for figures that are only compared with.
    """
    too_small: list[Node] = []
    beside: list[Node] = []
    for leaf, below in dict.fromkeys(_judged_by(node)):
        floor = floors.get(leaves.found[leaf].table)
        if floor is None:
            continue
        counted = _people(leaves.found[leaf], floor, below=below)
        known: Node = Literal(0)
        if around:
            unknown = 0 if counted.window is None else BESIDE
            kept = leaves.add(kept_of(counted, floor.least))
            known = Call("coalesce", (kept, Literal(unknown)))
            beside.append(Binary(">=", known, Literal(BESIDE)))
        if around and _judged_as_shown(counted):
            too_small.append(Binary("=", known, Literal(FEW)))
        else:
            people = leaves.add(enough_of(counted, floor.least))
            some = Binary(">", people, Literal(0))
            too_small.append(Binary("and", some, Binary("<", people, Literal(floor.least))))
    few, kept_back = (any_of(tuple(dict.fromkeys(found))) for found in (too_small, beside))
    found = Guarded(node, few, kept_back)
    return Guarded(found.guard(node), few, kept_back)


def _judged_as_shown(people: Leaf) -> bool:
    """Whether the people of a figure are those of the rows that its group has: no look back."""
    return people.is_plain and people.picked is None and people.over is None


def _people(leaf: Leaf, floor: Floor, *, below: bool) -> Leaf:
    """The leaf that counts the people behind another one, at the same times and filters.

    For a count that is the whole group; for one below a fraction, those whom it counts.
    """
    if leaf.cohort is not None:
        return replace(leaf, cohort=replace(leaf.cohort, counts="entities"), metric="people")
    population = leaf.agg in ("count", "count_distinct") and not below
    return replace(
        leaf,
        filters=() if population else leaf.filters,
        population=population,
        metric="people",
        agg="count" if floor.person is None else "count_distinct",
        expr=floor.person,
        percentile=None,
        fill=None,
    )


def _judged_by(node: Node, *, below: bool = False) -> Iterator[tuple[int, bool]]:
    """The leaves whose groups decide whether a formula may be shown, and which are divisors."""
    if isinstance(node, Quotient):
        yield from _judged_by(node.below, below=True)
        return
    if isinstance(node, LeafValue):
        yield node.leaf, below
        return
    for part in children(node):
        yield from _judged_by(part, below=below)
