"""Do our levers and local metrics still move what they are for? (Goodhart's law, watched.)"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt

from sameboat.analysis.goodhart import Decoupling, decoupling, false_discoveries, rolling_relation
from sameboat.analysis.relations import FEWEST
from sameboat.errors import Finding
from sameboat.periods import Span, add, floor
from sameboat.project.declared import Project
from sameboat.project.principles.catalogue import RULES
from sameboat.project.viewer import Viewer
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.ties import Tie, ties
from sameboat.questions.versions import breaks_of
from sameboat.questions.wanted import tie_series
from sameboat.questions.workspace import Workspace
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey, last_run, many
from sameboat.units import format_value

Floats = npt.NDArray[np.float64]


def _nothing() -> Floats:
    return np.empty(0)


A_YEAR = {"day": 364, "week": 52, "month": 12, "quarter": 4, "fiscal_quarter": 4}
"""How many periods of a grain a window has at most."""

RATE = 0.05
"""Which share of the raised findings may be false, on average."""


@dataclass(frozen=True, eq=False)
class Coupling:
    """What the record shows of one tie: whether the metric still moves with its parent.

    `stands` says whether the finding is raised: it was found, and it stays among the findings
    when the number of all ties that were looked at is allowed for. `n` periods of `grain` had
    both figures, of which the last `window` are judged against those before. `since` is the first
    period of the parent after which the two parted. `parent` is the series that was compared: of
    a KPI that rolls, the one that is watched instead. `periods` are the parent's, with
    `moved`, the metric's values a lag before, and `answered`, its own; empty where too few.
    """

    tie: Tie
    label: str
    parent: str
    parent_label: str
    grain: str
    n: int
    window: int
    found: Decoupling | None
    stands: bool
    since: dt.date | None
    sentence: str
    periods: tuple[dt.date, ...] = ()
    moved: Floats = field(default_factory=_nothing)
    answered: Floats = field(default_factory=_nothing)

    @property
    def finding(self) -> str:
        """The word of the finding: `moves-with`, `decoupled`, … or `too-few`."""
        return self.found.finding if self.found is not None else "too-few"

    def rolling(self) -> tuple[Floats, Floats, Floats]:
        """The relation in the window up to each of `periods`, with its 95 % interval.

        NaN where there is none; above 0 is as the tie predicts.
        """
        if self.found is None:
            return _nothing(), _nothing(), _nothing()
        return rolling_relation(
            self.moved, self.answered, lag=0, window=self.window, moves=self.tie.moves
        )


@dataclass(frozen=True)
class Goodhart:
    """Every tie with what is found of it; `judged` of them had enough figures."""

    couplings: tuple[Coupling, ...]
    judged: int
    rate: float
    run: int | None

    @property
    def raised(self) -> tuple[Coupling, ...]:
        """The ties that no longer hold, the surest first."""
        found = [one for one in self.couplings if one.stands]
        return tuple(sorted(found, key=lambda one: one.found.p_value if one.found else 1.0))

    def of_kpi(self, kpi: str) -> tuple[Coupling, ...]:
        """The ties that lead to one KPI."""
        return tuple(one for one in self.couplings if one.tie.kpi == kpi)

    @property
    def method(self) -> str:
        """How it was judged, in words."""
        return (
            f"{self.judged} ties were judged together: of those that are raised, at most "
            f"{self.rate:.0%} are false on average (Benjamini and Yekutieli)."
        )


def goodhart(workspace: Workspace, *, viewer: Viewer) -> Goodhart:
    """Whether each lever, driver and local metric still moves with its KPI, as `viewer` may see.

    Figures of whole metrics are open to whoever sees the board; see `judged_ties`.
    """
    return judged_ties(workspace)


def judged_ties(workspace: Workspace) -> Goodhart:
    """Whether each lever, driver and local metric still moves with its KPI, by the last refresh.

    Only the record is read. Each tie is compared at the finest grain that both ends have, weeks
    at the finest, at the lag that is said of it. The later half of the common periods, a year at
    most, is judged against those before; the window reaches back no further than the youngest
    version of either definition. Incomplete periods are left out.
    """
    project = workspace.project
    listed = ties(project)
    wanted = {tie: tie_series(project, tie) for tie in listed}
    keys = {SeriesKey.of(m, g) for tie, (p, g) in wanted.items() for m in (tie.metric, p)}
    run = last_run(workspace.record)
    known = many(workspace.record, keys) if run is not None else {}
    found = [_coupling(project, tie, *wanted[tie], known) for tie in listed]
    judged = [at for at, one in enumerate(found) if one.finding != "too-few"]
    p_values = [one.found.p_value for at in judged if (one := found[at]).found is not None]
    for at, stands in zip(judged, false_discoveries(p_values, rate=RATE), strict=True):
        held = found[at].found
        found[at] = replace(found[at], stands=bool(stands and held is not None and held.found))
    return Goodhart(tuple(found), len(judged), RATE, run.id if run else None)


# ── one tie ──────────────────────────────────────────────────────────────────────────────────


def _coupling(
    project: Project, tie: Tie, parent: str, grain: str, known: Mapping[SeriesKey, PackedSeries]
) -> Coupling:
    label, parent_label = project.metrics[tie.metric].title, _parent_label(project, tie, parent)
    below = known.get(SeriesKey.of(tie.metric, grain))
    above = known.get(SeriesKey.of(parent, grain))
    bare = Coupling(tie, label, parent, parent_label, grain, 0, 0, None, False, None, "")
    if below is None or above is None:
        missing = label if below is None else parent_label
        return replace(bare, sentence=f"{missing} is not recorded by {grain} yet.")
    days, x, y = aligned(project, below, above, tie.lag)
    n = int(np.sum(np.isfinite(x) & np.isfinite(y)))
    window = window_of(project, below, above, days, tie.lag)
    if n < 2 * FEWEST or window < FEWEST:
        said = f"Too few to tell: {n} {grain}s have both figures; {2 * FEWEST} are needed."
        return replace(bare, n=n, window=window, sentence=said)
    found = decoupling(
        x, y, lag=0, window=window, moves=tie.moves,
        lever_good="down" if project.metrics[tie.metric].good == "down" else "up",
    )  # fmt: skip
    since = days[found.since] if found.since is not None else None
    told = replace(
        bare, n=n, window=window, found=found, since=since, periods=days, moved=x, answered=y
    )
    return replace(told, sentence=_sentence(project, told))


def _parent_label(project: Project, tie: Tie, parent: str) -> str:
    """What the compared series is called: the KPI, or the metric that stands for it."""
    kpi = project.kpis.get(tie.kpi or "")
    metric = project.metrics[parent]
    return kpi.label or metric.title if kpi is not None and kpi.metric == parent else metric.title


def aligned(
    project: Project, below: PackedSeries, above: PackedSeries, lag: Span | None
) -> tuple[tuple[dt.date, ...], Floats, Floats]:
    """The parent's periods with its values, and those of the metric a lag before each.

    Only from the first to the last period in which both are known.
    """
    reckoning = reckoning_of(project)
    before = dict(zip(below.periods.tolist(), _complete(below).tolist(), strict=True))
    back = Span(-lag.count, lag.grain) if lag is not None else Span(0, "day")
    days = above.periods.tolist()
    earlier = [floor(add(day, back), above.grain, reckoning) for day in days]
    x = np.array([before.get(day, np.nan) for day in earlier], dtype=float)
    y = _complete(above)
    both = np.flatnonzero(np.isfinite(x) & np.isfinite(y))
    if not both.size:
        return (), np.empty(0), np.empty(0)
    held = slice(int(both[0]), int(both[-1]) + 1)
    return tuple(days[held]), x[held], y[held]


def window_of(
    project: Project,
    below: PackedSeries,
    above: PackedSeries,
    days: tuple[dt.date, ...],
    lag: Span | None,
) -> int:
    """How many of the latest periods are judged: half of them, a year at most.

    Periods before the youngest version of a definition are not among them; all were computed by
    the definition of today, so they still serve as what was before.
    """
    window = min(len(days) // 2, A_YEAR.get(above.grain, 12))
    starts = [found.at for found in breaks_of(project, above)]
    late = lag if lag is not None else Span(0, "day")
    starts += [add(found.at, late) for found in breaks_of(project, below)]
    if starts:
        window = min(window, sum(day >= max(starts) for day in days))
    return window


def _complete(points: PackedSeries) -> Floats:
    return np.where(points.complete & np.isfinite(points.values), points.values, np.nan)


# ── in words ─────────────────────────────────────────────────────────────────────────────────


def _sentence(project: Project, one: Coupling) -> str:
    """What is found, for people; never that one caused the other."""
    found = one.found
    assert found is not None, "only judged ties are told"
    after = f", {one.tie.lag} later" if one.tie.lag is not None and one.tie.lag.count else ""
    long = f"the last {one.window} {one.grain}s"
    match found.finding:
        case "moves-with":
            return f"{one.label} still moves with {one.parent_label}{after}."
        case "decoupled":
            return (
                f"{one.label} moved with {one.parent_label}{after}, and no longer does: the two "
                f"parted about {_month(one.since)}."
            )
        case "reversed":
            return (
                f"{one.label} moved with {one.parent_label}{after}; now the two move against each "
                f"other, since about {_month(one.since)}."
            )
        case "improves-alone":
            return f"{_alone(project, one)}: in {long} the one went {_move(project, one)}."
        case "too-few":
            return f"Too few to tell: {found.why}."
    return f"In {long} it cannot be told whether {one.label} moves with {one.parent_label}{after}."


def _alone(project: Project, one: Coupling) -> str:
    """`Resolved tickets went up while Time-to-market stayed flat`."""
    down = project.metrics[one.tie.metric].good == "down"
    moved = one.found.kpi_moved if one.found is not None else 0.0
    stayed = "stayed flat" if abs(moved) < 1 else "did not follow"
    return f"{one.label} went {'down' if down else 'up'} while {one.parent_label} {stayed}"


def _move(project: Project, one: Coupling) -> str:
    """From what to what both went: the means of the window's first and last third."""
    third = max(1, one.window // 3)

    def told(metric: str, values: Floats) -> str:
        unit = project.metrics[metric].unit
        ends = [part[np.isfinite(part)] for part in (values[:third], values[-third:])]
        said = (format_value(float(np.mean(end)) if end.size else None, unit) for end in ends)
        return " to ".join(said)

    after = f", {one.tie.lag} later" if one.tie.lag is not None and one.tie.lag.count else ""
    both = (
        told(one.tie.metric, one.moved[-one.window :]),
        told(one.parent, one.answered[-one.window :]),
    )
    return f"{both[0]}, the other {both[1]}{after}"


def _month(day: dt.date | None) -> str:
    return f"{day:%B %Y}" if day is not None else "the start"


# ── as findings ──────────────────────────────────────────────────────────────────────────────


def decoupled_breaches(workspace: Workspace) -> Iterator[Finding]:
    """A finding for each metric with a tie that no longer holds, at the place of its surest."""
    for first, others in by_metric(judged_ties(workspace)):
        listed = ", ".join(repr(one.parent) for one in others)
        also = f" So it is of {listed}." if others else ""
        rule = RULES["decoupled-metric"]
        message = f"{first.tie.metric!r}: {first.sentence}{also}"
        yield rule.breach(workspace.project, first.tie.path, message, hint=rule.better)


def by_metric(found: Goodhart) -> Iterator[tuple[Coupling, tuple[Coupling, ...]]]:
    """The raised ties, one group per metric: its surest one, and the others."""
    groups: dict[str, list[Coupling]] = {}
    for one in found.raised:
        groups.setdefault(one.tie.metric, []).append(one)
    for group in groups.values():
        yield group[0], tuple(group[1:])
