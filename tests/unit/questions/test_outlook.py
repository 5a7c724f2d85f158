"""The outlook of a recorded KPI: to its target's date, with reasons where nothing can be said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sameboat.errors import RequestError, UsageError
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.questions.outlook.answer import outlook
from sameboat.questions.outlook.needs import solve
from tests.unit.questions.ferry import ferry


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    workspace = ferry(tmp_path_factory.mktemp("ferry"))
    workspace.refresh()
    return workspace


def test_it_reaches_to_the_week_of_the_target(company: Opened) -> None:
    answer = outlook(company, "conversion", viewer=OWNER)
    assert len(answer.periods) == 10
    assert str(answer.periods[0]) == "2026-10-26"
    assert str(answer.periods[-1]) == "2026-12-28"
    assert answer.at_target == 9


def test_a_target_far_beyond_the_line_has_a_small_chance_on_page_and_board(
    company: Opened,
) -> None:
    answer = outlook(company, "conversion", viewer=OWNER)
    assert answer.chance.value == 0.01
    assert company.board().rows[0].chance == answer.chance


def test_a_share_stays_within_0_and_1(company: Opened) -> None:
    answer = outlook(company, "conversion", viewer=OWNER, horizon=60)
    assert min(answer.lower[95]) >= 0
    assert max(answer.upper[95]) <= 1


def test_needs_are_what_the_ratio_asks_of_each_side(company: Opened) -> None:
    """51 of 100: for 60 % it takes 60 of 100, or 51 of 85."""
    needs = {need.metric: need for need in outlook(company, "conversion", viewer=OWNER).needs}
    assert needs["customers"].value == pytest.approx(60)
    assert needs["leads"].value == pytest.approx(85)
    assert not needs["customers"].within
    assert needs["customers"].change == pytest.approx(9 / 51)


def test_a_slider_moves_the_chance_by_what_the_formula_gives(company: Opened) -> None:
    answer = outlook(company, "conversion", viewer=OWNER, settings={"customers": 0.2})
    assert answer.shift == pytest.approx((0.102, 0.102, 0.102))
    assert answer.with_sliders is not None
    assert answer.with_sliders.value is not None
    assert answer.with_sliders.value > 0.4


def test_an_unknown_slider_and_one_too_far_are_refused(company: Opened) -> None:
    for settings in ({"customer": 0.1}, {"customers": 0.9}, {"customers": float("nan")}):
        with pytest.raises(UsageError):
            outlook(company, "conversion", viewer=OWNER, settings=settings)


def test_an_unknown_kpi_is_refused(company: Opened) -> None:
    with pytest.raises(RequestError):
        outlook(company, "conversions", viewer=OWNER)


def test_further_than_the_line_reaches_back_is_not_forecast(company: Opened) -> None:
    answer = outlook(company, "conversion", viewer=OWNER, horizon=500)
    assert answer.mean == ()
    assert answer.reason == "too far ahead for 104 known weeks"


def test_before_the_first_refresh_nothing_is_said(tmp_path: Path) -> None:
    answer = outlook(ferry(tmp_path), "conversion", viewer=OWNER)
    assert answer.reason == "not computed yet"
    assert answer.chance.value is None


def test_a_jump_over_the_target_is_no_solution() -> None:
    assert solve(lambda x: np.where(x > 3, 10.0, 0.0), 1.0, 5.0) is None
    assert solve(lambda x: x**2, 1.0, 9.0) == pytest.approx(3)
    assert solve(lambda x: x**2, 1.0, -9.0) is None
