"""Signal or routine variation: the process chart (XmR) with honest limits.

The classic limits, 2.66 mean moving ranges around the mean of a short baseline, raise a false
alarm in the next twelve points in a fifth of all cases after 8 points and in a seventh after 12.
Here the limits and the run rule reach as far as the estimated centre and spread demand, so that
all rules together raise one in at most a twentieth, whatever the length of the baseline.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.baseline import Limits, Readings, limits_from
from sameboat.analysis.change_points import change_points
from sameboat.analysis.denominators import are_proportions
from sameboat.analysis.false_signals import chance_of
from sameboat.analysis.limits import AHEAD, MINIMUM, RUN
from sameboat.analysis.patterns import RULES, Direction, Pattern, Rule, patterns
from sameboat.analysis.roots import Bounds, Roots, ends, rooted
from sameboat.analysis.seasons import season_of
from sameboat.analysis.stretches import Stretch, stretches
from sameboat.errors import Undefined, UsageError

Floats = NDArray[np.float64]
Good = Literal["up", "down"] | tuple[float, float]
Verdict = Literal["routine", "signal", "too-few", "stale", "incomplete"]

NOTED = 0.2
"""A reader is told that neighbours agree where they do by so much beyond chance."""


@dataclass(frozen=True)
class Signal:
    """A point that a rule singled out, as part of the pattern from `first` with `count` points.

    `rule` is `run` (eight or more in a row on one side of the centre), `beyond-limit`, or
    `near-limit` (two of three beyond two thirds of the way to a limit). All are indices into the
    series.
    """

    index: int
    rule: Rule
    direction: Direction
    first: int
    last: int
    count: int

    def words(self, noun: str = "points") -> str:
        """What was seen, as a verdict says it.

        >>> Signal(30, "run", "below", 23, 30, 8).words("weeks")
        '8 weeks below centre'
        """
        if self.rule == "run":
            return f"{self.count} {noun} {self.direction} centre"
        side = "upper" if self.direction == "above" else "lower"
        if self.rule == "near-limit":
            return f"{self.count} {noun} near the {side} limit"
        return f"{self.direction} the {side} limit"


@dataclass(frozen=True)
class Phase:
    """A stretch with limits of its own, from index `first` to `last`.

    `centre`, `lower` and `upper` are those of its last point that has a value, None where too
    few points set them. `count` is the number of its points with a value, `baseline` how many of
    them set the limits. `declared` is False where a change of level, not a break, began it.
    """

    first: int
    last: int
    centre: float | None
    lower: float | None
    upper: float | None
    count: int
    baseline: int
    declared: bool = True
    likely: tuple[float, float] | None = None  # what to expect of it if its noise is normal


@dataclass(frozen=True, eq=False)
class Chart:
    """A series with its limits, its signals and one verdict on its latest points.

    `centre`, `lower`, `upper`, `moving_range` have one value per point, NaN where there is none.
    `headline` is the signal that the verdict is about, `direction` its side; `better` says
    whether that is good (None: not known). `ongoing` says whether it holds at the latest point.
    `chance` is how often routine variation alone shows judged points like the latest, at most.
    `set_aside` are baseline points too far out to set limits. `correlation` is that of
    neighbouring baseline points, None for short baselines. `why` explains a verdict other than
    signal or routine; `notes` say what else a careful reader should know.
    """

    values: Floats
    centre: Floats
    lower: Floats
    upper: Floats
    signals: tuple[Signal, ...]
    verdict: Verdict
    why: str | None
    phases: tuple[Phase, ...]
    moving_range: Floats
    moving_range_limit: float | None
    headline: Signal | None = None
    better: bool | None = None
    ongoing: bool = False
    latest: int | None = None
    judged_from: int | None = None
    baseline: int = 0
    set_aside: tuple[int, ...] = ()
    correlation: float | None = None
    notes: tuple[str, ...] = ()
    chance: float | None = None

    @property
    def direction(self) -> Direction | None:
        """The side of the signal that the verdict is about."""
        return self.headline.direction if self.headline else None


def xmr(
    values: ArrayLike | Sequence[float | None],
    *,
    n: ArrayLike | Sequence[float | None] | None = None,
    baseline: int | None = None,
    breaks: Sequence[int] = (),
    season: int | None = None,
    good: str | Sequence[float] | Mapping[str, Any] | None = None,
    recent: int = AHEAD,
    bounds: Bounds | None = None,
    counts: bool = False,
) -> Chart:
    """The limits of a series, oldest point first, what lies outside them, and one verdict.

    A missing value is NaN or None: it is skipped, never 0, and never breaks a run. `n` are the
    denominators of ratios: limits widen where n is small. `baseline` takes the first k points of
    each phase as its baseline and judges the rest; without it the latest twelve points are judged
    by those before them (see `stretches.automatic`). `breaks` are the indices at which a new
    phase begins. `season` is the length of the season in points, which is taken out first. The
    verdict is about the latest `recent` points that have a value. `bounds` are the least and the
    greatest value that the figure can have by its definition, None where open: no limit lies
    beyond them, and noise may be lopsided away from them (see `analysis.roots`). `counts` says
    that the values are numbers of rows: where they vary as those of independent events do, their
    noise is known.

    The verdict is `signal`, `routine`, `too-few` (fewer than eight points to set limits, or than
    two seasons, or limits so wide that any value is routine), `incomplete` (the last value is
    missing) or `stale` (the last two or more are).
    A baseline that never varies says nothing about variation: `Undefined`, unless eight points in
    a row left it.

    Sources: Shewhart 1931; Wheeler 1993; joint limits for an estimated centre and spread after
    Hillier 1969, derived in `benchmarks/signals.py`.

    >>> chart = xmr([5, 4, 6, 5, 7, 5, 4, 6, 5, 6, 4, 5, 19], baseline=12, good="down")
    >>> chart.verdict, chart.headline.words(), chart.better
    ('signal', 'above the upper limit', False)
    """
    readings = _readings(values, n, bounds or (None, None), counts)
    starts = _starts(breaks, readings.values.size)
    _check(baseline, season, recent)
    wanted = _wanted(good)
    if short := _too_few(readings, starts, season, baseline):
        return _unjudged(readings, short)
    if 0 < np.abs(readings.values[readings.usable]).max() < 1e-100:  # their squares are 0
        raise Undefined("figure-not-finite", "the values are too small to compare")
    readings, parts = _deseasoned(readings, starts, season, baseline)
    limits = [limits_from(readings, _points(part), part.base) for part in parts]
    signals = [
        signal
        for part, lines in zip(parts, limits, strict=True)
        if lines is not None
        for signal in _signals(readings, part, lines)
    ]
    signals.sort(key=lambda signal: (signal.index, RULES.index(signal.rule), signal.direction))
    return _chart(readings, parts, limits, tuple(signals), wanted, recent)


# ── what goes in ─────────────────────────────────────────────────────────────────────────────


def _array(given: ArrayLike | Sequence[float | None], what: str) -> Floats:
    try:
        array = np.array(given, dtype=float)
    except (TypeError, ValueError):
        raise UsageError("wrong-type", f"{what} must be numbers, or missing") from None
    if array.ndim != 1:
        raise UsageError("wrong-type", f"{what} must be one row of numbers, oldest first")
    return array


def _readings(
    values: ArrayLike | Sequence[float | None], n: ArrayLike | Sequence[float | None] | None,
    bounds: Bounds, counts: bool,
) -> Readings:  # fmt: skip
    array = _array(values, "values")
    usable = ~np.isnan(array)
    largest = float(np.abs(array[usable]).max(initial=0.0))
    if np.isinf(array).any() or largest > 1e100:
        raise Undefined("figure-not-finite", "a value is endless or too large to compare")
    cases = None
    if n is not None:
        cases = _array(n, "n")
        if cases.size != array.size:
            raise UsageError("wrong-type", "n must have one denominator for each value")
        if (cases < 0).any() or np.isinf(cases).any():
            raise UsageError("wrong-type", "a denominator must be a number of at least 0")
        usable &= cases > 0
        array = np.where(usable, array, np.nan)
        cases = np.where(usable, cases, np.nan)
    none = np.zeros_like(array)
    if counts and bounds == (None, None):
        bounds = (0.0, None)
    _check_bounds(array, bounds)
    if cases is not None and bounds == (None, None) and are_proportions(array, cases):
        bounds = (0.0, 1.0)
    roots = rooted(array, bounds)
    return Readings(
        array, usable, cases, none, none, bounds=bounds, counts=counts,
        roots=None if roots is None else Roots(roots, none),
    )  # fmt: skip


def _check_bounds(values: Floats, bounds: Bounds) -> None:
    low, high = ends(bounds)
    if not low < high:
        raise UsageError("wrong-type", f"the bounds {low:g} and {high:g} leave nothing between")
    if (values < low).any() or (values > high).any():
        raise UsageError("wrong-type", "a value lies outside the bounds")


def _starts(breaks: Sequence[int], size: int) -> tuple[int, ...]:
    for index in breaks:
        if index != int(index) or not 0 <= index <= size:
            raise UsageError("wrong-type", f"break {index} is not an index of the series")
    return (0, *sorted({int(index) for index in breaks} - {0, size}))


def _check(baseline: int | None, season: int | None, recent: int) -> None:
    if baseline is not None and not _at_least(baseline, 1):
        raise UsageError("wrong-type", "a baseline is a whole number of points")
    if season is not None and not _at_least(season, 2):
        raise UsageError("wrong-type", "a season is a whole number of points, at least 2")
    if not _at_least(recent, 1):
        raise UsageError("wrong-type", "the verdict needs a whole number of recent points")


def _at_least(number: object, least: int) -> bool:
    """Whether this is a whole number of so many at least."""
    whole = isinstance(number, int | np.integer) and not isinstance(number, bool)
    return whole and int(number) >= least  # type: ignore[call-overload]


def _wanted(good: str | Sequence[float] | Mapping[str, Any] | None) -> Good | None:
    if good is None or good == "up" or good == "down":
        return good  # type: ignore[return-value]
    band = good.get("between") if isinstance(good, Mapping) else good
    if isinstance(band, str) or not isinstance(band, Sequence) or len(band) != 2:
        raise UsageError("wrong-type", "good is 'up', 'down' or a range of two numbers")
    low, high = float(band[0]), float(band[1])
    if not low <= high:
        raise UsageError("wrong-type", f"the range from {low:g} to {high:g} holds nothing")
    return low, high


def _too_few(
    readings: Readings, starts: tuple[int, ...], season: int | None, baseline: int | None
) -> str | None:
    """Why there are too few points for any limits at all, or None."""
    total = int(readings.usable.sum())
    if total < MINIMUM:
        return f"{total} point{'' if total == 1 else 's'}; limits need {MINIMUM}"
    if baseline is not None and baseline < MINIMUM:
        return f"a baseline of {baseline} points; limits need {MINIMUM}"
    if season is None:
        return None
    need = max(2 * season, season + MINIMUM - 1)
    if baseline is not None and total >= baseline:
        counts = (points.size for points in _by_phase(readings, starts))
        total = sum(min(baseline, count) for count in counts)
    if total < need:
        return f"{total} points; a season of {season} takes two full seasons, {need} points"
    return None


def _by_phase(readings: Readings, starts: tuple[int, ...]) -> tuple[NDArray[np.int64], ...]:
    """The usable points of each declared phase."""
    return tuple(
        first + np.flatnonzero(readings.usable[first:end])
        for first, end in zip(starts, (*starts[1:], readings.values.size), strict=True)
    )


def _unjudged(readings: Readings, why: str) -> Chart:
    nothing = np.full(readings.values.size, np.nan)
    places = np.flatnonzero(readings.usable)
    return Chart(
        values=readings.values, centre=nothing, lower=nothing, upper=nothing, signals=(),
        verdict="too-few", why=why, phases=(), moving_range=_moving_range(readings, (0,)),
        moving_range_limit=None, latest=int(places[-1]) if places.size else None,
    )  # fmt: skip


# ── limits and signals ───────────────────────────────────────────────────────────────────────


def _deseasoned(
    readings: Readings, starts: tuple[int, ...], season: int | None, baseline: int | None
) -> tuple[Readings, tuple[Stretch, ...]]:
    """The readings without their season, and the stretches they are judged in.

    The season of all points shows where the level changed; the season that the limits rest on
    comes from the baselines alone.
    """
    if season is None:
        return readings, stretches(
            readings.level, readings.usable, starts, baseline=baseline, lost=0.0
        )
    whole = _by_phase(readings, starts)
    first = season_of(readings.values, season, whole)
    lost = (season - 1) * whole[-1].size / sum(points.size for points in whole)
    parts = stretches(
        readings.values - first.effect, readings.usable, starts, baseline=baseline, lost=lost
    )
    bases = tuple(part.base for part in parts)
    final = season_of(readings.values, season, bases)
    roots = readings.roots and replace(
        readings.roots, effect=season_of(readings.roots.values, season, bases).effect
    )
    usable = readings.usable & np.isfinite(final.doubt)
    readings = Readings(
        np.where(usable, readings.values, np.nan), usable, readings.n,
        final.effect, np.where(usable, final.doubt, 0.0), final.lost, readings.bounds,
        readings.counts, roots,
    )  # fmt: skip
    kept = tuple(
        Stretch(
            part.first, part.last, part.base[usable[part.base]], part.judged[usable[part.judged]],
            part.declared, part.shifted,
        )
        for part in parts
    )  # fmt: skip
    return readings, kept


def _points(part: Stretch) -> NDArray[np.int64]:
    return np.concatenate([part.base, part.judged])


def _signals(readings: Readings, part: Stretch, lines: Limits) -> list[Signal]:
    """The signals of one stretch: among its judged points, and points set aside in its base."""
    base = part.base.size
    if not lines.has_spread:
        _no_spread(readings, part, lines)
    found = patterns(
        lines.deviation[base:], lines.above[base:], lines.below[base:],
        lines.guard_above, lines.guard_below,
    )  # fmt: skip
    if not lines.has_spread:
        found = tuple(pattern for pattern in found if pattern.rule == "run")
    out = [signal for pattern in found for signal in _members(pattern, part.judged)]
    aside = np.isin(part.base, lines.set_aside)
    for at in np.flatnonzero(aside):
        index = int(part.base[at])
        side: Direction = "above" if lines.deviation[at] > 0 else "below"
        out.append(Signal(index, "beyond-limit", side, index, index, 1))
    return out


def _members(pattern: Pattern, judged: NDArray[np.int64]) -> list[Signal]:
    places = [int(judged[at]) for at in pattern.members]
    return [
        Signal(index, pattern.rule, pattern.direction, places[0], places[-1], len(places))
        for index in places
    ]


def _no_spread(readings: Readings, part: Stretch, lines: Limits) -> None:
    """Refuse to judge points that left a baseline without variation, unless a run of them did."""
    away = lines.deviation[part.base.size :]
    if not np.any(away != 0):
        return
    flat = np.zeros_like(away)
    if not any(pattern.rule == "run" for pattern in patterns(away, flat, flat, 0.0, 0.0)):
        value = float(readings.values[part.base[0]])
        raise Undefined(
            "no-variation",
            f"the {part.base.size} points that set the limits are all {value:g}, "
            "so how much routine variation there is cannot be said",
        )


# ── the answer ───────────────────────────────────────────────────────────────────────────────


def _chart(
    readings: Readings, parts: tuple[Stretch, ...], limits: list[Limits | None],
    signals: tuple[Signal, ...], wanted: Good | None, recent: int,
) -> Chart:  # fmt: skip
    size = readings.values.size
    centre, lower, upper = (np.full(size, np.nan) for _ in range(3))
    phases = []
    for part, lines in zip(parts, limits, strict=True):
        if lines is not None:
            _draw(readings, lines, centre, lower, upper)
        phases.append(_phase(part, lines, centre, lower, upper))
    last, lines = parts[-1], limits[-1]
    places = np.flatnonzero(readings.usable)
    headline = _headline(signals, _points(last)[-recent:], last)
    verdict, why = _verdict(readings, last, lines, headline)
    if verdict == "routine" and lines is not None and lines.has_spread:
        verdict, why = _seen(readings, lines)
    return Chart(
        values=readings.values, centre=centre, lower=lower, upper=upper, signals=signals,
        verdict=verdict, why=why, phases=tuple(phases),
        moving_range=_moving_range(readings, tuple(part.first for part in parts)),
        moving_range_limit=lines.range_limit if lines and lines.has_spread else None,
        headline=headline, better=_better(readings, headline, centre, wanted),
        ongoing=headline is not None and headline.last == int(places[-1]),
        latest=int(places[-1]),
        judged_from=int(last.judged[0]) if last.judged.size else None,
        baseline=lines.used.size if lines else 0,
        set_aside=tuple(int(at) for kept in limits if kept for at in kept.set_aside),
        correlation=lines.correlation if lines else None,
        notes=_notes(last, lines),
        chance=_chance(last, lines, recent),
    )  # fmt: skip


def _chance(part: Stretch, lines: Limits | None, recent: int) -> float | None:
    """How rare the latest judged points are in a routine process; None without limits."""
    if lines is None or not lines.has_spread:
        return None
    first = part.base.size if part.shifted else max(part.base.size, lines.points.size - recent)
    return chance_of(
        lines.deviation[first:], lines.above[first:], lines.below[first:],
        base=lines.deviation[: part.base.size], guards=(lines.guard_above, lines.guard_below),
        points=lines.count, slow=lines.slow,
    )  # fmt: skip


def _draw(readings: Readings, lines: Limits, centre: Floats, lower: Floats, upper: Floats) -> None:
    at = lines.points
    low, high = ends(readings.bounds)
    centre[at] = np.clip(lines.centre + readings.effect[at], low, high)
    lower[at], upper[at] = lines.lower, lines.upper


def _phase(
    part: Stretch, lines: Limits | None, centre: Floats, lower: Floats, upper: Floats
) -> Phase:
    points = _points(part)
    if lines is None:
        return Phase(part.first, part.last, None, None, None, points.size, 0, part.declared)
    at = points[-1]
    return Phase(
        part.first, part.last, float(centre[at]), float(lower[at]), float(upper[at]),
        points.size, lines.used.size, part.declared, _likely(lines, centre, lower, upper, int(at)),
    )  # fmt: skip


def _likely(
    lines: Limits, centre: Floats, lower: Floats, upper: Floats, at: int
) -> tuple[float, float]:
    """Where limits for normal noise would lie: within those in use, which allow for other noise."""
    reach = lines.likely * float(lines.unit[-1])
    middle = float(centre[at])
    return max(float(lower[at]), middle - reach), min(float(upper[at]), middle + reach)


def _headline(
    signals: tuple[Signal, ...], latest: NDArray[np.int64], part: Stretch
) -> Signal | None:
    """The signal that matters most among the latest points: ongoing, a run, the latest."""
    recent = [signal for signal in signals if signal.index in latest]
    return max(
        recent,
        key=lambda signal: (
            signal.last == latest[-1], -RULES.index(signal.rule), signal.index
        ),
        default=None,
    )  # fmt: skip


def _verdict(
    readings: Readings, part: Stretch, lines: Limits | None, headline: Signal | None
) -> tuple[Verdict, str | None]:
    if lines is None:
        count = _points(part).size
        plural = "" if count == 1 else "s"
        phase = " since the last break" if part.first else ""
        return "too-few", f"{count} point{plural}{phase}; limits need {MINIMUM}"
    missing = readings.values.size - 1 - int(np.flatnonzero(readings.usable)[-1])
    if missing == 1:
        return "incomplete", "the latest value is not there yet"
    if missing:
        return "stale", f"the latest {missing} values are missing"
    return ("signal" if headline else "routine"), None


def _seen(readings: Readings, lines: Limits) -> tuple[Verdict, str | None]:
    """Routine, unless limits that hold everything say that too little is known.

    So few cases that any share comes by chance are too few. So is a baseline whose limits hold
    everything only because its noise may be long-tailed or slow; one that swings all over its
    range is routine wherever it is.
    """
    low, high = readings.bounds
    if low is None or high is None or lines.lower[-1] > low or lines.upper[-1] < high:
        return "routine", None
    at = lines.points[-1]
    centre = lines.centre + readings.effect[at]
    if readings.n is not None and lines.proportion:
        chance = float(np.sqrt(max(centre * (1 - centre), 0.0) / readings.n[at]))
        above, below = lines.reach
        if below * chance >= centre and above * chance >= 1 - centre:
            why = f"n = {readings.n[at]:g} in the latest point: any share would be routine"
            return "too-few", why
    reach = lines.likely * float(lines.unit[-1])
    if centre - reach > low or centre + reach < high:
        return "too-few", "any value would be routine"
    return "routine", None


def _better(
    readings: Readings, headline: Signal | None, centre: Floats, wanted: Good | None
) -> bool | None:
    """Whether the headline's direction is the good one, or None where that is not known."""
    if headline is None or wanted is None:
        return None
    if isinstance(wanted, str):
        return (headline.direction == "above") == (wanted == "up")
    low, high = wanted

    def outside(value: float) -> float:
        return max(low - value, value - high, 0.0)

    now = outside(float(readings.values[headline.last]))
    usual = outside(float(centre[headline.last]))
    return None if now == usual else now < usual


def _moving_range(readings: Readings, starts: tuple[int, ...]) -> Floats:
    """Each point's distance from the last known one of its phase."""
    out = np.full(readings.values.size, np.nan)
    level = readings.level
    for first, end in zip(starts, (*starts[1:], level.size), strict=True):
        points = first + np.flatnonzero(readings.usable[first:end])
        out[points[1:]] = np.abs(np.diff(level[points]))
    return out


def _notes(part: Stretch, lines: Limits | None) -> tuple[str, ...]:
    notes = []
    if lines is None:
        return ()
    if part.shifted:
        notes.append(
            f"The level changed {part.judged.size} points ago; if that is meant to last, "
            "declare it as the start of a phase."
        )
    if lines.set_aside.size:
        count = lines.set_aside.size
        notes.append(f"{count} extreme point{'' if count == 1 else 's'} did not set the limits.")
    if lines.slow > NOTED and lines.correlation is not None:
        notes.append(
            f"Neighbouring points agree (correlation {lines.correlation:.2f}), so limits and "
            "runs are judged more loosely."
        )
    if not part.judged.size:
        notes.append("All points set the limits; the next one is the first to be judged.")
    if part.judged.size > AHEAD and not part.shifted:
        notes.append(f"The promise on false alarms is about {AHEAD} points; more are judged.")
    return tuple(notes)


__all__ = ["MINIMUM", "RUN", "Chart", "Phase", "Signal", "change_points", "xmr"]
