"""Lenses: the ways in which a request's people are looked at, side by side.

A lens leaves some of the request's conditions out, and has the people of one population: those
whom the filters of a metric's own definition leave. All lenses are the rows of one small step, so
a table is judged through all of them at once, and several metrics of it together.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import combinations

from sameboat.project.formula import Binary, Case, Literal, Node

from .expressions import Column, Named, Relation, Select, Union
from .leaf import all_of, any_of

MOST_DROPPED = 3
"""Up to how many conditions every choice of them is left out; else each, and all."""

LENS = "lenses"
"""The alias of the step of lenses."""

VIEW = "view_no"
"""The column with a lens's number."""

_PART, _POPULATION = "part_no", "population_no"


@dataclass(frozen=True)
class Lens:
    """Which conditions are left out, whose people are seen, and what of it is judged.

    `part` is 0 where all that is seen is judged as a table; else only what the left out conditions
    take away is, or what changes with the variant of a condition of that number.
    """

    dropped: frozenset[int]
    population: int
    part: int = 0


TAKEN_AWAY = 1
"""The part of a lens of which only that counts which its left out conditions take away."""


def lenses_of(conditions: int, populations: int, variants: Iterable[int]) -> tuple[Lens, ...]:
    """All lenses of a request with so many conditions; `variants` are the conditions of each.

    >>> [sorted(lens.dropped) for lens in lenses_of(2, 1, ())]
    [[], [0], [1], [0, 1]]
    """
    numbers = range(conditions)
    sizes: Iterable[int] = range(conditions + 1)
    if conditions > MOST_DROPPED:
        sizes = (0, 1, conditions)
    whole = [frozenset(left) for size in sizes for left in combinations(numbers, size)]
    parts = [(left, 0) for left in whole]
    pairs = (frozenset(pair) for pair in combinations(numbers, 2))
    parts += [(pair, TAKEN_AWAY) for pair in pairs if pair not in whole]
    parts += [(frozenset({n}), TAKEN_AWAY + 1 + k) for k, n in enumerate(variants)]
    return tuple(Lens(left, n, part) for n in range(populations) for left, part in parts)


@dataclass(frozen=True)
class Lenses:
    """The step of lenses, and how the rows of a step of people are seen through it.

    The people have a column `asked_n` for each condition, and `own_n` for each population where
    there are several.
    """

    listed: tuple[Lens, ...]
    step: str
    conditions: int
    populations: int

    @property
    def view(self) -> Node:
        """The number of the lens through which a row is seen."""
        return Literal(0) if self.alone else Column(LENS, VIEW)

    @property
    def alone(self) -> bool:
        """Whether there is one lens only: the request as it is."""
        return len(self.listed) == 1

    def seen(self, fixed: frozenset[int] = frozenset()) -> tuple[Node, ...]:
        """That a row is seen through a lens, whether or not the `fixed` conditions hold.

        Only through whole lenses that leave none of the fixed ones out.
        """
        if self.alone:
            return ()
        found: list[Node] = []
        for n in range(self.conditions):
            left_out = Column(LENS, f"without_{n}")
            if n in fixed:
                found.append(Binary("=", left_out, Literal(0)))
            else:
                found.append(Binary(">=", Binary("+", Column(None, f"asked_{n}"), left_out), _ONE))
        if self.populations > 1:
            own = ((Literal(n), Column(None, f"own_{n}")) for n in range(self.populations))
            found.append(Binary("=", Case(Column(LENS, _POPULATION), tuple(own), None), _ONE))
        if fixed and self.in_parts:
            found.append(Binary("=", Column(LENS, _PART), Literal(0)))
        return tuple(found)

    @property
    def in_parts(self) -> bool:
        """Whether some lenses are looked through at a part only."""
        return any(lens.part for lens in self.listed)

    @property
    def part(self) -> Node:
        """The part of a lens that counts."""
        return Column(LENS, _PART)

    def of_population(self, number: int) -> Node | None:
        """That a lens has the people of one population; None where there is one only."""
        if self.populations == 1:
            return None
        own = [n for n, lens in enumerate(self.listed) if lens.population == number]
        view = Column(None, VIEW)
        low, high = Binary(">=", view, Literal(own[0])), Binary("<=", view, Literal(own[-1]))
        return all_of((low, high))

    @property
    def relation(self) -> Relation:
        return Relation(self.step, LENS, True)


_ONE = Literal(1)


def lens_rows(listed: tuple[Lens, ...], conditions: int, populations: int) -> Union:
    """The step that has each lens as a row."""
    in_parts = any(lens.part for lens in listed)

    def row(number: int, lens: Lens) -> Select:
        columns = [Named(Literal(number), VIEW)]
        columns += [
            Named(Literal(int(n in lens.dropped)), f"without_{n}") for n in range(conditions)
        ]
        if populations > 1:
            columns.append(Named(Literal(lens.population), _POPULATION))
        if in_parts:
            columns.append(Named(Literal(lens.part), _PART))
        return Select(tuple(columns), None)

    return Union(tuple(row(number, lens) for number, lens in enumerate(listed)))


def fails(conditions: int) -> Node | None:
    """That a row is of people whom some condition takes away; None where there is none."""
    return any_of(
        tuple(Binary("=", Column(None, f"asked_{n}"), Literal(0)) for n in range(conditions))
    )
