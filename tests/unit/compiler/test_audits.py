"""The SQL behind the checks of data runs, and says what SQL written by hand says."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import duckdb
import pytest
import sqlglot

from sameboat.compiler import audits
from sameboat.compiler.compile import plan
from sameboat.compiler.dialects import DIALECTS
from sameboat.compiler.joins import Graph, Hop
from sameboat.compiler.plan import World
from sameboat.project.declared import Project
from sameboat.questions.asking import request_of
from tests.unit.compiler.shop import DECLARED, rows, shop

EXTRA = """
create table far as from (values ('GTX Pro', 1), ('MG Special', 2)) t(product, price);
create table pipeline as from (values (1, 'GTXPro'), (2, 'gtx-pro'), (3, 'MG Special'),
    (4, 'MG Special'), (5, 'Nothing'), (6, null)) t(id, product);
create table tiers as from (values
    ('a1', date '2024-01-01', date '2024-03-01'), ('a1', date '2024-02-01', null),
    ('a2', date '2024-01-01', date '2024-02-01'), ('a2', date '2024-02-01', null),
    ('a3', date '2024-01-01', null), ('a3', date '2024-06-01', date '2024-07-01'))
    t(account_id, valid_from, valid_to);
create table months as from (values
    ('a1', date '2024-01-05', 'x'), ('a1', date '2024-01-09', 'y'), ('a1', date '2024-02-01', 'x'),
    ('a2', date '2024-01-01', 'x'), ('a2', date '2024-01-02', 'x')) t(account_id, day, plan);
"""

TABLES: dict[str, Any] = {
    "far": {"relation": "far", "entities": {"product": {"type": "primary"}}},
    "pipeline": {"relation": "pipeline", "entities": {"product": {"type": "foreign"}}},
    "tiers": {
        "relation": "tiers",
        "entities": {"version": {"type": "natural", "expr": "account_id"}},
        "dimensions": {
            "valid_from": {"type": "time", "grain": "day", "validity": "start"},
            "valid_to": {"type": "time", "grain": "day", "validity": "end"},
        },
    },
    "months": {
        "relation": "months",
        "time": "day",
        "entities": {"owner": {"type": "foreign", "expr": "account_id"}},
        "dimensions": {"day": {"type": "time", "grain": "day"}, "plan": {}},
    },
}
PROJECT = Project.from_mappings(
    tables={**DECLARED["tables"], **TABLES}, metrics=DECLARED["metrics"]
)  # fmt: skip
WORLD = World(PROJECT.tables, PROJECT.metrics, Graph(PROJECT.tables))
DEALS = PROJECT.tables["deals"]
TO_ACCOUNT = Hop("account", "deals", "accounts")
TO_PRODUCT = Hop("product", "pipeline", "far")

Write = Callable[[str], str]


def tally(spelling: str) -> str:
    stage, amount = (audits.value(DEALS, name) for name in ("stage", "amount"))
    opened, closed = (audits.value(DEALS, name) for name in ("opened_on", "closed_on"))
    figures = {
        "rows": audits.all_rows(),
        "filled": audits.filled(amount),
        "different": audits.distinct(stage),
        "others": audits.among(stage, ["Won", "Lost"], negated=True),
        "dear": audits.among(amount, [100, 30.0]),
        "reversed": audits.reversed_times(closed, opened),
        "last": audits.latest(closed),
    }
    return audits.tally_sql(WORLD, "deals", figures, spelling)


def repeated(*columns: str) -> Write:
    key = [audits.value(DEALS, name) for name in columns]
    return lambda spelling: audits.duplicates_sql(WORLD, "deals", key, spelling)


CASES: dict[str, tuple[Write, str]] = {
    "all figures of a table come from one scan": (
        tally,
        """select count(*), count(amount), count(distinct stage),
                  count(*) filter (stage not in ('Won', 'Lost')),
                  count(*) filter (amount in (100, 30)), count(*) filter (opened < closed),
                  max(closed) from deals""",
    ),
    "repeated keys are counted with their rows; missing ones are left out": (
        repeated("account_id"),
        """select count(*), sum(n) from (select account_id, count(*) as n from deals
           where account_id is not null group by 1 having n > 1)""",
    ),
    "a key of several columns": (
        repeated("account_id", "stage"),
        """select count(*), sum(n) from (select account_id, stage, count(*) as n from deals
           where account_id is not null group by 1, 2 having n > 1)""",
    ),
    "keys that lead somewhere, by key and by row": (
        lambda spelling: audits.matches_sql(WORLD, TO_ACCOUNT, spelling),
        """select count(distinct account_id), count(account_id),
                  count(distinct account_id)
                      filter (account_id in (select account_id from accounts)),
                  count(*) filter (account_id in (select account_id from accounts)) from deals""",
    ),
    "the keys that lead nowhere": (
        lambda spelling: audits.unmatched_sql(WORLD, TO_PRODUCT, limit=9, spelling=spelling),
        """select product, count(*) from pipeline where product is not null
           and product not in (select product from far) group by 1 order by 2 desc, 1""",
    ),
    "no more of them than asked for": (
        lambda spelling: audits.unmatched_sql(WORLD, TO_PRODUCT, limit=1, spelling=spelling),
        "select 'GTXPro', 1",
    ),
    "near misses differ by case, spaces and signs": (
        lambda spelling: audits.near_misses_sql(WORLD, TO_PRODUCT, limit=9, spelling=spelling),
        "from (values ('GTXPro', 'GTX Pro', 1), ('gtx-pro', 'GTX Pro', 1))",
    ),
    "the keys of the other side": (
        lambda spelling: audits.keys_sql(WORLD, TO_PRODUCT, limit=9, spelling=spelling),
        "select distinct product from far order by 1",
    ),
    "versions that hold at one time: a1 and a3, not a2 which follow each other": (
        lambda spelling: audits.overlaps_sql(WORLD, PROJECT.tables["tiers"], "version", spelling),
        "select 2",
    ),
    "entities with several values in a period": (
        lambda spelling: audits.mixed_sql(
            WORLD,
            PROJECT.tables["months"],
            "owner",
            time="day",
            grain="month",
            dimension="plan",
            spelling=spelling,
        ),
        """select count(*), count(*) filter (n > 1) from (select account_id, month(day),
           count(distinct plan) as n from months group by all)""",
    ),
    "other values than the known ones, commonest first": (
        lambda spelling: audits.other_values_sql(
            WORLD, "deals", audits.value(DEALS, "stage"), ["Won"], limit=5, spelling=spelling
        ),
        "select stage, count(*) from deals where stage <> 'Won' group by 1 order by 2 desc, 1",
    ),
    "rows per period": (
        lambda spelling: audits.history_sql(
            WORLD, "deals", audits.value(DEALS, "closed_on"), "month", spelling
        ),
        "select date_trunc('month', closed)::date, count(*) from deals group by 1 order by 1",
    ),
}


@pytest.fixture(scope="module")
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    opened = shop()
    opened.execute(EXTRA)
    yield opened
    opened.close()


@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_it_says_what_sql_written_by_hand_says(
    case: str, connection: duckdb.DuckDBPyConnection
) -> None:
    written, by_hand = CASES[case]
    assert rows(connection, written("duckdb")) == rows(connection, by_hand)


@pytest.mark.parametrize("spelling", sorted(DIALECTS))
@pytest.mark.parametrize("case", CASES, ids=list(CASES))
def test_it_is_one_select_in_every_dialect(case: str, spelling: str) -> None:
    """Other engines are not run here: a parser of their SQL reads one SELECT."""
    [tree] = sqlglot.parse(CASES[case][0](spelling), dialect=spelling)
    assert isinstance(tree, sqlglot.exp.Select)


def test_a_step_never_takes_the_name_of_a_table() -> None:
    tables = {**TABLES, "near_keys": {"relation": "x"}}
    project = Project.from_mappings(tables=tables)
    world = World(project.tables, project.metrics, Graph(project.tables))
    sql = audits.matches_sql(world, TO_PRODUCT, "duckdb")
    assert "near_keys_ AS (" in sql
    assert "near_keys AS (" not in sql


def test_a_query_reads_its_table_and_those_it_joins_and_no_step() -> None:
    request = request_of(PROJECT, metrics=["deals"], group_by=["account__rep__office"])
    assert audits.tables_read(plan(WORLD, request)) == {"deals", "accounts", "reps"}
