"""Planted changes of regime are found, under several noises."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pytest

from sameboat.analysis.change_points import change_points

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from change_points import likeness, scores
from lookalikes import DRAWS
from regimes import KINDS


def mean(count: int, seed: int) -> tuple[float, float]:
    """F1 and cover over all kinds."""
    found = np.mean([scores(change_points, kind, count, seed) for kind in KINDS], axis=0)
    return float(found[0]), float(found[1])


def test_planted_changes_are_found() -> None:
    """Over four series of each kind, F1 and cover reach what is asked."""
    f1, cover = mean(4, seed=8)
    assert f1 >= 0.80
    assert cover >= 0.75


@pytest.mark.slow
def test_planted_changes_are_found_on_many_series() -> None:
    """Over 200 series of each kind."""
    f1, cover = mean(200, seed=9)
    assert f1 >= 0.80
    assert cover >= 0.75


@pytest.mark.slow
def test_series_like_those_of_public_statistics_are_not_cut_up() -> None:
    """Over 40 series of each look, many of which have no change; no look below .80."""
    found = {name: likeness(change_points, name, 40, 12) for name in DRAWS}
    f1, cover = np.mean(list(found.values()), axis=0)
    assert f1 >= 0.90
    assert cover >= 0.90
    assert min(one for one, _ in found.values()) >= 0.80, found
