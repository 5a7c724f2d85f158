"""The tree as people read it: drawn, as a list, and link by link."""

from __future__ import annotations

from dataclasses import replace

from sameboat.project.viewer import OWNER
from tests.web import tree_answers
from tests.web.conftest import Client, House, page
from tests.web.reading import Node


def rows(tree: Node) -> dict[str, list[str]]:
    """The table of links: what stands in each row, by the link's name."""
    table = tree.one("table", "links")
    found = {}
    for row in table.one("tbody").all("tr"):
        cells = [cell.text for cell in row.all("td")]
        found[row.one("th").text] = cells
    return found


def test_every_box_is_drawn_once_and_every_link_of_a_shared_lever_too(inside: Client) -> None:
    """Replies serve two KPIs: one box, two edges."""
    drawing = page(inside, "/tree").one("svg", "w1216")
    names = [text.text for text in drawing.all("text", "n1")]
    assert names.count("First reply within one hour") == 1
    assert sorted(names) == sorted(
        ["Operators choose us", "Customers stay and grow", "We ship as one",
         "Lead-to-customer conversion", "Customer retention", "Right-fit share of leads",
         "First reply within one hour", "Referral leads", "Nominations"]
    )  # fmt: skip
    assert len(drawing.all("path", "own")) == 3 + 2
    assert len(drawing.all("path", "ar")) == 1
    assert len(drawing.all("path", "in")) == 1 + 1 + 1 + 1
    assert drawing.get("role") == "group", "an image would hide its links"
    assert "3 objectives, 2 shared KPIs, 2 levers" in drawing.get("aria-label")


def test_the_list_says_all_that_the_drawing_shows(inside: Client) -> None:
    tree = page(inside, "/tree")
    for nested in tree.all("ul", "treelist"):
        for words in (
            "Right-fit share of leads", "Marketing · 28.0%, worse by week · adds up by arithmetic",
            "Sales, Support · 64.0% by week · belief, not yet tested", "past its review",
            "from Leads", "Steward: Sales until 31 December, then Marketing", "no KPI yet",
            "Does not add up in 1 of 24 months",
        ):  # fmt: skip
            assert words in nested.text, words
    assert len(tree.all("ul", "treelist")) == 2


def test_what_is_expected_stands_beside_what_is_seen(inside: Client) -> None:
    said = rows(page(inside, "/tree"))
    evidence, review, expected, seen, verdict = said[
        "First reply within one hour → Lead-to-customer conversion"
    ]
    assert (evidence, review) == ("experiment reply_test", "30 Jun 2027")
    assert (
        expected == "up after 4 weeks+1.0 points goes with +0.2 points (+0.1 points to +0.3 points)"
    )
    assert seen == "up0.3 (0.1 to 0.5), 100 weeks"
    assert verdict == "Agrees"
    assert said["Nominations → Referral leads"][3:] == [
        "down−0.5 (−0.8 to −0.2), 90 weeks",
        "Disagrees",
    ]
    overdue = said["Referral leads → Lead-to-customer conversion"]
    assert overdue[1] == "Expired 30 Sept 2026"
    assert overdue[3] == "not known"
    assert overdue[4] == "Stale: review the evidence"


def test_a_sum_that_does_not_hold_is_shown_with_period_and_size(inside: Client) -> None:
    tree = page(inside, "/tree")
    words = rows(tree)["Right-fit share of leads → Lead-to-customer conversion"][4]
    assert "Does not add up in 1 of 24 months" in words
    assert "1 Sept 2026: 5.0% stated, 4.0% by right_fit * trial" in words
    assert "does not add up" in [pill.text for pill in tree.all("text", "pl")]


def test_many_levers_fold_per_objective_without_a_script(inside: Client, house: House) -> None:
    """21 levers: one drawing per objective in a disclosure; what needs a look is open."""
    first = house.tree.objectives[0]
    model = first.kpis[0].branches[1]
    many = tuple(
        replace(model, edge=replace(model.edge, child=f"lever_{at}"),
                node=replace(model.node, metric=f"lever_{at}"))
        for at in range(20)
    )  # fmt: skip
    stay = house.tree.objectives[1]
    grown = replace(stay, kpis=(replace(stay.kpis[0], branches=many),))
    house.tree = replace(house.tree, objectives=(first, grown))
    found = page(inside, "/tree").all("details", "limb")
    assert [one.one("summary").text for one in found] == [
        "Operators choose us 2 levers", "Customers stay and grow 20 levers",
    ]  # fmt: skip
    assert ["open" in one.attributes for one in found] == [True, False]
    assert all(len(one.all("svg", "tree")) == 1 for one in found)


def test_a_lever_says_where_it_is_computed_and_what_it_stands_under(inside: Client) -> None:
    tree = page(inside, "/tree/replies")
    words = tree.one("main").text
    for said in ("a / b", "all.yml:12", "Leads", "data/leads.parquet", "64.0%", "Sales, Support"):
        assert said in words, said
    assert set(rows(tree)) == {
        "First reply within one hour → Lead-to-customer conversion",
        "First reply within one hour → Customer retention",
    }
    assert inside.get("/tree/nothing").status_code == 404


def test_the_tree_is_asked_with_the_sessions_viewer(inside: Client, house: House) -> None:
    inside.get("/tree")
    assert house.asked[-1][:2] == ("tree", OWNER)


def test_a_company_without_kpis_is_told_how_to_begin(inside: Client, house: House) -> None:
    house.tree = replace(tree_answers.tree(), objectives=(), headline="No KPI is shared yet.")
    tree = page(inside, "/tree")
    assert tree.one("h1").text == "No KPI is shared yet."
    assert "sameboat add" in tree.one("main").text
