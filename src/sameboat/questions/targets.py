"""Where a KPI should be, by when, and what the path says for a period."""

from __future__ import annotations

import datetime as dt
from itertools import pairwise

from sameboat.project.model import Target
from sameboat.questions.series import TargetPath


def target_path(target: Target | None, at: dt.date | None) -> TargetPath | None:
    """The path of a target and its value on a day; None without a target that has a value."""
    if target is None:
        return None
    corners = _corners(target)
    if not corners:
        return None
    value = corners[-1][1]
    by = corners[-1][0] if target.by or target.steps else None
    return TargetPath(value, by, corners if by else (), value_at(corners, at) if at else None)


def _corners(target: Target) -> tuple[tuple[dt.date, float], ...]:
    """The days and values between which the path runs straight; steps stand until the next."""
    if target.steps:
        return tuple((step.by, step.value) for step in sorted(target.steps, key=lambda s: s.by))
    if target.to is None:
        return ()
    if target.since and target.from_ is not None and target.by:
        return ((target.since, target.from_), (target.by, target.to))
    return ((target.by or dt.date.max, target.to),)


def value_at(corners: tuple[tuple[dt.date, float], ...], day: dt.date) -> float:
    """The path's value on a day; before and after the path it stands still.

    >>> value_at(((dt.date(2026, 1, 1), 0.0), (dt.date(2026, 1, 11), 1.0)), dt.date(2026, 1, 6))
    0.5
    """
    if day <= corners[0][0]:
        return corners[0][1]
    for (start, low), (end, high) in pairwise(corners):
        if day <= end:
            return low + (high - low) * ((day - start).days / (end - start).days)
    return corners[-1][1]
