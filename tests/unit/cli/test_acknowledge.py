"""`sameboat acknowledge` lists what waits, and takes a signal for a team with a reason."""

from __future__ import annotations

import csv
import io
import json
from pathlib import Path

import pytest

from sameboat import cli
from sameboat.questions.opened import Opened
from tests.unit.questions.ferry import ferry, reopen


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A company whose conversion fell eight weeks ago and was raised."""
    ferry(tmp_path, fallen=8).watch()

    def opened(_: str) -> Opened:
        return reopen(tmp_path)

    monkeypatch.setattr("sameboat.open", opened)
    return tmp_path


def test_what_waits_is_listed_with_owners_and_steward(
    company: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    words = ["acknowledge", "--project", str(company)]
    assert cli.run(words) == 0
    assert capsys.readouterr().out.splitlines() == [
        "Conversion: Signal, worse: 8 weeks below centre since 2026-08-31",
        "  Marketing: Leads",
        "  Sales: New customers",
        "  Steward: Sales until 31 December, then Marketing",
        "  Signal 1, raised 2026-10-26, not acknowledged",
    ]
    assert cli.run([*words, "--format", "json"]) == 0
    (one,) = json.loads(capsys.readouterr().out)
    assert (one["id"], one["status"], one["page"]) == (1, "open", "/kpi/conversion#signal")
    assert one["verdict"] == "Signal, worse: 8 weeks below centre"
    assert cli.run([*words, "--format", "csv"]) == 0
    (row,) = list(csv.DictReader(io.StringIO(capsys.readouterr().out)))
    assert (row["id"], row["kpi"], row["status"]) == ("1", "conversion", "open")


@pytest.mark.parametrize("name", ["conversion", "1"])
def test_a_team_acknowledges_by_kpi_or_id(
    company: Path, capsys: pytest.CaptureFixture[str], name: str
) -> None:
    words = ["acknowledge", "--project", str(company), name, "--reason", "We look."]
    assert cli.run([*words, "--by", "nobody"]) == 2
    assert cli.run([*words, "--by", "sales"]) == 0
    assert capsys.readouterr().out == "Conversion: acknowledged by sales: We look.\n"
    cli.run(["acknowledge", "--project", str(company)])
    assert "acknowledged by sales on 2026-10-26: We look." in capsys.readouterr().out


@pytest.mark.parametrize(
    "words",
    [
        ["conversion"], ["--reason", "We look."], ["--by", "sales"],
        ["conversion", "--all", "--reason", "We look."], ["none", "--reason", "We look."],
        ["9", "--reason", "We look."], ["conversion", "--reason", " "],
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(company: Path, words: list[str]) -> None:
    assert cli.run(["acknowledge", "--project", str(company), *words]) == 2
    assert reopen(company).signals(which="open"), "nothing was written"
