"""What the braces in Cube's SQL stand for: columns, dimensions, measures, of any cube."""

from __future__ import annotations

import re
from dataclasses import dataclass, field

from sameboat.project.formats.raw import Raw, Skipped, readable
from sameboat.project.formats.spelling import plain_column
from sameboat.project.places import Mark

REFERENCE = re.compile(r"\$?\{\s*([\w.]+)\s*\}(?:\.(\w+))?")
"""`{cube}.column`, `{cube.member}` or `{member}`; older files write a dollar before it."""


@dataclass
class Cube:
    """A cube while its table is made; `dimensions` has the expression of each dimension."""

    raw: Raw
    own: str
    table: str
    mark: Mark
    dimensions: dict[str, str] = field(default_factory=dict)
    keys: dict[str, str] = field(default_factory=dict)
    """Dimensions that are the primary key, with their expressions."""


@dataclass
class References:
    """Resolves references; `links` and `names` are filled while the model is read."""

    cubes: dict[str, Cube]
    links: dict[tuple[str, str], str] = field(default_factory=dict)
    """Per pair of cubes the entity that leads from the first to the second."""
    names: dict[tuple[str, str], str] = field(default_factory=dict)
    """The metric that each measure is, by cube and measure."""

    def referred(self, match: re.Match[str], cube: Cube) -> tuple[Cube, str]:
        """The cube and the expression that `{cube}.column` or `{cube.dimension}` stands for."""
        home, member, column = self._named(match, cube)
        if column is not None:
            return home, column
        if member not in home.dimensions:
            raise Skipped(f"cube {home.own!r} has no dimension {member!r}")
        return home, self.plain(home.dimensions[member], home)

    def plain(self, said: str, cube: Cube, depth: int = 0) -> str:
        """SQL over the columns of one cube, without references."""
        if "{{" in said or "{%" in said:
            raise Skipped("it is a template")
        if depth > 20:
            raise Skipped("its dimensions refer to each other")

        def written(match: re.Match[str]) -> str:
            home, member, column = self._named(match, cube)
            if home is not cube:
                raise Skipped(f"it uses another cube, {home.own!r}")
            if column is not None:
                return column
            if member not in cube.dimensions:
                raise Skipped(f"its cube has no dimension {member!r}")
            made = self.plain(cube.dimensions[member], cube, depth + 1)
            return made if plain_column(made) else f"({made})"

        return REFERENCE.sub(written, said).strip()

    def expression(self, said: str, cube: Cube) -> str:
        """SQL over the columns of one cube that our grammar reads."""
        return readable(self.plain(said, cube), "its SQL")

    def condition(self, said: str, cube: Cube) -> str:
        """A filter: over dimensions by their names, of joined cubes too, and over columns."""
        if "{{" in said or "{%" in said:
            raise Skipped("it is a template")

        def written(match: re.Match[str]) -> str:
            home, member, column = self._named(match, cube)
            if home is cube:
                return self._own_name(member, column, cube)
            own = self._dimension_of(column, home) if column is not None else member
            entity = self.links.get((cube.own, home.own))
            if entity is None:
                raise Skipped(f"nothing leads from cube {cube.own!r} to {home.own!r}")
            return f"{entity}__{own}"

        return readable(REFERENCE.sub(written, said).strip(), "its filter")

    def _own_name(self, member: str, column: str | None, cube: Cube) -> str:
        """How a filter names a dimension or column of its own cube."""
        if column is None:
            return self.plain(cube.dimensions[member], cube) if member in cube.keys else member
        if column in cube.dimensions and self.plain(cube.dimensions[column], cube) != column:
            raise Skipped(f"it uses the column {column!r}, and a dimension has its name")
        return column

    def _dimension_of(self, column: str, cube: Cube) -> str:
        for own, said in cube.dimensions.items():
            if self.plain(said, cube) == column and own not in cube.keys:
                return own
        raise Skipped(f"no dimension of cube {cube.own!r} is its column {column!r}")

    def formula(self, said: str, cube: Cube) -> str:
        """A measure over other measures: each reference as the name of its metric."""
        if "{{" in said or "{%" in said:
            raise Skipped("it is a template")

        def written(match: re.Match[str]) -> str:
            home, member, column = self._named(match, cube)
            metric = self.names.get((home.own, member)) if column is None else None
            if metric is not None:
                return metric
            if home is not cube:
                raise Skipped(f"it uses columns of another cube, {home.own!r}")
            return column if column is not None else f"({self.referred(match, cube)[1]})"

        return REFERENCE.sub(written, said)

    def _named(self, match: re.Match[str], cube: Cube) -> tuple[Cube, str, str | None]:
        """The cube, the member and the column that a reference names."""
        first, _, member = match[1].partition(".")
        if not member and match[2] is None:
            first, member = "CUBE", first
        home = cube if first in ("CUBE", cube.own) else self.cubes.get(first)
        if home is None:
            raise Skipped(f"there is no cube {first!r}")
        return home, member, match[2]
