"""Intervals and chances hold what they say, on series whose forms are not the models' own."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from forecasts import OVER, Said, ours
from futures import CHOSEN, UNSEEN, Future, futures

pytestmark = pytest.mark.slow

SEED = 77
"""Constants of the forecast were chosen by other seeds."""

EACH = 40


@pytest.fixture(scope="module")
def judged() -> tuple[dict[str, dict[int, list[float]]], Said]:
    """Shares inside the intervals by kind and level, and the chances said with what came."""
    inside: dict[str, dict[int, list[float]]] = {}
    said = Said()
    for one in futures(EACH, seed=SEED):
        _, ends = ours(one, said)
        of = inside.setdefault(one.kind, {80: [], 95: []})
        for level, (low, high) in ends.items():
            of[level].append(float(np.mean((one.ahead >= low) & (one.ahead <= high))))
    return inside, said


Judged = tuple[dict[str, dict[int, list[float]]], Said]


def test_intervals_cover_over_all_kinds(judged: Judged) -> None:
    """Over 17 kinds the mean of what 80 and 95 % intervals hold is within .02 and .01."""
    inside, _ = judged
    assert len(inside) == len(CHOSEN) + len(UNSEEN)
    mean = {level: np.mean([np.mean(of[level]) for of in inside.values()]) for level in (80, 95)}
    assert mean[80] == pytest.approx(0.80, abs=0.02)
    assert mean[95] == pytest.approx(0.95, abs=0.01)


def test_intervals_cover_in_each_kind(judged: Judged) -> None:
    """No kind has intervals that are far too narrow, or too wide where nothing forces it to be.

    A series that is mostly 0 has 0 inside any interval: there 80 % cannot be held exactly.
    """
    inside, _ = judged
    for kind, of in inside.items():
        held, wide = float(np.mean(of[80])), float(np.mean(of[95]))
        assert 0.70 <= held <= (0.97 if kind == "mostly 0" else 0.90), (kind, held)
        assert wide >= 0.86, (kind, wide)


@pytest.mark.parametrize("over", OVER)
def test_chances_come_true_as_often_as_said(judged: Judged, over: str) -> None:
    """By tenth of the chance said, what came true differs by .03 on average, .1 at most."""
    _, said = judged
    told, true = (np.array(side, dtype=float) for side in zip(*said.told[over], strict=True))
    tenth = np.minimum((10 * told).astype(int), 9)
    off = 0.0
    for one in range(10):
        group = tenth == one
        assert group.sum() > 80
        missed = abs(float(true[group].mean() - told[group].mean()))
        assert missed <= 0.1
        off += missed * group.mean()
    assert off <= 0.03


def test_a_future_is_drawn_the_same_twice() -> None:
    """The simulation itself is fixed by its seed, and its kinds differ."""
    one, other = (list(futures(1, seed=SEED)) for _ in range(2))
    assert all(np.array_equal(a.known, b.known) for a, b in zip(one, other, strict=True))
    assert len({future.kind for future in one}) == len(CHOSEN) + len(UNSEEN)
    assert isinstance(one[0], Future)
