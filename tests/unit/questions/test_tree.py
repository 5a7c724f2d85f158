"""The tree: arithmetic recomputed from the record, directions seen in it, one figure everywhere."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from sameboat.analysis.relations import relation
from sameboat.errors import RequestError
from sameboat.periods import Span
from sameboat.project.declared import Project
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.questions.teams import team, teams
from sameboat.questions.tree.answer import tree
from sameboat.questions.tree.observed import observe
from sameboat.store.packing import PackedSeries
from tests.unit.questions.ferry import FILES, ferry, reopen

WAY = "effect: {moves: opposite, lag: 2 weeks, evidence: observational, review_by: 2026-09-30}"
DRIVERS = """
drivers:
  - {metric: conversion, equals: customers / leads}
  - {metric: leads, influenced_by: customers, moves: same, lag: 1 week, evidence: belief}
"""


def grown(folder: Path, text: str = FILES["all.yml"] + DRIVERS) -> Opened:
    """The ferry with drivers, refreshed."""
    ferry(folder)
    (folder / "all.yml").write_text(text, encoding="utf-8")
    company = reopen(folder)
    company.refresh()
    return company


def test_arithmetic_that_holds_is_recomputed_in_every_month(tmp_path: Path) -> None:
    company = grown(tmp_path)
    [kpi] = tree(company, viewer=OWNER).kpis
    assert kpi.checked is not None
    assert (kpi.checked.holds, kpi.checked.grain, kpi.checked.differences) == (True, "month", ())
    assert kpi.checked.periods == 25  # from October 2024 to October 2026
    assert {one.edge.child: one.edge.evidence for one in kpi.branches} == {
        "leads": "arithmetic", "customers": "arithmetic",
    }  # fmt: skip
    company.close()


def test_arithmetic_that_does_not_hold_says_where_and_by_how_much(tmp_path: Path) -> None:
    """The differences are those of a query by hand: customers / leads against half of it."""
    text = (FILES["all.yml"] + DRIVERS).replace(
        "equals: customers / leads", "equals: customers / leads / 2"
    )
    company = grown(tmp_path, text)
    found = tree(company, viewer=OWNER)
    checked = found.kpis[0].checked
    assert checked is not None
    assert checked.holds is False
    rows = company.warehouse.run(
        "select date_trunc('month', came_on)::date as day, "
        "count(*) filter (where signed) / count(*) as rate from leads group by 1 order by 1"
    ).to_pylist()
    assert [(one.period, one.stated) for one in checked.differences] == [
        (row["day"], pytest.approx(row["rate"])) for row in rows
    ]
    assert [one.size for one in checked.differences] == [
        pytest.approx(row["rate"] / 2) for row in rows
    ]
    assert "One sum does not add up." in found.headline
    company.close()


def test_an_influence_shows_its_sign_beside_the_seen_one_and_its_expiry(tmp_path: Path) -> None:
    text = FILES["all.yml"].replace("lever: leads}", f"lever: leads, {WAY}}}")
    company = grown(tmp_path, text)
    [kpi] = tree(company, viewer=OWNER).kpis
    edge = kpi.branches[0]
    assert (edge.expected, edge.edge.lag, edge.expired) == ("down", Span(2, "week"), True)
    assert edge.observed is not None
    assert edge.observed.reason == "Leads did not move"  # a hundred in every week
    assert edge.judgement.words == "Too few to say: Leads did not move"
    company.close()


def series(metric: str, values: list[float], first: dt.date = dt.date(2025, 1, 6)) -> PackedSeries:
    """Complete weeks."""
    days = [first + dt.timedelta(days=7 * at) for at in range(len(values))]
    return PackedSeries(
        metric=metric, grain="week", periods=np.array(days, dtype="datetime64[D]"),
        values=np.array(values), complete=np.ones(len(values), bool), definition_version=1,
        definition_hash="h",
    )  # fmt: skip


def test_what_is_seen_is_the_relation_at_the_lag() -> None:
    """A parent that repeats its child three weeks later, upside down."""
    rng = np.random.default_rng(5)
    child = rng.normal(size=60)
    parent = np.concatenate([rng.normal(size=3), -child[:-3]]) + 0.2 * rng.normal(size=60)
    table = {"t": {"file": "t.csv", "time": "d", "dimensions": {"d": {"type": "time"}}}}
    project = Project.from_mappings(
        tables=table,
        metrics={name: {"type": "simple", "table": "t", "agg": "count"} for name in ("a", "b")},
    )
    seen = observe(project, series("a", list(parent)), series("b", list(child)), Span(3, "week"))
    by_hand = relation(child[:-3], parent[3:])
    assert (seen.n, seen.way) == (57, "opposite")
    assert seen.value == pytest.approx(by_hand.value)
    assert (seen.low, seen.high) == (pytest.approx(by_hand.low), pytest.approx(by_hand.high))
    without = observe(project, series("a", list(parent)), series("b", list(child)), None)
    assert without.way is None
    few = observe(project, series("a", list(parent[:9])), series("b", list(child[:9])), None)
    assert (few.value, few.reason) == (None, "n = 9")


def test_one_kpi_has_one_verdict_for_all_its_owners(tmp_path: Path) -> None:
    """Board, tree, and every owner's page say the same of it."""
    ferry(tmp_path, fallen=8)
    company = reopen(tmp_path)
    company.refresh()
    [row] = company.board().rows
    [node] = tree(company, viewer=OWNER).kpis
    assert (node.value, node.verdict) == (row.value, row.verdict)
    for name, other in (("marketing", "sales"), ("sales", "marketing")):
        [lever] = team(company, name, viewer=OWNER).levers
        assert (lever.kpi.value, lever.kpi.verdict) == (row.value, row.verdict)
        assert [who for who, _, _ in lever.others] == [other]
        assert lever.kept_back is None
    assert [(one.team, one.levers, one.kpis) for one in teams(company, viewer=OWNER).teams] == [
        ("marketing", 1, 1), ("sales", 1, 1),
    ]  # fmt: skip
    with pytest.raises(RequestError) as refused:
        team(company, "sale", viewer=OWNER)
    assert refused.value.code == "unknown-team"
    company.close()


def test_of_data_about_a_teams_people_nothing_is_said_on_its_page(tmp_path: Path) -> None:
    company = grown(tmp_path, FILES["all.yml"].replace("subject: account", "subject: employee"))
    [lever] = team(company, "sales", viewer=OWNER).levers
    assert lever.kept_back is not None
    assert "fewer than 5 people" in lever.kept_back
    company.close()


def test_a_circle_of_influences_ends_where_it_closes(tmp_path: Path) -> None:
    circle = DRIVERS + "  - {metric: customers, influenced_by: leads, moves: same, lag: 1 week}\n"
    company = grown(tmp_path, FILES["all.yml"] + circle)
    [kpi] = tree(company, viewer=OWNER).kpis
    assert [[one.edge.child for one in top.walk()] for top in kpi.branches] == [
        ["leads", "customers"], ["customers", "leads"],
    ]  # fmt: skip
    company.close()


def test_before_a_refresh_nothing_is_known_and_everything_is_there(tmp_path: Path) -> None:
    company = ferry(tmp_path)
    found = tree(company, "conversion", viewer=OWNER)
    assert [one.edge.child for one in found.kpis[0].branches] == ["leads", "customers"]
    assert found.kpis[0].value is None
    with pytest.raises(RequestError):
        tree(company, "nope", viewer=OWNER)
    company.close()
