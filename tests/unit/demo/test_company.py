"""The company's calendar, spellings and identifiers."""

from __future__ import annotations

from datetime import date

import numpy as np
import pyarrow as pa
import pytest

from sameboat.demo import truths
from sameboat.demo.company import (
    SHOWN_MONTHS,
    SHOWN_WEEKS,
    SPELLINGS,
    TEAMS,
    Company,
    account_ids,
    cut,
    ids,
    near_misses,
    people,
    present,
    spelled,
    week_of,
    week_start,
    weeks_of,
)
from sameboat.errors import UsageError


def test_the_board_shows_104_whole_weeks_and_23_whole_months() -> None:
    assert (SHOWN_WEEKS, SHOWN_MONTHS) == (104, 23)
    assert truths.FIRST_WEEK.isoweekday() == 1
    assert truths.UNTIL.isoweekday() == 7
    assert truths.NOW.date().isoweekday() == 1


def test_weeks_count_from_the_first_monday() -> None:
    days = np.array(["2024-10-28", "2024-11-03", "2024-11-04", "2024-10-27"], dtype="datetime64[D]")
    assert weeks_of(days).tolist() == [0, 0, 1, -1]
    assert week_start(np.array([week_of(truths.UNTIL)])).astype(str).tolist() == ["2026-10-19"]


@pytest.mark.parametrize("until", [date(2024, 10, 28), date(2027, 4, 26)])
def test_a_day_that_is_not_lived_through_is_refused(until: date) -> None:
    with pytest.raises(UsageError) as error:
        Company(1, until)
    assert error.value.code == "demo-period"


def test_each_department_has_chance_of_its_own() -> None:
    company = Company(7, truths.UNTIL)
    assert company.rng("a").random() == company.rng("a").random() != company.rng("b").random()
    assert Company(8, truths.UNTIL).rng("a").random() != company.rng("a").random()


def test_days_after_the_export_are_left_out() -> None:
    company = Company(1, date(2026, 1, 15))
    days = np.array(["2026-01-15", "2026-01-16", "NaT"], dtype="datetime64[D]")
    assert company.known(days).tolist() == [True, False, False]
    assert np.isnat(company.happened(days)).tolist() == [False, True, True]


def test_every_team_is_spelled_in_ways_that_no_other_team_uses() -> None:
    spellings = [text for team in TEAMS for text in set(SPELLINGS[team])]
    assert len(spellings) == len(set(spellings))


def test_spellings_keep_to_their_team() -> None:
    teams = np.repeat(np.arange(len(TEAMS)), 50)
    texts = spelled(np.random.default_rng(0), teams).to_pylist()
    assert all(text in SPELLINGS[TEAMS[team]] for text, team in zip(texts, teams, strict=True))


def test_identifiers_are_padded_and_may_be_absent() -> None:
    assert ids("L-", np.array([7, 123456]), 6).to_pylist() == ["L-000007", "L-123456"]
    flags = np.array([True, False])
    assert account_ids(np.array([3, 4]), present=flags).to_pylist() == ["HB-00003", None]
    assert present(np.array([1, 2]), flags).to_pylist() == [1, None]


def test_near_misses_lose_their_hyphen() -> None:
    found = near_misses(pa.array(["HB-1", "HB-2", None]), np.array([True, False, True]))
    assert found.to_pylist() == ["HB 1", "HB-2", None]


def test_cut_keeps_the_same_rows_of_every_column() -> None:
    columns = {"a": np.arange(4), "b": pa.array("wxyz")}
    kept = cut(columns, np.array([False, True, False, True]))
    assert kept["a"].tolist() == [1, 3]
    assert kept["b"].to_pylist() == ["x", "z"]


def test_people_live_at_an_address_that_no_one_can_own() -> None:
    names, mails = people(np.random.default_rng(0), 20)
    assert all(mail.endswith("@example.org") for mail in mails.to_pylist())
    assert len(names) == 20
