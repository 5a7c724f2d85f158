"""What a derived table shows of the hidden columns that it reads."""

from __future__ import annotations

import pytest

from sameboat.errors import ProjectError
from sameboat.project.lineage import plain_sql, revealing, tables_in

COLUMNS = {"o": ("id", "email", "User_Id", "amt", "l"), "a": ("id", "n")}
HIDDEN = {"o": ("User_Id",)}


def shown(sql: str) -> set[str]:
    return set(revealing(sql, columns=COLUMNS, hidden=HIDDEN))


@pytest.mark.parametrize(
    ("sql", "outputs"),
    [
        ("select * from o", {"user_id"}),
        ("from o", {"user_id"}),
        ("select o.* exclude (user_id) from o", set()),
        ("select * rename (user_id as e) from o", {"e"}),
        ('select "USER_ID" as x, id from o', {"x"}),
        ("select amt, upper(user_id) || '!' as loud from o", {"loud"}),
        ("select coalesce(a.n, o.user_id) as g from o join a using (id)", {"g"}),
        ("select case when user_id = 'x' then 1 end as c from o", {"c"}),
        ("select id from o union all select user_id from o", {"id"}),
        ("(select user_id as k from o) union (select id from o)", {"k"}),
        ("with x as (select user_id as u, amt as v from o) select u, v from x", {"u"}),
        ("select x.k from (select user_id from o) x(k)", {"k"}),
        ("select (select max(user_id) from o p where p.id = o.id) as z from o", {"z"}),
        ("select {'a': user_id} as s from o", {"s"}),
        ("select s.a from (select {'a': user_id} as s from o)", {"a"}),
        ("select unnest([user_id]) as k from o", {"k"}),
        ("select t.u from o, unnest([o.user_id]) as t(u)", {"u"}),
        ("select lag(user_id) over (order by amt) as g from o", {"g"}),
        ("select string_agg(user_id, ',') as s, max_by(amt, user_id) as m from o", {"s", "m"}),
        ("select * from o o1 natural join a", {"user_id"}),
    ],
)
def test_outputs_that_show_a_hidden_value_are_found(sql: str, outputs: set[str]) -> None:
    assert shown(sql) == outputs


@pytest.mark.parametrize(
    "sql",
    [
        "select count(distinct user_id) as n, count(user_id) as m from o",
        "select id, user_id is null as unknown from o",
        "select row_number() over (partition by user_id order by amt) as r from o",
        "select id from o where user_id = 'x' order by user_id",
        "select distinct on (user_id) id from o",
        "select a.id from a where exists (select 1 from o where o.user_id = a.n)",
        "select * from a",
        "select * from (values (1, 2)) v(x, y)",
    ],
)
def test_counting_ordering_and_deduplicating_show_nothing(sql: str) -> None:
    assert shown(sql) == set()


@pytest.mark.parametrize(
    "sql",
    [
        "select o from o",
        "select first(o) as k from o",
        "select columns('u.*') from o",
        "select #3 from o",
        "pivot o on id using sum(amt)",
        "with recursive r as (select 1 as n union all select n + 1 from r) select n from r",
        "select b.e from a left join lateral (select user_id as e from o) b on true",
        "select amt as user_id, user_id as x from o",
        "select * from o union by name select * from a",
        "select nothing from o",
        "select * from elsewhere",
        "select 1; select 2",
        "delete from o",
        "selec 1",
        "",
        "select " + "(" * 400 + "user_id" + ")" * 400 + " as x from o",
    ],
)
def test_what_cannot_be_traced_for_certain_is_refused(sql: str) -> None:
    with pytest.raises(ProjectError) as caught:
        shown(sql)
    assert caught.value.code == "lineage-failed"


def test_tables_are_named_by_the_one_template_that_is_allowed() -> None:
    sql = "select * from {{ table('a') }} x join {{table(\"b c\")}} y, {{- table( 'a' ) -}} z;"
    assert tables_in(sql) == ("a", "b c")
    assert plain_sql(sql) == 'select * from "a" x join "b c" y, "a" z'


@pytest.mark.parametrize(
    "sql", ["{{ env('X') }}", "{{ table(x) }}", "{% if x %}", "{# x #}", "{{ table('a{{b}}') }}"]
)
def test_other_templates_are_refused(sql: str) -> None:
    with pytest.raises(ProjectError) as caught:
        plain_sql(sql)
    assert caught.value.code == "jinja-not-allowed"
