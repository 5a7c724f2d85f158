"""A refresh says what it did, is silent in a pipe, and fails only where something failed."""

from __future__ import annotations

import datetime as dt
import io
import json
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

import sameboat
from sameboat import cli
from sameboat.cli import refresh
from sameboat.cli.progress import steps
from sameboat.errors import Finding
from sameboat.questions.freshness import TableFreshness
from sameboat.questions.refresh import Refreshed
from sameboat.store.points import last_run
from tests.unit.questions.ferry import ferry, reopen

FAILED = Finding("query-failed", "nps: the query failed.")
DEALS = TableFreshness("deals", dt.datetime(2026, 10, 26, 5, 52), 10, "x", None)


def refreshed(*findings: Finding) -> Refreshed:
    return Refreshed(run=7, series=12, changed=3, seconds=1.25, tables=(DEALS,), findings=findings)


class Refreshing:
    """A workspace whose refresh gives what a test sets."""

    def __init__(self, done: Refreshed) -> None:
        self.done = done

    def refresh(self, *, progress: Callable[[str, int, int], None] | None = None) -> Refreshed:
        assert progress is None, "a bar was drawn into a pipe"
        return self.done

    def close(self) -> None:
        """Nothing is open."""


def run(done: Refreshed, folder: Path, monkeypatch: pytest.MonkeyPatch, *words: str) -> int:
    monkeypatch.setattr(sameboat, "open", lambda path: Refreshing(done))
    return cli.run(["refresh", "--project", str(folder), *words])


def test_a_refresh_is_told_in_a_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(refreshed(), tmp_path, monkeypatch) == 0
    told = capsys.readouterr()
    assert told.out == "Run 7: 12 series computed, 3 changed, 1.2 s.\n"
    assert told.err == ""


def test_what_failed_is_told_and_makes_the_exit_code(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """The rest is recorded all the same, and said so."""
    assert run(refreshed(FAILED), tmp_path, monkeypatch) == 1
    told = capsys.readouterr()
    assert told.out.startswith("Run 7")
    assert told.err == "query-failed  nps: the query failed.\n"


def test_json_holds_run_tables_and_findings(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(refreshed(FAILED), tmp_path, monkeypatch, "--format", "json") == 1
    told = json.loads(capsys.readouterr().out)
    assert (told["run"], told["series"], told["changed"]) == (7, 12, 3)
    assert told["tables"] == {"deals": {"loaded_at": "2026-10-26T05:52:00", "stale_since": None}}
    assert told["findings"][0]["code"] == "query-failed"


def test_a_project_is_refreshed_before_it_is_served_where_its_definitions_are_new(
    tmp_path: Path,
) -> None:
    """Never computed: once. Computed from the same files: not again. Files changed: again."""

    def runs() -> int:
        refresh.refresh_if_new(reopen(tmp_path))
        workspace = reopen(tmp_path)
        run = last_run(workspace.record)
        workspace.close()
        assert run is not None
        return run.id or 0

    ferry(tmp_path).close()
    assert (runs(), runs()) == (1, 1)
    text = (tmp_path / "all.yml").read_text(encoding="utf-8")
    (tmp_path / "all.yml").write_text(text.replace("to: 0.6", "to: 0.7"), encoding="utf-8")
    assert runs() == 2


def test_before_serving_it_is_told_what_could_not_be_computed(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """It once went unsaid: a board stood there with a KPI missing, or as it was before."""
    ferry(tmp_path).close()
    text = (tmp_path / "all.yml").read_text(encoding="utf-8")
    broken = text.replace('"signed = true"', '"signd = true"')
    (tmp_path / "all.yml").write_text(broken, encoding="utf-8")
    refresh.refresh_if_new(reopen(tmp_path))
    told = capsys.readouterr()
    assert "signd" in told.err
    assert told.out == ""


def test_a_bar_is_drawn_on_a_terminal_and_wiped_away(monkeypatch: pytest.MonkeyPatch) -> None:
    """On standard error, so that data in standard output stay clean."""

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    screen = Terminal()
    monkeypatch.setattr(sys, "stderr", screen)
    monkeypatch.setenv("TERM", "xterm")
    with steps() as progress:
        assert progress is not None
        progress("reading tables", 1, 4)
    drawn = screen.getvalue()
    assert "reading tables" in drawn
    assert drawn.endswith(("\x1b[2K", "\x1b[?25h\x1b[1A\x1b[2K", "\x1b[1A\x1b[2K"))


def test_no_bar_is_drawn_into_a_pipe(capsys: pytest.CaptureFixture[str]) -> None:
    with steps() as progress:
        assert progress is None
    assert capsys.readouterr().err == ""
