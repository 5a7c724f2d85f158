"""The page 'Why': the answer first, each figure one step from its evidence."""

from __future__ import annotations

from dataclasses import replace

from sameboat.errors import Undefined
from sameboat.questions.why.parts import Tree
from tests.web.conftest import Client, House, page

PATH = "/kpi/conversion/why"


def test_the_headline_and_the_verdict_come_first(inside: Client) -> None:
    tree = page(inside, PATH)
    assert tree.one("h1").text == "Conversion fell with the mix of sources, not inside them."
    assert "Worse: 5.31% → 4.40%" in tree.one("main").text


def test_each_figure_of_the_paragraph_leads_to_a_part_of_the_page(inside: Client) -> None:
    tree = page(inside, PATH)
    ids = {node.get("id") for node in tree.walk()}
    links = tree.all("a", "fig")
    assert len(links) == 2
    assert all(link.get("href").removeprefix("#") in ids for link in links)


def test_the_waterfall_says_every_effect_and_has_a_twin(inside: Client) -> None:
    tree = page(inside, PATH)
    charts = [svg for svg in tree.all("svg") if svg.get("role") == "img"]
    assert {svg.get("width") for svg in charts} == {"288", "352", "608", "896", "1216"}
    for chart in charts:
        assert "Mix of sources −0.77" in chart.get("aria-label")
        assert "5.31%" in chart.get("aria-label")
    twin = tree.all("details", "twin")[0].text
    assert "Mix of sources" in twin
    assert "−0.77 points" in twin
    assert "Left over" in twin


def test_kept_back_groups_stand_as_one_row_and_the_page_says_so(inside: Client) -> None:
    said = page(inside, PATH).one("main").text
    assert "Kept back or not set apart" in said
    assert "1 group is kept back for privacy" in said


def test_events_are_dates_and_never_causes(inside: Client) -> None:
    said = page(inside, PATH).one("main").text
    assert "Paid social spend ×3 began on 2 June 2026" in said or "began on" in said
    assert "not the same as a cause" in said


def test_what_cannot_be_split_gives_its_reason(inside: Client, house: House) -> None:
    house.why = replace(house.why, tree=Tree(None, "shapley", reason="it is a median"))
    said = page(inside, PATH).one("main").text
    assert "It is not split into steps: it is a median." in said
    assert "no segment may be shown" in said


def test_a_question_that_has_no_answer_is_a_page_with_the_reason(
    inside: Client, house: House
) -> None:
    house.error = Undefined("undefined", "Conversion has no value in 'May 2020'")
    answer = inside.get(PATH)
    assert answer.status_code >= 400
    assert "May 2020" in answer.text


def test_board_and_kpi_page_link_to_it_where_there_is_a_signal(inside: Client) -> None:
    board = page(inside, "/")
    assert any(link.get("href") == PATH for link in board.all("a"))
    assert any(link.get("href") == PATH for link in page(inside, "/kpi/conversion").all("a"))


def test_who_stands_apart_is_a_row_with_all_others_beside_it(inside: Client) -> None:
    said = page(inside, PATH).one("main").text
    assert "What stands apart in both periods" in said
    assert "Source: Referral" in said
    assert "+0.42" in said


def test_other_periods_and_what_stands_under_it_are_one_click_away(inside: Client) -> None:
    links = [link.get("href") for link in page(inside, PATH).all("a")]
    assert f"{PATH}?before=2025-W43&after=2026-W43" in links
    assert f"{PATH}?before=2026-W11..2026-W36&after=2026-W37..2026-W43" not in links
    assert "/tree/reply_time/why" in links
