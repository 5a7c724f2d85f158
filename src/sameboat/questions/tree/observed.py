"""Which way two metrics have moved beside each other in the record; never why."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.analysis.relations import FEWEST, relation, two_sided
from sameboat.periods import Span, add, floor
from sameboat.project.declared import Project
from sameboat.project.model import Moves
from sameboat.questions.judging import usable
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.versions import breaks_of
from sameboat.store.packing import PackedSeries

Floats = npt.NDArray[np.float64]


@dataclass(frozen=True)
class Observed:
    """How a metric has moved beside one that came `lag` earlier, around both trends.

    `value` is in standard deviations of the one for one of the other, `low` to `high` its 95 %
    interval, above 0 where they moved the same way; all None where `reason` says why nothing can
    be told. `way` is None too where the interval holds 0. `n` periods of `grain` had both
    figures. `p_value` is the chance of a relation as far from 0 where there is none.
    """

    parent: str
    grain: str
    n: int
    value: float | None = None
    low: float | None = None
    high: float | None = None
    p_value: float = 1.0
    reason: str | None = None

    @property
    def way(self) -> Moves | None:
        if self.low is None or self.high is None or self.low <= 0 <= self.high:
            return None
        return "same" if self.low > 0 else "opposite"


def observe(
    project: Project, parent: PackedSeries, child: PackedSeries, lag: Span | None
) -> Observed:
    """What the record shows of two series of one grain, the child's points `lag` before.

    Points of incomplete periods and of older versions of a definition are left out.
    """
    x, y = _pairs(project, parent, child, lag)
    n = int(np.sum(np.isfinite(x) & np.isfinite(y)))
    about = (parent.metric, parent.grain, n)
    if n < FEWEST:
        return Observed(*about, reason=f"n = {n}")
    slope = relation(x, y)
    if not math.isfinite(slope.error):
        still = child if not _moves(x, y) else parent
        return Observed(*about, reason=f"{project.metrics[still.metric].title} did not move")
    return Observed(*about, slope.value, slope.low, slope.high, two_sided(slope.t, slope.freedom))


def _moves(x: Floats, y: Floats) -> bool:
    """Whether the first of two rows moves where both are known."""
    held = x[np.isfinite(x) & np.isfinite(y)]
    return bool(np.ptp(held) > 0)


def _pairs(
    project: Project, parent: PackedSeries, child: PackedSeries, lag: Span | None
) -> tuple[Floats, Floats]:
    """The child's value a lag before, and the parent's, per period of the parent."""
    before = dict(zip(child.periods.tolist(), _known(project, child).tolist(), strict=True))
    back = Span(-lag.count, lag.grain) if lag is not None else Span(0, "day")
    reckoning = reckoning_of(project)
    days = parent.periods.tolist()
    earlier = [floor(add(day, back), parent.grain, reckoning) for day in days]
    x = np.array([before.get(day, np.nan) for day in earlier], dtype=float)
    return x, _known(project, parent)


def _known(project: Project, points: PackedSeries) -> Floats:
    """The values of complete periods since the present definition is meant; else NaN."""
    values = np.full(len(points), np.nan)
    used = usable(points)
    since = max((change.index for change in breaks_of(project, points)), default=0)
    values[since : used.size] = used[since:]
    return values
