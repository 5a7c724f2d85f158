"""The declared edges of the tree: which metric stands on which, and how well that is known."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass, replace

from sameboat.periods import Span
from sameboat.project.check import arithmetic
from sameboat.project.declared import Project
from sameboat.project.model import Evidence, Kpi, Moves, Per


@dataclass(frozen=True)
class Edge:
    """`child` enters `parent` by arithmetic, or is said to influence it.

    `formula` is the declared arithmetic that names the child; without one an arithmetic edge is
    a claim that cannot be checked. `kpi` and `teams` are set where owners say it: the lever is
    theirs. `moves`, `lag` and the rest are as declared.
    """

    parent: str
    child: str
    evidence: Evidence
    moves: Moves | None = None
    lag: Span | None = None
    review_by: dt.date | None = None
    source: str | None = None
    per: Per | None = None
    formula: str | None = None
    kpi: str | None = None
    teams: tuple[str, ...] = ()

    @property
    def is_arithmetic(self) -> bool:
        return self.evidence == "arithmetic"

    def expired(self, today: dt.date) -> bool:
        """Whether the day has passed by which its evidence was to be looked at again."""
        return self.review_by is not None and self.review_by < today


def edges_of_kpi(project: Project, kpi: Kpi) -> tuple[Edge, ...]:
    """The levers of a KPI's owners, then what else enters its metric; each child once.

    Teams that pull the same lever share one edge. A lever that the KPI's formula names is
    arithmetic, whatever else is said of it.
    """
    found: dict[str, Edge] = {}
    beneath = {edge.child: edge for edge in edges_of_metric(project, kpi.metric)}
    for owner in kpi.owners:
        if owner.lever is None or owner.lever not in project.metrics:
            continue
        if owner.lever in found:
            edge = found[owner.lever]
            found[owner.lever] = replace(
                edge, teams=tuple(dict.fromkeys((*edge.teams, owner.team)))
            )
            continue
        effect = owner.effect
        edge = Edge(kpi.metric, owner.lever, "belief")
        if effect is not None:
            edge = Edge(
                kpi.metric, owner.lever, effect.evidence, effect.moves, effect.lag,
                effect.review_by, effect.source, effect.per,
            )  # fmt: skip
        said = beneath.pop(owner.lever, None)
        if said is not None and (said.is_arithmetic or effect is None):
            edge = replace(said, moves=edge.moves or said.moves, per=edge.per)
        found[owner.lever] = replace(edge, kpi=kpi.name, teams=(owner.team,))
    return (*found.values(), *(edge for edge in beneath.values() if edge.child not in found))


def edges_of_metric(project: Project, metric: str) -> tuple[Edge, ...]:
    """What the drivers say of a metric: first its arithmetic, then influences, each child once."""
    found: dict[str, Edge] = {}
    for edge in (*_sums(project), *_influences(project)):
        if edge.parent == metric:
            found.setdefault(edge.child, edge)
    return tuple(found.values())


def _sums(project: Project) -> Iterator[Edge]:
    for one in arithmetic(project):
        for child in one.metrics:
            if child in project.metrics and child != one.driver.metric:
                yield Edge(
                    one.driver.metric, child, "arithmetic", formula=one.driver.equals,
                    review_by=one.driver.review_by,
                )  # fmt: skip


def _influences(project: Project) -> Iterator[Edge]:
    for driver in project.drivers:
        child = driver.influenced_by
        if child is not None and child in project.metrics:
            yield Edge(
                driver.metric, child, driver.evidence or "belief", driver.moves, driver.lag,
                driver.review_by, driver.source,
            )  # fmt: skip
