"""`sameboat check` tells every finding, and its exit code says whether any must be mended."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from sameboat import cli
from sameboat.errors import Finding, Place
from sameboat.project import check as project_check
from sameboat.questions import checking

ERROR = Finding("unknown-metric", "'x' is not a metric.", Place("m.yml", 3, 9), "Hm?")
WARNING = Finding("table-empty", "deals: no rows.", Place("t.yml"), severity="warning")
NOTICE = Finding("not-built-yet", "'pools' comes later.", Place("p.yml"), severity="notice")


def run(
    monkeypatch: pytest.MonkeyPatch, folder: Path, findings: tuple[Finding, ...], *words: str
) -> int:
    monkeypatch.setattr(checking, "check_with_data", lambda path, *, viewer: findings)
    return cli.run(["check", "--project", str(folder), *words])


@pytest.mark.parametrize(
    ("findings", "fail_on", "code"),
    [
        ((), "warning", 0),
        ((NOTICE,), "warning", 0),
        ((NOTICE, WARNING), "warning", 1),
        ((NOTICE, WARNING), "error", 0),
        ((NOTICE, WARNING, ERROR), "error", 1),
    ],
)
def test_the_exit_code_says_whether_something_must_be_mended(
    findings: tuple[Finding, ...],
    fail_on: str,
    code: int,
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    assert run(monkeypatch, tmp_path, findings, "--fail-on", fail_on) == code


def test_findings_are_data_and_their_number_is_said_beside_them(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    run(monkeypatch, tmp_path, (ERROR, NOTICE))
    told = capsys.readouterr()
    assert told.out.splitlines() == [
        "error   m.yml:3:9  unknown-metric  'x' is not a metric. Hm?",
        "notice  p.yml:1:1  not-built-yet  'pools' comes later.",
    ]
    assert told.err == "1 error, 1 notice\n"


def test_a_project_in_order_leaves_standard_output_empty(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, ()) == 0
    told = capsys.readouterr()
    assert told.out == ""
    assert "in order" in told.err


def test_json_and_sarif_hold_code_and_place(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(monkeypatch, tmp_path, (ERROR,), "--format", "json") == 1
    [told] = json.loads(capsys.readouterr().out)
    assert (told["code"], told["file"], told["line"]) == ("unknown-metric", "m.yml", 3)
    assert run(monkeypatch, tmp_path, (ERROR,), "--format", "sarif") == 1
    sarif = json.loads(capsys.readouterr().out)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "unknown-metric"


def test_files_only_leaves_the_data_alone(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """No engine is asked: a project can be checked where its data are not."""

    def touched(path: Path, *, viewer: object) -> tuple[Finding, ...]:
        raise AssertionError("the data were touched")

    monkeypatch.setattr(checking, "check_with_data", touched)
    monkeypatch.setattr(project_check, "check_folder", lambda path, *, today: (NOTICE,))
    assert cli.run(["check", "--project", str(tmp_path), "--files-only"]) == 0


def test_a_code_is_explained_without_a_project(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """A rule with its reason, an example and a better alternative."""
    monkeypatch.chdir(tmp_path)
    assert cli.run(["check", "--explain", "one-owner"]) == 0
    told = capsys.readouterr().out
    assert told.startswith("one-owner (warning): Fewer than two teams own a KPI.")
    assert "Principle: cross-functional." in told
    assert "Example:" in told
    assert "Better:" in told


def test_other_codes_are_explained_in_a_line_and_unknown_ones_guessed(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["check", "--explain", "table-empty"]) == 0
    assert capsys.readouterr().out == "table-empty: A table without rows.\n"
    assert cli.run(["check", "--explain", "one-ownr"]) == 2
    assert "Did you mean 'one-owner'?" in capsys.readouterr().err
