"""Our filters and names → dbt's templates."""

from __future__ import annotations

from dataclasses import dataclass, field

from sameboat.project.declared import Project
from sameboat.project.formats.raw import Skipped, readable
from sameboat.project.formats.spelling import spell
from sameboat.project.formula import MetricValue, Name, Node, parse, rewrite
from sameboat.project.model import Dimension, Table
from sameboat.project.names import legal
from sameboat.project.vocabulary import ARRIVES, Vocabulary

_PARTS = "extract_"


@dataclass
class Filters:
    """Writes filters; columns that they need become dimensions, gathered in `added`."""

    project: Project
    added: dict[str, dict[str, Dimension]] = field(default_factory=dict)

    def __post_init__(self) -> None:
        self.grains = Vocabulary(self.project).grains

    def said(self, text: str, home: Table | None) -> str:
        """A filter with every name as a template; `home` is the table of plain names."""

        def template(name: Name) -> str:
            return "{{ " + self._name(name, home) + " }}"

        def marked(node: Node) -> Node | None:
            if not isinstance(node, MetricValue):
                return None
            groups = ", ".join(f"'{group}'" for group in node.group_by)
            return Name("{{ Metric('" + node.metric + f"', group_by=[{groups}])" + " }}")

        tree = rewrite(parse(readable(text, "its filter")), marked)
        return spell(tree, lambda n: n.text if n.text.startswith("{{") else template(n))

    def item(self, name: str, home: Table | None) -> str:
        """Something to group by, as saved queries name it."""
        head, _, tail = name.rpartition("__")
        if head and tail.startswith(_PARTS):
            return f"TimeDimension('{head}').date_part('{tail.removeprefix(_PARTS)}')"
        if head and tail in self.grains:
            return f"TimeDimension('{head}', '{tail}')"
        return self._name(Name(name), home)

    def own_entity(self, table: Table) -> str:
        """The entity under which dbt knows the dimensions of a table."""
        for name, entity in table.entities.items():
            if entity.type == "primary":
                return name
        return table.primary_entity or table.name

    def _name(self, name: Name, home: Table | None) -> str:
        text, grain = name.text, name.grain
        head, _, tail = text.rpartition("__")
        if grain is None and head and tail in self.grains:
            text, grain = head, tail
        if name.part:
            return f"TimeDimension('{text}').date_part('{name.part}')"
        if grain is not None or text == "metric_time":
            return f"TimeDimension('{text}', '{grain or 'day'}')"
        kind, full = self._found(text, home)
        if kind == "time":
            return f"TimeDimension('{full}')"
        return f"Entity('{full}')" if kind == "entity" else f"Dimension('{full}')"

    def _found(self, text: str, home: Table | None) -> tuple[str, str]:
        """What a name is, and its name with the entity before it."""
        *links, last = text.split("__")
        if not links and home is not None:
            if last in home.entities and last not in home.dimensions:
                return "entity", last
            if last not in home.dimensions:
                far = self._one_hop(last, home)
                if far is not None:
                    return far
                self._add(last, home)
            own = home.dimensions.get(last)
            return own.type if own else "categorical", f"{self.own_entity(home)}__{last}"
        for table in self.project.tables.values():
            arrives = links and (
                table.primary_entity == links[-1]
                or (links[-1] in table.entities and table.entities[links[-1]].type in ARRIVES)
            )
            if arrives and last in table.dimensions:
                return table.dimensions[last].type, text
            if arrives and last in table.entities:
                return "entity", text
        if not links and any(last in table.entities for table in self.project.tables.values()):
            return "entity", text
        if not links:
            raise Skipped(f"its filter names {text!r} without the entity that it belongs to")
        return "categorical", text

    def _one_hop(self, last: str, home: Table) -> tuple[str, str] | None:
        """A dimension of the one table that is a hop away and has it."""
        found = {
            (table.dimensions[last].type, f"{entity}__{last}")
            for entity in home.entities
            for table in self.project.tables.values()
            if table is not home
            and entity in table.entities
            and table.entities[entity].type in ARRIVES
            and last in table.dimensions
        }
        return found.pop() if len(found) == 1 else None

    def _add(self, column: str, home: Table) -> None:
        """A dimension for a column that a filter needs: dbt's filters see dimensions only."""
        if column in home.personal or column in home.pseudonymous:
            raise Skipped(f"its filter uses {column!r}, which may not become a dimension")
        if not legal(column, in_expressions=True):
            raise Skipped(f"its filter uses the column {column!r}, which cannot be a dimension")
        self.added.setdefault(home.name, {})[column] = Dimension(name=column)
