"""`sameboat dispute` and `sameboat retire` change no file: they print what git applies."""

from __future__ import annotations

import csv
import io
import json
import shutil
import subprocess
from pathlib import Path

import pytest

from sameboat import cli
from sameboat.project.load import load
from sameboat.questions.opened import Opened
from tests.unit.questions.ferry import ferry, reopen

Told = pytest.CaptureFixture[str]


@pytest.fixture
def company(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    ferry(tmp_path)

    def opened(_: str) -> Opened:
        return reopen(tmp_path)

    monkeypatch.setattr("sameboat.open", opened)
    return tmp_path


def said(company: Path, capsys: Told, *words: str, code: int = 0) -> str:
    assert cli.run([*words, "--project", str(company)]) == code
    return capsys.readouterr().out


def applied(folder: Path, patch: str) -> None:
    git = shutil.which("git")
    assert git is not None
    (folder / "it.patch").write_text(patch)
    subprocess.run([git, "apply", "it.patch"], cwd=folder, check=True)


def test_an_objection_is_opened_listed_accepted_and_applied(company: Path, capsys: Told) -> None:
    assert said(company, capsys, "dispute") == "No objection waits for an answer.\n"
    text = (company / "all.yml").read_text()
    block = text[text.index("  conversion: {type") : text.index("kpis:")]
    (company / "lines.yml").write_text(block.replace("good: up", "good: down"))
    made = said(
        company, capsys, "dispute", "conversion", "--objection", "Trials are counted.",
        "--team", "sales", "--lines", str(company / "lines.yml"),
    )  # fmt: skip
    assert made.splitlines()[0] == "d_2026_001: Conversion (conversion), waits for an answer"
    assert "  Objection of 2026-10-26, for Sales: Trials are counted." in made
    assert any(line.strip().startswith("+") and "good: down" in line for line in made.splitlines())
    (company / "lines.yml").unlink()
    (one,) = json.loads(said(company, capsys, "dispute", "--format", "json"))
    assert (one["id"], one["status"]) == ("d_2026_001", "open")
    done = said(
        company, capsys, "dispute", "d_2026_001", "--accept", "Agreed.",
        "--valid-from", "2026-03-02",
    )  # fmt: skip
    assert "Answer of 2026-10-26: Agreed." in done
    assert (company / "all.yml").read_text() == text
    assert said(company, capsys, "dispute") == "No objection waits for an answer.\n"
    (row,) = csv.DictReader(
        io.StringIO(said(company, capsys, "dispute", "--all", "--format", "csv"))
    )
    assert (row["id"], row["status"], row["answer"]) == ("d_2026_001", "accepted", "Agreed.")
    said(company, capsys, "dispute", "d_2026_001", "--decline", "No.", code=1)
    applied(company, said(company, capsys, "dispute", "d_2026_001", "--patch"))
    changed = load(company).metrics["conversion"]
    assert (changed.version, changed.good, changed.why) == (3, "down", "Agreed.")


@pytest.mark.parametrize(
    "words",
    [
        ["--objection", "Why?"], ["conversion", "--team", "sales"], ["none", "--objection", "Why?"],
        ["d_2026_009"], ["d_2026_009", "--accept", "Yes."], ["--valid-from", "2026-03-02"],
        ["conversion", "--objection", " "], ["d_2026_009", "--accept", "Yes.", "--decline", "No."],
        ["conversion", "--patch"], ["conversion", "--objection", "Why?", "--team", "none"],
    ],
)  # fmt: skip
def test_what_does_not_fit_is_refused(company: Path, capsys: Told, words: list[str]) -> None:
    assert cli.run(["dispute", *words, "--project", str(company)]) in (1, 2)
    assert capsys.readouterr().out == ""
    assert reopen(company).disputes() == ()


def test_a_metric_is_retired_by_the_patch_that_is_printed(company: Path, capsys: Told) -> None:
    nothing = "No metric is retired, and none is known to be unused.\n"
    assert said(company, capsys, "retire") == nothing
    assert said(company, capsys, "retire", "leads").splitlines() == [
        "Leads (leads): in use",
        "  Marketing moves it for the KPI Conversion",
        "  it is a guardrail of the KPI Conversion",
        "  the metric Conversion is made from it",
    ]
    words = ["retire", "leads", "--on", "2026-12-31", "--replaced-by", "customers"]
    assert json.loads(said(company, capsys, *words, "--format", "json"))["used_by"]
    assert cli.run([*words, "--project", str(company)]) == 0
    printed = capsys.readouterr()
    assert "Still so: Marketing moves it for the KPI Conversion." in printed.err
    applied(company, printed.out)
    assert said(company, capsys, "retire").startswith(
        "Leads (leads): retired on 2026-12-31, replaced by customers\n"
    )
    (row,) = csv.DictReader(io.StringIO(said(company, capsys, "retire", "--format", "csv")))
    assert (row["metric"], row["retired"]) == ("leads", "2026-12-31")


@pytest.mark.parametrize(
    "words",
    [
        ["--on", "2026-12-31"], ["leads", "--replaced-by", "customers"], ["none"],
        ["leads", "--on", "soon"], ["leads", "--on", "2026-12-31", "--replaced-by", "leads"],
    ],
)  # fmt: skip
def test_a_retirement_that_cannot_be_is_refused(
    company: Path, capsys: Told, words: list[str]
) -> None:
    assert cli.run(["retire", *words, "--project", str(company)]) in (1, 2)
    assert capsys.readouterr().out == ""
