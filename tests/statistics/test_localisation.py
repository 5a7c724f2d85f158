"""Planted causes are found: the settings of the RiskLoc paper, and others."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

sys.path.append(str(Path(__file__).resolve().parents[2] / "benchmarks"))

from cubes import NOISES, OTHERS, L, S, Setting
from localisation import alarms, measured


@pytest.mark.parametrize(
    ("setting", "least"),
    [(S, 0.88), (L, 0.80), (OTHERS["counts"], 0.82), (OTHERS["heavy"], 0.75),
     (OTHERS["ratio"], 0.88), (OTHERS["all fell"], 0.85)],
)  # fmt: skip
def test_planted_causes_are_found(setting: Setting, least: float) -> None:
    """Over twelve cubes of a setting, F1 reaches what is asked."""
    assert measured(setting, 12, seed=5).f1 >= least


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "least"), [(S, 0.88), (L, 0.80)])
def test_planted_causes_are_found_on_many_cubes(setting: Setting, least: float) -> None:
    """Over 500 cubes of each of the paper's settings."""
    assert measured(setting, 500, seed=23).f1 >= least


@pytest.mark.slow
@pytest.mark.parametrize("noise", sorted(NOISES))
def test_noise_alone_is_rarely_a_cause(noise: str) -> None:
    """Of 100 cubes one in twenty, give or take twice the error; a hard case are leaves of which one
    in seven comes to nothing, whatever its place."""
    assert alarms(noise, 100, seed=31) <= (0.25 if noise == "one in seven is 0" else 0.1)


@pytest.mark.slow
@pytest.mark.parametrize("noise", ["Laplace, .1", "gamma of 10", "t of 3 degrees", "habits of 5 %"])
def test_noise_of_few_leaves_is_rarely_a_cause(noise: str) -> None:
    """Of 100 cubes of 600 leaves, whose tails are harder to tell."""
    assert alarms(noise, 100, seed=32, sizes=(30, 20)) <= 0.1


@pytest.mark.parametrize("noise", ["Laplace, .25", "one in seven is 0", "gamma of 3"])
def test_wild_noise_is_not_told_as_causes(noise: str) -> None:
    """Most of such cubes named up to twenty single leaves, or every value of a dimension."""
    assert alarms(noise, 6, seed=33, sizes=(30, 20)) <= 1 / 6
