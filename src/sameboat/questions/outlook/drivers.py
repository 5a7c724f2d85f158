"""What moves a KPI: the leaves of its formula exactly, all else by what is said and recorded."""

from __future__ import annotations

import datetime as dt
import zlib
from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
import numpy.typing as npt

from sameboat.analysis.pulls import pull
from sameboat.analysis.relations import FEWEST
from sameboat.analysis.scenarios import draws_of
from sameboat.periods import Period, Span, add
from sameboat.project.declared import Project
from sameboat.project.model import Evidence, Kpi, Moves, Per, Simple
from sameboat.questions.bounds import COUNTED
from sameboat.questions.goodhart import aligned
from sameboat.questions.outlook.leaves import Known
from sameboat.questions.tree.edges import Edge, edges_of_kpi, edges_of_metric
from sameboat.questions.versions import breaks_of
from sameboat.questions.wanted import grain_of_influence, own_grain, watch_grain
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey

Floats = npt.NDArray[np.float64]

DEEPEST = 4
"""How many influences in a row are followed."""

DAYS = {"day": 1.0, "week": 7.0, "month": 30.4375, "quarter": 91.3125, "year": 365.25}
"""How long a period is, on average: what adds up gains more in a longer one."""


@dataclass(frozen=True)
class Size:
    """By how much the one moves per unit of the other, with its 95 % range.

    `said` is how that is known: `owner` (its owner says so, with a range), `alone` (without one)
    or `record` (it moved so in the past). `clear` says whether the range lies on one side of 0;
    `against` whether that is not the side that was declared. `n` pairs of periods stand behind
    what the record shows.
    """

    value: float
    low: float
    high: float
    said: str
    n: int = 0
    declared: Moves | None = None

    @property
    def clear(self) -> bool:
        return self.low > 0 or self.high < 0

    @property
    def against(self) -> bool:
        return self.clear and self.declared is not None and (
            (self.value > 0) != (self.declared == "same")
        )  # fmt: skip


@dataclass(frozen=True)
class Link:
    """An influence: whose change moves what, after how long, and by how much.

    `size` is None where nothing says how much, and `reason` says why.
    """

    child: str
    parent: str
    lag: Span | None
    evidence: Evidence
    expired: bool
    size: Size | None
    reason: str | None = None
    grain: str | None = None
    """At which the record was looked at; None where an owner says how much."""

    def draws(self) -> Floats:
        """Values for what is not known of its size, the same for the same two metrics."""
        assert self.size is not None
        seed = zlib.crc32(f"{self.child}>{self.parent}".encode())
        return draws_of(self.size.value, self.size.low, self.size.high, seed=seed)


@dataclass(frozen=True)
class Chain:
    """Influences in a row, from a driver to the KPI or to a leaf of its formula."""

    links: tuple[Link, ...]
    factor: float = 1.0
    """What figures that add up are multiplied by where the grains differ."""

    @property
    def driver(self) -> str:
        return self.links[0].child

    @property
    def ends_at(self) -> str:
        return self.links[-1].parent

    def draws(self) -> Floats:
        """What one unit of the driver gives at its end, in each draw."""
        return self.factor * np.asarray(np.prod([link.draws() for link in self.links], axis=0))

    def felt(self, project: Project, start: Period) -> int:
        """How many periods after `start` a change made in it is felt at the end."""
        day = start.start
        for link in self.links:
            day = add(day, link.lag) if link.lag is not None else day
        period, count = start, 0
        while period.end < day:
            period, count = period.next(), count + 1
        return count


def wanted_ends(project: Project, kpi: Kpi) -> Iterator[tuple[str, str]]:
    """The series of both ends of every influence that may reach the KPI."""
    waiting = list(edges_of_kpi(project, kpi))
    seen: set[tuple[str, str]] = set()
    while waiting:
        edge = waiting.pop()
        if (edge.parent, edge.child) in seen:
            continue
        seen.add((edge.parent, edge.child))
        waiting += edges_of_metric(project, edge.child)
        for grain in _grains(project, kpi, edge):
            yield edge.parent, grain
            yield edge.child, grain


def chains_of(
    project: Project,
    kpi: Kpi,
    leaves: tuple[str, ...],
    known: Known,
    *,
    grain: str,
    today: dt.date,
) -> tuple[tuple[Chain, ...], tuple[Link, ...]]:
    """Every way by which an influence reaches the KPI, and the links of which no size is known.

    `grain` is that of the leaves, by which the formula is computed.
    """
    watch = watch_grain(project, kpi)
    found: list[Chain] = []
    blind: list[Link] = []

    def follow(edge: Edge, after: tuple[Link, ...]) -> None:
        if edge.child in {link.parent for link in after} or len(after) >= DEEPEST:
            return
        link = _link(project, kpi, edge, known, today)
        if link.size is None:
            blind.append(link)
            return
        chain = (link, *after)
        end = grain if chain[-1].parent in leaves else watch
        found.append(Chain(chain, _factor(project, chain, end)))
        for further in edges_of_metric(project, edge.child):
            if further.formula is None and further.child not in leaves:
                follow(further, chain)

    edges = [*edges_of_kpi(project, kpi)]
    for leaf in leaves:
        edges += edges_of_metric(project, leaf)
    for edge in edges:
        if edge.child not in leaves and edge.formula is None:
            follow(edge, ())
    reached = {chain.driver for chain in found}
    unsized = {link.child: link for link in blind if link.child not in reached}
    return tuple(found), tuple(unsized.values())


def _link(project: Project, kpi: Kpi, edge: Edge, known: Known, today: dt.date) -> Link:
    link = Link(edge.child, edge.parent, edge.lag, edge.evidence, edge.expired(today), None)
    if edge.per is not None and edge.per.change:
        return replace(link, size=_said(edge.per, edge.moves))
    reason = f"nobody says how much, and {project.metrics[edge.child].title} is not recorded beside"
    for grain in _grains(project, kpi, edge):
        above = known.get(SeriesKey.of(edge.parent, grain))
        below = known.get(SeriesKey.of(edge.child, grain))
        if above is None or below is None:
            continue
        _, x, y = aligned(project, _meant(project, below), _meant(project, above), edge.lag)
        n = int(np.sum(np.isfinite(x) & np.isfinite(y)))
        if n < FEWEST:
            reason = f"nobody says how much, and {n} of the {FEWEST} periods needed have both"
            continue
        slope = pull(x, y)
        if not (np.isfinite(slope.low) and np.isfinite(slope.high)):
            reason = "nobody says how much, and one of the two never moved"
            continue
        size = Size(slope.value, slope.low, slope.high, "record", n, edge.moves)
        return replace(link, size=size, grain=grain)
    return replace(link, reason=reason)


def _factor(project: Project, links: tuple[Link, ...], end: str) -> float:
    """What the chain's product is multiplied by where its links were seen at different grains."""
    found = 1.0
    for at, link in enumerate(links):
        after = links[at + 1].grain if at + 1 < len(links) else end
        if link.grain is not None and after is not None:
            found *= longer(project, link.parent, link.grain, after)
    return found


def longer(project: Project, metric: str, grain: str, other: str) -> float:
    """How much larger a figure is per period of another grain: 1 unless it adds up.

    A count per month is 30.4 / 7 times that per week.
    """
    declared = project.metrics[metric]
    if not (isinstance(declared, Simple) and declared.agg in (*COUNTED, "sum")):
        return 1.0
    days = [DAYS.get(one.removeprefix("fiscal_"), 1.0) for one in (grain, other)]
    return days[1] / days[0]


def _said(per: Per, moves: Moves | None) -> Size:
    """What an owner says; without a range, from nothing to twice as much."""
    value = per.gives / per.change
    if per.low is None or per.high is None:
        ends = sorted((0.0, 2 * value))
        return Size(value, ends[0], ends[1], "alone", declared=moves)
    ends = sorted((per.low / per.change, per.high / per.change))
    return Size(value, min(ends[0], value), max(ends[1], value), "owner", declared=moves)


def _grains(project: Project, kpi: Kpi, edge: Edge) -> tuple[str, ...]:
    """At which grains both ends may be recorded, the KPI's own first."""
    grain = grain_of_influence(project, edge.parent, edge.child, lag=edge.lag)
    if edge.parent == kpi.metric:
        own = own_grain(project, edge.child, watch_grain(project, kpi))
        return tuple(dict.fromkeys((own, grain)))
    return (grain,)


def _meant(project: Project, points: PackedSeries) -> PackedSeries:
    """The points since the present definition is meant."""
    since = max((one.index for one in breaks_of(project, points)), default=0)
    if not since:
        return points
    return PackedSeries(
        metric=points.metric, grain=points.grain, periods=points.periods[since:],
        values=points.values[since:], complete=points.complete[since:],
        definition_version=points.definition_version, definition_hash=points.definition_hash,
    )  # fmt: skip


def latest_of(metric: str, grains: tuple[str, ...], known: Known) -> PackedSeries | None:
    """The recorded series of a driver at the first of these grains that has it."""
    for grain in grains:
        found = known.get(SeriesKey.of(metric, grain))
        if found is not None and (found.complete & ~np.isnan(found.values)).any():
            return found
    return next(
        (
            one for key, one in known.items()
            if key.metric == metric and (one.complete & ~np.isnan(one.values)).any()
        ),
        None,
    )  # fmt: skip
