"""The checks of data on the demo: flaws are told, and only the stopped export is an error."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from sameboat.errors import Finding
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_workspace
from sameboat.questions.checks.data import failing_tables
from sameboat.questions.opened import open_workspace

Ask = Callable[[str], list[tuple[Any, ...]]]


@pytest.fixture(scope="module")
def told(harbourline: Path) -> list[Finding]:
    workspace = open_workspace(harbourline)
    found = check_workspace(workspace, viewer=OWNER)
    workspace.close()
    return [f for f in found if f.code != "not-built-yet"]


def test_the_only_error_is_the_export_that_stopped(told: list[Finding]) -> None:
    """The board says the same of it: its KPI is stale, not judged."""
    [error] = [f for f in told if f.severity == "error"]
    assert error.code == "data-late"
    assert "table 'projects' was last loaded on 2026-10-23" in error.message


def test_no_table_fails_its_checks_in_a_refresh(harbourline: Path) -> None:
    """A late load has a rule of its own; near misses and typos are no errors."""
    workspace = open_workspace(harbourline)
    assert failing_tables(workspace, None) == {}
    workspace.close()


def test_keys_with_a_space_for_a_dash_are_told_as_near_misses(
    told: list[Finding], ask: Ask
) -> None:
    notices = [f for f in told if f.code == "key-unmatched"]
    assert {f.severity for f in notices} == {"notice"}
    [deals] = [f for f in notices if "'opportunities'" in f.message]
    [(missing,)] = ask(
        "select count(*) from opportunities where account_id is not null "
        "and account_id not in (select account_id from accounts)"
    )
    assert f"in {missing} of" in deals.message
    assert "near misses: 'HB " in deals.message
    assert " / 'HB-" in deals.message


def test_a_teams_typo_is_told_below_one_percent(told: list[Finding], ask: Ask) -> None:
    [(typos,)] = ask("select count(*) from work_logs where work_team = 'Cust Sucess'")
    [logs] = [f for f in told if f.code == "team-unmapped" and "'work_logs'" in f.message]
    assert logs.severity == "warning"
    assert f"in {typos} of" in logs.message
    assert "'Cust Sucess'" in logs.message
    assert logs.hint == "Did you mean 'Cust. Success'?"


def test_nothing_is_shown_of_tables_about_people(told: list[Finding]) -> None:
    """Tickets are about contacts: their typos and keys are counted, and no value is shown."""
    tickets = [f for f in told if "of table 'tickets'" in f.message]
    assert Counter(f.code for f in tickets) == {"team-unmapped": 1, "key-unmatched": 1}
    assert all("Sucess" not in f.message and "HB" not in f.message for f in tickets)


def test_two_years_of_growth_and_noise_raise_few_alarms(told: list[Finding]) -> None:
    """25 tables over 104 weeks: leads rise, tickets double, and nearly nothing is called odd."""
    odd = [f for f in told if f.code in ("volume-drift", "period-missing", "period-incomplete")]
    assert len(odd) <= 2, "\n".join(map(str, odd))
