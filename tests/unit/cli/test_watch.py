"""`sameboat watch` fails once, when something new was raised, and outlives what fails."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

import sameboat
from sameboat import cli
from sameboat.cli.watch import seconds
from sameboat.errors import UsageError, WarehouseError
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


def test_as_csv_there_is_one_row_per_signal(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["watch", "--project", str(company), "--format", "csv"]) == 1
    (row,) = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (row["news"], row["kpi"], row["kind"], row["since"]) == (
        "raised", "conversion", "signal", "2026-08-31",
    )  # fmt: skip
    assert row["owners"] == "Marketing: Leads; Sales: New customers"
    assert row["steward"].startswith("Sales until")
    assert cli.run(["watch", "--project", str(company), "--format", "csv"]) == 0
    (row,) = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (row["news"], row["status"]) == ("", "open")


def test_standard_output_holds_data_alone(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    cli.run(["watch", "--project", str(company), "--format", "json"])
    said = capsys.readouterr()
    assert len(said.out.splitlines()) == 1
    assert json.loads(said.out)["findings"] == []


def test_a_watch_that_looks_again_outlives_a_failure_and_says_it_once(
    company: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Two looks fail, a third one works: one message, longer pauses, then the usual one."""
    waits: list[float] = []
    opened = sameboat.open

    def failing(folder: str) -> Opened:
        if len(waits) < 2:
            raise WarehouseError("query-failed", "leads.parquet is not there.")
        return opened(folder)

    class Event:
        def wait(self, seconds: float) -> None:
            waits.append(seconds)
            if len(waits) == 3:
                raise KeyboardInterrupt

    monkeypatch.setattr("sameboat.open", failing)
    monkeypatch.setattr("sameboat.cli.watch.threading.Event", Event)
    assert cli.run(["watch", "--project", str(company), "--every", "1m"]) == 130
    said = capsys.readouterr()
    assert waits == [120, 240, 60]
    assert said.err.count("leads.parquet is not there.") == 1
    assert "Conversion: Signal, worse" in said.out


@pytest.mark.parametrize("text", ["", "h", "1", "1.5h", "1w", "-1h"])
def test_a_pause_that_is_no_time_is_refused(text: str) -> None:
    with pytest.raises(UsageError):
        seconds(text)


def test_a_watch_repeats_no_more_than_once_a_minute() -> None:
    assert (seconds("1s"), seconds("2h")) == (60, 7200)
