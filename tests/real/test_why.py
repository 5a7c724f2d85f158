"""Why, on AdventureWorks and on a real log of incidents: every figure equals SQL by hand."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import duckdb
import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.why.answer import explain
from sameboat.questions.why.parts import Explanation, Split
from sameboat.questions.workspace import Workspace
from tests.real.test_adventureworks import BOTH

KITAGAWA = """
parts as (
    select *, n0 / sum(n0) over () as w0, n1 / sum(n1) over () as w1, k0 / n0 as r0, k1 / n1 as r1,
           sum(k0) over () / sum(n0) over () as whole0, sum(k1) over () / sum(n1) over () as whole1
    from cells)
select name, (w1 - w0) * ((r0 + r1) / 2 - (whole0 + whole1) / 2), (r1 - r0) * (w0 + w1) / 2,
       whole0, whole1
from parts
"""
"""Kitagawa's formula over cells with numerators k and denominators n, before (0) and after (1)."""

Rows = list[tuple[Any, ...]]


@pytest.fixture(scope="module")
def works(open_example: Callable[[str], Workspace]) -> Workspace:
    return open_example("adventureworks")


@pytest.fixture(scope="module")
def ask(by_hand: Callable[[str], duckdb.DuckDBPyConnection]) -> Iterator[Callable[[str], Rows]]:
    with by_hand("adventureworks") as connection:
        yield lambda sql: connection.execute(sql).fetchall()


def split_of(answer: Explanation, dimension: str) -> Split:
    return next(split for split in answer.splits if split.dimension == dimension)


def same_rates(answer: Explanation, split: Split, rows: Rows) -> None:
    """Each segment's effects of mix and rate, and the whole figures."""
    found = {row.segment: row for row in split.rows}
    assert sorted(found) == sorted(str(row[0]) for row in rows)
    for name, pull, rate, before, after in rows:
        row = found[str(name)]
        assert math.isclose(row.pull, pull, rel_tol=1e-9, abs_tol=1e-12), name
        assert math.isclose(row.rate, rate, rel_tol=1e-9, abs_tol=1e-12), name
        assert math.isclose(answer.figure_before, before, rel_tol=1e-9)
        assert math.isclose(answer.figure_after, after, rel_tol=1e-9)
    effects = math.fsum(row.effect for row in split.rows)
    assert abs(effects - answer.change) <= 1e-9


def margin_cells(name: str, join: str = "") -> str:
    year = "year(sold)"
    amount = "cast(SalesAmount as double)"
    profit = f"{amount} - cast(TotalProductCost as double)"
    old, new = f"filter ({year} = 2012)", f"filter ({year} = 2013)"
    return f"""{BOTH}, cells as (
        select {name} as name, sum({amount}) {old} as n0, sum({amount}) {new} as n1,
               sum({profit}) {old} as k0, sum({profit}) {new} as k1
        from lines {join} group by 1 having n0 is not null or n1 is not null), {KITAGAWA}"""


def test_the_margin_by_channel_between_two_years(
    works: Workspace, ask: Callable[[str], Rows]
) -> None:
    answer = explain(works, "gross_margin", before="2012", after="2013", viewer=OWNER)
    same_rates(answer, split_of(answer, "channel"), ask(margin_cells("channel")))
    steps = math.fsum(step.effect for step in answer.tree.steps)
    assert abs(steps - answer.change) <= 1e-9


def test_the_margin_by_region_of_the_world_between_two_years(
    works: Workspace, ask: Callable[[str], Rows]
) -> None:
    answer = explain(works, "gross_margin", before="2012", after="2013", viewer=OWNER)
    join = "join DimSalesTerritory t using (SalesTerritoryKey)"
    rows = ask(margin_cells("SalesTerritoryGroup", join))
    same_rates(answer, split_of(answer, "territory__world_region"), rows)


def test_revenue_by_channel_between_two_years(works: Workspace, ask: Callable[[str], Rows]) -> None:
    """An amount: per period, and its segments add up."""
    answer = explain(works, "revenue", before="2012", after="2013", viewer=OWNER)
    months = answer.before.periods
    rows = ask(f"""{BOTH} select channel,
        sum(cast(SalesAmount as double)) filter (year(sold) = 2012),
        sum(cast(SalesAmount as double)) filter (year(sold) = 2013)
        from lines group by 1""")
    found = {row.segment: row for row in split_of(answer, "channel").rows}
    assert sorted(found) == sorted(row[0] for row in rows)
    for channel, before, after in rows:
        assert math.isclose(found[channel].figure_before or 0, before / months, rel_tol=1e-9)
        assert math.isclose(found[channel].rate, (after - before) / months, rel_tol=1e-9)
    whole = math.fsum(after - before for _, before, after in rows) / months
    assert math.isclose(answer.change, whole, rel_tol=1e-9)


def test_quota_attainment_down_its_tree(works: Workspace, ask: Callable[[str], Rows]) -> None:
    """Shapley of a quotient by hand: each side changed first, and changed last, in equal parts."""
    answer = explain(works, "quota_attainment", before="2012", after="2013", viewer=OWNER)
    steps = {step.name: step for step in answer.tree.steps}
    [[a, b]] = ask(f"""{BOTH} select
        sum(cast(SalesAmount as double)) filter (year(sold) = 2012),
        sum(cast(SalesAmount as double)) filter (year(sold) = 2013)
        from lines where channel = 'Reseller'""")
    sold = steps["reseller_revenue"]
    quota = steps["quota"]
    assert math.isclose((sold.before or 0) * answer.before.periods, a, rel_tol=1e-9)
    assert math.isclose((sold.after or 0) * answer.after.periods, b, rel_tol=1e-9)
    p, q = (quota.before or 0) * answer.before.periods, (quota.after or 0) * answer.after.periods
    assert math.isclose(answer.figure_before, a / p, rel_tol=1e-9)
    by_hand = ((b - a) / p + (b - a) / q) / 2
    assert math.isclose(sold.effect, by_hand, rel_tol=1e-9)
    assert math.isclose(sold.effect + quota.effect, answer.change, rel_tol=1e-9)


INCIDENTS = """
format: 1
name: service desk
mission: Incidents are solved in time.
store: sqlite:///.sameboat/store.db
calendar: {timezone: UTC}
teams: {desk: {label: Desk}, field: {label: Field}}
objectives: {solve: {statement: Solved in time., horizon: short}}
tables:
  events:
    file: data/events.parquet
    subject: none
    time: closed_at
    dimensions: {closed_at: {type: time, grain: day}, priority: {}, contact_type: {}}
    personal: [caller_id, opened_by, sys_updated_by, assigned_to, resolved_by]
metrics:
  closed: {type: simple, table: events, agg: count, unit: count,
           filter: "incident_state = 'Closed'"}
  in_time: {type: simple, table: events, agg: count, unit: count,
            filter: "incident_state = 'Closed' and made_sla"}
  sla: {type: ratio, numerator: in_time, denominator: closed, unit: percent, good: up}
kpis:
  sla: {metric: sla, objective: solve, by: [priority, contact_type], signal: {grain: month},
        owners: [{team: desk, lever: closed}, {team: field, lever: in_time}]}
"""


@pytest.fixture(scope="module")
def desk(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    folder = tmp_path_factory.mktemp("desk")
    (folder / "data").symlink_to(shared / "data" / "uci_incident_log")
    (folder / "sameboat.yml").write_text(INCIDENTS, encoding="utf-8")
    workspace = open_workspace(folder)
    yield workspace
    workspace.close()


def test_the_share_of_incidents_solved_in_time_by_priority(
    desk: Opened, by_hand: Callable[[str], duckdb.DuckDBPyConnection]
) -> None:
    answer = explain(desk, "sla", before="2016-03", after="2016-04", viewer=OWNER)
    old, new = (
        f"filter (date_trunc('month', closed_at) = date '2016-{month}-01')"
        for month in ("03", "04")
    )
    with by_hand("uci_incident_log") as connection:
        rows = connection.execute(f"""with cells as (
            select priority as name, count(*) {old} as n0, count(*) {new} as n1,
                   count(*) filter (made_sla and month(closed_at) = 3) as k0,
                   count(*) filter (made_sla and month(closed_at) = 4) as k1
            from events where incident_state = 'Closed' and year(closed_at) = 2016
            group by 1 having n0 + n1 > 0), {KITAGAWA}""").fetchall()
    same_rates(answer, split_of(answer, "priority"), rows)
