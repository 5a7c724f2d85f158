"""The demo's tour: figures of its answers, steps that lead somewhere, hidden when told so."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace
from typing import Any

import pytest
from fastapi import FastAPI

from sameboat.web.pages import tour
from sameboat.web.pages.tour import Seen, steps
from tests.web.conftest import Client, House, page

EVERYTHING = "/kpi/conversion /kpi/conversion/why /proposals/p_2026_031 /incentives /".split()


def told(seen: Seen, pages: list[str]) -> list[tour.Step]:
    def leads_to(href: str) -> bool:
        return href.partition("?")[0].partition("#")[0] in pages

    return list(steps(seen, leads_to, "en-GB"))


def seen(house: House, *, before: bool = False) -> Seen:
    now = house.board
    past = replace(now, refreshed_at=dt.datetime(2026, 8, 3, 6, 0, tzinfo=dt.UTC))
    board = replace(now, decision=None) if before else now
    return Seen(board, past if before else None, now.rows[0], house.kpis["conversion"])


def test_the_steps_name_the_figures_of_the_answers(inside: Client, house: House) -> None:
    """Another board, other sentences: nothing of the figures is written into the page."""
    row = house.board.rows[0]
    words = page(inside, "/tour").text
    assert row.verdict.words in words
    assert house.board.decision is not None
    assert house.board.decision.title in words
    house.board = replace(house.board, rows=(replace(row, value=0.0777), *house.board.rows[1:]))
    assert "7.8%" not in words
    assert "7.8%" in page(inside, "/tour").text


def test_a_step_whose_page_is_not_there_is_left_out(house: House) -> None:
    """It comes by itself with its page, and the numbers close up."""
    some = told(seen(house), ["/kpi/conversion", "/"])
    every = told(seen(house), EVERYTHING)
    assert {step.title for step in every} - {step.title for step in some} == {
        "Why it moved", "Flip the incentive plan",
    }  # fmt: skip
    links = [step.href for step in every if step.href]
    assert links == [
        "/kpi/conversion?tour=1", "/kpi/conversion/why?tour=2",
        f"/proposals/{house.board.decision.proposal}?tour=3", "/incentives?tour=5",
    ]  # fmt: skip


def test_a_routine_number_with_a_segment_apart_is_a_step(house: House) -> None:
    """Its figures are those of the answer, and it leads to where they stand."""
    asked = replace(seen(house), apart=house.why)
    step = next(s for s in told(asked, EVERYTHING) if "uneven" in s.title)
    assert step.href == "/kpi/conversion/why?tour=3#apart"
    said = " ".join(step.says)
    assert "By source, Referral stands at 10.0% and all others at 4.0%" in said
    assert "Reply time" in said


def test_before_the_jump_the_command_is_told_and_after_it_both_figures(house: House) -> None:
    waiting = next(s for s in told(seen(house), ["/"]) if "Twelve weeks" in s.title)
    assert (waiting.command, waiting.href) == ("sameboat demo --later", None)
    done = next(s for s in told(seen(house, before=True), ["/"]) if "Twelve weeks" in s.title)
    assert done.command is None
    assert done.href == "/?as_known_at=2026-08-03T06%3A00%3A00%2B00%3A00&tour=2"
    decision = house.board.decision
    assert decision is not None
    assert any("points" in sentence for sentence in done.says)


def test_every_step_of_the_page_leads_to_a_page(inside: Client) -> None:
    links = [a.get("href") for a in page(inside, "/tour").one("ol", "steps").all("a")]
    assert links
    for link in links:
        if "/kpi/" not in link or "/kpi/conversion" in link:
            assert inside.get(link.partition("#")[0]).status_code == 200


def test_a_page_that_was_opened_from_a_step_offers_the_next(inside: Client) -> None:
    strip = page(inside, "/kpi/conversion?tour=1").one("aside", "tour")
    assert "Tour, step 1" in strip.text
    assert strip.one("a").get("href") == "/tour#step-2"


@pytest.mark.parametrize("number", ["0", "-1", "999", "x", "１", "1<script>"])
def test_a_number_that_is_no_step_offers_the_beginning(inside: Client, number: str) -> None:
    strip = page(inside, f"/?tour={number}").one("aside", "tour")
    assert strip.one("a").get("href") == "/tour"


def test_hidden_it_stays_hidden_until_it_is_asked_for_again(inside: Client) -> None:
    hidden = inside.post("/tour/hide", data={"back": "/kpi/conversion"})
    assert (hidden.status_code, hidden.headers["location"]) == (303, "/kpi/conversion")
    assert "httponly" in hidden.headers["set-cookie"].lower()
    for path in ("/", "/kpi/conversion"):
        assert not page(inside, path).all("aside", "tour")
    assert "again" in page(inside, "/tour").text
    inside.post("/tour/show")
    assert page(inside, "/").all("aside", "tour")


def test_it_leads_back_into_this_app_only(inside: Client) -> None:
    answer = inside.post("/tour/hide", data={"back": "//example.org/"})
    assert answer.headers["location"] == "/"


def test_a_company_of_ones_own_has_no_tour(inside: Client, house: House) -> None:
    house.board = replace(house.board, demo=False)
    assert not page(inside, "/").all("aside", "tour")
    answer = inside.get("/tour")
    assert (answer.status_code, answer.headers["location"]) == (303, "/")


def test_it_is_not_printed(inside: Client) -> None:
    assert page(inside, "/").all("aside", "noprint")


def test_it_asks_nothing_before_somebody_opens_it(house: House) -> None:
    """The strip costs no answer: a board asks for itself alone."""
    client = Client(app_of(house)).sign_in()
    house.asked.clear()
    page(client, "/")
    assert len(house.asked) == 1


def app_of(house: House) -> FastAPI:
    made: Any = house.app()
    assert isinstance(made, FastAPI)
    return made
