"""A table of answers about people, declared as every test of privacy needs it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sameboat.compiler.joins import Graph
from sameboat.compiler.plan import World
from sameboat.project.declared import Project

DAY = {"day": {"type": "time", "grain": "day"}}


def about_people(
    *dimensions: str, metrics: Mapping[str, Mapping[str, Any]], **more: Any
) -> Project:
    """A project with the table `answers`: whose each row is, on which day, and what it shows.

    Metrics are over that table unless they are made of others; `more` is of the table.
    """
    return Project.from_mappings(
        tables={
            "answers": {
                "relation": "answers",
                "subject": "employee",
                "time": "day",
                "pseudonymous": ["person"],
                "dimensions": {**{name: {} for name in dimensions}, **DAY},
                **more,
            }
        },
        metrics={
            name: {"type": "simple", "table": "answers", **told} if "agg" in told else dict(told)
            for name, told in metrics.items()
        },
    )


def with_floor(declared: Project, *, least: int) -> World:
    """What requests are compiled over, with the fewest people that an answer may be about."""
    tables, metrics = declared.tables, declared.metrics
    return World(tables, metrics, Graph(tables), least={"answers": least})
