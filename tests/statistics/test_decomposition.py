"""Published splits: the golden rows about LMDI, Shapley and Kitagawa."""

from __future__ import annotations

import csv
import re
from pathlib import Path

import pytest

from sameboat.analysis.decomposition import mix_and_rate, tree_effects

BEFORE = {"x": [1, 4], "y": [10, 5], "z": [2, 3]}
AFTER = {"x": [4, 5], "y": [5, 6], "z": [3, 4]}


def expected(shared: Path, kpi: str) -> list[float]:
    """The figures of a golden row, in the order written."""
    with (shared / "golden.csv").open(encoding="utf-8") as file:
        (row,) = (row for row in csv.DictReader(file) if row["kpi"] == kpi)
    return [float(found) for found in re.findall(r"-?\d+\.\d+|(?<=sum )\d+", row["expected"])]


@pytest.mark.parametrize(
    ("kpi", "method"),
    [
        ("LMDI_additive_1971_72", "lmdi"),
        ("LMDI_multiplicative_1971_72", "lmdi-multiplicative"),
        ("shapley_formula_1971_72", "shapley"),
    ],
)
def test_the_split_of_1971_to_1972(shared: Path, kpi: str, method: str) -> None:
    """Every effect to the digits that are published, and the whole."""
    *effects, total = expected(shared, kpi)
    found = tree_effects("x * y * z", BEFORE, AFTER, method=method)  # type: ignore[arg-type]
    digits = 4 if method == "shapley" else 8
    assert [round(effect, digits) for effect in found.effects.values()] == pytest.approx(
        effects, abs=0.6 * 10**-digits
    )
    assert found.total == pytest.approx(total)
    assert abs(found.residual) <= 1e-9 * found.total


def test_kidney_stones(shared: Path) -> None:
    """Treatment A against B: worse as a whole, better for small and for large stones."""
    total, rate, mix = expected(shared, "kitagawa_kidney_stones")
    found = mix_and_rate({"small": (234, 270), "large": (55, 80)},
                         {"small": (81, 87), "large": (192, 263)})  # fmt: skip
    assert round(found.total, 6) == total
    assert round(sum(found.rate.values()), 6) == rate
    assert round(sum(found.mix.values()), 6) == mix
    assert found.reversal
