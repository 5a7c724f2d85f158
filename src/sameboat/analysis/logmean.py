"""Products and quotients of leaves, and the split of their change by logarithmic means (LMDI)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sameboat.analysis.identities import Constant, Identity, Leaf, Operation
from sameboat.errors import Undefined

Floats = NDArray[np.float64]

MOST_TERMS = 2_000
"""Products that a tree may have when its brackets are multiplied out."""


@dataclass(frozen=True)
class Monomial:
    """A number times leaves to whole powers; a power below 0 stands in the denominator."""

    factor: float
    powers: Mapping[str, float]


def monomials(tree: Identity) -> tuple[Monomial, ...]:
    """The products whose sum a tree is.

    Raises Undefined where it is none: a sum in a denominator, or a function.
    """
    match tree:
        case Constant(held):
            return (Monomial(held, {}),)
        case Leaf(name):
            return (Monomial(1.0, {name: 1.0}),)
        case Operation("negative", (part,)):
            return tuple(Monomial(-term.factor, term.powers) for term in monomials(part))
        case Operation("+", (left, right)):
            return monomials(left) + monomials(right)
        case Operation("-", (left, right)):
            return monomials(left) + monomials(Operation("negative", (right,)))
        case Operation("*", (left, right)):
            return _products(monomials(left), monomials(right))
        case Operation("/", (left, right)):
            return _products(monomials(left), (_power(monomials(right), -1.0),))
        case Operation("**", (part, Constant(held))):
            return (_power(monomials(part), held),)
    raise Undefined("undefined", f"logarithmic means know sums of products, not {tree.name}()")


def log_mean(a: Floats, b: Floats) -> Floats:
    """(a − b) / ln(a / b) for two figures of one sign, a where they are equal, 0 where one is 0.

    >>> float(log_mean(np.array([4.0]), np.array([4.0]))[0])
    4.0
    """
    with np.errstate(all="ignore"):
        apart = np.log(a / b)
        mean = np.where(np.abs(apart) < 1e-7, (a + b) / 2, (a - b) / apart)
    return np.where((a == 0) | (b == 0), 0.0, mean)


def term_effects(
    term: Monomial, old: Mapping[str, Floats], new: Mapping[str, Floats], size: int
) -> dict[str, float]:
    """How much of one product's change each of its leaves made, summed over segments.

    Where a leaf grows from 0 or falls to 0 the limit holds (Ang and Liu 2007): the product's
    whole change is that leaf's; several such leaves share it by their powers.
    """
    start, end = _value(term, old, size), _value(term, new, size)
    if (start * end < 0).any():
        raise Undefined("undefined", f"logarithmic means need one sign: {_named(term)} changes it")
    weight = log_mean(end, start)
    gone = np.array([(start == 0) & (end != 0), (start != 0) & (end == 0)])
    zeros = {
        name: gone[0] * (old[name] == 0) * power + gone[1] * (new[name] == 0) * power
        for name, power in term.powers.items()
    }
    among = sum(zeros.values(), np.zeros(size))
    effects = {}
    for name, power in term.powers.items():
        with np.errstate(all="ignore"):
            moved = weight * power * np.log(new[name] / old[name])
            share = (end - start) * zeros[name] / among
        parts = np.where(weight != 0, moved, np.where(among != 0, share, 0.0))
        effects[name] = float(parts.sum())
    return effects


def _value(term: Monomial, at: Mapping[str, Floats], size: int) -> Floats:
    found = np.full(size, term.factor)
    for name, power in term.powers.items():
        with np.errstate(all="ignore"):
            found = found * np.power(at[name], power)
    if not np.isfinite(found).all():
        raise Undefined("undefined", f"{_named(term)} has no value where it divides by zero")
    return found


def _products(left: tuple[Monomial, ...], right: tuple[Monomial, ...]) -> tuple[Monomial, ...]:
    if len(left) * len(right) > MOST_TERMS:
        raise Undefined("undefined", f"multiplied out, the tree has over {MOST_TERMS} products")
    return tuple(_product(one, other) for one in left for other in right)


def _product(one: Monomial, other: Monomial) -> Monomial:
    powers = dict(one.powers)
    for name, power in other.powers.items():
        powers[name] = powers.get(name, 0.0) + power
    kept = {name: power for name, power in powers.items() if power}
    return Monomial(one.factor * other.factor, kept)


def _power(terms: tuple[Monomial, ...], exponent: float) -> Monomial:
    if len(terms) != 1:
        what = "a denominator" if exponent == -1 else "a power"
        raise Undefined("undefined", f"logarithmic means cannot split a sum in {what}")
    (term,) = terms
    if term.factor == 0 or (term.factor < 0 and exponent != int(exponent)):
        raise Undefined("undefined", "the tree divides by zero")
    powers = {name: power * exponent for name, power in term.powers.items()}
    return Monomial(term.factor**exponent, powers)


def _named(term: Monomial) -> str:
    return " * ".join(term.powers) or "a number"
