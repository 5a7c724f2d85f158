"""How far an index depends on its weights, which are a judgement: others might judge otherwise."""

from __future__ import annotations

import math
import numbers
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from sameboat.analysis.readings import LARGEST
from sameboat.errors import Undefined, UsageError

BAND = 0.25
"""How far each weight is varied where nothing else is said: a quarter of it up and down."""


@dataclass(frozen=True)
class Sensitivity:
    """A weighted mean, and what it becomes under other weights.

    `low` and `high` are its least and greatest value over all weightings in which each weight is
    at most `band` (a share of it) off. `by_weight` says per part what the mean is with that weight
    alone at its least and at its greatest.
    """

    value: float
    low: float
    high: float
    by_weight: Mapping[str, tuple[float, float]]
    band: float

    @property
    def spread(self) -> float:
        """How far apart the least and the greatest value are."""
        return self.high - self.low

    def same_side(self, of: float) -> bool:
        """Whether all weightings of the band give a mean above a figure, or all one below it.

        An index that is above 100 whatever the weights has risen for everybody.
        """
        return self.low > of or self.high < of


def weight_sensitivity(
    figures: Mapping[str, float], weights: Mapping[str, float], *, band: float = BAND
) -> Sensitivity:
    """The weighted mean of parts, and its range when each weight varies by a share of itself.

    Weights need not add up to 1; they are divided by their sum after they are varied. Give each
    part's figure for the index itself, or each part's change for the change of the index: both
    are weighted means. The range is exact: a mean is greatest where the weights of the parts above
    some figure are at their greatest and all others at their least.

    Raises Undefined where a figure is not finite, UsageError for weights that are negative, all
    zero or not of the same parts, and for a band that is not between 0 and 1.

    >>> found = weight_sensitivity({"quality": 200, "speed": 50}, {"quality": 0.5, "speed": 0.5})
    >>> found.value, found.low, found.high  # weights .375 and .625, and the other way round
    (125.0, 106.25, 143.75)
    >>> found.by_weight["speed"]  # (100 + 25 x 1.25) / 1.125 at the most, the other at .375
    (116.66666666666667, 135.71428571428572)
    >>> found.same_side(of=100)
    True
    """
    _refuse_bad(figures, weights, band)
    value = _mean(figures, weights)
    by_weight = {}
    for name in figures:
        ends = [
            _mean(figures, {**weights, name: weights[name] * factor})
            for factor in (1 - band, 1 + band)
            if _total({**weights, name: weights[name] * factor})
        ]
        by_weight[name] = (min(ends), max(ends))
    means = [_mean(figures, extreme) for extreme in _extremes(figures, weights, band)]
    return Sensitivity(value, min(means), max(means), by_weight, band)


def deciding_parts(changes: Mapping[str, float], weights: Mapping[str, float]) -> tuple[str, ...]:
    """The parts without which the weighted change would not have its sign, in their order.

    A part decides where the change of the others alone, by their own weights, is 0 or has the
    other sign. A change of 0 has no sign, so nothing decides it; a part without others decides.

    Raises as `weight_sensitivity`.

    >>> deciding_parts({"shipped": 30, "joint": -10, "days": -5}, {"shipped": 2, "joint": 1,
    ...                                                            "days": 1})
    ('shipped',)
    >>> deciding_parts({"shipped": 30, "joint": 10}, {"shipped": 1, "joint": 1})
    ()
    """
    _refuse_bad(changes, weights, BAND)
    sign = _sign(_mean(changes, weights))
    if not sign:
        return ()
    return tuple(name for name in changes if _sign_without(changes, weights, name) != sign)


def _sign_without(changes: Mapping[str, float], weights: Mapping[str, float], name: str) -> int:
    rest = {other: weight for other, weight in weights.items() if other != name}
    return _sign(_mean({other: changes[other] for other in rest}, rest)) if _total(rest) else 0


def _sign(figure: float) -> int:
    return (figure > 0) - (figure < 0)


def _refuse_bad(figures: Mapping[str, float], weights: Mapping[str, float], band: float) -> None:
    if not figures or figures.keys() != weights.keys():
        raise UsageError("wrong-type", "every part needs a figure and a weight")
    if not 0 <= band <= 1:
        raise UsageError("wrong-type", f"a band is a share between 0 and 1, not {band}")
    if not all(isinstance(one, numbers.Real) for one in (*figures.values(), *weights.values())):
        raise UsageError("wrong-type", "figures and weights must be numbers")
    if not all(abs(figure) < LARGEST for figure in figures.values()):
        raise Undefined("undefined", "a part of the index is undefined")
    if not all(0 <= weight < LARGEST for weight in weights.values()) or not _total(weights):
        raise UsageError("wrong-type", "weights are not negative, and at least one is above 0")


def _extremes(
    figures: Mapping[str, float], weights: Mapping[str, float], band: float
) -> Iterator[Mapping[str, float]]:
    """Weightings among which those with the least and the greatest mean are."""
    ranked = sorted(figures, key=lambda name: figures[name])
    for below in range(len(ranked) + 1):
        for first, rest in ((1 - band, 1 + band), (1 + band, 1 - band)):
            found = {
                name: weights[name] * (first if at < below else rest)
                for at, name in enumerate(ranked)
            }
            if _total(found):
                yield found


def _total(weights: Mapping[str, float]) -> float:
    return math.fsum(weights.values())


def _mean(figures: Mapping[str, float], weights: Mapping[str, float]) -> float:
    return math.fsum(weights[name] * figures[name] for name in figures) / _total(weights)
