"""Every metric of examples/kubernetes equals SQL written by hand over the same files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.real.comparison import Comparison, differences

README = Path(__file__).resolve().parents[2] / "examples" / "kubernetes" / "README.md"

PROPOSALS = """
with p as (
    select
        path,
        owning_sig,
        if(cast(n_participating as integer) = 0, 'single-group', 'cross-group') as scope,
        case status
            when 'imlpemented' then 'implemented'
            when 'superseded' then 'replaced'
            when 'implemented (alpha)' then 'removed'
            else status
        end as status,
        cast(creation_date as date) as created,
        if(stage = 'stable', ltrim(stable, 'v'), null) as stable,
        ltrim(alpha, 'v') as alpha
    from keps
    where strpos(status, '|') = 0 and title <> 'Cloud Provider Template'
),
d as (
    select
        p.*,
        p.status not in ('provisional', 'implementable', 'deferred') as finished,
        cast(a.release_date as date) as alpha_day,
        cast(s.release_date as date) as stable_day
    from p
    left join k8s_release_dates a on a.release = p.alpha
    left join k8s_release_dates s on s.release = p.stable
)
"""
"""Releases are joined as text here and by number in the project: `1.30` must not become 1.3."""

ALL = (
    Comparison(("proposals",), (), PROPOSALS + "select count(*) from d"),
    Comparison(
        ("proposals",),
        ("metric_time__year",),
        PROPOSALS
        + """
        select date_trunc('year', created), count(*) from d
        where created between '2017-01-01' and '2025-12-31' group by 1
        """,
        {"start": "2017-01-01", "end": "2025-12-31"},
    ),
    Comparison(
        ("proposals",),
        ("metric_time__quarter", "scope"),
        PROPOSALS
        + """
        select date_trunc('quarter', created), scope, count(*) from d
        where created between '2024-01-01' and '2025-06-30' group by 1, 2
        """,
        {"start": "2024-01-01", "end": "2025-06-30"},
    ),
    Comparison(
        ("proposals",),
        ("group__group_name",),
        PROPOSALS
        + "select g.name, count(*) from d left join sigs g on g.dir = d.owning_sig group by 1",
    ),
    Comparison(
        ("cross_group_proposals", "cross_group_share"),
        (),
        PROPOSALS
        + """
        select count(*) filter (scope = 'cross-group'), avg(if(scope = 'cross-group', 1.0, 0.0))
        from d
        """,
    ),
    Comparison(
        ("cross_group_share",),
        ("metric_time__year",),
        PROPOSALS
        + """
        select date_trunc('year', created), avg(if(scope = 'cross-group', 1.0, 0.0)) from d
        where created between '2018-01-01' and '2025-12-31' group by 1
        """,
        {"start": "2018-01-01", "end": "2025-12-31"},
    ),
    Comparison(
        ("cross_group_share",),
        ("owning_group",),
        PROPOSALS + "select owning_sig, avg(if(scope = 'cross-group', 1.0, 0.0)) from d group by 1",
    ),
    Comparison(
        ("node_cross_group_share", "api_machinery_cross_group_share"),
        (),
        PROPOSALS
        + """
        select
            avg(if(scope = 'cross-group', 1.0, 0.0)) filter (owning_sig = 'sig-node'),
            avg(if(scope = 'cross-group', 1.0, 0.0)) filter (owning_sig = 'sig-api-machinery')
        from d
        """,
    ),
    Comparison(
        ("finished_proposals", "implemented_proposals", "ended_without", "success_rate"),
        ("scope",),
        PROPOSALS
        + """
        select
            scope,
            count(*) filter (finished),
            count(*) filter (status = 'implemented'),
            count(*) filter (finished and status <> 'implemented'),
            count(*) filter (status = 'implemented') / count(*) filter (finished)
        from d group by 1
        """,
    ),
    Comparison(
        ("success_rate", "finished_share"),
        ("metric_time__year",),
        PROPOSALS
        + """
        select
            date_trunc('year', created),
            count(*) filter (status = 'implemented') / count(*) filter (finished),
            count(*) filter (finished) / count(*)
        from d where created between '2018-01-01' and '2025-12-31' group by 1
        """,
        {"start": "2018-01-01", "end": "2025-12-31"},
    ),
    Comparison(
        ("days_to_available",),
        (),
        PROPOSALS + "select median(datediff('day', created, stable_day)) from d",
    ),
    Comparison(
        ("days_to_available", "days_from_alpha"),
        ("scope",),
        PROPOSALS
        + """
        select
            scope,
            median(datediff('day', created, stable_day)),
            median(datediff('day', alpha_day, stable_day))
        from d group by 1
        """,
    ),
    Comparison(
        ("days_to_available",),
        ("metric_time__year",),
        PROPOSALS
        + """
        select date_trunc('year', stable_day), median(datediff('day', created, stable_day)) from d
        where stable_day between '2019-01-01' and '2026-12-31' group by 1
        """,
        {"start": "2019-01-01", "end": "2026-12-31"},
    ),
    Comparison(
        ("days_to_alpha",),
        ("metric_time__quarter",),
        PROPOSALS
        + """
        select date_trunc('quarter', alpha_day), median(datediff('day', created, alpha_day)) from d
        where alpha_day between '2020-01-01' and '2025-12-31' and created is not null group by 1
        """,
        {"start": "2020-01-01", "end": "2025-12-31"},
    ),
    Comparison(
        ("available_proposals", "left_open", "left_open_share"),
        (),
        PROPOSALS
        + """
        select
            count(stable_day),
            count(stable_day) filter (status <> 'implemented'),
            count(stable_day) filter (status <> 'implemented') / count(stable_day)
        from d
        """,
    ),
)

FIGURES = {
    "651": "select count(*) from d",
    "47.3 %": "select 100 * avg(if(scope = 'cross-group', 1.0, 0.0)) from d",
    "91.7 %": "select 100.0 * count(*) filter (status = 'implemented') / count(*) "
    "from d where finished and scope = 'cross-group'",
    "94.2 %": "select 100.0 * count(*) filter (status = 'implemented') / count(*) "
    "from d where finished and scope = 'single-group'",
    "752 days": "select median(stable_day - created) from d where scope = 'cross-group'",
    "608 days": "select median(stable_day - created) from d where scope <> 'cross-group'",
    "138": "select count(*) from d where year(created) = 2019",
    "48": "select count(*) from d where stable_day is not null and status <> 'implemented'",
}
"""Figures that the README prints."""


@pytest.fixture(scope="module")
def project(open_example: Callable[[str], Any]) -> Any:
    return open_example("kubernetes")


@pytest.fixture(scope="module")
def files(by_hand: Callable[[str], duckdb.DuckDBPyConnection]) -> duckdb.DuckDBPyConnection:
    return by_hand("kubernetes_keps")


@pytest.mark.parametrize("case", ALL, ids=[case.name for case in ALL])
def test_a_metric_equals_sql_written_by_hand(
    case: Comparison, project: Any, files: duckdb.DuckDBPyConnection
) -> None:
    answer = project.query(metrics=list(case.metrics), group_by=list(case.by), **case.more)
    assert answer.column_names == case.columns
    ours = case.keyed(tuple(row.values()) for row in answer.to_pylist())
    theirs = case.keyed(files.execute(case.sql).fetchall())
    assert theirs
    assert not differences(ours, theirs)


def test_every_metric_of_the_project_is_compared(project: Any) -> None:
    compared = {name for case in ALL for name in case.metrics}
    assert compared == set(project.project.metrics)


def test_templates_are_not_proposals(project: Any) -> None:
    """Two files still hold every status of the template, one its made-up groups."""
    answer = project.query(metrics=["proposals"], group_by=["outcome"])
    outcomes = set(answer.column("outcome").to_pylist())
    assert outcomes == {
        "implemented", "implementable", "provisional", "deferred",
        "replaced", "removed", "rejected", "withdrawn",
    }  # fmt: skip


def test_release_1_30_is_not_release_1_3(files: duckdb.DuckDBPyConnection, project: Any) -> None:
    """A CSV reader takes 1.30 for a number; proposals of v1.30 still find their release day."""
    count = files.execute(
        "select count(*) from keps where stage = 'stable' and stable in ('v1.30', '1.30', 'v1.20')"
    ).fetchone()
    answer = project.query(
        metrics=["available_proposals"],
        group_by=["metric_time__day"],
        where=["available_on = date '2024-04-17' or available_on = date '2020-12-08'"],
    )
    assert count is not None
    assert sum(answer.column("available_proposals").to_pylist()) == count[0]


@pytest.mark.parametrize("printed", FIGURES)
def test_the_readme_prints_figures_that_hold(
    printed: str, files: duckdb.DuckDBPyConnection
) -> None:
    row = files.execute(PROPOSALS + FIGURES[printed]).fetchone()
    assert row is not None
    digits = 1 if "." in printed else 0
    assert f"{row[0]:,.{digits}f}" == printed.partition(" ")[0]
    assert printed in README.read_text(encoding="utf-8")
