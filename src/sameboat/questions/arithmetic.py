"""Whether a metric is what its formula says, recomputed period by period from the figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.errors import SameboatError
from sameboat.project.formula import Binary, Literal, Name, Node, Unary

Floats = npt.NDArray[np.float64]
Days = npt.NDArray[np.datetime64]

TOLERANCE = 1e-6
"""How far, relatively to the larger one, both sides of an arithmetic edge may lie apart."""


@dataclass(frozen=True)
class Difference:
    """A period in which the figure is not what the formula makes of its parts."""

    period: dt.date
    stated: float
    recomputed: float

    @property
    def size(self) -> float:
        """By how much the figure lies above what the formula gives, in the figure's unit."""
        return self.stated - self.recomputed


@dataclass(frozen=True)
class Checked:
    """An arithmetic edge held against the figures of each period.

    `periods` were recomputed; `differences`, oldest first, lie beyond the tolerance. In
    `one_sided` further periods only one side has a figure. Where nothing could be recomputed,
    `reason` says why.
    """

    formula: str
    grain: str
    periods: int = 0
    differences: tuple[Difference, ...] = ()
    one_sided: int = 0
    reason: str | None = None
    tolerance: float = TOLERANCE

    @property
    def holds(self) -> bool | None:
        """Whether it holds in every period; None where no period could be recomputed."""
        return not self.differences if self.periods else None

    @property
    def worst(self) -> Difference | None:
        """The difference that is largest in proportion; None without one."""

        def apart(one: Difference) -> float:
            return abs(one.size) / max(abs(one.stated), abs(one.recomputed), 1e-300)

        return max(self.differences, key=apart, default=None)


def recomputed(
    formula: str,
    node: Node,
    stated: Floats,
    values: Mapping[str, Floats],
    periods: Days,
    grain: str,
) -> Checked:
    """What recomputing shows: `stated` and each array of `values` have one figure per period.

    >>> periods = np.array(["2026-01-01", "2026-02-01"], dtype="datetime64[D]")
    >>> values = {"a": np.array([1.0, 2.0]), "b": np.array([2.0, 2.0])}
    >>> node = Binary("*", Name("a"), Name("b"))
    >>> found = recomputed("a * b", node, np.array([2.0, 5.0]), values, periods, "month")
    >>> found.holds, [(one.period.isoformat(), one.size) for one in found.differences]
    (False, [('2026-02-01', 1.0)])
    """
    made = np.broadcast_to(evaluate(node, values), stated.shape)
    both = np.isfinite(stated) & np.isfinite(made)
    scale = np.maximum(np.maximum(np.abs(stated), np.abs(made)), 1e-12)
    with np.errstate(invalid="ignore"):
        apart = both & (np.abs(stated - made) / scale > TOLERANCE)
    differences = tuple(
        Difference(periods[at].astype(dt.date), float(stated[at]), float(made[at]))
        for at in np.flatnonzero(apart)
    )
    one_sided = int(np.sum(np.isfinite(stated) ^ np.isfinite(made)))
    count = int(np.sum(both))
    reason = None if count else "no period has figures for all of its parts"
    return Checked(formula, grain, count, differences, one_sided, reason)


def evaluate(node: Node, values: Mapping[str, Floats]) -> Floats:
    """The values of a formula over arrays of its metrics; NaN where it is undefined.

    Raises SameboatError (`expression-not-allowed`) for more than + - * / and numbers.
    """
    with np.errstate(divide="ignore", invalid="ignore"):
        found = _evaluate(node, values)
    return np.where(np.isfinite(found), found, np.nan)


def _evaluate(node: Node, values: Mapping[str, Floats]) -> Floats:
    match node:
        case Name(text):
            return values[text]
        case Literal(value):
            return np.asarray(float(value))  # type: ignore[arg-type]
        case Unary("-", of):
            return -_evaluate(of, values)
        case Binary("+", left, right):
            return _evaluate(left, values) + _evaluate(right, values)
        case Binary("-", left, right):
            return _evaluate(left, values) - _evaluate(right, values)
        case Binary("*", left, right):
            return _evaluate(left, values) * _evaluate(right, values)
        case Binary("/", left, right):
            return _evaluate(left, values) / _evaluate(right, values)
    raise SameboatError(
        "expression-not-allowed", "an arithmetic edge takes + - * / and numbers only"
    )
