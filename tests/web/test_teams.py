"""A team's page: our levers on shared KPIs, never our KPIs."""

from __future__ import annotations

from tests.web.conftest import Client, page


def test_a_team_sees_its_levers_the_shared_kpis_and_the_co_owners(inside: Client) -> None:
    main = page(inside, "/teams/sales").one("main")
    assert main.one("h1").text == "Sales: our levers on shared KPIs"
    for words in (
        "First reply within one hour", "Lead-to-customer conversion", "Customer retention",
        "Signal, worse: 8 weeks below centre", "Owned together with", "Since 1 Feb 2026",
        "Part of Support", "We run the review of", "64.0%",
    ):  # fmt: skip
        assert words in main.text, words
    assert "our KPIs" not in main.text


def test_what_speaks_of_a_teams_people_is_kept_back(inside: Client) -> None:
    words = page(inside, "/teams/support").one("main").text
    assert "It rests on data about employees." in words
    assert "64.0%" not in words


def test_the_list_links_every_team_and_says_which_are_gone(inside: Client) -> None:
    rows = page(inside, "/teams").one("tbody").all("tr")
    assert [row.one("a").get("href") for row in rows] == [
        "/teams/sales", "/teams/support", "/teams/marketing",
    ]  # fmt: skip
    assert "Not a team today; became Sales" in rows[2].text
    assert inside.get("/teams/nope").status_code == 404
