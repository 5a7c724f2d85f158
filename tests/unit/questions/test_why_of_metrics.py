"""A lever or a part of a tree is explained like a KPI, though the board has no row for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.errors import RequestError
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.questions.why.answer import explain
from tests.unit.questions.ferry import ferry
from tests.unit.questions.test_why import AFTER, BEFORE, company, mixed

PARTS = """
drivers:
  - {metric: conversion, influenced_by: paid_leads, moves: opposite, evidence: belief}
events:
  campaign: {label: Big campaign, from: 2026-02-02, kind: campaign, kpis: [conversion]}
"""


@pytest.fixture(scope="module")
def moved(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return company(
        tmp_path_factory.mktemp("why"), mixed(), more=PARTS.replace("paid_leads", "leads")
    )


def test_a_lever_is_split_by_the_dimensions_of_its_kpi(moved: Opened) -> None:
    """By hand: paid leads go from 100 to 200 a week, organic ones stay at 100."""
    answer = explain(moved, "leads", before=BEFORE, after=AFTER, viewer=OWNER)
    assert (answer.figure_before, answer.figure_after) == (200, 300)
    assert [split.dimension for split in answer.splits] == ["source", "region"]
    effects = {row.segment: row.effect for row in answer.splits[0].rows}
    assert effects == {"paid": 100, "organic": 0}


def test_events_of_the_kpi_above_are_candidates(moved: Opened) -> None:
    answer = explain(moved, "leads", before=BEFORE, after=AFTER, viewer=OWNER)
    assert [one.label for one in answer.candidates] == ["Big campaign"]


def test_a_dimension_of_one_value_is_left_out(tmp_path: Path) -> None:
    rows = [row for row in mixed() if row[2] == "north"]
    answer = explain(company(tmp_path, rows), "leads", before=BEFORE, after=AFTER, viewer=OWNER)
    assert [split.dimension for split in answer.splits] == ["source"]


def test_a_lever_with_a_signal_dates_its_own_windows(tmp_path: Path) -> None:
    """A refresh records it beside its KPI: 50 customers a week become 40 for eight weeks."""
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    answer = explain(workspace, "customers", viewer=OWNER)
    assert answer.after.periods == 8
    assert answer.verdict.state == "worse"


def test_what_is_neither_kpi_nor_metric_is_refused(moved: Opened) -> None:
    with pytest.raises(RequestError, match="'convresion' is not a KPI"):
        explain(moved, "convresion", viewer=OWNER)
