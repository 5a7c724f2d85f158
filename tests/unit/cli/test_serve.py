"""The server prints an address that works once, answers only this machine, and stops cleanly."""

from __future__ import annotations

import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import httpx
import pytest

import sameboat.cli.serving as serving_module
from sameboat.cli.demo import data_folder, own_folder
from sameboat.cli.serving import listen
from sameboat.errors import UsageError
from sameboat.project.declared import Project
from sameboat.questions.workspace import Workspace

PROJECT = """\
format: 1
name: test
label: Test company
mission: Every crossing leaves on time.
calendar: {time_spine: {from: 2025-01-01, until: 2026-12-31}}
teams: {sales: {}, marketing: {}}
objectives: {grow: {statement: We grow., horizon: long}}
tables:
  deals:
    file: deals.csv
    subject: account
    time: closed_on
    dimensions: {closed_on: {type: time, grain: day}}
metrics:
  won: {type: simple, table: deals, agg: count, label: Won deals, unit: count, good: up}
kpis:
  won:
    metric: won
    objective: grow
    owners: [{team: sales, lever: won}, {team: marketing, lever: won}]
"""


@contextmanager
def serving(*words: str) -> Iterator[tuple[subprocess.Popen[str], str]]:
    """A running `sameboat` and the address that it printed; it is stopped in the end."""
    program = "import sys; from sameboat.cli import main; main(sys.argv[1:])"
    process = subprocess.Popen(
        [sys.executable, "-c", program, *words, "--no-browser"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    try:
        assert process.stdout is not None
        address = process.stdout.readline().strip()
        assert address, process.communicate()[1]
        yield process, address
    finally:
        process.kill()
        process.communicate()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    (tmp_path / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    rows = [f"2026-{month:02}-15" for month in range(1, 11) for _ in range(month)]
    (tmp_path / "deals.csv").write_text("closed_on\n" + "\n".join(rows) + "\n", encoding="utf-8")
    return tmp_path


def test_a_project_is_served_to_the_one_who_has_the_address(project: Path) -> None:
    """Refreshed first, open once, closed to anyone else, gone on Ctrl-C without a complaint."""
    with serving("serve", "--project", str(project), "--port", "0") as (process, address):
        host = address.partition("/?")[0]
        assert host.startswith("http://127.0.0.1:")
        assert httpx.get(host).status_code == 401
        with httpx.Client(follow_redirects=True) as browser:
            board = browser.get(address)
            assert board.status_code == 200
            assert "Won deals" in board.text
            assert browser.get(host, headers={"host": "evil.example"}).status_code == 400
        assert httpx.get(address).status_code == 401
        process.send_signal(signal.SIGINT)
        out, err = process.communicate()
    assert process.returncode == 0
    assert out == ""
    assert err.endswith("Stopped.\n")
    assert "Traceback" not in err


def test_a_taken_port_that_was_asked_for_is_an_error_and_the_usual_one_is_not(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with closing(listen(0)) as first:
        first.listen()
        taken = first.getsockname()[1]
        with pytest.raises(UsageError) as caught:
            listen(taken)
        assert caught.value.code == "port-taken"
        monkeypatch.setattr("sameboat.cli.serving.USUAL_PORT", taken)
        with closing(listen(None)) as second:
            assert second.getsockname()[1] not in (0, taken)


def test_the_one_who_starts_a_server_is_told_what_this_system_does_not_guard(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """On standard error, so that the address stays alone on standard output."""
    monkeypatch.setattr(serving_module, "missing_protection", lambda: ("Memory is not limited.",))
    monkeypatch.setattr(serving_module, "create_app", lambda *_, **__: None)

    def serve_nobody(app: object, bound: socket.socket, *, ready: Callable[[], None]) -> None:
        with closing(bound):
            ready()

    monkeypatch.setattr(serving_module, "serve", serve_nobody)
    workspace = Workspace(Project.from_mappings(), "duckdb")
    serving_module.serve_until_stopped(lambda: workspace, port=0, browser=False)
    out, err = capsys.readouterr()
    assert out.startswith("http://127.0.0.1:")
    assert "Not protected here: Memory is not limited." in err


def test_the_server_listens_on_the_loopback_alone() -> None:
    with closing(listen(0)) as bound:
        assert bound.family == socket.AF_INET
        assert bound.getsockname()[0] == "127.0.0.1"


def test_the_demo_opens_on_a_board_with_one_signal_and_one_open_decision(tmp_path: Path) -> None:
    """A second start finds the company made, the decision recorded once and the points computed."""
    home = tmp_path / "demo"
    made = []
    for _ in range(2):
        with serving("demo", "--project", str(home), "--port", "0") as (_, address):
            board = httpx.get(address, follow_redirects=True, timeout=60)
        assert board.status_code == 200
        assert board.text.count("Signal, worse") >= 1
        assert "Fund the £40k advocacy campaign?" in board.text
        made.append((home / "data" / "generated.txt").stat().st_ino)
    assert made[0] == made[1]


def test_the_demo_never_overwrites_a_project(project: Path) -> None:
    with pytest.raises(UsageError) as caught:
        own_folder(project)
    assert caught.value.code == "folder-taken"


def test_the_demo_is_kept_where_programs_keep_their_users_data(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(sys, "platform", "linux")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    assert data_folder() == tmp_path / "sameboat" / "harbourline"
    monkeypatch.delenv("XDG_DATA_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    assert data_folder() == tmp_path / ".local" / "share" / "sameboat" / "harbourline"
    monkeypatch.setattr(sys, "platform", "darwin")
    assert "Application Support" in data_folder().parts
