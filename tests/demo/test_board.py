"""The board that the demo opens on: one number needs people, and no other alarm is false."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from sameboat.demo.truths import TRUTHS
from sameboat.questions.board import Board
from sameboat.questions.opened import Opened, open_workspace

VERDICTS = {
    "lead_to_customer_conversion": ("worse", "Signal, worse: 8 weeks below centre"),
    "weekly_active_accounts": ("better", "Signal, better: 9 weeks above centre"),
    "time_to_market": ("short", "Routine, short of target"),
    "net_revenue_retention": ("routine", "Routine: no action"),
    "customer_retention": ("routine", "Routine: no action"),
    "net_promoter_score": ("routine", "Routine: no action"),
    "cross_team_project_success": ("stale", None),
}

LATEST = {
    "lead_to_customer_conversion": (TRUTHS.conversion.latest, 0.0005),
    "weekly_active_accounts": (TRUTHS.planner.latest, 0.0005),
    "time_to_market": (TRUTHS.tickets.latest_days, 0.0),
    "net_revenue_retention": (1.018, 0.004),
    "customer_retention": (0.916, 0.004),
    "net_promoter_score": (TRUTHS.dip.latest, 0.5),
    "cross_team_project_success": (TRUTHS.closures.latest, 0.005),
}

PLANTED_LEVERS = {"right_fit_share", "time_to_resolution"}
"""Levers that did move: the mix of leads, and the load of support."""


@pytest.fixture(scope="module")
def workspace(october: Path) -> Iterator[Opened]:
    with closing(open_workspace(october)) as opened:
        yield opened


@pytest.fixture(scope="module")
def board(workspace: Opened) -> Board:
    return workspace.board()


def test_the_headline_names_the_one_number_that_needs_people(board: Board) -> None:
    assert board.headline.startswith("Lead-to-customer conversion needs you. One number is better")
    assert board.period == "Week to Sunday 25 October 2026"
    assert board.demo


@pytest.mark.parametrize("kpi", VERDICTS)
def test_each_kpi_has_the_verdict_that_was_planted(board: Board, kpi: str) -> None:
    verdict = next(row.verdict for row in board.rows if row.kpi == kpi)
    state, words = VERDICTS[kpi]
    assert verdict.state == state
    assert words is None or verdict.words == words


@pytest.mark.parametrize("kpi", LATEST)
def test_each_kpi_shows_the_figure_that_was_planted(board: Board, kpi: str) -> None:
    value, tolerance = LATEST[kpi]
    row = next(row for row in board.rows if row.kpi == kpi)
    assert row.value == pytest.approx(value, abs=tolerance)


def test_one_source_is_stale(board: Board) -> None:
    assert board.tables_total - board.tables_fresh == 1


@pytest.mark.parametrize("kpi", VERDICTS)
def test_levers_and_guardrails_raise_no_false_alarm(workspace: Opened, kpi: str) -> None:
    page = workspace.kpi(kpi)
    moved = {lever.pull.lever for lever in page.levers if lever.verdict.is_signal}
    assert moved <= PLANTED_LEVERS
    assert not [guard.metric for guard in page.guardrails if guard.verdict.is_signal]
    assert all(guard.holds or guard.verdict.state == "stale" for guard in page.guardrails)
