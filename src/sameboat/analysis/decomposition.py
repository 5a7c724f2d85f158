"""Why a figure moved: its change split over the leaves of its tree, or into mix and rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import ArrayLike, NDArray

from sameboat.analysis.identities import Identity, Operation, identity, leaves, sums, value
from sameboat.analysis.logmean import log_mean, monomials, term_effects
from sameboat.analysis.readings import LARGEST
from sameboat.analysis.shapley import shapley
from sameboat.errors import Undefined, UsageError, did_you_mean

Floats = NDArray[np.float64]
Method = Literal["shapley", "lmdi", "lmdi-multiplicative"]
METHODS: tuple[Method, ...] = ("shapley", "lmdi", "lmdi-multiplicative")


@dataclass(frozen=True)
class TreeEffects:
    """The change of a figure, split over the leaves of its tree.

    `effects` has one entry per leaf, in the unit of the figure and signed as the figure moves;
    with `lmdi-multiplicative` they are factors whose product is `total`. `total` is the whole
    change (or factor), `residual` what the effects leave of it, `before` and `after` the figure
    itself. `errors` are the effects' standard errors, 0 unless the tree was too entangled to be
    split exactly (`exact`).
    """

    effects: Mapping[str, float]
    total: float
    residual: float
    before: float
    after: float
    method: Method
    exact: bool
    errors: Mapping[str, float]


@dataclass(frozen=True)
class MixAndRate:
    """A ratio's change per segment: what moved with the segment's weight, what with its rate.

    All are in the unit of the ratio. `mix` and `rate` add up to `total`. `pull` is the mix effect
    measured from the average rate: positive where a good segment grew or a poor one shrank; it
    has the same sum as `mix`. `reversal` says that the whole moved one way while, of the
    segments that have a rate in both periods, none moved with it and at least one against it
    (Simpson), so that the mix alone turned it.
    """

    mix: Mapping[str, float]
    rate: Mapping[str, float]
    pull: Mapping[str, float]
    total: float
    before: float
    after: float
    reversal: bool

    @property
    def residual(self) -> float:
        """What the effects leave of the whole change: rounding alone."""
        return self.total - math.fsum(self.mix.values()) - math.fsum(self.rate.values())


def tree_effects(
    tree: str,
    before: Mapping[str, float | ArrayLike],
    after: Mapping[str, float | ArrayLike],
    *,
    method: Method = "shapley",
    rng: np.random.Generator | None = None,
) -> TreeEffects:
    """The change of a figure from `before` to `after`, split over the leaves of its tree.

    `tree` is arithmetic over names (`leads * win_rate * size`), or several equations parted by
    line ends or semicolons. A leaf is a number, or an array of one value per segment: the formula
    then holds in each segment and the figure is their sum, unless the tree says itself where it
    adds up: `sum(won) / sum(leads)`. A number stands for the same value in every segment.

    - `shapley`: the mean effect of a leaf's move over all orders in which the leaves may move.
    - `lmdi`: logarithmic mean weights, for sums of products and quotients of positive leaves.
    - `lmdi-multiplicative`: the same as factors of after / before.

    A tree whose quotients or functions hold more than 16 leaves at once is split over drawn
    orders (from `rng`): the effects still add up, and `errors` say how sure each is.

    Raises Undefined where a leaf has no value, where the formula has none before, after or on the
    way between them, or where the method cannot hold; UsageError for names and shapes that do
    not fit.

    Sources: Shapley 1953; Ang 2005 and Ang and Liu 2007 (zeros); Albrecht, François and Schoors
    2002 (Shapley for trees).

    >>> found = tree_effects(
    ...     "leads * rate", {"leads": 100, "rate": 0.5}, {"leads": 120, "rate": 0.4}
    ... )
    >>> {name: round(effect, 9) for name, effect in found.effects.items()}, round(found.total, 9)
    ({'leads': 9.0, 'rate': -11.0}, -2.0)
    """
    if method not in METHODS:
        hint = did_you_mean(str(method), METHODS)
        raise UsageError("wrong-type", f"{method!r} is not a method of splitting", hint=hint)
    formula = identity(tree)
    names = leaves(formula)
    if not sums(formula):
        formula = Operation("sum", (formula,))
    old, new = _leaves(names, before, after)
    start, end = _whole(formula, old, "before"), _whole(formula, new, "after")
    errors = dict.fromkeys(names, 0.0)
    exact = True
    if method == "shapley":
        found = shapley(formula, old, new, rng=rng or np.random.default_rng(0))
        effects, exact = found.effects, found.exact
        errors |= found.errors
    else:
        effects = _lmdi(formula, names, old, new)
    if method == "lmdi-multiplicative":
        return _factors(effects, start, end, errors)
    total = end - start
    residual = math.fsum([end, -start, *(-effect for effect in effects.values())])
    return TreeEffects(effects, total, residual, start, end, method, exact, errors)


def mix_and_rate(
    before: Mapping[str, tuple[float, float]], after: Mapping[str, tuple[float, float]]
) -> MixAndRate:
    """A ratio's change from `before` to `after`, split per segment into a mix and a rate effect.

    Each segment has its numerator and its denominator; the ratio is that of their sums. The rate
    effect is the segment's change of rate at its mean weight, the mix effect its change of weight
    at its mean rate. A segment that appears or disappears is pure mix: it has no rate to compare.

    Raises Undefined where a period has no denominator or a figure is missing, UsageError for a
    denominator below 0 or a segment with a numerator and no denominator.

    Source: Kitagawa 1955, "Components of a difference between two rates", JASA 50.

    >>> found = mix_and_rate({"small": (234, 270), "large": (55, 80)},
    ...                      {"small": (81, 87), "large": (192, 263)})
    >>> round(sum(found.mix.values()), 6), round(sum(found.rate.values()), 6), found.reversal
    (-0.099386, 0.053671, True)
    """
    names = list(dict.fromkeys([*before, *after]))
    old, new = _shares(names, before, "before"), _shares(names, after, "after")
    whole_old, whole_new = _ratio(old, "before"), _ratio(new, "after")
    middle = (whole_old + whole_new) / 2
    weights = old[:, 1] / old[:, 1].sum(), new[:, 1] / new[:, 1].sum()
    with np.errstate(all="ignore"):
        rates = old[:, 0] / old[:, 1], new[:, 0] / new[:, 1]
    both = (old[:, 1] > 0) & (new[:, 1] > 0)
    moved = np.where(both, rates[1] - rates[0], 0.0)
    rate = moved * (weights[0] + weights[1]) / 2
    level = np.where(both, (rates[0] + rates[1]) / 2, np.where(old[:, 1] > 0, *rates))
    level = np.where((old[:, 1] > 0) | (new[:, 1] > 0), level, 0.0)
    shift = weights[1] - weights[0]
    total = whole_new - whole_old
    against = moved[both] * np.sign(total)
    turned = bool(total != 0 and (against <= 0).all() and (against < 0).any())
    return MixAndRate(
        mix=dict(zip(names, (shift * level).tolist(), strict=True)),
        rate=dict(zip(names, rate.tolist(), strict=True)),
        pull=dict(zip(names, (shift * (level - middle)).tolist(), strict=True)),
        total=total,
        before=whole_old,
        after=whole_new,
        reversal=turned,
    )


# ── leaves and wholes ────────────────────────────────────────────────────────────────────────


def _leaves(
    names: tuple[str, ...],
    before: Mapping[str, float | ArrayLike],
    after: Mapping[str, float | ArrayLike],
) -> tuple[dict[str, Floats], dict[str, Floats]]:
    """Both periods' leaves as arrays of one length, or of one value."""
    old = {name: _leaf(name, before, "before") for name in names}
    new = {name: _leaf(name, after, "after") for name in names}
    lengths = {array.size for array in (*old.values(), *new.values())} - {1}
    if len(lengths) > 1:
        said = ", ".join(f"{name!r} has {array.size}" for name, array in {**old, **new}.items())
        raise UsageError("wrong-type", f"leaves have different numbers of segments: {said}")
    return old, new


def _leaf(name: str, values: Mapping[str, float | ArrayLike], when: str) -> Floats:
    if name not in values:
        hint = did_you_mean(name, [str(known) for known in values])
        raise UsageError("unknown-leaf", f"the leaf {name!r} has no figure {when}", hint=hint)
    try:
        array = np.atleast_1d(np.array(values[name], dtype=float))
    except (TypeError, ValueError):
        raise UsageError("wrong-type", f"the leaf {name!r} must be numbers") from None
    if array.ndim != 1 or array.size == 0:
        raise UsageError("wrong-type", f"the leaf {name!r} must be a number or one per segment")
    if not (np.abs(array) < LARGEST).all():
        known = np.isfinite(array).all()
        what = "is too large to reckon with" if known else "has no value"
        raise Undefined("undefined", f"the leaf {name!r} {what} {when}")
    return array


def _whole(formula: Identity, at: Mapping[str, Floats], when: str) -> float:
    found = value(formula, at)
    if found.size != 1:
        raise UsageError(
            "tree-syntax", "segments stay apart in this tree: put sum(…) around what is added up"
        )
    if not np.isfinite(found).all():
        raise Undefined(
            "undefined",
            f"the tree has no value {when}: it divides by zero, leaves a function's range or "
            "grows too large",
        )
    return float(found[0])


# ── logarithmic means ────────────────────────────────────────────────────────────────────────


def _lmdi(
    formula: Identity, names: tuple[str, ...], old: Mapping[str, Floats], new: Mapping[str, Floats]
) -> dict[str, float]:
    if not (isinstance(formula, Operation) and formula.name == "sum") or sums(formula.parts[0]):
        raise Undefined("undefined", "logarithmic means need one sum of products over segments")
    size = max((array.size for array in (*old.values(), *new.values())), default=1)
    effects: dict[str, list[float]] = {name: [] for name in names}
    for term in monomials(formula.parts[0]):
        for name, moved in term_effects(term, old, new, size).items():
            effects[name].append(moved)
    return {name: math.fsum(parts) for name, parts in effects.items()}


def _factors(
    effects: Mapping[str, float], start: float, end: float, errors: Mapping[str, float]
) -> TreeEffects:
    """The same effects as factors of the whole's factor."""
    if start <= 0 or end <= 0:
        raise Undefined("undefined", "a factor needs a figure above 0 before and after")
    size = float(log_mean(np.array([end]), np.array([start]))[0])
    factors = {name: math.exp(effect / size) for name, effect in effects.items()}
    total = end / start
    left = total - math.prod(factors.values())
    return TreeEffects(factors, total, left, start, end, "lmdi-multiplicative", True, dict(errors))


# ── shares ───────────────────────────────────────────────────────────────────────────────────


def _shares(
    names: list[str], values: Mapping[str, tuple[float, float]], when: str
) -> NDArray[np.float64]:
    """One row per segment, numerator and denominator; a segment that is not there has neither."""
    rows = []
    for name in names:
        try:
            numerator, denominator = values.get(name, (0.0, 0.0))
            row = float(numerator), float(denominator)
        except (TypeError, ValueError):
            raise UsageError(
                "wrong-type", f"segment {name!r} needs a numerator and a denominator"
            ) from None
        if not all(abs(figure) < LARGEST for figure in row):
            raise Undefined("undefined", f"segment {name!r} has no value {when}")
        if row[1] < 0 or (row[1] == 0 and row[0] != 0):
            message = f"segment {name!r} has the numerator {row[0]:g} over {row[1]:g} {when}"
            raise UsageError("wrong-type", message, hint="A denominator is a number above 0.")
        rows.append(row)
    return np.array(rows, dtype=float).reshape(-1, 2)


def _ratio(shares: NDArray[np.float64], when: str) -> float:
    numerator, denominator = (math.fsum(column) for column in shares.T)
    if denominator <= 0:
        raise Undefined("undefined", f"there is no denominator {when}")
    return numerator / denominator
