"""The few words under a figure on the board."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest

from sameboat.project.declared import Project
from sameboat.questions.cards import note
from sameboat.questions.judging import judge
from sameboat.store.packing import PackedSeries


def project_with(denominator: dict[str, Any]) -> Project:
    """A share of trials, which are counted in one way or another."""
    return Project.from_mappings(
        tables={"sheets": {"file": "sheets.csv"}},
        metrics={
            "kept": {"type": "simple", "table": "sheets", "agg": "count"},
            "trials": {"type": "simple", "table": "sheets", **denominator},
            "share": {"type": "ratio", "numerator": "kept", "denominator": "trials"},
        },
        kpis={"share": {"metric": "share"}, "kept": {"metric": "kept"}},
    )


def series(value: float) -> PackedSeries:
    """One week: 83 trials on two sheets."""
    return PackedSeries(
        metric="share",
        grain="week",
        periods=np.array(["2026-05-25"], dtype="datetime64[D]"),
        values=np.array([value]),
        complete=np.array([True]),
        definition_version=1,
        definition_hash="x",
        denominator=np.array([83.0]),
        n=np.array([2.0]),
    )


@pytest.mark.parametrize(
    ("denominator", "words"),
    [
        ({"agg": "sum", "expr": "trials", "unit": "count"}, "of 83 trials"),
        ({"agg": "count_distinct", "expr": "person"}, "of 83 trials"),
        ({"agg": "sum", "expr": "minutes", "unit": "minutes"}, "n = 2"),
    ],
)
def test_a_share_says_of_how_many(denominator: dict[str, Any], words: str) -> None:
    """The count that a share is of is its denominator, not the rows that held it."""
    project = project_with(denominator)
    points = series(0.28)
    judged = judge(points, label="Share", unit="percent")
    assert note(project, project.kpis["share"], points, judged) == words


def test_a_count_is_its_own_n() -> None:
    """Forty-two orders need no number of rows beside them."""
    project = project_with({"agg": "count"})
    points = replace(series(42), metric="kept", denominator=None)
    judged = judge(points, label="Kept", unit="count")
    assert note(project, project.kpis["kept"], points, judged) is None


def test_nothing_is_counted_under_a_figure_that_is_not_there() -> None:
    """An undefined share says why, not of how many."""
    project = project_with({"agg": "count"})
    points = series(float("nan"))
    judged = judge(points, label="Share", unit="percent")
    assert note(project, project.kpis["share"], points, judged) is None
