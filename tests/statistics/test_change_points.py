"""Planted changes of regime are found, under several noises."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sameboat.analysis.change_points import change_points

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from change_points import scores
from regimes import KINDS


def mean(count: int, seed: int) -> tuple[float, float]:
    """F1 and cover over all kinds."""
    found = np.mean([scores(change_points, kind, count, seed) for kind in KINDS], axis=0)
    return float(found[0]), float(found[1])


def test_planted_changes_are_found() -> None:
    """Over ten series of each kind, F1 and cover reach what is asked."""
    f1, cover = mean(10, seed=8)
    assert f1 >= 0.80
    assert cover >= 0.75


@pytest.mark.slow
def test_planted_changes_are_found_on_many_series() -> None:
    """Over 200 series of each kind."""
    f1, cover = mean(200, seed=9)
    assert f1 >= 0.80
    assert cover >= 0.75
