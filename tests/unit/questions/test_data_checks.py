"""Each fault of the data is found once, at its place, with its numbers; clean data have none."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.errors import Finding
from sameboat.project.principles.catalogue import RULES
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_workspace
from sameboat.questions.opened import open_workspace

PROJECT = """\
format: 1
name: pier
calendar: {timezone: UTC}
teams:
  sales: {label: Sales, values: [SALES]}
  support: {label: Support, values: [Help Desk]}
tables:
  accounts:
    file: data/accounts.parquet
    subject: account
    entities: {account: {type: primary, expr: account_id}}
    dimensions: {plan: {}}
  tiers:
    file: data/tiers.parquet
    subject: account
    entities: {version: {type: natural, expr: account_id}}
    dimensions:
      valid_from: {type: time, grain: day, validity: start}
      valid_to: {type: time, grain: day, validity: end}
      tier: {}
  deals:
    file: data/deals.parquet
    subject: account
    time: closed_on
    loaded_at: loaded_at
    freshness: {warn_after: 1 day, error_after: 3 days}
    entities:
      deal: {type: primary, expr: deal_id}
      account: {type: foreign, expr: account_id}
    dimensions:
      closed_on: {type: time, grain: day}
      opened_on: {type: time, grain: day}
      stage: {}
      team: {}
    checks:
      - {unique: [deal_id]}
      - {unique: [account_id, closed_on, slot]}
      - {not_null: stage}
      - {accepted: {stage: [Won, Lost]}}
metrics:
  cycle: {type: duration, table: deals, start: opened_on, end: closed_on, unit: days}
"""
FIRST = dt.date(2026, 1, 5)  # a Monday
DAYS = 182  # 26 weeks
NOW = dt.datetime(2026, 7, 6, 9, tzinfo=dt.UTC)  # the Monday after them
LOADED = dt.datetime(2026, 7, 6, 6)

Row = dict[str, Any]
Tables = dict[str, list[Row]]


def clean() -> Tables:
    """20 accounts, and about ten deals a day over 26 weeks."""
    accounts = [{"account_id": f"AC-{n:03}", "plan": "Fleet"} for n in range(20)]
    tiers = [
        {"account_id": f"AC-{n:03}", "valid_from": since, "valid_to": until, "tier": "basic"}
        for n in range(20)
        for since, until in ((FIRST, FIRST + dt.timedelta(90)), (FIRST + dt.timedelta(90), None))
    ]
    deals: list[Row] = []
    for day in range(DAYS):
        closed = FIRST + dt.timedelta(day)
        deals += [
            {
                "deal_id": day * 100 + slot,
                "account_id": f"AC-{slot:03}",
                "closed_on": closed,
                "opened_on": closed - dt.timedelta(30),
                "slot": slot,
                "stage": "Won" if slot % 2 else "Lost",
                "team": "SALES" if slot % 3 else "Help Desk",
                "loaded_at": LOADED,
            }
            for slot in range(9 + day % 3)
        ]
    return {"accounts": accounts, "tiers": tiers, "deals": deals}


@pytest.fixture
def checked(tmp_path: Path) -> Callable[..., list[Finding]]:
    """The findings on tables, but for notices about what is not built yet."""

    def run(tables: Tables, project: str = PROJECT, now: dt.datetime = NOW) -> list[Finding]:
        (tmp_path / "data").mkdir(exist_ok=True)
        (tmp_path / "sameboat.yml").write_text(project, encoding="utf-8")
        for name, rows in tables.items():
            columns = dict.fromkeys(column for row in rows for column in row)
            filled = [{column: row.get(column) for column in columns} for row in rows]
            pq.write_table(pa.Table.from_pylist(filled), tmp_path / "data" / f"{name}.parquet")
        workspace = open_workspace(tmp_path, clock=lambda: now)
        try:
            found = check_workspace(workspace, viewer=OWNER)
        finally:
            workspace.close()
        return [f for f in found if f.code not in ("not-built-yet", "file-skipped")]

    return run


def line_of(text: str) -> int:
    """The line of the project on which a text first stands."""
    return PROJECT[: PROJECT.index(text)].count("\n") + 1


def only(found: list[Finding], code: str, severity: str, line: int | None) -> str:
    """The message of the only finding, which must be this one."""
    assert [(f.code, f.severity) for f in found] == [(code, severity)], "\n".join(map(str, found))
    [finding] = found
    assert finding.hint
    assert finding.where is not None
    if line is not None:
        assert finding.where.line == line
    return finding.message


def test_clean_data_have_no_finding(checked: Callable[..., list[Finding]]) -> None:
    assert checked(clean()) == []


def changed(rows: list[Row], column: str, values: dict[int, object]) -> None:
    """Put other values into some rows."""
    for at, value in values.items():
        rows[at] = {**rows[at], column: value}


def test_a_repeated_primary_key_is_an_error_as_joins_would_multiply(
    checked: Callable[..., list[Finding]],
) -> None:
    """The entity and the declared check say the same: it is told once, at the entity."""
    tables = clean()
    tables["deals"] += [{**tables["deals"][n], "slot": 90 + n} for n in (3, 4)]
    words = only(checked(tables), "entity-duplicated", "error", line_of("deal: {type"))
    assert "(deal_id) of table 'deals': 2 keys in 4 rows; a join" in words


def test_a_repeated_key_of_several_columns_is_found_by_its_check(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    tables["deals"].append({**tables["deals"][0], "deal_id": 99_999})
    words = only(checked(tables), "check-unique", "error", line_of("- {unique: [account_id"))
    assert "1 key in 2 rows" in words


def test_missing_values_are_counted(checked: Callable[..., list[Finding]]) -> None:
    tables = clean()
    changed(tables["deals"], "stage", {5: None, 6: None})
    words = only(checked(tables), "check-not-null", "error", line_of("- {not_null"))
    assert (
        words == f"'stage' of table 'deals' is empty in 2 of {len(tables['deals']):,} rows (0.11 %)"
    )


def test_values_that_are_not_accepted_are_shown(checked: Callable[..., list[Finding]]) -> None:
    tables = clean()
    changed(tables["deals"], "stage", {5: "won", 6: "won", 7: "Open"})
    found = checked(tables)
    words = only(found, "check-accepted", "error", line_of("- {accepted"))
    assert words.endswith("rows (0.16 %): 'won', 'Open'")
    assert found[0].hint == "Did you mean 'Won'?"


def test_keys_without_a_partner_are_shown_with_their_near_misses(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    changed(tables["deals"], "account_id", {5: "AC 005", 16: "ac006", 25: "XX-9"})
    words = only(checked(tables), "key-unmatched", "warning", line_of("account: {type: foreign"))
    assert "in 3 of" in words
    assert "3 different keys; near misses: 'AC 005' / 'AC-005', 'ac006' / 'AC-006'" in words


def test_a_declared_share_of_matches_decides_between_notice_and_error(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    changed(tables["deals"], "account_id", dict.fromkeys(range(0, 180, 9), "XX-9"))
    for least, code, severity in (
        (0.98, "key-unmatched", "notice"),
        (0.999, "check-matches", "error"),
    ):
        rule = f"{{matches: account, at_least: {least}}}"
        project = PROJECT.replace("      - {not_null: stage}", f"      - {rule}")
        words = only(checked(tables, project), code, severity, None)
        assert "in 20 of" in words
        assert ": 'XX-9'" in words


def test_a_check_of_an_entity_that_no_table_holds_is_said_to_be_unmade(
    checked: Callable[..., list[Finding]],
) -> None:
    project = PROJECT.replace(
        "account: {type: primary, expr: account_id}", "a: {type: primary, expr: account_id}"
    )
    project = project.replace("      - {not_null: stage}", "      - {matches: account}")
    assert "data-unchecked" in {f.code for f in checked(clean(), project)}


def test_versions_that_hold_at_one_time_are_an_error(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    changed(tables["tiers"], "valid_to", {0: None, 2: FIRST + dt.timedelta(91)})
    words = only(checked(tables), "versions-overlap", "error", line_of("version: {type"))
    assert words.startswith("2 keys of 'version'")


@pytest.mark.parametrize(("count", "severity"), [(5, "warning"), (40, "error")])
def test_values_that_map_to_no_team_are_an_error_above_one_percent(
    checked: Callable[..., list[Finding]], count: int, severity: str
) -> None:
    tables = clean()
    changed(tables["deals"], "team", dict.fromkeys(range(count), "Helpdesk"))
    found = checked(tables)
    words = only(found, "team-unmapped", severity, line_of("team: {}"))
    assert f"in {count} of" in words
    assert "'Helpdesk'. They form the group 'unmapped'" in words
    assert found[0].hint == "Did you mean 'Help Desk'?"


def test_rows_that_end_before_they_start_are_counted(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    changed(tables["deals"], "opened_on", {0: dt.date(2026, 3, 1)})
    words = only(checked(tables), "duration-negative", "warning", line_of("cycle: {"))
    assert "lies before 'opened_on' in 1 of" in words


@pytest.mark.parametrize(
    ("hours", "key", "severity"), [(30, "warn_after", "warning"), (80, "error_after", "error")]
)
def test_a_late_load_is_a_warning_and_then_an_error(
    checked: Callable[..., list[Finding]], hours: int, key: str, severity: str
) -> None:
    tables = clean()
    late = (NOW - dt.timedelta(hours=hours)).replace(tzinfo=None)
    for at in range(len(tables["deals"])):
        tables["deals"][at]["loaded_at"] = late
    tables["deals"] = [row for row in tables["deals"] if row["closed_on"] < late.date()]
    [found] = checked(tables)
    assert (found.code, found.severity) == ("data-late", severity)
    assert found.where is not None
    assert (
        found.where.column
        == PROJECT.splitlines()[found.where.line - 1].index(f"{key}: ") + len(key) + 3
    )
    assert f"{hours} hours ago" in found.message


def test_rows_that_end_against_their_rhythm_are_told(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    end = FIRST + dt.timedelta(DAYS - 9)
    tables["deals"] = [row for row in tables["deals"] if row["closed_on"] <= end]
    words = only(checked(tables), "data-ended", "warning", line_of("time: closed_on"))
    assert "nothing for 9 days until 2026-07-06" in words


def history(folder: Path, *tables: str) -> list[Finding]:
    """What is said of tables that end in 2014 and do not say when they were loaded."""
    (folder / "sameboat.yml").write_text("format: 1\nname: history\ntables:\n" + "".join(
        f"  {name}: {{file: {name}.csv, subject: none, time: day, "
        "dimensions: {day: {type: time, grain: day}}}\n"
        for name in tables
    ))  # fmt: skip
    for at, name in enumerate(tables):
        days = (dt.date(2014, 1, 1) + dt.timedelta(n) for n in range(60 + 31 * at))
        (folder / f"{name}.csv").write_text("day\n" + "".join(f"{day}\n" for day in days))
    workspace = open_workspace(folder, clock=lambda: NOW)
    found = check_workspace(workspace, viewer=OWNER)
    workspace.close()
    return [one for one in found if one.code == "data-ended"]


def test_many_tables_that_ended_are_one_notice_with_their_count_and_names(tmp_path: Path) -> None:
    (one,) = history(tmp_path, "calls", "deals", "leads", "visits")
    assert one.severity == "notice"
    assert one.message == (
        "the rows of 4 tables end long before 2026-07-06: 'visits' with Monday 2 June 2014; "
        "'leads' with Friday 2 May 2014; 'deals' with Tuesday 1 April 2014; "
        "'calls' with Saturday 1 March 2014"
    )


def test_two_tables_that_ended_are_told_each(tmp_path: Path) -> None:
    found = history(tmp_path, "calls", "deals")
    assert ["table 'calls'" in found[0].message, "table 'deals'" in found[1].message] == [True] * 2


def test_a_week_without_rows_is_told(checked: Callable[..., list[Finding]]) -> None:
    tables = clean()
    gap = {FIRST + dt.timedelta(70 + n) for n in range(7)}
    tables["deals"] = [row for row in tables["deals"] if row["closed_on"] not in gap]
    words = only(checked(tables), "period-missing", "warning", line_of("time: closed_on"))
    assert words == "table 'deals' has no row in 1 of 26 weeks: the week to Sunday 22 March 2026"


def test_a_week_with_few_of_its_days_is_told(checked: Callable[..., list[Finding]]) -> None:
    tables = clean()
    gap = {FIRST + dt.timedelta(70 + n) for n in range(5)}
    tables["deals"] = [row for row in tables["deals"] if row["closed_on"] not in gap]
    words = only(checked(tables), "period-incomplete", "warning", line_of("time: closed_on"))
    assert "less than half of the usual 7 days in 1 of 26 weeks" in words


def test_a_last_week_with_twice_the_rows_is_told(checked: Callable[..., list[Finding]]) -> None:
    """The week was loaded twice under new keys, so that no key repeats."""
    tables = clean()
    last = FIRST + dt.timedelta(DAYS - 7)
    tables["deals"] += [
        {**row, "deal_id": row["deal_id"] + 1_000_000, "slot": row["slot"] + 100}
        for row in tables["deals"]
        if row["closed_on"] >= last
    ]
    words = only(checked(tables), "volume-drift", "warning", line_of("time: closed_on"))
    assert "table 'deals' has 140 rows in the week to Sunday 5 July 2026" in words


def test_several_segments_of_one_entity_and_period_are_told(
    checked: Callable[..., list[Finding]],
) -> None:
    """Retention adds up the rows of an account and month, so they can have one plan only."""
    project = PROJECT.replace(
        "metrics:\n",
        "  months:\n"
        "    file: data/months.parquet\n"
        "    subject: account\n"
        "    time: month\n"
        "    entities: {account: {type: foreign, expr: account_id}}\n"
        "    dimensions: {month: {type: time, grain: month}, plan: {}}\n"
        "metrics:\n"
        "  nrr: {type: retention, table: months, entity: account, amount: mrr, period: month}\n",
    )
    project += "kpis:\n  nrr: {metric: nrr, by: [plan]}\n"
    tables = clean()
    tables["months"] = [
        {"account_id": f"AC-{n:03}", "month": dt.date(2026, m, 1), "plan": "Fleet", "mrr": 10.0}
        for n in range(20)
        for m in range(1, 7)
    ]
    bare = {"kpi-incomplete", *RULES}  # what the KPI lacks is told elsewhere
    assert [f for f in checked(tables, project) if f.code not in bare] == []
    tables["months"].append({**tables["months"][0], "plan": "Harbour"})
    [found] = [f for f in checked(tables, project) if f.code not in bare]
    assert (found.code, found.severity) == ("several-segments", "warning")
    assert "1 of 120 rows of 'account' by month" in found.message


# ── what is never told ───────────────────────────────────────────────────────────────────────


def test_nothing_is_told_of_rows_about_people_but_counts_over_the_floor(
    checked: Callable[..., list[Finding]],
) -> None:
    """No value, no key and no small count of a contact's rows stands in any message."""
    tables = clean()
    changed(tables["deals"], "stage", {5: "secret stage"})
    changed(tables["deals"], "account_id", {15: "secret key"})
    changed(tables["deals"], "team", {25: "secret team"})
    project = PROJECT.replace(
        "    subject: account\n    time: closed_on", "    subject: contact\n    time: closed_on"
    )
    found = checked(tables, project)
    assert {f.code for f in found} == {"check-accepted", "key-unmatched", "team-unmapped"}
    assert all("secret" not in str(f) for f in found)
    assert all("fewer than 10 of 1,819 rows" in f.message for f in found)


def test_no_value_of_a_pseudonymous_or_personal_looking_column_is_told(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    for row in tables["deals"]:
        row["owner_name"] = "Ann"
    tables["deals"][3]["owner_name"] = "Bob"
    for extra in ("", "    pseudonymous: [owner_name]\n"):
        project = PROJECT.replace(
            "    checks:\n", f"{extra}    checks:\n      - {{accepted: {{owner_name: [Ann]}}}}\n"
        )
        found = checked(tables, project)
        assert all("Bob" not in str(f) for f in found)


def test_a_check_that_cannot_run_does_not_hide_the_others(
    checked: Callable[..., list[Finding]],
) -> None:
    """A number held against texts fails in the engine; the rest of the scan is asked again."""
    tables = clean()
    changed(tables["deals"], "stage", {5: None})
    project = PROJECT.replace(
        "      - {accepted: {stage: [Won, Lost]}}", "      - {accepted: {slot: [one, two]}}"
    )
    found = checked(tables, project)
    assert {(f.code, f.severity) for f in found} == {
        ("check-not-null", "error"),
        ("data-unchecked", "warning"),
    }


def test_a_check_of_a_personal_column_is_said_to_be_unmade(
    checked: Callable[..., list[Finding]],
) -> None:
    """The column is never loaded, so nobody may believe that it was looked at."""
    tables = clean()
    for row in tables["deals"]:
        row["owner_name"] = None
    project = PROJECT.replace(
        "    checks:\n", "    personal: [owner_name]\n    checks:\n      - {not_null: owner_name}\n"
    )
    words = only_unchecked(checked(tables, project))
    assert words.startswith("column 'owner_name' of table 'deals' could not be checked")
    assert words.endswith("it is personal and never loaded")


def only_unchecked(found: list[Finding]) -> str:
    [finding] = found
    assert (finding.code, finding.severity) == ("data-unchecked", "warning")
    return finding.message


def test_a_missing_value_among_the_accepted_ones_accepts_no_others(
    checked: Callable[..., list[Finding]],
) -> None:
    tables = clean()
    changed(tables["deals"], "stage", {5: "Open", 6: None})
    project = PROJECT.replace("[Won, Lost]", "[Won, Lost, null]").replace(
        "      - {not_null: stage}\n", ""
    )
    words = only(checked(tables, project), "check-accepted", "error", None)
    assert "in 1 of" in words


def test_a_scan_is_one_query_per_table(
    tmp_path: Path, checked: Callable[..., list[Finding]], monkeypatch: pytest.MonkeyPatch
) -> None:
    """All claims on the rows of one clean table take one scan, its history another."""
    from sameboat.questions.audit import Audit

    asked: list[str] = []
    ask = Audit.ask

    def noted(audit: Audit, sql: str) -> list[dict[str, Any]]:
        if audit.name == "deals":
            asked.append(sql)
        return ask(audit, sql)

    monkeypatch.setattr(Audit, "ask", noted)
    assert checked(clean()) == []
    scans = [sql for sql in asked if not sql.startswith("WITH")]
    assert len(scans) == 2
    assert len(asked) == 4  # and one for each key: of several columns, to another table
