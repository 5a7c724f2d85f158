"""The shape of a KPI template: definition, data contract, what it declares, what to beware of.

A template has one or more variants, because definitions differ: each variant has its own
contract, its own metrics and its own worked numbers. What a variant declares is YAML of the
project format in which `{column}` stands for what the project's data call it.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from sameboat.project.model import Shape

ColumnType = Literal["key", "time", "date", "number", "whole", "text", "team", "state"]
"""`key` names an entity, `time` a time dimension (without `named` the table's own), `date` any
column of days, `team` a column of teams, and `state` a condition: a column that is true or false,
or a text of which some values count."""


class Source(Shape):
    """A public text that defines the figure."""

    author: str
    title: str
    where: str


class WantedColumn(Shape):
    """One column of a contract: what it holds, and what it is usually called."""

    means: str
    type: ColumnType
    named: tuple[str, ...] = ()
    values: tuple[str, ...] = ()
    within: tuple[float, float] | None = None
    optional: bool = False


class WantedTable(Shape):
    """One table of a contract: its grain, its columns, whose data it holds, how to get it."""

    holds: str
    grain: str
    subject: Literal["employee", "contact", "account", "none"]
    get: str
    named: tuple[str, ...] = ()
    columns: Mapping[str, WantedColumn]


class Worked(Shape):
    """A few rows and the figures that they give, with the reckoning in words."""

    tables: Mapping[str, tuple[Mapping[str, Any], ...]]
    metric: str = "{name}"
    grain: str = "month"
    figures: Mapping[str, float | None]
    reckoning: str


class Variant(Shape):
    """One way to define the KPI: its contract and what it declares."""

    says: str
    tables: Mapping[str, WantedTable]
    declares: Mapping[str, Mapping[str, Any]]
    worked: Worked

    @property
    def columns(self) -> dict[str, WantedColumn]:
        """Every column of the contract by its name; a key that tables share stands once."""
        return {name: c for table in self.tables.values() for name, c in table.columns.items()}


class CoOwner(Shape):
    """A department that typically co-owns the KPI, and the lever by which it moves it."""

    team: str
    named: tuple[str, ...] = ()
    lever: str
    metrics: tuple[str, ...] = ()
    moves: Literal["same", "opposite"]
    lag: str | None = None


class Limit(Shape):
    """What must not get worse meanwhile; `metric` where the template can compute it itself.

    `least_of_usual` and `most_of_usual` are shares of the metric's own median on the data.
    """

    watch: str
    metric: str | None = None
    min: float | None = None
    worse_by: float | None = None
    least_of_usual: float | None = None
    most_of_usual: float | None = None


class Serves(Shape):
    """The objective that the KPI usually serves."""

    name: str
    statement: str
    horizon: Literal["short", "long"]


class Watched(Shape):
    """Which series is judged for signals."""

    grain: str = "month"
    metric: str | None = None


class KpiTemplate(Shape):
    """A KPI that several departments can share, ready to be put over a project's data."""

    name: str
    label: str
    other_names: tuple[str, ...] = ()
    says: str
    definition: str
    sources: tuple[Source, ...]
    differs: str
    unit: str
    good: Literal["up", "down"]
    variants: Mapping[str, Variant]
    objective: Serves
    watched: Watched = Watched()
    owners: tuple[CoOwner, ...]
    guardrails: tuple[Limit, ...]
    gaming: tuple[str, ...]
    target: str
