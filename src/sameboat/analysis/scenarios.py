"""What a forecast becomes when what moves it is moved: small enough to be told to a browser.

A figure's future is held as a few quantiles per period ahead, and what is not known of an
influence as a few draws. A change of a driver scales or shifts the whole future from the period
on in which it is felt; the chance to reach a target follows. The script of the page 'Outlook'
does the same sums (`frontend/src/outlook.ts`).
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.errors import Undefined, UsageError, did_you_mean

Floats = NDArray[np.float64]

Expression = float | int | tuple[Any, ...]
"""A formula: a number, `("x", place)` for a leaf, or `(operator, left, right)`."""

DRAWS = 40
"""How many values stand for what is not known of an influence."""

FINE = 400
"""Quantiles of what a chance is told of."""

LEVELS = (
    0.005, 0.025, 0.05, 0.1, 0.15, 0.2, 0.25, 0.3, 0.35, 0.4, 0.45, 0.5,
    0.55, 0.6, 0.65, 0.7, 0.75, 0.8, 0.85, 0.9, 0.95, 0.975, 0.995,
)  # fmt: skip
"""The quantiles that are kept of each period ahead."""

HALVINGS = 30
"""Steps in which a quantile of a mixture is found."""

FOREVER = 10**9
"""A period ahead in which every lag is over."""

SUREST = (0.01, 0.99)
"""The least and the greatest chance that is told: what never happened is not forecast."""

Z95 = 1.959963984540054


# ── one figure that is not known ─────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Spread:
    """What a figure may be: its quantiles, each at the level of the same place in `levels`."""

    levels: tuple[float, ...]
    quantiles: tuple[float, ...]

    @classmethod
    def of(cls, sample: ArrayLike, levels: Sequence[float] | None = None) -> Spread:
        """The spread of a sample, at `FINE` even levels unless some are named.

        Quantiles are rounded to seven digits: so they are told, and so they count.
        """
        told = np.asarray(sample, dtype=np.float64)
        if levels is None:
            levels = [(at + 0.5) / FINE for at in range(FINE)]
        found = np.maximum.accumulate(np.quantile(told, levels))
        return cls(tuple(levels), tuple(float(f"{value:.7g}") for value in found))

    def below(self, value: float, *, strictly: bool = True) -> float:
        """The share that lies below a value; or, not strictly, at most at it.

        >>> Spread((0.25, 0.75), (1.0, 3.0)).below(2.0)
        0.5
        """
        seek = bisect_left if strictly else bisect_right
        at = seek(self.quantiles, value)
        if at == 0:
            return 0.0
        if at == len(self.quantiles):
            return 1.0
        low, high = self.quantiles[at - 1 : at + 1]
        first, then = self.levels[at - 1 : at + 1]
        return first + (then - first) * (value - low) / (high - low)

    def at(self, level: float) -> float:
        """The quantile of a level; beyond the outermost ones these.

        >>> Spread((0.25, 0.75), (1.0, 3.0)).at(0.5)
        2.0
        """
        return float(np.interp(level, self.levels, self.quantiles))

    def chance(self, target: float, good: str) -> float:
        """The chance to reach a target, from .01 to .99: at least, or with `down` at most it."""
        return told_chance(self.reaching(target, good))

    def reaching(self, target: float, good: str) -> float:
        """The share that reaches a target: at least, or with `down` at most it."""
        if good == "up":
            return 1.0 - self.below(target)
        return self.below(target, strictly=False)


def told_chance(value: float) -> float:
    """A chance as it is told: more than .99 is never sure, nor less than .01."""
    return min(max(value, SUREST[0]), SUREST[1])


# ── what moves it ────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Way:
    """A way by which a driver reaches the figure.

    `leaf` is the place of the leaf of the formula that it moves, None where it moves the figure
    itself. It is felt `lag` periods later: 0 is the first one ahead. `draws` say by how much per
    unit of the driver; one value where that is exact.
    """

    leaf: int | None
    lag: int
    draws: tuple[float, ...]


@dataclass(frozen=True)
class Mover:
    """A driver: what it is now, how far it may be moved, and how it reaches the figure."""

    name: str
    now: float
    low: float
    high: float
    ways: tuple[Way, ...]


@dataclass(frozen=True)
class Moved:
    """A future that was moved: per period ahead the middle and ends of the 80 and 95 % ranges.

    `chance` is that to reach the target, `shift` what is added to the middle in the target's (or
    the last) period, `shift_low` to `shift_high` its 95 % range.
    """

    middle: tuple[float, ...]
    lower: Mapping[int, tuple[float, ...]]
    upper: Mapping[int, tuple[float, ...]]
    chance: float | None
    shift: float
    shift_low: float
    shift_high: float


@dataclass(frozen=True)
class Aim:
    """A target: its value, which way is good, and the spread that it is held against.

    It is about the figure of period `last` ahead, then `first` is the same; or about the sum of
    the periods from `first` to `last`, or `weight` times it, of which `known` has come already.
    """

    value: float
    good: str
    spread: Spread
    first: int
    last: int
    known: float = 0.0
    weight: float = 1.0


@dataclass(frozen=True)
class Scenario:
    """A figure's future with all that moves it.

    `formula` gives the figure from `leaves`, its parts as they are now. Where it is a product or
    quotient (`scaled`), a changed part scales the whole future, otherwise it shifts it by what
    the formula gives now. `bounds` are the least and greatest possible figure.
    """

    ahead: tuple[Spread, ...]
    movers: tuple[Mover, ...]
    formula: Expression | None = None
    leaves: tuple[float, ...] = ()
    aim: Aim | None = None
    bounds: tuple[float | None, float | None] = (None, None)

    @property
    def scaled(self) -> bool:
        """Whether a changed leaf scales the figure."""
        return self.formula is not None and is_product(self.formula) and self._made > 0

    @property
    def _made(self) -> float:
        return float(_value(self.formula, [np.array([v]) for v in self.leaves])[0])

    @property
    def chance(self) -> float | None:
        """The chance to reach the target as things are; None without one."""
        return self.aim.spread.chance(self.aim.value, self.aim.good) if self.aim else None

    def moved(self, values: Mapping[str, float]) -> Moved:
        """The future with drivers at other values.

        Raises UsageError for a driver that is none (`unknown-driver`) or a value beyond its
        limits (`outside-limits`); Undefined where the formula has no value then.
        """
        changes = self._changes(values)
        lines = self._lines(changes)
        levels = (0.025, 0.1, 0.5, 0.9, 0.975)
        ends = [
            tuple(_quantile(spread, *line, level, self.bounds)
                  for spread, line in zip(self.ahead, lines, strict=True))
            for level in levels
        ]  # fmt: skip
        at = self.aim.last if self.aim is not None else len(self.ahead) - 1
        factors, shifts = lines[at]
        middle = self.ahead[at].at(0.5)
        added = (factors - 1) * middle + shifts
        low, high = (float(v) for v in np.quantile(added, (0.025, 0.975)))
        return Moved(
            ends[2], {80: ends[1], 95: ends[0]}, {80: ends[3], 95: ends[4]},
            self._chance(lines), ends[2][at] - middle, low, high,
        )  # fmt: skip

    def effect(self, name: str, value: float, level: float) -> tuple[float, float, float]:
        """What a driver at another value adds to a figure at `level`, once it is felt.

        The middle and the ends of the 95 % range; NaN where the formula has no value then.
        """
        now = next(one.now for one in self.movers if one.name == name)
        try:
            factors, shifts = self._line({name: value - now}, FOREVER)
        except Undefined:
            return float("nan"), float("nan"), float("nan")
        added = (factors - 1) * level + shifts
        middle, low, high = (float(v) for v in np.quantile(added, (0.5, 0.025, 0.975)))
        return middle, low, high

    def _changes(self, values: Mapping[str, float]) -> dict[str, float]:
        known = {one.name: one for one in self.movers}
        found = {}
        for name, value in values.items():
            if name not in known:
                raise UsageError(
                    "unknown-driver", f"{name!r} is nothing that this KPI can be moved by here",
                    hint=did_you_mean(name, known),
                )  # fmt: skip
            one = known[name]
            slack = 1e-9 * max(abs(one.low), abs(one.high))
            if not one.low - slack <= value <= one.high + slack:
                raise UsageError(
                    "outside-limits",
                    f"{name} may be moved from {one.low:g} to {one.high:g}, not to {value:g}",
                    hint="Further is beyond what its own history says anything about.",
                )
            found[name] = value - one.now
        return found

    def _lines(self, changes: Mapping[str, float]) -> list[tuple[Floats, Floats]]:
        """Per period ahead what the figure is multiplied by, and what is added, in each draw."""
        felt = sorted({way.lag for one in self.movers if changes.get(one.name) for way in one.ways})
        known: dict[int, tuple[Floats, Floats]] = {}
        for since in (-1, *felt):
            known[since] = self._line(changes, since)
        starts = [-1, *felt]
        return [
            known[starts[bisect_right(starts, period) - 1]] for period in range(len(self.ahead))
        ]

    def _line(self, changes: Mapping[str, float], period: int) -> tuple[Floats, Floats]:
        leaves = [np.full(DRAWS, value) for value in self.leaves]
        added = np.zeros(DRAWS)
        touched = False
        for one in self.movers:
            change = changes.get(one.name, 0.0)
            for way in one.ways if change else ():
                if way.lag > period:
                    continue
                each = change * np.broadcast_to(np.asarray(way.draws), (DRAWS,))
                if way.leaf is None:
                    added = added + each
                else:
                    leaves[way.leaf] = leaves[way.leaf] + each
                    touched = True
        if not touched or self.formula is None:
            return np.ones(DRAWS), added
        made, before = _value(self.formula, leaves), self._made
        if not np.all(np.isfinite(made)) or (self.scaled and np.any(made <= 0)):
            raise Undefined("scenario-undefined", "the formula has no value where it is moved to")
        if self.scaled:
            return made / before, added
        return np.ones(DRAWS), made - before + added

    def _chance(self, lines: Sequence[tuple[Floats, Floats]]) -> float | None:
        aim = self.aim
        if aim is None:
            return None
        inside = lines[aim.first : aim.last + 1]
        middles = [max(one.at(0.5), 0.0) for one in self.ahead[aim.first : aim.last + 1]]
        whole = sum(middles)
        shares = [one / whole if whole > 0 else 1 / len(middles) for one in middles]
        factors = np.sum([w * f for w, (f, _) in zip(shares, inside, strict=True)], axis=0)
        shifts = aim.weight * np.sum([s for _, s in inside], axis=0)
        each = [
            aim.spread.reaching((aim.value - aim.known - s) / f + aim.known, aim.good)
            for f, s in zip(factors.tolist(), shifts.tolist(), strict=True)
        ]
        return told_chance(sum(each) / len(each))


def _quantile(
    spread: Spread,
    factors: Floats,
    shifts: Floats,
    level: float,
    bounds: tuple[float | None, float | None],
) -> float:
    """The quantile of the mixture of the spread moved by each draw, within the bounds."""
    own = spread.at(level)
    moved = factors * own + shifts
    low, high = float(moved.min()), float(moved.max())
    pairs = list(zip(factors.tolist(), shifts.tolist(), strict=True))
    for _ in range(HALVINGS if high > low else 0):
        middle = (low + high) / 2
        share = sum(spread.below((middle - s) / f) for f, s in pairs) / len(pairs)
        if share < level:
            low = middle
        else:
            high = middle
    found = (low + high) / 2
    least, most = bounds
    found = found if least is None else max(found, least)
    return found if most is None else min(found, most)


# ── formulas ─────────────────────────────────────────────────────────────────────────────────

_OPERATORS: Mapping[str, Callable[[Floats, Floats], Floats]] = {
    "+": np.add, "-": np.subtract, "*": np.multiply, "/": np.divide,
}  # fmt: skip


def _value(formula: Expression | None, leaves: Sequence[Floats]) -> Floats:
    if isinstance(formula, tuple):
        if formula[0] == "x":
            return leaves[formula[1]]
        with np.errstate(divide="ignore", invalid="ignore"):
            sides = (_value(part, leaves) for part in formula[1:])
            return np.asarray(_OPERATORS[formula[0]](*sides))
    return np.asarray(float(formula or 0.0)) + np.zeros_like(leaves[0] if leaves else np.zeros(1))


def is_product(formula: Expression) -> bool:
    """Whether a formula only multiplies and divides: then a part scales the whole.

    >>> is_product(("/", ("x", 0), ("*", ("x", 1), 2))), is_product(("-", 1, ("x", 0)))
    (True, False)
    """
    if not isinstance(formula, tuple) or formula[0] == "x":
        return True
    return formula[0] in ("*", "/") and all(is_product(part) for part in formula[1:])


# ── draws ────────────────────────────────────────────────────────────────────────────────────


@lru_cache(maxsize=1)
def _normal() -> Floats:
    """The normal distribution in `DRAWS` even steps."""
    from statistics import NormalDist

    normal = NormalDist()
    return np.array([normal.inv_cdf((at + 0.5) / DRAWS) for at in range(DRAWS)])


def draws_of(value: float, low: float, high: float, *, seed: int) -> Floats:
    """Values that stand for an estimate with its 95 % range, in an order that `seed` says.

    The half below the middle is normal with the lower half of the range, that above with the
    upper one. Two influences with different seeds are unrelated.

    >>> found = draws_of(1.0, 1.0, 3.0, seed=1)
    >>> found.size, float(found.min()), bool(found.max() > 2.9)
    (40, 1.0, True)
    """
    normal = np.random.default_rng(seed).permutation(_normal())
    spread = np.where(normal < 0, value - low, high - value)
    return np.asarray(value + normal * spread / Z95)


def limits_of(
    history: ArrayLike, now: float, bounds: tuple[float | None, float | None]
) -> tuple[float, float]:
    """How far a driver may be moved: half its own span beyond what was seen, a quarter at least.

    One that has never varied may be moved by half. Possible values are never left.

    >>> limits_of([10.0, 30.0], 20.0, (0.0, None)), limits_of([4.0, 4.0], 4.0, (None, 5.0))
    ((0.0, 40.0), (2.0, 5.0))
    """
    seen = np.asarray(history, dtype=np.float64)
    seen = np.append(seen[~np.isnan(seen)], now)
    least, most = float(seen.min()), float(seen.max())
    around = abs(now) * (0.25 if most > least else 0.5) or 1.0
    low = min(least - (most - least) / 2, now - around)
    high = max(most + (most - least) / 2, now + around)
    floor, ceiling = bounds
    low = low if floor is None else max(low, min(floor, least))
    high = high if ceiling is None else min(high, max(ceiling, most))
    if least >= 0:
        low = max(low, 0.0)
    return low, high


def step_of(low: float, high: float) -> float:
    """A round step, of which a hundred or so lie between two limits.

    >>> step_of(0.0, 40.0), step_of(0.05, 0.09)
    (0.5, 0.0005)
    """
    rough = (high - low) / 100
    power = 10.0 ** np.floor(np.log10(rough)) if rough > 0 else 1.0
    return float(f"{next(s for s in (1, 2, 5, 10) if s * power >= rough * 0.999) * power:.6g}")
