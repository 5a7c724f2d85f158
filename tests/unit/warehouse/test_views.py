"""Tables made by reviewed SQL: one SELECT, and what they inherit."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sameboat.errors import WarehouseError
from sameboat.project.model import Table
from sameboat.warehouse.duckdb import Embedded
from tests.unit.warehouse.given import ACCOUNTS, DEALS

Opens = Callable[..., Embedded]


def broken(opened: Opens, sql: str) -> WarehouseError:
    """What is said of a table with this SQL; the tables that it reads stay usable."""
    warehouse = opened(deals=DEALS, accounts=ACCOUNTS, made=Table(sql=sql))
    assert warehouse.run("select * from accounts").num_rows == 2
    with pytest.raises(WarehouseError) as caught:
        warehouse.columns("made")
    assert all(found.message.startswith("made: ") for found in caught.value.findings)
    with pytest.raises(WarehouseError):
        warehouse.run("select * from made")
    return caught.value


def test_a_table_of_sql_reads_others_and_passes_pseudonyms_on(opened: Opens) -> None:
    warehouse = opened(
        late=Table(sql="select who, total * 2 as twice from {{ table('early') }}"),
        early=Table(
            sql="""
            select a.region, d.contact_id as who, sum(d.amount) as total, count(d.contact_id) as n
            from {{ table('deals') }} d join {{ table("accounts") }} a using (account_id)
            group by all;
            """
        ),
        deals=DEALS,
        accounts=ACCOUNTS,
    )
    assert warehouse.findings == ()
    assert warehouse.columns("early") == {
        "region": "text", "who": "text", "total": "float", "n": "integer"
    }  # fmt: skip
    assert warehouse.pseudonymous("early") == {"who"}
    assert warehouse.pseudonymous("late") == {"who"}
    assert warehouse.reads("late") == {"deals", "accounts"}
    assert warehouse.run("select sum(twice) as s from late")["s"].to_pylist() == [440.0]


def test_its_fingerprint_follows_what_it_reads(opened: Opens, folder: Path) -> None:
    made = Table(sql="select region from {{ table('accounts') }}")
    warehouse = opened(accounts=ACCOUNTS, made=made)
    before = warehouse.fingerprint("made")
    (folder / "accounts.csv").write_text("account_id,region,since\n10,UK,\n")
    assert warehouse.fingerprint("made") != before


@pytest.mark.parametrize(
    ("sql", "code"),
    [
        ("select owner_name from {{ table('deals') }}", "personal-column"),
        ("select 1 as x from {{ table('deals') }} where owner_name = 'Ann'", "personal-column"),
        ("select upper(d.owner_name) as x from {{ table('deals') }} d", "personal-column"),
        ("select * from {{ table('nothing') }}", "unknown-table"),
        ("select * from accounts", "sql-not-one-select"),
        ("select * from read_csv('accounts.csv')", "sql-not-one-select"),
        ("select * from 'accounts.csv'", "sql-not-one-select"),
        ("delete from {{ table('accounts') }}", "sql-not-one-select"),
        ("select 1 as x; select 2 as x", "sql-not-one-select"),
        ("with x as (copy (select 1) to 'x.csv') select * from x", "sql-not-one-select"),
        ("select {{ env('HOME') }} as x", "jinja-not-allowed"),
        ("{% for x in y %} select 1 {% endfor %}", "jinja-not-allowed"),
        ("select 1 as x {# note #}", "jinja-not-allowed"),
        ("select nothing from {{ table('accounts') }}", "column-missing"),
        ("select region, 'x' as REGION from {{ table('accounts') }}", "colliding-headers"),
        ("select d from {{ table('deals') }} d", "lineage-failed"),
        ("select columns('c.*') from {{ table('deals') }}", "lineage-failed"),
        ("selec 1", "sql-not-one-select"),
    ],
)
def test_what_is_not_one_traceable_select_is_refused(opened: Opens, sql: str, code: str) -> None:
    assert broken(opened, sql).code == code


def test_a_star_shows_all_but_the_personal_columns(opened: Opens) -> None:
    warehouse = opened(deals=DEALS, made=Table(sql="select * from {{ table('deals') }}"))
    assert warehouse.columns("made") == warehouse.columns("deals")
    assert warehouse.pseudonymous("made") == {"contact_id"}


def test_personal_columns_of_its_own_are_left_out(opened: Opens) -> None:
    sql = "select region, region || '!' as loud from {{ table('accounts') }}"
    warehouse = opened(accounts=ACCOUNTS, made=Table(sql=sql, personal=("LOUD",)))
    assert list(warehouse.columns("made")) == ["region"]


def test_a_personal_column_that_is_not_there_is_an_error(opened: Opens) -> None:
    sql = "select region from {{ table('accounts') }}"
    warehouse = opened(accounts=ACCOUNTS, made=Table(sql=sql, personal=("regoin",)))
    [found] = warehouse.findings
    assert found.code == "column-missing"
    assert found.hint == "Did you mean 'region'?"


def test_a_column_cannot_become_pseudonymous_on_the_way(opened: Opens) -> None:
    sql = "select region from {{ table('accounts') }}"
    warehouse = opened(accounts=ACCOUNTS, made=Table(sql=sql, pseudonymous=("region",)))
    assert [found.code for found in warehouse.findings] == ["pseudonym-late"]


def test_a_cycle_is_told_with_its_tables(opened: Opens) -> None:
    warehouse = opened(
        a=Table(sql="select * from {{ table('b') }}"),
        b=Table(sql="select * from {{ table('a') }}"),
        accounts=ACCOUNTS,
    )
    assert {found.code for found in warehouse.findings} == {"table-cycle"}
    assert "a → b → a" in str(warehouse.findings)
    assert warehouse.run("select * from accounts").num_rows == 2


def test_a_broken_table_breaks_what_is_made_from_it_and_nothing_else(opened: Opens) -> None:
    warehouse = opened(
        gone=Table(file="gone.csv"),
        made=Table(sql="select * from {{ table('gone') }}"),
        accounts=ACCOUNTS,
    )
    told = {found.message.partition(":")[0]: found.code for found in warehouse.findings}
    assert told == {"gone": "file-missing", "made": "file-missing"}
    assert warehouse.run("select * from accounts").num_rows == 2
