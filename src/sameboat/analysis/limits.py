"""How far the rules of a process chart reach, by the number of points behind the limits."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

MINIMUM = 8
"""Fewer points than this set no limits."""

AHEAD = 12
"""The promise on false alarms is about so many points after the baseline."""

RUN = 8
"""So many points in a row on one side of the centre are a signal."""

NEAR = 2 / 3
"""Two of three points farther out than this share of a limit's distance are a signal."""


WIDER, WIDER_AT, MARGIN, ROOM = 0.21, 23.0, 1.6, 1.1
"""How much farther than for normal noise limits, guards and extents reach, where few points
cannot tell which noise it is: limits by .21 up to 23 points and less from there on. Found with
`analysis.tails` by drawing noise of thirteen kinds (`benchmarks/signals.py`)."""


KNOWN, KNOWN_FEW, KNOWN_EXTENT = 4.0, 7.0, 1.15
"""How far limits reach where all variation is the chance of so many cases, whose size is known:
4 standard deviations and 7 over the number of points, and past the farthest by .15 of its way."""


@dataclass(frozen=True)
class Factors:
    """Distances from the centre in standard deviations of the baseline.

    `guard` is the margin around the centre inside which a point is on neither side: the centre of
    a short baseline is itself uncertain. `outlier` is where a baseline's own farthest point stops
    being believable. A limit lies at least `extent` times as far out as that farthest point, so
    that long-tailed noise widens its own limits; normal noise rarely meets it.
    """

    points: float
    limit: float
    guard: float
    outlier: float
    extent: float


def factors(points: float) -> Factors:
    """The factors in use for a baseline of so many points, at least eight of them.

    They reach farther than normal noise needs (`factors_if_normal`), since a short baseline
    cannot tell normal noise from another: all rules together fire within the next twelve normal
    points in .005 to .02 of cases, and a lasting shift of three standard deviations is still
    found in .93 (8 points) to .99 of them.

    >>> round(factors(24).limit, 2)
    4.64
    """
    normal = factors_if_normal(points)
    return Factors(
        points,
        normal.limit * (1 + WIDER * min(1.0, WIDER_AT / points)),
        normal.guard * MARGIN,
        normal.outlier,
        normal.extent * ROOM,
    )


def factors_if_known(points: float) -> Factors:
    """The factors where all variation is the chance of so many cases.

    Its size is then known and its tails are short: only the centre is estimated, and whether
    there is more than chance. Found by drawing shares with one to three times the spread of
    chance (`benchmarks/signals.py`).

    >>> factors_if_known(14).limit
    4.5
    """
    normal = factors_if_normal(points)
    return Factors(points, KNOWN + KNOWN_FEW / points, normal.guard, normal.outlier, KNOWN_EXTENT)


def factors_if_normal(points: float) -> Factors:
    """The factors for a baseline of so many points that are known to be normal.

    For independent normal points all rules together fire within the next twelve points with
    chance .032 at any baseline: limits and near-limits .018, runs .014 more. Between the rows of
    the table the inverse of the count is interpolated.

    >>> factors_if_normal(24).limit
    3.8611
    """
    if points < MINIMUM:
        raise ValueError(f"limits need {MINIMUM} points, not {points}")
    if points >= TABLE[-1][0]:
        return Factors(points, *TABLE[-1][1:])
    below, above = next(pair for pair in pairwise(TABLE) if points <= pair[1][0])
    share = (1 / below[0] - 1 / points) / (1 / below[0] - 1 / above[0])
    limit, guard, outlier, extent = (
        low + share * (high - low) for low, high in zip(below[1:], above[1:], strict=True)
    )
    return Factors(points, limit, guard, outlier, extent)


# Derived and printed by `benchmarks/signals.py --table`; a test derives some rows anew.
TABLE: tuple[tuple[float, float, float, float, float], ...] = (
    # points, limit, guard, outlier, extent
    (8, 5.4368, 0.3971, 2.4213, 3.1547),
    (9, 5.1162, 0.3616, 2.5770, 2.8697),
    (10, 4.8792, 0.3335, 2.7126, 2.6588),
    (11, 4.6969, 0.3107, 2.8315, 2.4962),
    (12, 4.5524, 0.2918, 2.9367, 2.3668),
    (13, 4.4350, 0.2759, 3.0303, 2.2611),
    (14, 4.3379, 0.2623, 3.1142, 2.1730),
    (15, 4.2561, 0.2505, 3.1899, 2.0983),
    (16, 4.1864, 0.2402, 3.2586, 2.0342),
    (17, 4.1262, 0.2310, 3.3212, 1.9784),
    (18, 4.0737, 0.2229, 3.3785, 1.9293),
    (19, 4.0276, 0.2156, 3.4313, 1.8858),
    (20, 3.9867, 0.2091, 3.4801, 1.8470),
    (21, 3.9502, 0.2032, 3.5253, 1.8120),
    (22, 3.9175, 0.1978, 3.5673, 1.7804),
    (23, 3.8879, 0.1928, 3.6066, 1.7515),
    (24, 3.8611, 0.1883, 3.6433, 1.7251),
    (25, 3.8367, 0.1841, 3.6778, 1.7009),
    (26, 3.8143, 0.1802, 3.7102, 1.6785),
    (27, 3.7938, 0.1767, 3.7408, 1.6578),
    (28, 3.7749, 0.1733, 3.7696, 1.6385),
    (29, 3.7574, 0.1702, 3.7970, 1.6206),
    (30, 3.7412, 0.1673, 3.8229, 1.6038),
    (32, 3.7120, 0.1621, 3.8710, 1.5732),
    (34, 3.6866, 0.1574, 3.9147, 1.5461),
    (36, 3.6642, 0.1533, 3.9546, 1.5219),
    (39, 3.6352, 0.1478, 4.0086, 1.4898),
    (42, 3.6106, 0.1431, 4.0565, 1.4621),
    (46, 3.5831, 0.1378, 4.1128, 1.4302),
    (52, 3.5502, 0.1314, 4.1847, 1.3907),
    (58, 3.5245, 0.1263, 4.2450, 1.3584),
    (66, 3.4977, 0.1209, 4.3123, 1.3234),
    (78, 3.4682, 0.1148, 4.3932, 1.2825),
    (92, 3.4438, 0.1097, 4.4671, 1.2461),
    (120, 3.4125, 0.1031, 4.5752, 1.1948),
    (160, 3.3871, 0.0976, 4.6796, 1.1470),
    (240, 3.3621, 0.0921, 4.8092, 1.0903),
    (480, 3.3373, 0.0866, 4.9967, 1.0132),
    (1000, 3.3245, 0.0837, 5.1656, 0.9495),
    (100000, 3.3129, 0.0810, 5.9973, 0.7220),
)
