"""The checks of data on real files say what is so, and little that is not."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import duckdb
import pytest

from sameboat.errors import Finding
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_workspace
from sameboat.questions.opened import open_workspace

if TYPE_CHECKING:
    from sameboat.questions.workspace import Workspace

DATA_CODES = {
    "check-unique", "check-not-null", "check-accepted", "check-matches", "entity-duplicated",
    "versions-overlap", "several-segments", "key-unmatched", "team-unmapped", "duration-negative",
    "data-late", "data-ended", "period-missing", "period-incomplete", "volume-drift",
    "data-unchecked",
}  # fmt: skip


def told(workspace: Workspace) -> list[Finding]:
    return [f for f in check_workspace(workspace, viewer=OWNER) if f.code in DATA_CODES]


def test_adventureworks_passes_its_own_checks(open_example: Callable[[str], Workspace]) -> None:
    """No key repeats, every declared key leads somewhere, every team is known: no error.

    Only volumes may be odd: the files end in January 2014, in a week that falls.
    """
    found = told(open_example("adventureworks"))
    assert {f.severity for f in found} <= {"warning"}, "\n".join(map(str, found))
    assert {f.code for f in found} <= {"volume-drift"}


def test_kubernetes_has_no_fault_in_its_data(open_example: Callable[[str], Workspace]) -> None:
    assert told(open_example("kubernetes")) == []


PIPELINE = """\
format: 1
name: pipeline
tables:
  products:
    file: {products}
    subject: none
    entities: {{product: {{type: unique, expr: EnglishProductName}}}}
  pipeline:
    file: pipeline.csv
    subject: none
    entities: {{product: {{type: foreign, expr: product}}}}
"""


@pytest.fixture
def pipeline(shared: Path, tmp_path: Path) -> Iterator[tuple[Workspace, list[str]]]:
    """Real products, and a sales pipeline that spells three of their names without spaces."""
    products = shared / "data" / "adventureworks" / "DimProduct.parquet"
    names = [
        name
        for (name,) in duckdb.sql(
            f"select distinct EnglishProductName from '{products}' "
            "where EnglishProductName like 'Mountain-%' order by 1"
        ).fetchall()
    ]
    lines = [f'{n},"{name.replace(" ", "") if n < 3 else name}"' for n, name in enumerate(names)]
    (tmp_path / "pipeline.csv").write_text("id,product\n" + "\n".join(lines), encoding="utf-8")
    text = PIPELINE.format(products=products)
    (tmp_path / "sameboat.yml").write_text(text, encoding="utf-8")
    workspace = open_workspace(tmp_path)
    yield workspace, names
    workspace.close()


def test_real_names_that_were_spelt_otherwise_are_shown_beside_the_true_ones(
    pipeline: tuple[Workspace, list[str]],
) -> None:
    """Products stand in several rows by name (one for each price): that is an error of the key."""
    workspace, names = pipeline
    found = {f.code: f for f in told(workspace)}
    assert set(found) == {"entity-duplicated", "key-unmatched"}
    words = found["key-unmatched"].message
    assert f"in 3 of {len(names)} rows" in words
    for name in names[:3]:
        assert f"'{name.replace(' ', '')}' / '{name}'" in words


INCIDENTS = """\
format: 1
name: incidents
calendar: {{timezone: UTC}}
as_of: 2017-02-20T00:00:00Z
teams:
  desk: {{label: Service desk, values: [Group 70, Group 24]}}
tables:
  events:
    file: {events}
    subject: contact
    time: changed_on
    entities: {{incident: {{type: primary, expr: number}}}}
    dimensions:
      changed_on: {{type: time, grain: day, expr: sys_updated_at}}
      opened_on: {{type: time, grain: day, expr: opened_at}}
      resolved_on: {{type: time, grain: day, expr: resolved_at}}
      closed_on: {{type: time, grain: day, expr: closed_at}}
      group: {{expr: assignment_group}}
    personal: [caller_id, opened_by, assigned_to, resolved_by, sys_updated_by]
    checks: [{{accepted: {{incident_state: [New, Active, Resolved, Closed]}}}}]
metrics:
  time_to_resolve: {{type: duration, table: events, start: opened_on, end: resolved_on, unit: days}}
  rest_to_close: {{type: duration, table: events, start: changed_on, end: closed_on, unit: days}}
"""


def test_the_incident_log_is_no_table_of_incidents(shared: Path, tmp_path: Path) -> None:
    """Read as one row per incident, it repeats its key; states and times are counted by hand."""
    events = shared / "data" / "uci_incident_log" / "events.parquet"
    (tmp_path / "sameboat.yml").write_text(INCIDENTS.format(events=events), encoding="utf-8")
    workspace = open_workspace(tmp_path)
    found = told(workspace)
    workspace.close()
    messages = {f.code: f.message for f in found}
    [(others,)] = duckdb.sql(
        f"select count(*) from '{events}' where incident_state not in "
        "('New', 'Active', 'Resolved', 'Closed')"
    ).fetchall()
    [(keys, rows)] = duckdb.sql(
        f"select count(*), sum(n) from (select number, count(*) n from '{events}' "
        "group by 1 having n > 1)"
    ).fetchall()
    [(negative,)] = duckdb.sql(
        f"select count(*) from '{events}' where closed_at < sys_updated_at"
    ).fetchall()
    assert f"{keys:,} keys in {rows:,} rows" in messages["entity-duplicated"]
    assert f"in {others:,} of 141,712 rows" in messages["check-accepted"]
    assert negative == 0
    assert set(messages) == {"entity-duplicated", "check-accepted"}
    assert all("INC0" not in f.message for f in found), "no key of a contact's row is shown"
