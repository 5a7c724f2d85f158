"""What a metric can never be, told from its definition alone."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from sameboat.project.declared import Project
from sameboat.questions.bounds import bounds_of

SUM = {"type": "simple", "table": "a", "agg": "sum", "expr": "amount"}
COUNT = {"type": "simple", "table": "a", "agg": "count"}
METRICS: dict[str, dict[str, Any]] = {
    "deals": COUNT,
    "won": {**COUNT, "filter": "stage = 'Won'"},
    "paid": SUM,
    "takings": {**SUM, "filter": "amount > 0 and stage = 'Won'"},
    "big_takings": {**SUM, "filter": ["amount > 0 and stage = 'Won'", "big"]},
    "distance": {**SUM, "expr": "abs(amount) * 2"},
    "waited": {"type": "simple", "table": "a", "agg": "average", "expr": "days", "unit": "days"},
    "win_rate": {"type": "ratio", "numerator": "won", "denominator": "deals"},
    "flagged": {**SUM, "expr": "won", "unit": "count"},
    "flagged_rate": {"type": "ratio", "numerator": "flagged", "denominator": "deals",
                     "unit": "percent"},
    "big_share": {"type": "ratio", "numerator": "big_takings", "denominator": "takings"},
    "per_deal": {"type": "ratio", "numerator": "takings", "denominator": "deals"},
    "yield": {"type": "ratio", "numerator": "paid", "denominator": "deals"},
    "growth": {"type": "ratio", "numerator": "deals",
               "denominator": {"metric": "deals", "offset_window": "1 month"}},
    "both": {"type": "derived", "expr": "deals + won", "metrics": ["deals", "won"]},
    "lost": {"type": "derived", "expr": "deals - won", "metrics": ["deals", "won"],
             "unit": "count"},
    "so_far": {"type": "cumulative", "metric": "deals", "grain_to_date": "month"},
}  # fmt: skip


@pytest.mark.parametrize(
    ("metric", "bounds"),
    [
        ("deals", (0.0, None)), ("paid", None), ("takings", (0.0, None)),
        ("distance", (0.0, None)), ("waited", (0.0, None)), ("win_rate", (0.0, 1.0)),
        ("flagged_rate", (0.0, 1.0)),
        ("big_share", (0.0, 1.0)), ("per_deal", (0.0, None)), ("yield", None),
        ("growth", (0.0, None)), ("both", (0.0, None)), ("lost", None), ("so_far", (0.0, None)),
    ],
)  # fmt: skip
def test_bounds_follow_from_the_definition(
    metric: str, bounds: tuple[float | None, float | None] | None
) -> None:
    project = Project.from_mappings(tables={"a": {"file": "a.csv", "time": "day"}}, metrics=METRICS)
    assert bounds_of(project, metric, np.array([0.5])) == bounds


def test_a_recorded_value_beyond_a_bound_lifts_it() -> None:
    project = Project.from_mappings(tables={"a": {"file": "a.csv", "time": "day"}}, metrics=METRICS)
    assert bounds_of(project, "win_rate", np.array([0.5, np.nan, 1.2])) == (0.0, None)
    assert bounds_of(project, "deals", np.array([3.0, -1.0])) is None
