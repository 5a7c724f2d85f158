"""What is said of a figure that has no value though it has rows."""

from __future__ import annotations

from sameboat.project.formula import Call, parse, walk
from sameboat.project.model import Derived, Metric

UNSURE = frozenset({"exp", "ln", "mod", "power", "sqrt"})
"""Functions that have no value for some numbers."""

MISSING = "an input is missing"
NO_VALUE = "an input is missing, or its formula has no value"


def without_value(metric: Metric) -> str:
    """Why a metric of other metrics is undefined where each reason of its own is ruled out."""
    if not isinstance(metric, Derived):
        return MISSING
    parts = walk(parse(metric.expr))
    unsure = any(isinstance(part, Call) and part.function in UNSURE for part in parts)
    return NO_VALUE if unsure else MISSING
