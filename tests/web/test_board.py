"""What the board shows: the answer's values, nothing else, and a reason where there is none."""

from __future__ import annotations

import datetime as dt
from dataclasses import replace

import pytest

from sameboat.errors import RequestError, StoreError
from sameboat.questions.series import Verdict
from sameboat.web.site import Progress
from tests.web import answers
from tests.web.conftest import Client, House, page
from tests.web.reading import Node, drawn_values, pixel, read


def test_the_board_shows_every_row_in_the_answers_order(inside: Client, house: House) -> None:
    rows = page(inside).all("article", "row")
    assert [row.one("h2").text for row in rows] == [row.label for row in house.board.rows]
    assert [row.all(css="v")[0].text for row in rows] == [r.verdict.words for r in house.board.rows]


def test_each_row_says_value_chance_target_and_who_pulls_which_lever(inside: Client) -> None:
    row = page(inside).all("article", "row")[0]
    assert row.one(css="val").text == "4.1%"
    assert "9%" in row.one(css="chance").text
    assert "to reach 6.0% by June" in row.one(css="chance").text
    assert [item.text for item in row.all("li")] == [
        "Marketingright-fit share of leads",
        "Salesreply within one hour",
        "Producttrial set-up finished",
    ]


def test_what_is_not_known_has_its_reason_and_no_number(inside: Client) -> None:
    row = page(inside).all("article", "row")[-1]
    assert row.one(css="chance").text == "Not known until the source is back"
    assert not row.one(css="chance").all("svg")


def test_a_missing_value_is_a_reason_never_a_zero(inside: Client, house: House) -> None:
    row = replace(
        house.board.rows[0], value=None, value_reason="no leads that week", note=None,
        series=replace(house.board.rows[0].series, values=(None,) * 26, phases=(), signals=()),
        verdict=Verdict("undefined", "Undefined: no denominator"),
    )  # fmt: skip
    house.board = replace(house.board, rows=(row,))
    found = page(inside).one("article", "row")
    assert found.one(css="rv").text == "Not known no leads that week"
    assert not found.one(css="rc").all("svg")
    assert "no leads that week" in found.one(css="rc").text


def test_the_boards_table_twin_says_what_the_rows_say(inside: Client, house: House) -> None:
    tables = page(inside).by_id("twin").all("table")
    rows = tables[0].one("tbody").all("tr")
    assert [cell.text for cell in rows[0].children if isinstance(cell, Node)] == [
        "Lead-to-customer conversion", "Signal, worse: 8 weeks below centre", "4.1%", "5.3%",
        "4.3 to 6.3", "6.0% by June", "9%",
    ]  # fmt: skip
    assert len(rows) == len(house.board.rows)


def test_every_point_drawn_on_the_board_is_in_its_table_twin(inside: Client, house: House) -> None:
    """Read back from the drawing's pixels, at every width."""
    tree = page(inside)
    for row in house.board.rows:
        twin = tree.by_id(f"p-{row.kpi}")
        said = {
            int(cell.get("data-i")): float(cell.all("data")[0].get("value"))
            for cell in twin.all("td")
            if cell.all("data")
        }
        charts = [svg for svg in tree.all("svg") if svg.get("data-twin") == f"p-{row.kpi}"]
        assert len(charts) == 2
        for chart in charts:
            drawn = drawn_values(chart)
            assert drawn.keys() == said.keys()
            for index, value in drawn.items():
                assert value == pytest.approx(said[index], abs=pixel(chart))
                assert said[index] == row.series.values[index]


def test_the_open_decision_shows_its_prediction_and_leads_to_its_kpi(inside: Client) -> None:
    decision = page(inside).one("section", "decision")
    assert decision.one("h2").text == "Fund the £40k advocacy campaign?"
    assert "Chance that it helps: 95%; 80% range +0.1 to +0.9 points" in decision.text
    assert decision.one("a", "btn").get("href") == "/kpi/conversion"


def test_a_board_without_a_decision_has_no_place_for_one(inside: Client, house: House) -> None:
    house.board = replace(house.board, decision=None)
    assert not page(inside).all("section", "decision")


def test_freshness_is_told_in_the_readers_zone(inside: Client, house: House) -> None:
    zone = dt.timezone(dt.timedelta(hours=2))
    house.clock.at = answers.NOW.astimezone(zone)
    fresh = page(inside).one("p", "fresh").text
    assert "Refreshed Monday 26 Oct, 08:10 · 11 of 12 sources fresh" in fresh


def test_before_the_first_refresh_the_board_says_what_to_run(inside: Client, house: House) -> None:
    house.board = answers.empty_board()
    tree = page(inside)
    assert tree.one("h1").text == "No refresh yet"
    assert tree.one("pre").text == "sameboat refresh"


def test_while_the_first_refresh_runs_the_page_says_how_far_it_is(
    inside: Client, house: House
) -> None:
    house.board = answers.empty_board()
    house.progress = Progress(14, 20, 3.2)
    tree = page(inside)
    assert "14 of 20 metrics, about 3 s left" in tree.by_id("main").text
    assert [meta.get("http-equiv") for meta in tree.all("meta")].count("refresh") == 1


def test_while_a_later_refresh_runs_the_old_numbers_stay(inside: Client, house: House) -> None:
    house.progress = Progress(2, 20)
    tree = page(inside)
    assert "A refresh is running: 2 of 20 metrics." in tree.by_id("main").text
    assert len(tree.all("article", "row")) == 7


def test_an_old_refresh_is_called_old(house: House) -> None:
    house.clock.at += dt.timedelta(days=10)
    client = Client(house.app()).sign_in()
    assert "Nothing was refreshed for 10 days" in page(client).one("p", "notice").text


def test_a_project_without_kpis_says_how_to_declare_one(inside: Client, house: House) -> None:
    house.board = replace(house.board, rows=(), decision=None)
    assert "kpis:" in page(inside).by_id("main").text


def test_an_error_says_code_what_and_what_next(inside: Client, house: House) -> None:
    house.error = StoreError("store-locked", "another process writes", hint="Wait and try again.")
    answer = inside.get("/")
    assert answer.status_code == 503
    said = read(answer.text).one("pre").text
    assert said == "store-locked another process writes Wait and try again."


def test_what_does_not_exist_is_404_with_the_nearest_name(inside: Client) -> None:
    answer = inside.get("/kpi/npss")
    assert answer.status_code == 404
    assert "Did you mean 'nps'?" in read(answer.text).one("pre").text


def test_an_unforeseen_failure_shows_no_traceback(
    inside: Client, house: House, caplog: pytest.LogCaptureFixture
) -> None:
    house.error = ValueError("secret detail")
    answer = inside.get("/")
    assert answer.status_code == 500
    assert "internal-error" in answer.text
    assert "secret detail" not in answer.text
    assert "Traceback" not in answer.text
    assert "secret detail" in caplog.text


def test_the_api_answers_errors_in_one_json_shape(inside: Client, outside: Client) -> None:
    for answer, status, code in (
        (inside.get("/api/nothing"), 404, "page-not-found"),
        (outside.get("/api/nothing"), 401, "sign-in-needed"),
        (inside.post("/api/nothing", headers={}), 403, "foreign-origin"),
    ):
        assert answer.status_code == status
        error = answer.json()["error"]
        assert error["code"] == code
        assert error.keys() == {"code", "message", "where", "hint", "severity", "findings"}
        assert error["findings"][0]["message"] == error["message"]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("conversion", ["Lead-to-customer conversion"]),
        ("REPLY hour", ["Lead-to-customer conversion"]),
        (
            "customer success",
            ["Weekly active accounts", "Net revenue retention", "Customer retention"],
        ),
        ("nothing at all", []),
    ],
)  # fmt: skip
def test_search_finds_kpis_by_name_lever_and_team(
    inside: Client, query: str, found: list[str]
) -> None:
    tree = read(inside.get("/search", params={"q": query}).text)
    names = [item.all("a")[0].text for item in tree.one("ul", "results").all("li")]
    assert sorted(names) == sorted(found)


def test_search_without_words_lists_every_kpi(inside: Client, house: House) -> None:
    assert len(page(inside, "/search").one("ul", "results").all("li")) == len(house.board.rows)


def test_search_errors_are_not_taken_for_pages(inside: Client, house: House) -> None:
    house.error = RequestError("request-invalid", "cannot be asked")
    assert inside.get("/search").status_code == 400


def test_a_moment_before_the_first_refresh_does_not_ask_for_a_refresh(
    inside: Client, house: House
) -> None:
    """Nothing was known then: that is no project that waits for its first refresh."""
    house.board = answers.empty_board()
    tree = page(inside, "/?as_known_at=2020-01-01T09:00")
    assert tree.one("h1").text == "Nothing was known then"
    assert "sameboat refresh" not in tree.text
