"""Every name that a project declares, and what a text in it can mean."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property, lru_cache

from sameboat.errors import Finding, SameboatError
from sameboat.periods import GRAINS, PERIOD_GRAINS
from sameboat.project.declared import LISTS, NAMED, SINGLE, Project
from sameboat.project.formula import MetricValue, Name, Node, parse, walk
from sameboat.project.model import Shape, Table
from sameboat.project.places import Path
from sameboat.project.structure import Mention, mentions

SECTION_OF: Mapping[str, str] = {
    "team": "teams",
    "objective": "objectives",
    "table": "tables",
    "metric": "metrics",
    "kpi": "kpis",
    "event": "events",
    "pool": "pools",
}
"""In which section the objects of a kind are declared."""

ARRIVES = ("primary", "unique", "natural")
"""Types of entities that a join may lead to."""

TEAM_VIEWS = ("as_was", "as_now", "department_as_was", "department_as_now")
"""The views of a dimension that holds teams, as a request spells them after two underscores."""


@lru_cache(maxsize=8192)
def parsed(text: str) -> Node | Finding:
    """The tree of an expression, or what is wrong with it."""
    try:
        return parse(text)
    except SameboatError as error:
        return error.findings[0]
    except ValueError:  # Python refuses to read numbers of thousands of digits
        return Finding("expression-syntax", "a number in the expression cannot be read")


@lru_cache(maxsize=8192)
def names_in(text: str) -> tuple[Name, ...]:
    """The names in an expression, in reading order; none where it cannot be read."""
    node = parsed(text)
    if isinstance(node, Finding):
        return ()
    return tuple(part for part in walk(node) if isinstance(part, Name))


@lru_cache(maxsize=8192)
def metrics_in(text: str) -> tuple[MetricValue, ...]:
    """The metrics that a filter uses as dimensions."""
    node = parsed(text)
    if isinstance(node, Finding):
        return ()
    return tuple(part for part in walk(node) if isinstance(part, MetricValue))


@dataclass(frozen=True)
class Vocabulary:
    """The names of a project by kind, gathered once for all checks."""

    project: Project

    def declared(self, kind: str) -> frozenset[str]:
        """The names of a kind, those of faulty objects among them."""
        if kind == "study":
            return self._in("experiments") | self._in("initiatives")
        return self._in(SECTION_OF[kind])

    def _in(self, section: str) -> frozenset[str]:
        return frozenset(getattr(self.project, section)) | self.project.faulty.get(
            section, frozenset()
        )

    @cached_property
    def whole(self) -> bool:
        """Whether every name that the files declare is known."""
        return self.project.complete

    @cached_property
    def grains(self) -> frozenset[str]:
        """Standard and fiscal grains, and those of the calendar's spines."""
        calendar = self.project.root.calendar
        spines = (calendar.time_spine, *calendar.more_spines)
        standard = frozenset((*GRAINS, *PERIOD_GRAINS))
        return standard.union(*(spine.custom for spine in spines if spine))

    @cached_property
    def entities(self) -> frozenset[str]:
        """The names of all entities."""
        return frozenset(
            name for table in self.project.tables.values() for name in entities_of(table)
        )

    @cached_property
    def dimensions(self) -> frozenset[str]:
        """The bare names of all dimensions and entities."""
        bare = (name for table in self.project.tables.values() for name in table.dimensions)
        return self.entities.union(bare)

    @cached_property
    def qualified(self) -> frozenset[str]:
        """Every `entity__dimension` that one entity leads to."""
        return frozenset(
            f"{entity}__{name}"
            for table in self.project.tables.values()
            for entity in arrivals(table)
            for name in (*table.dimensions, *table.entities)
        )

    def leads(self, name: str, table: Table | None = None) -> bool:
        """Whether a dimension's name in a request can lead anywhere.

        `table` is where a bare name must stand; without it a bare name may stand in any table.
        """
        steps = name.split("__")
        ends = (*TEAM_VIEWS, *self.grains)
        if len(steps) > 1 and (steps[-1] in ends or steps[-1].startswith("extract_")):
            steps = steps[:-1]
        if steps == ["metric_time"]:
            return True
        if len(steps) == 1:
            if table is None:
                return steps[0] in self.dimensions
            return steps[0] in table.dimensions or steps[0] in entities_of(table)
        if any(step not in self.entities for step in steps[:-1]):
            return False
        return "__".join(steps[-2:]) in self.qualified

    @cached_property
    def mentions(self) -> tuple[Mention, ...]:
        """Everything in the project that names something else."""
        return tuple(
            mention for path, shape in shapes(self.project) for mention in mentions(shape, path)
        )


def shapes(project: Project) -> Iterator[tuple[Path, Shape]]:
    """Every object of a project with its path, the settings of sameboat.yml first."""
    yield (), project.root
    for section in NAMED:
        for name, shape in getattr(project, section).items():
            yield (section, name), shape
    for section in LISTS:
        for at, shape in enumerate(getattr(project, section)):
            yield (section, at), shape
    for section in SINGLE:
        yield (section,), getattr(project, section)


def entities_of(table: Table) -> frozenset[str]:
    """The entities that a table names."""
    own = frozenset(table.entities)
    return own | {table.primary_entity} if table.primary_entity else own


def arrivals(table: Table) -> tuple[str, ...]:
    """The entities by which other tables reach this one."""
    own = tuple(name for name, entity in table.entities.items() if entity.type in ARRIVES)
    return (*own, table.primary_entity) if table.primary_entity else own
