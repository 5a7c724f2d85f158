"""The page 'Outlook': its answer first, a twin for its fan, sliders without script."""

from __future__ import annotations

from dataclasses import replace

import pytest

from sameboat.errors import UsageError
from sameboat.questions.series import Chance
from sameboat.web.pages.outlook import headline, settings_of
from tests.web import outlook_answers
from tests.web.conftest import Client, House, page

PATH = "/kpi/conversion/outlook"


def test_the_headline_answers_the_question(inside: Client) -> None:
    tree = page(inside, PATH)
    assert tree.one("h1").text == ("Trial conversion will probably miss its target by 31 Dec 2026.")
    assert "8 times in 10 between 4.7% and 6.1%" in tree.text


@pytest.mark.parametrize(
    ("chance", "words"),
    [
        (0.85, "Trial conversion will probably make it by 31 Dec 2026"),
        (0.5, "Trial conversion may make it by 31 Dec 2026, or may not"),
        (
            0.05,
            "Trial conversion will miss its target by 31 Dec 2026 unless something changes",
        ),
        (None, "Whether Trial conversion makes it is not known"),
    ],
)
def test_words_follow_the_chance(chance: float | None, words: str) -> None:
    answer = replace(outlook_answers.outlook(), chance=Chance(chance))
    assert headline(answer, "en-GB") == words


def test_the_fan_has_its_figures_as_a_table(inside: Client) -> None:
    words = page(inside, PATH).text
    assert "Dec 2026" in words
    assert "4.7 to 6.1%" in words
    assert "4.3 to 6.5%" in words


def test_needs_say_whether_they_were_seen_before(inside: Client) -> None:
    words = page(inside, PATH).text
    assert "seen before (40 to 64)" in words
    assert "beyond anything seen (900 to 1,200)" in words
    assert "no value is enough" in words


def test_sliders_are_a_plain_form_that_names_what_it_moves(inside: Client, house: House) -> None:
    tree = page(inside, f"{PATH}?move-paid=10&move-trials=0&theme=")
    [form] = [one for one in tree.all("form") if one.get("action") == PATH]
    assert form.get("method") == "get"
    assert [one.get("name") for one in form.all("input")] == ["move-paid"]
    assert "the chance to hit the target is 48% instead of 17%" in tree.text
    assert house.settings == {"paid": 0.1}


def test_settings_are_shares_and_zero_moves_nothing() -> None:
    assert settings_of({"move-a": "10", "move-b": "0", "other": "5", "move-c": ""}) == {"a": 0.1}
    with pytest.raises(UsageError):
        settings_of({"move-a": "much"})


def test_without_a_forecast_the_page_says_why(inside: Client, house: House) -> None:
    house.outlook = replace(
        house.outlook, mean=(), periods=(), lower={}, upper={}, method=None, at_target=None,
        reason="only 3 of 4 needed values are known", needs=(), sliders=(), with_sliders=None,
        needs_reason="it has no formula of other metrics", chance=Chance(None, "too short"),
    )  # fmt: skip
    words = page(inside, PATH).text
    assert "No forecast: only 3 of 4 needed values are known." in words
    assert "Not known: it has no formula of other metrics." in words
