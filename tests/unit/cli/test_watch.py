"""`sameboat watch` fails once, when something new was raised, and takes an acknowledgement."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sameboat import cli
from sameboat.cli.watch import seconds
from sameboat.errors import UsageError
from sameboat.questions.opened import Opened
from tests.unit.questions.ferry import ferry, reopen


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company whose conversion fell eight weeks ago, opened as of its own day."""
    ferry(tmp_path, fallen=8)

    def opened(_: str) -> Opened:
        return reopen(tmp_path)

    monkeypatch.setattr("sameboat.open", opened)
    return tmp_path


def test_a_new_signal_is_told_once_and_fails_once(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["watch", "--project", str(company)]) == 1
    said = capsys.readouterr().out
    assert "Conversion: Signal, worse: 8 weeks below centre since 2026-08-31" in said
    assert "  Marketing: Leads" in said
    assert cli.run(["watch", "--project", str(company), "--once"]) == 0
    assert capsys.readouterr().out == "No new signal. 1 stands, 1 not acknowledged.\n"


def test_programs_read_the_same(company: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["watch", "--project", str(company), "--format", "json"]) == 1
    said = json.loads(capsys.readouterr().out)
    assert [one["kpi"] for one in said["raised"]] == ["conversion"]
    assert said["delivered"] is False


def test_a_team_acknowledges_with_a_reason(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.run(["watch", "--project", str(company)])
    words = ["watch", "--project", str(company), "--acknowledge", "conversion"]
    assert cli.run(words) == 2, "a reason is needed"
    assert cli.run([*words, "--reason", "We look.", "--by", "nobody"]) != 0
    capsys.readouterr()
    assert cli.run([*words, "--reason", "We look.", "--by", "sales"]) == 0
    assert capsys.readouterr().out == "Conversion: acknowledged by sales: We look.\n"


@pytest.mark.parametrize("text", ["", "h", "1", "1.5h", "1w", "-1h"])
def test_a_pause_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        seconds(text)


def test_a_watch_repeats_no_more_than_once_a_minute() -> None:
    assert (seconds("1s"), seconds("2h")) == (60, 7200)
