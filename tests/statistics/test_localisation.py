"""Planted causes are found: the settings of the RiskLoc paper, and others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from cubes import OTHERS, L, S, Setting
from localisation import measured


@pytest.mark.parametrize(
    ("setting", "least"),
    [(S, 0.88), (L, 0.80), (OTHERS["counts"], 0.82), (OTHERS["heavy"], 0.75),
     (OTHERS["ratio"], 0.88)],
)  # fmt: skip
def test_planted_causes_are_found(setting: Setting, least: float) -> None:
    """Over twelve cubes of a setting, F1 reaches what is asked."""
    assert measured(setting, 12, seed=5)[0] >= least


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "least"), [(S, 0.88), (L, 0.80)])
def test_planted_causes_are_found_on_many_cubes(setting: Setting, least: float) -> None:
    """Over 500 cubes of each of the paper's settings."""
    assert measured(setting, 500, seed=23)[0] >= least
