"""Where a name leads from a table: its own column, or one reached through entities.

Only joins that cannot multiply rows exist here: the far side of a hop holds the entity as
primary, unique, or natural with a validity window.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from functools import cached_property

from sameboat.errors import RequestError, did_you_mean
from sameboat.project.formula import Name, Node, names, parse, rewrite
from sameboat.project.model import Dimension, Entity, Table
from sameboat.project.names import spelled
from sameboat.project.teams import TeamHistory
from sameboat.project.vocabulary import TEAM_VIEWS

from .expressions import Column, Zoned

_ARRIVES = ("primary", "unique", "natural")


@dataclass(frozen=True)
class Hop:
    """One join: from a table, by an entity, to another table."""

    entity: str
    source: str
    target: str


@dataclass(frozen=True)
class Reach:
    """Where a name leads: the hops, the table that holds it and what it is there."""

    hops: tuple[Hop, ...]
    table: str
    name: str
    kind: str  # time | categorical | entity | column
    view: str | None = None  # of a dimension that holds teams: one of TEAM_VIEWS

    @property
    def path(self) -> tuple[str, ...]:
        return tuple(hop.entity for hop in self.hops)

    @property
    def qualified(self) -> str:
        return "__".join((*self.path, self.name, *([self.view] if self.view else [])))


class Graph:
    """All tables of a project and the joins between them.

    `zones` holds, for times that the data keep on another clock, from which zone to which they
    are taken.
    """

    def __init__(
        self,
        tables: Mapping[str, Table],
        zones: Mapping[tuple[str, str], tuple[str, str]] | None = None,
        teams: TeamHistory | None = None,
    ) -> None:
        self.tables = tables
        self.zones = zones or {}
        self.teams = teams or TeamHistory({})
        self._arrivals: dict[str, list[str]] = {}
        for name, table in tables.items():
            for entity_name, entity in table.entities.items():
                if entity.type in _ARRIVES and (
                    entity.type != "natural" or _validity(table) is not None
                ):
                    self._arrivals.setdefault(entity_name, []).append(name)
            if table.primary_entity and table.primary_entity not in table.entities:
                self._arrivals.setdefault(table.primary_entity, [])

    @cached_property
    def has_scenarios(self) -> bool:
        """Whether any dimension tells actual from budget."""
        return any(d.scenario for table in self.tables.values() for d in table.dimensions.values())

    def value(self, table: str, alias: str, name: str) -> Node:
        """The value of a dimension or entity, a time on the clock of the project's zone."""
        node = dimension_expression(self.tables[table], alias, name)
        zone = self.zones.get((table, name))
        return Zoned(node, *zone) if zone else node

    def hops_from(self, table: str) -> Iterator[Hop]:
        """Every join that leaves a table."""
        for entity in self.tables[table].entities:
            for target in self._arrivals.get(entity, ()):
                if target != table:
                    yield Hop(entity, table, target)

    def reach(self, base: str, name: str, *, columns: bool = False) -> Reach:
        """Where a name leads from a table; bare names look at the table first, then one hop on.

        `columns` lets a bare name be a raw column of the base table (in filters).
        A view of teams may stand at its end. Raises RequestError: `unknown-dimension`,
        `ambiguous-name`, `not-a-team`.
        """
        *links, last = name.split("__")
        if not links:
            return self._bare(base, last, columns=columns)
        if last in TEAM_VIEWS:
            return self._viewed(self.reach(base, "__".join(links), columns=columns), last)
        options = self._along(base, tuple(links), last) or self._with_prefix(
            base, tuple(links), last
        )
        if not options:
            raise self._unknown(base, name)
        return self._only(options, name)

    def _viewed(self, reach: Reach, view: str) -> Reach:
        """A view of a dimension that holds teams."""
        if self.teams.holds(reach.table, reach.name):
            return replace(reach, view=view)
        where = f"dimension {reach.name!r} of table {reach.table!r}"
        raise RequestError(
            "not-a-team",
            f"{where} is not known to hold teams, so it has no view {view!r}",
            hint="Give the dimension `team: true`.",
        )

    def _bare(self, base: str, name: str, *, columns: bool) -> Reach:
        kind = self._own(base, name)
        if kind is not None:
            return Reach((), base, name, kind)
        far = self._one_hop(base, name, strict=not columns)
        if far is not None:
            return far
        if columns and self.may_hold(base, name):
            return Reach((), base, name, "column")
        raise self._unknown(base, name)

    def may_hold(self, table: str, column: str) -> bool:
        """Whether a raw column may be named in a filter; personal ones never."""
        declared = self.tables[table]
        return column not in declared.personal and column not in declared.pseudonymous

    def _own(self, table: str, name: str) -> str | None:
        declared = self.tables[table]
        if name in declared.dimensions:
            return declared.dimensions[name].type
        return "entity" if name in declared.entities else None

    def _one_hop(self, base: str, name: str, *, strict: bool = True) -> Reach | None:
        options = [
            Reach((hop,), hop.target, name, kind)
            for hop in self.hops_from(base)
            if (kind := self._own(hop.target, name)) not in (None, "entity")
        ]
        if not options:
            return None
        if len({(option.path, option.table) for option in options}) > 1 and not strict:
            return None
        return self._only(options, name)

    def _along(self, base: str, links: tuple[str, ...], name: str) -> list[Reach]:
        """Every way to follow these entities to a name."""
        declared = self.tables[base]
        own_key = declared.primary_entity == links[0] or (
            links[0] in declared.entities and declared.entities[links[0]].type in _ARRIVES
        )
        if len(links) == 1 and own_key and (kind := self._own(base, name)):
            return [Reach((), base, name, kind)]
        start = (
            links[1:] if own_key and len(links) > 1 and self._walk(base, links[1:], name) else links
        )
        return self._walk(base, start, name)

    def _walk(self, base: str, links: tuple[str, ...], name: str) -> list[Reach]:
        trails: list[tuple[Hop, ...]] = [()]
        for link in links:
            trails = [
                (*trail, hop)
                for trail in trails
                for hop in self.hops_from(trail[-1].target if trail else base)
                if hop.entity == link and hop.target != base
            ]
        return [
            Reach(trail, trail[-1].target, name, kind)
            for trail in trails
            if trail and (kind := self._own(trail[-1].target, name))
        ]

    def _with_prefix(self, base: str, links: tuple[str, ...], name: str) -> list[Reach]:
        """The same path after one more hop, where a request left the first one out."""
        found: list[Reach] = []
        for entity in self.tables[base].entities:
            found += self._walk(base, (entity, *links), name)
        return found

    def _only(self, options: list[Reach], name: str) -> Reach:
        """The one option, preferring dimensions to entities and primary to natural keys."""
        ranked = sorted(options, key=lambda option: self._rank(option))
        best = [option for option in ranked if self._rank(option) == self._rank(ranked[0])]
        if len({option.path for option in best}) > 1:
            listed = ", ".join(sorted({option.qualified for option in best}))
            raise RequestError(
                "ambiguous-name", f"{name!r} could mean {listed}", hint="Write the one you mean."
            )
        if len({option.table for option in best}) > 1:
            listed = ", ".join(sorted({option.table for option in best}))
            raise RequestError(
                "ambiguous-name",
                f"{name!r} is found in several tables: {listed}",
                hint="Rename the dimension in one of them.",
            )
        return best[0]

    def _rank(self, option: Reach) -> tuple[int, int]:
        last = option.hops[-1] if option.hops else None
        entity = self.tables[option.table].entities.get(last.entity) if last else None
        return (option.kind == "entity", _ARRIVES.index(entity.type) if entity else 0)

    def _unknown(self, base: str, name: str) -> RequestError:
        known = list(self.known(base))
        return RequestError(
            "unknown-dimension",
            f"{name!r} cannot be reached from table {base!r}",
            hint=did_you_mean(name, known) or f"Known here: {', '.join(sorted(known)[:12])}.",
        )

    def known(self, base: str) -> Iterator[str]:
        """Names that lead somewhere from a table within one hop."""
        declared = self.tables[base]
        yield from declared.dimensions
        yield from declared.entities
        for hop in self.hops_from(base):
            for name in self.tables[hop.target].dimensions:
                yield f"{hop.entity}__{name}"


def _validity(table: Table) -> tuple[str, str] | None:
    """The names of the dimensions that say from when until when a row holds."""
    found = {d.validity: name for name, d in table.dimensions.items() if d.validity}
    return (found["start"], found["end"]) if {"start", "end"} <= found.keys() else None


def validity_of(table: Table) -> tuple[str, str] | None:
    """The start and end dimensions of a slowly changing table, or None for another one."""
    return _validity(table)


def column_expression(table: Table, alias: str, text: str) -> Node:
    """An expression over a table's raw columns, each under the table's alias in the step."""

    def to_column(node: Node) -> Node | None:
        if not isinstance(node, Name):
            return None
        name = node.text.rpartition(".")[2]
        if name in table.personal:
            raise RequestError(
                "personal-column",
                f"{name!r} of table {table.name!r} is personal and cannot be used",
                hint="Group by the team or another dimension instead.",
            )
        return Column(alias, name)

    return rewrite(parse(text), to_column)


def dimension_expression(table: Table, alias: str, name: str) -> Node:
    """The value of a dimension or entity of a table."""
    declared: Dimension | Entity | None = table.dimensions.get(name) or table.entities.get(name)
    if declared is None:
        return column_expression(table, alias, spelled(name))
    if isinstance(declared, Entity):
        texts = declared.expr or (name,)
        if len(texts) > 1:
            raise RequestError(
                "request-invalid",
                f"the entity {name!r} of table {table.name!r} has several columns: "
                "it can be joined by, not grouped by",
            )
        return column_expression(table, alias, texts[0])
    if any(n.text in table.pseudonymous for n in names(parse(declared.expr or name))):
        raise RequestError(
            "pseudonymous-column",
            f"{name!r} of table {table.name!r} is pseudonymous: it is never shown or grouped by",
            hint="It can be counted with count_distinct.",
        )
    return column_expression(table, alias, declared.expr or name)


def key_columns(table: Table, alias: str, entity: str) -> tuple[Node, ...]:
    """The expressions of an entity's key in a table, in their declared order."""
    declared = table.entities.get(entity)
    texts = (declared.expr if declared else ()) or (entity,)
    return tuple(column_expression(table, alias, text) for text in texts)
