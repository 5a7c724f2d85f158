"""Columns about persons are found by their names and by what they hold."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.questions.first_look.look import first_look
from sameboat.questions.first_look.tables import TableDraft


def draft(folder: Path, name: str, header: str, rows: list[str]) -> TableDraft:
    file = folder / f"{name}.csv"
    file.write_text("\n".join([header, *rows]) + "\n", encoding="utf-8")
    return first_look([file]).tables[0]


def left_out(table: TableDraft) -> set[str]:
    return {person.column for person in table.personal}


@pytest.mark.parametrize(
    ("column", "value"),
    [
        ("e_mail", "x"), ("WorkPhone", "x"), ("LastName", "x"), ("Street", "x"),
        ("date_of_birth", "1990-01-01"), ("client_ip_address", "x"), ("national_id", "x"),
        ("iban", "x"), ("assigned_to", "x7"), ("AddressLine1", "x"), ("developer_name", "x"),
    ],
)  # fmt: skip
def test_a_name_is_enough(tmp_path: Path, column: str, value: str) -> None:
    """Whatever the column holds, it is left out."""
    table = draft(tmp_path, "orders", f"order_id,{column},amount", [f"1,{value},5", "2,y9,6"])
    assert left_out(table) == {column}


@pytest.mark.parametrize(
    ("values", "why"),
    [
        (["ann@x.org", "none", "-"], "holds e-mail addresses"),
        (["10.0.0.1", "192.168.1.77", "8.8.8.8"], "holds IP addresses"),
        (["+44 20 7946 0958", "+49 30 123456", "(030) 998877"], "holds phone numbers"),
        (["123-45-6789", "987-65-4321", "111-22-3333"], "holds national ids"),
        (["Ann Smith", "Peter Miller", "Olga Petrowa"], "holds names of people"),
    ],
)
def test_values_are_enough(tmp_path: Path, values: list[str], why: str) -> None:
    """A column with a harmless name is left out for what it holds, one e-mail among its rows."""
    rows = [f"{at},{value},5" for at, value in enumerate(values)]
    table = draft(tmp_path, "orders", "order_id,reference,amount", rows)
    assert [(person.column, person.why) for person in table.personal] == [("reference", why)]


@pytest.mark.parametrize(
    ("column", "values"),
    [
        ("town", ["New York", "Los Angeles", "San Francisco"]),
        ("product_name", ["Mountain Bike", "Road Frame", "Touring Tire"]),
        ("order_number", ["SO-43697", "SO-43698", "SO-43699"]),
        ("stage", ["Closed Won", "Closed Lost", "Open"]),
        ("version", ["1.2.3", "1.2.4", "1.2.5"]),
        ("ship_day", ["2026-01-01", "2026-01-02", "2026-01-03"]),
    ],
)
def test_what_is_not_about_persons_stays(tmp_path: Path, column: str, values: list[str]) -> None:
    rows = [f"{at},{value},5" for at, value in enumerate(values)]
    assert left_out(draft(tmp_path, "orders", f"order_id,{column},amount", rows)) == set()


def test_the_key_of_persons_is_hashed_wherever_joins_carry_it(tmp_path: Path) -> None:
    """In the table of persons and in the orders that name them, so that people can be counted."""
    (tmp_path / "customers.csv").write_text(
        "customer_id,first_name,region\n" + "".join(f"{i},Ann,R{i % 2}\n" for i in range(20)),
        encoding="utf-8",
    )
    (tmp_path / "orders.csv").write_text(
        "order_id,customer_id,day,amount\n"
        + "".join(f"{i},{i % 20},2026-01-{i % 28 + 1:02d},{i}\n" for i in range(60)),
        encoding="utf-8",
    )
    look = first_look([tmp_path])
    hashed = {t.name: [p.column for p in t.pseudonymous] for t in look.tables}
    assert hashed == {"customers": ["customer_id"], "orders": ["customer_id"]}
    assert {t.name: t.subject for t in look.tables} == {"customers": "contact", "orders": "contact"}
    assert "customers_with_orders" in {metric.name for metric in look.metrics}


def test_whoever_works_is_left_out_and_whoever_is_served_is_counted(tmp_path: Path) -> None:
    """An agent's key is of no use to a shared number; a caller's tells callers apart."""
    rows = [f"{i},{i % 3},{i % 9},2026-01-0{i % 9 + 1}" for i in range(40)]
    table = draft(tmp_path, "tickets", "ticket_id,agent_id,caller_id,opened_at", rows)
    assert left_out(table) == {"agent_id"}
    assert [person.column for person in table.pseudonymous] == ["caller_id"]
    assert table.subject == "contact"


def test_other_keys_of_a_person_are_left_out(tmp_path: Path) -> None:
    """Hashing one key is of no use while another one stands beside it."""
    rows = [f"{i},X{i:03d},Ann,{i % 3}" for i in range(30)]
    table = draft(tmp_path, "members", "member_id,external_id,first_name,tier", rows)
    assert left_out(table) == {"external_id", "first_name"}
