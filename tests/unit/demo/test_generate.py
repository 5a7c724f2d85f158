"""The tables are the same for everyone, keep their past, and are made once and whole."""

from __future__ import annotations

import errno
import hashlib
from datetime import date
from pathlib import Path

import duckdb
import pytest

from sameboat.demo import export, generate
from sameboat.demo.truths import TRUTHS
from sameboat.errors import SameboatError

KEYS = {
    "leads": "lead_id, created_at, source, vessels, right_fit, window_ends_on",
    "touches": "touch_id, lead_id, touched_on, touch_team",
    "opportunities": "opportunity_id, lead_id, opened_on, amount, discount_pct",
    "accounts": "account_id, account_name, signed_on, vessels, plan",
    "subscription_months": "account_id, month, opening_mrr, closing_mrr, mrr_12_months_ago",
    "invoices": "invoice_id, account_id, issued_on, amount",
    "account_weeks": "account_id, week, logins, sso_logins, modules_used",
    "product_events": "event_id, event_at, account_id, user_id, feature",
    "tickets": "ticket_id, opened_at, account_id, ticket_team, handling_minutes",
    "ticket_events": "ticket_event_id, ticket_id, event_at, team",
    "survey_responses": "response_id, kind, responded_on, score, respondent_id",
    "projects": "project_id, title, lead_team, opened_on, teams_involved",
    "releases": "release_id, released_on, lead_days",
    "ideas": "idea_id, submitted_on, team, joint",
    "work_logs": "log_id, week, work_team, hours",
    "team_weeks": "week, team, worked_minutes, available_minutes",
    "spend_weeks": "week, spend_team, line, amount",
    "nominations": "nomination_id, advocate_id, nominated_on",
    "onboardings": "onboarding_id, account_id, live_on, onboarding_days",
}


def contents(folder: Path) -> dict[str, str]:
    return {
        file.name: hashlib.sha256(file.read_bytes()).hexdigest()
        for file in sorted(folder.glob("*.parquet"))
    }


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return generate.ensure(tmp_path_factory.mktemp("made") / "data")


def test_the_same_seed_gives_the_same_bytes(made: Path, tmp_path: Path) -> None:
    generate.generate(tmp_path)
    assert contents(tmp_path) == contents(made)
    assert len(contents(made)) == 28


def test_another_seed_gives_another_company(made: Path, tmp_path: Path) -> None:
    generate.generate(tmp_path, seed=1)
    same = contents(tmp_path).items() & contents(made).items()
    assert not same


@pytest.mark.parametrize("until", [date(2026, 6, 28), date(2027, 1, 17)])
def test_exports_of_other_days_tell_the_same_past(made: Path, tmp_path: Path, until: date) -> None:
    """What the earlier export knows stands in the later one, value for value.

    Only the discounts that were put right, which the truths count, read otherwise.
    """
    generate.generate(tmp_path, until=until)
    earlier, later = (made, tmp_path) if until > date(2026, 10, 25) else (tmp_path, made)
    with duckdb.connect() as connection:
        for table, columns in KEYS.items():
            lost = connection.execute(
                f"select {columns} from '{earlier / table}.parquet' except "
                f"select {columns} from '{later / table}.parquet'"
            ).fetchall()
            corrected = table == "opportunities" and until > date(2026, 11, 16)
            assert len(lost) == (TRUTHS.late.discounts if corrected else 0), table


def test_after_the_decision_advocacy_brings_referral_leads(tmp_path: Path) -> None:
    """The tables of twelve weeks later show what was predicted: nominations, then referrals."""
    generate.generate(tmp_path, until=date(2027, 1, 24))
    with duckdb.connect() as connection:
        before, after = connection.execute(
            "select count(*) filter (created_at < '2026-11-01') / 8, "
            "count(*) filter (created_at >= '2026-12-21') / 5 "
            f"from '{tmp_path}/leads.parquet' where source = 'referral' "
            "and created_at >= '2026-09-06'"
        ).fetchall()[0]
        late = connection.execute(f"select max(_loaded_at) from '{tmp_path}/projects.parquet'")
        assert str(late.fetchall()[0][0])[:10] == "2027-01-25", "the closures load again"
    assert after > before + 20


def test_tables_are_made_once(made: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def never(*args: object, **named: object) -> None:
        raise AssertionError("made again")

    monkeypatch.setattr(generate, "generate", never)
    assert generate.ensure(made) == made


def test_tables_of_an_older_recipe_are_made_anew(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / generate.STAMP).write_text("harbourline 0 seed 1\n")
    (folder / "leads.parquet").write_text("old")
    monkeypatch.setattr(generate, "generate", lambda to, **_: (to / "new.parquet").touch())
    generate.ensure(folder)
    assert {file.name for file in folder.iterdir()} == {"new.parquet", generate.STAMP}
    assert [file.name for file in tmp_path.iterdir()] == ["data"]


def test_a_full_disk_leaves_the_folder_as_it_was(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nothing of the new tables stays, nothing of the old ones goes."""
    folder = tmp_path / "data"
    folder.mkdir()
    (folder / "leads.parquet").write_text("old")
    written = []

    def full(to: Path, company: object, name: str, columns: object) -> None:
        if len(written) == 3:
            raise OSError(errno.ENOSPC, "No space left on device")
        written.append(name)
        (to / name).write_text("new")

    monkeypatch.setattr(export, "write", full)
    with pytest.raises(SameboatError, match="No space left") as error:
        generate.ensure(folder)
    assert error.value.code == "demo-not-written"
    assert [file.name for file in tmp_path.iterdir()] == ["data"]
    assert (folder / "leads.parquet").read_text() == "old"


@pytest.mark.parametrize("late", [False, True])
def test_two_that_start_at_once_both_find_the_tables(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, late: bool
) -> None:
    """The second takes what the first has put there, even between its last look and its rename."""
    folder = tmp_path / "data"

    def overtaken(to: Path, **_: object) -> None:
        (to / "mine.parquet").touch()
        folder.mkdir()
        stamp = f"harbourline {generate.recipe()} seed {generate.SEED} until {generate.UNTIL}\n"
        (folder / generate.STAMP).write_text(stamp)

    monkeypatch.setattr(generate, "generate", overtaken)
    if late:
        looks = iter([None, None])
        look = generate._stamp
        monkeypatch.setattr(generate, "_stamp", lambda where: next(looks, look(where)))
        monkeypatch.setattr(Path, "exists", lambda where: False)
    assert generate.ensure(folder) == folder
    assert [file.name for file in folder.iterdir()] == [generate.STAMP]
    assert [file.name for file in tmp_path.iterdir()] == ["data"]
