"""What the principles say of the two example projects, read and held against the files by hand."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

import duckdb
import pytest

from sameboat.errors import Finding
from sameboat.project.check import judged_principles
from sameboat.questions.principles import recorded_breaches

if TYPE_CHECKING:
    from sameboat.questions.opened import Opened

Open = Callable[[str], Any]


def told(workspace: Opened) -> list[Finding]:
    """All that counts, of files and record, after a refresh."""
    workspace.refresh()
    recorded = recorded_breaches(workspace)
    project = workspace.project
    return list(
        judged_principles(project, recorded=recorded.findings, asked=recorded.asked).findings
    )


def test_no_quarter_of_adventureworks_met_its_quotas(
    open_example: Open, by_hand: Callable[[str], duckdb.DuckDBPyConnection]
) -> None:
    """Between 80 and 89 % in twelve quarters: a target that only ever was missed; nothing else."""
    [found] = told(open_example("adventureworks"))
    assert found.code == "target-never-met"
    assert "none of the 12 quarters" in found.message
    assert "'quota_attainment'" in found.message
    rows = (
        by_hand("adventureworks")
        .execute(
            """
        with quotas as (
            select date_trunc('quarter', Date - interval 2007 day) as q,
                sum(SalesAmountQuota) as quota
            from FactSalesQuota group by 1),
        sold as (
            select date_trunc('quarter', OrderDate - interval 2007 day) as q,
                sum(SalesAmount) as amount
            from FactResellerSales group by 1)
        select amount / quota from sold join quotas using (q) order by q
        """
        )
        .fetchall()
    )
    assert len(rows) == 12
    assert max(share for (share,) in rows) < 0.9


def test_kubernetes_judges_few_proposals_a_quarter(
    open_example: Open, by_hand: Callable[[str], duckdb.DuckDBPyConnection]
) -> None:
    """About 13 proposals, of which five cross groups: too few for a quarter's share to be read.

    That no KPI is short-term is allowed in the files, with the reason.
    """
    [found] = told(open_example("kubernetes"))
    assert found.code == "sample-too-small"
    assert "'cross_group_share'" in found.message
    assert found.hint == "Judge it by year: `signal: {grain: year}`."
    counts = (
        by_hand("kubernetes_keps")
        .execute(
            """
        select count(*) as proposals from keps
        where strpos(status, '|') = 0 and title <> 'Cloud Provider Template'
            and cast(creation_date as date) between '2023-04-01' and '2026-03-31'
        group by date_trunc('quarter', cast(creation_date as date))
        """
        )
        .fetchall()
    )
    sizes = sorted(n for (n,) in counts)
    assert len(sizes) == 12
    middle = (sizes[5] + sizes[6]) / 2
    assert middle == pytest.approx(13.5)
    assert f"about {middle:g} cases" in found.message
