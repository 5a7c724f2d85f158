"""The page 'Outlook': its answer first, a twin for its fan, sliders without script."""

from __future__ import annotations

import datetime as dt
import json
from dataclasses import replace

import pytest

from sameboat.questions.series import Chance
from sameboat.web.pages.outlook import headline
from tests.web import outlook_answers
from tests.web.conftest import Client, House, page
from tests.web.reading import read
from tests.web.test_every_page import HOSTILE, assert_nothing_inline

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


def test_needs_say_how_often_they_were_reached_and_what_all_together_need(
    inside: Client,
) -> None:
    words = page(inside, PATH).text
    assert "there or better in 3 of the last 12 months" in words
    assert "beyond anything seen (900 to 1,200)" in words
    assert "no value is enough" in words
    assert "If all parts share it evenly, each has to move by 7.4%" in words


def test_sliders_are_a_plain_form_with_limits_in_their_own_unit(
    inside: Client, house: House
) -> None:
    tree = page(inside, f"{PATH}?set-paid=57&set-trials=1000&theme=")
    [form] = [one for one in tree.all("form") if one.get("action") == PATH]
    assert form.get("method") == "get"
    paid, trials, replies = form.all("input")
    assert [paid.get(name) for name in ("name", "min", "max", "step", "value")] == [
        "set-paid", "40", "70", "1", "57",
    ]  # fmt: skip
    assert paid.get("aria-valuetext") == "57"
    assert replies.get("aria-valuetext") == "60.0%"
    assert trials.get("value") == trials.get("data-still") == "1000"
    assert house.settings == {"paid": "57"}, "a slider where it stands moves nothing"
    assert "So moved, the middle for Dec 2026 is 5.9% instead of 5.4%" in tree.text
    assert "the chance to hit the target is 46% instead of 25%" in tree.text


def test_each_driver_says_how_its_effect_is_known(inside: Client) -> None:
    words = page(inside, PATH).text
    assert "10% more gives +0.5 points, exactly, with all other parts as they are." in words
    assert "The sign is not clear: with 10% more anything from −0.1 to +0.3 points fits." in words
    assert "Read from 21 past periods, not from a trial." in words
    assert "Felt 1 month later, from 1 Nov 2026." in words
    assert "Tone of the mails belief Nobody says how much" in words


@pytest.mark.parametrize("causal", ["because", "causes", "drives", "leads to", "due to"])
def test_nothing_causal_is_said_of_what_is_only_observed(inside: Client, causal: str) -> None:
    [form] = [one for one in page(inside, PATH).all("form") if one.get("action") == PATH]
    assert causal not in form.text


@pytest.mark.parametrize(
    ("query", "status", "words"),
    [
        ("set-nobody=3", 404, "'nobody' is nothing that this KPI can be moved by here"),
        ("set-paid=much", 400, "'much' is no value of paid"),
        ("set-paid=900", 400, "paid may be moved from 40 to 70, not to 900"),
        ("set-tone=3", 404, "3 of the 10 periods needed have both"),
    ],
)
def test_bad_settings_are_refused_in_words(
    inside: Client, query: str, status: int, words: str
) -> None:
    answer = inside.get(f"{PATH}?{query}")
    assert answer.status_code == status
    assert words in read(answer.text).text


def test_the_model_of_the_script_holds_what_the_page_shows_and_no_more(inside: Client) -> None:
    [form] = [one for one in page(inside, PATH).all("form") if one.get("action") == PATH]
    model = json.loads(form.get("data-model"))
    assert set(model) == {
        "levels", "ahead", "shown", "movers", "formula", "leaves", "scaled", "bounds", "aim",
        "at", "numerals", "before", "words",
    }  # fmt: skip
    assert model["leaves"] == [52.0, 1000.0]
    assert len(form.get("data-model")) < 30_000


def test_a_late_source_tells_no_chance_to_the_script_either(inside: Client, house: House) -> None:
    house.outlook = replace(
        house.outlook, stale_since=dt.date(2026, 10, 20),
        chance=Chance(None, "until the source is back"),
    )  # fmt: skip
    [form] = [one for one in page(inside, PATH).all("form") if one.get("action") == PATH]
    assert json.loads(form.get("data-model"))["aim"] is None


def test_the_fan_can_be_read_point_by_point(inside: Client) -> None:
    tree = page(inside, PATH)
    chart = next(one for one in tree.all("svg") if one.get("data-turn"))
    assert chart.get("data-turn") == "20"
    table = next(one for one in tree.all("table") if one.get("id") == chart.get("data-twin"))
    assert [row.get("data-i") for row in table.all("tr")[-4:]] == ["20", "21", "22", "23"]


def test_hostile_names_stay_text_in_rows_and_model(inside: Client, house: House) -> None:
    """A label, a reason and a driver's name that would break out of an attribute or a script."""
    house.outlook = replace(
        house.outlook, label=HOSTILE, notes=(HOSTILE,), chance=Chance(None, HOSTILE),
        sliders=tuple(replace(one, label=HOSTILE, through=(HOSTILE,))
                      for one in house.outlook.sliders),
        unmoved=(replace(house.outlook.unmoved[0], label=HOSTILE, reason=HOSTILE),),
        needs=tuple(replace(one, label=HOSTILE) for one in house.outlook.needs),
    )  # fmt: skip
    tree = page(inside, PATH)
    assert_nothing_inline(tree)
    [form] = [one for one in tree.all("form") if one.get("id") == "what-if"]
    assert HOSTILE in json.loads(form.get("data-model"))["words"]["moved"]
    assert not tree.all("img")


def test_without_a_forecast_the_page_says_why(inside: Client, house: House) -> None:
    house.outlook = replace(
        house.outlook, mean=(), periods=(), lower={}, upper={}, method=None, at_target=None,
        reason="only 3 of 4 needed values are known", needs=(), sliders=(), unmoved=(),
        with_sliders=None, scenario=None,
        needs_reason="it has no formula of other metrics", chance=Chance(None, "too short"),
    )  # fmt: skip
    words = page(inside, PATH).text
    assert "No forecast: only 3 of 4 needed values are known." in words
    assert "Not known: it has no formula of other metrics." in words
