"""Which KPI templates a project's data can feed, and what the others lack."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sameboat.errors import SameboatError
from sameboat.project.catalogue.binding import Fit, HeldEntity, HeldTable, Holdings, bind
from sameboat.project.catalogue.read import template, templates, variant_of
from sameboat.project.catalogue.shapes import KpiTemplate
from sameboat.project.model import Table
from sameboat.project.names import spelled
from sameboat.project.sql_text import quoted
from sameboat.project.viewer import Viewer
from sameboat.questions.workspace import Workspace

MADE_HERE = "kpi_template"
"""The tag of tables that a template has declared: they feed no other template."""

MOST_VALUES = 50


@dataclass(frozen=True)
class TemplateFit:
    """A template against the data: the variant that fits best, or what that one lacks."""

    template: KpiTemplate
    fit: Fit

    @property
    def fed(self) -> bool:
        """Whether the data hold all that the variant needs."""
        return self.fit.bound is not None


def template_fits(workspace: Workspace, *, viewer: Viewer) -> tuple[TemplateFit, ...]:
    """Every template against the project's tables, in the catalogue's order."""
    held = holdings(workspace, viewer=viewer)
    return tuple(fitted(one, held) for one in templates().values())


def template_fit(
    workspace: Workspace,
    name: str,
    *,
    viewer: Viewer,
    variant: str | None = None,
    tables: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> TemplateFit:
    """One template against the project's tables, with what a person says of its parts.

    Raises RequestError unknown-template and unknown-template-part.
    """
    one = template(name)
    held = holdings(workspace, viewer=viewer, named=frozenset((tables or {}).values()))
    return fitted(one, held, variant=variant, tables=tables, columns=columns)


def fitted(
    template: KpiTemplate,
    held: Holdings,
    *,
    variant: str | None = None,
    tables: Mapping[str, str] | None = None,
    columns: Mapping[str, str] | None = None,
) -> TemplateFit:
    """The named variant against tables, or the first that they can feed, else the first."""
    names = [variant] if variant is not None else list(template.variants)
    fits: list[Fit] = []
    for name in names:
        shape = variant_of(template, name)
        own = {role: table for role, table in (tables or {}).items() if role in shape.tables}
        said = {key: value for key, value in (columns or {}).items() if key in shape.columns}
        if variant is None and (len(own), len(said)) != (len(tables or {}), len(columns or {})):
            continue
        fit = bind(name, shape, held, tables=own, columns=said)
        if fit.bound is not None or any(lack.ambiguous for lack in fit.lacks):
            return TemplateFit(template, fit)
        fits.append(fit)
    return TemplateFit(template, min(fits, key=lambda fit: len(fit.lacks)))


def holdings(
    workspace: Workspace, *, viewer: Viewer, named: frozenset[str] = frozenset()
) -> Holdings:
    """The project's tables as contracts see them; `named` ones even where a template made them.

    Personal columns are not among them, and values are read only of columns whose name says
    that they hold a state or a score.
    """
    tables: dict[str, HeldTable] = {}
    for name, table in workspace.project.tables.items():
        if MADE_HERE in table.tags and name not in named:
            continue
        try:
            columns = workspace.warehouse.columns(name)
        except SameboatError:
            continue
        tables[name] = _held(table, columns)
    return Holdings(tables, _Values(workspace).values, _Values(workspace).span)


def _held(table: Table, columns: Mapping[str, str]) -> HeldTable:
    hidden = {*table.personal}
    entities = {
        name: HeldEntity(entity.type, entity.expr or (spelled(name),))
        for name, entity in table.entities.items()
    }
    times = {
        name: dimension.expr or spelled(name)
        for name, dimension in table.dimensions.items()
        if dimension.type == "time" and dimension.validity is None
    }
    shown = {name: kind for name, kind in columns.items() if name not in hidden}
    return HeldTable(table.name, shown, entities, times, table.time)


@dataclass(frozen=True)
class _Values:
    """What a column holds, asked of the warehouse when a contract wants to know."""

    workspace: Workspace

    def values(self, table: str, column: str) -> tuple[str, ...]:
        """The different texts of a column, none where there are too many to be states."""
        rows = self._run(
            f"SELECT DISTINCT {quoted(column)} AS v FROM {self._from(table)}"
            f" WHERE {quoted(column)} IS NOT NULL LIMIT {MOST_VALUES + 1}"
        )
        found = sorted(str(row["v"]) for row in rows)
        return tuple(found) if len(found) <= MOST_VALUES else ()

    def span(self, table: str, column: str) -> tuple[Any, Any] | None:
        """The least and the greatest value of a column; None of an empty one."""
        rows = self._run(
            f"SELECT min({quoted(column)}) AS low, max({quoted(column)}) AS high"
            f" FROM {self._from(table)}"
        )
        if not rows or rows[0]["low"] is None:
            return None
        return rows[0]["low"], rows[0]["high"]

    def _from(self, table: str) -> str:
        relation = self.workspace.world.relations.get(table)
        return relation or quoted(table)

    def _run(self, sql: str) -> list[dict[str, Any]]:
        try:
            found: list[dict[str, Any]] = self.workspace.warehouse.run(sql).to_pylist()
        except SameboatError:
            return []
        return found
