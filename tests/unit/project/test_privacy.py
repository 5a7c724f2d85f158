"""Columns about persons are seen by no expression, and tables say whose data they hold."""

from __future__ import annotations

import pytest

from sameboat.project.privacy import looks_personal
from tests.unit.project.told import Findings, short

TICKETS = """\
tables:
  tickets:
    file: tickets.csv
    subject: contact
    time: opened
    entities: {ticket: {type: primary, expr: id}}
    dimensions: {opened: {type: time}, queue: {}}
    personal: [agent_name]
    pseudonymous: [user_id]
"""
COLUMNS = {
    "tickets": dict.fromkeys(["id", "queue", "agent_name", "user_id", "minutes"], "VARCHAR")
    | {"opened": "DATE", "minutes": "DOUBLE"}
}


@pytest.mark.parametrize(
    ("metric", "expected"),
    [
        ("agg: sum, expr: agent_name", "1:61 personal-column"),
        ("agg: sum, expr: length(Agent_Name)", "1:61 personal-column"),
        ("agg: count_distinct, expr: agent_name", "1:72 personal-column"),
        ("agg: count, filter: agent_name = 'x'", "1:65 personal-column"),
        ("agg: count, filter: tickets.agent_name = 'x'", "1:65 personal-column"),
        ("agg: count, filter: [queue = 'a', user_id = 'x']", "1:79 pseudonymous-column"),
        ("agg: max, expr: user_id", "1:61 pseudonymous-column"),
        ("agg: count_distinct, expr: lower(user_id)", "1:72 pseudonymous-column"),
    ],
)
def test_no_metric_sees_a_person(findings: Findings, metric: str, expected: str) -> None:
    """Neither in its expression nor in its filter, under any spelling."""
    found = findings(f"metrics: {{m: {{type: simple, table: tickets, {metric}}}}}", world=TICKETS)
    assert [item.removeprefix("x.yml:") for item in short(found)] == [expected]


COUNT = "metrics:\n  n: {type: simple, table: tickets, agg: count}\n"


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        (
            "metrics: {agent_name: {type: simple, table: tickets, agg: max}}",
            "1:11 personal-column",
        ),
        (
            COUNT
            + "  m: {type: derived, expr: n,\n    metrics: [{metric: n, filter: user_id = 'x'}]}",
            "4:35 pseudonymous-column",
        ),
        (
            COUNT + "saved_queries: {q: {metrics: [n], where: user_id = 'x'}}",
            "3:42 pseudonymous-column",
        ),
        (
            "metrics:\n  n: {type: duration, table: tickets, start: opened, end: agent_name}",
            "2:59 personal-column",
        ),
        (
            "access: {rows: [{table: tickets, role: r, where: agent_name = 'x'}]}",
            "1:50 personal-column",
        ),
    ],
    ids=["by its own name", "filter of an input", "saved query", "duration", "row rule"],
)
def test_no_expression_elsewhere_sees_a_person(
    findings: Findings, text: str, expected: str
) -> None:
    """Wherever the format takes an expression or a filter over a table."""
    found = [item.removeprefix("x.yml:") for item in short(findings(text, world=TICKETS))]
    assert found == [expected]


@pytest.mark.parametrize(
    "dimension",
    ["agent_name: {}", "who: {expr: agent_name}", "who: {expr: upper(agent_name)}", "user_id: {}"],
)
def test_no_dimension_shows_a_person(findings: Findings, dimension: str) -> None:
    """Neither by its name nor by its expression."""
    world = TICKETS.replace("queue: {}", dimension)
    (found,) = findings("", world=world)
    assert found.code in ("personal-column", "pseudonymous-column")


def test_a_personal_column_joins_nothing(findings: Findings) -> None:
    """It is never loaded, so no entity can stand on it; a hashed one can."""
    world = TICKETS.replace("expr: id}}", "expr: id}, person: {type: foreign, expr: agent_name}}")
    assert [item.code for item in findings("", world=world)] == ["personal-column"]
    assert findings("", world=world.replace("agent_name}", "user_id}")) == []


def test_a_hashed_column_can_be_counted(findings: Findings) -> None:
    """count_distinct of the column itself is what pseudonyms are for."""
    text = "metrics: {m: {type: simple, table: tickets, agg: count_distinct, expr: user_id}}"
    assert findings(text, world=TICKETS) == []


@pytest.mark.parametrize(
    ("column", "personal"),
    [
        ("email", True), ("owner_email", True), ("OwnerEmail", True), ("e_mail", True),
        ("phone_number", True), ("First Name", True), ("employee_id", True), ("user_id", True),
        ("date_of_birth", True), ("ip_address", True), ("assignee", True), ("agent", True),
        ("amount", False), ("account_id", False), ("region", False), ("agency", False),
        ("personnel_cost", False), ("email_opens_total", True), ("team", False), ("score", False),
    ],
)  # fmt: skip
def test_what_looks_personal(column: str, personal: bool) -> None:
    """Names of columns that usually hold or identify one person."""
    assert looks_personal(column) is personal


def test_a_table_that_looks_personal_says_whose_data_it_holds(findings: Findings) -> None:
    """Without a subject no floor protects small groups, so the table is named."""
    world = TICKETS.replace("    subject: contact\n", "")
    assert [(item.code, item.severity) for item in findings("", world=world)] == [
        ("subject-undeclared", "warning")
    ]
    plain = "tables: {t: {file: t.csv, dimensions: {region: {}}}}\n"
    assert findings(plain) == []


def test_columns_of_the_data_that_look_personal_are_to_be_declared(findings: Findings) -> None:
    """What nobody named in the files would be loaded as it is."""
    assert findings("", world=TICKETS, columns=COLUMNS) == []
    more = {"tickets": {**COLUMNS["tickets"], "e_mail": "VARCHAR"}}
    (found,) = findings("", world=TICKETS, columns=more)
    assert (found.code, found.severity) == ("personal-undeclared", "warning")
    assert "e_mail" in found.message
