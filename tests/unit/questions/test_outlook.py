"""The outlook of a recorded KPI: to its target's date, with reasons where nothing can be said."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sameboat.errors import RequestError, UsageError
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.questions.outlook import answer as answering
from sameboat.questions.outlook.answer import outlook
from sameboat.questions.outlook.needs import solve
from tests.unit.questions.ferry import ferry, reopen


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


def test_a_slider_moves_the_future_by_what_the_formula_gives(company: Opened) -> None:
    """61 instead of 51 of 100: every figure to come is larger by the same factor."""
    answer = outlook(company, "conversion", viewer=OWNER, settings={"customers": 61})
    assert answer.moved is not None
    assert answer.scenario is not None
    middles = [spread.at(0.5) for spread in answer.scenario.ahead]
    assert answer.moved.middle == pytest.approx([one * 61 / 51 for one in middles])
    assert answer.with_sliders is not None
    assert answer.with_sliders.value is not None
    assert answer.with_sliders.value > 0.4
    by_text = outlook(company, "conversion", viewer=OWNER, settings={"customers": "61"})
    assert by_text.moved == answer.moved


@pytest.mark.parametrize(
    ("settings", "code", "words"),
    [
        ({"customer": 55}, "unknown-driver", "Did you mean 'customers'?"),
        ({"customers": 90}, "outside-limits", "may be moved from 39 to 63, not to 90"),
        ({"customers": float("nan")}, "wrong-type", "+10%"),
        ({"customers": "many"}, "wrong-type", "+10%"),
        ({"customers": "50%"}, "wrong-type", "+10%"),
        ({"customers": True}, "wrong-type", "+10%"),
    ],
)
def test_bad_settings_are_refused_with_a_code_and_a_hint(
    company: Opened, settings: dict[str, float | str], code: str, words: str
) -> None:
    with pytest.raises(UsageError) as caught:
        outlook(company, "conversion", viewer=OWNER, settings=settings)
    assert caught.value.code == code
    assert words in f"{caught.value.why} {caught.value.findings[0].hint}"


def test_a_change_may_be_a_share_of_the_value_now(company: Opened) -> None:
    answer = outlook(company, "conversion", viewer=OWNER, settings={"customers": "-10%"})
    [customers] = [one for one in answer.sliders if one.metric == "customers"]
    assert customers.value == pytest.approx(45.9)


def test_a_target_further_ahead_than_can_be_told_names_the_last_day(tmp_path: Path) -> None:
    """Two years of weeks tell of four more: a target in 2040 has a reason instead of a chance."""
    company = ferry(tmp_path)
    text = (tmp_path / "all.yml").read_text(encoding="utf-8").replace("2027-01-01", "2040-01-01")
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    company = reopen(tmp_path)
    company.refresh()
    answer = outlook(company, "conversion", viewer=OWNER)
    assert answer.chance.value is None
    assert str(answer.chance.reason).startswith("too far ahead for 104 known weeks")
    assert answer.chance == company.board().rows[0].chance
    assert len(answer.periods) == 208
    assert answer.nearest is not None
    assert answer.nearest.by == answer.periods[-1]


def test_an_unknown_kpi_is_refused(company: Opened) -> None:
    with pytest.raises(RequestError):
        outlook(company, "conversions", viewer=OWNER)


def test_further_than_twice_the_length_of_the_line_nothing_is_told(company: Opened) -> None:
    answer = outlook(company, "conversion", viewer=OWNER, horizon=500)
    assert len(answer.mean) == 208
    assert any(note.startswith("too far ahead for 104 known weeks") for note in answer.notes)
    assert any("further ahead than 104 known values" in note for note in answer.notes)


def test_a_short_horizon_cuts_what_is_shown_and_keeps_the_chance(company: Opened) -> None:
    whole = outlook(company, "conversion", viewer=OWNER)
    short = outlook(company, "conversion", viewer=OWNER, horizon=3)
    assert short.mean == whole.mean[:3]
    assert short.chance == whole.chance
    assert short.at_target is None


def test_the_second_asking_is_answered_from_what_is_kept(
    company: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = outlook(company, "conversion", viewer=OWNER)
    monkeypatch.setattr(answering, "look_ahead", None)
    assert outlook(company, "conversion", viewer=OWNER) == first
    assert outlook(company, "conversion", viewer=OWNER, settings={"leads": 90}).moved is not None


def test_before_the_first_refresh_nothing_is_said(tmp_path: Path) -> None:
    answer = outlook(ferry(tmp_path), "conversion", viewer=OWNER)
    assert answer.reason == "not computed yet"
    assert answer.chance.value is None


def test_a_jump_over_the_target_is_no_solution() -> None:
    assert solve(lambda x: np.where(x > 3, 10.0, 0.0), 1.0, 5.0) is None
    assert solve(lambda x: x**2, 1.0, 9.0) == pytest.approx(3)
    assert solve(lambda x: x**2, 1.0, -9.0) is None
