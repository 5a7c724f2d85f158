"""Keys by uniqueness, joins by name and by values, on small files written here."""

from __future__ import annotations

from pathlib import Path

from sameboat.questions.first_look.keys import Keys
from sameboat.questions.first_look.look import FirstLook, first_look


def looked(folder: Path, **files: str) -> FirstLook:
    for name, text in files.items():
        (folder / f"{name}.csv").write_text(text, encoding="utf-8")
    return first_look([folder])


def joins(keys: Keys) -> set[str]:
    return {f"{j.table}.{j.column} {j.target}.{j.key}" for j in keys.joins}


ACCOUNTS = "account_id,segment\n" + "".join(f"A{i},S{i % 2}\n" for i in range(20))
ORDERS = "order_id,account_id,line,amount,day\n" + "".join(
    f"{i // 2},A{i // 2 % 20},{i % 2},{i}.5,2026-01-{i % 28 + 1:02d}\n" for i in range(60)
)


def test_a_join_needs_the_name_and_the_values(tmp_path: Path) -> None:
    """A column named after a table whose values are not there is near, and said so; not joined."""
    visits = "visit_id,account_id\n" + "".join(f"{i},Z{i % 7}\n" for i in range(30))
    found = looked(tmp_path, accounts=ACCOUNTS, orders=ORDERS, visits=visits)
    assert joins(found.keys) == {"orders.account_id accounts.account_id"}
    [near] = found.keys.near
    assert (near.table, near.column, near.target, near.found) == (
        "visits", "account_id", "accounts", 0.0,
    )  # fmt: skip
    visits_draft = next(table for table in found.tables if table.name == "visits")
    assert "not joined" in visits_draft.notes[0]


def test_columns_identify_a_row_together_where_none_does_alone(tmp_path: Path) -> None:
    found = looked(tmp_path, accounts=ACCOUNTS, orders=ORDERS)
    assert found.keys.primary["orders"].columns == ("order_id", "line")
    assert found.keys.primary["accounts"].one == "account_id"


def test_rows_that_stand_twice_have_no_key(tmp_path: Path) -> None:
    """And the project says so, in the table and at its count."""
    found = looked(tmp_path, sales="shop_id,amount\nA,1\nA,1\nB,2\n")
    assert "sales" not in found.keys.primary
    assert any("no primary entity" in note for note in found.tables[0].notes)


def test_a_table_between_two_others_is_identified_by_both(tmp_path: Path) -> None:
    """That each account occurs once in it is chance, not a key."""
    tags = "tag_id,word\n" + "".join(f"T{i},w{i}\n" for i in range(5))
    between = "account_id,tag_id\n" + "".join(f"A{i},T{i % 5}\n" for i in range(20))
    found = looked(tmp_path, accounts=ACCOUNTS, tags=tags, account_tags=between)
    assert found.keys.primary["account_tags"].columns == ("account_id", "tag_id")
    assert joins(found.keys) == {
        "account_tags.account_id accounts.account_id",
        "account_tags.tag_id tags.tag_id",
    }


def test_a_second_way_to_the_same_table_is_said_and_not_joined(tmp_path: Path) -> None:
    trips = "trip_id,from_port_id,to_port_id\n" + "".join(
        f"{i},P{i % 6},P{i % 5}\n" for i in range(30)
    )
    ports = "port_id,town\n" + "".join(f"P{i},town {i}\n" for i in range(6))
    found = looked(tmp_path, trips=trips, ports=ports)
    draft = next(table for table in found.tables if table.name == "trips")
    assert [e.exprs for e in draft.entities if e.name == "port"] == [("from_port_id",)]
    assert any("to_port_id leads to ports too" in note for note in draft.notes)


def test_a_key_that_is_called_otherwise_is_found_by_its_values(tmp_path: Path) -> None:
    """`owning_team` names teams by their folder, which becomes the key of the teams."""
    teams = "kind,folder\n" + "".join(f"k{i % 2},team-{i}\n" for i in range(6))
    work = "item_id,owning_team\n" + "".join(f"{i},team-{i % 6}\n" for i in range(40))
    found = looked(tmp_path, teams=teams, work=work)
    assert joins(found.keys) == {"work.owning_team teams.folder"}
    assert found.keys.primary["teams"].one == "folder"


def test_a_team_and_a_week_identify_a_row_of_a_long_table(tmp_path: Path) -> None:
    """A group alone never does, and in a short table it would be chance."""
    weeks = [f"2026-{m:02d}-{d:02d}" for m in range(1, 11) for d in (5, 12, 19, 26)]
    rows = [f"{team},{week},{len(week)}" for week in weeks for team in ("sales", "it", "hr")]
    found = looked(tmp_path, effort="team,week,hours\n" + "\n".join(rows) + "\n")
    assert set(found.keys.primary["effort"].columns) == {"team", "week"}
    short = looked(tmp_path, effort="team,week,hours\n" + "\n".join(rows[:12]) + "\n")
    assert "effort" not in short.keys.primary
