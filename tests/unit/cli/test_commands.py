"""The frame of the command line: help, errors, exit codes, start-up."""

from __future__ import annotations

import errno
import importlib
import os
import subprocess
import sys
from pathlib import Path

import click
import pytest

import sameboat
from sameboat import cli
from sameboat.errors import Finding, Place, ProjectError, RequestError

HEAVY = (
    "alembic", "duckdb", "fastapi", "jinja2", "numpy", "openpyxl", "pyarrow", "pydantic", "rich",
    "scipy", "sqlalchemy", "sqlglot", "uvicorn", "yaml",
)  # fmt: skip


@pytest.fixture
def failing(monkeypatch: pytest.MonkeyPatch) -> pytest.MonkeyPatch:
    """A command line whose only command, `fail`, raises what a test sets."""

    def get_command(group: cli.Commands, ctx: click.Context, name: str) -> click.Command:
        @click.command("fail")
        def command() -> None:
            raise failing_with[0]

        return command

    monkeypatch.setitem(cli.COMMANDS, "fail", "Fail.")
    monkeypatch.setattr(cli.Commands, "get_command", get_command)
    return monkeypatch


failing_with: list[BaseException] = []


def run_failing(error: BaseException) -> int:
    failing_with[:] = [error]
    return cli.run(["fail"])


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_every_command_answers_help_in_a_folder_without_a_project(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """`--help` works whatever the configuration."""
    monkeypatch.chdir(tmp_path)
    assert cli.run([name, "--help"]) == 0
    assert capsys.readouterr().out.startswith(f"Usage: sameboat {name}")


@pytest.mark.parametrize("name", cli.COMMANDS)
def test_help_works_beside_a_broken_project(
    name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "sameboat.yml").write_text("a: [\n", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    assert cli.run([name, "--help"]) == 0


def test_every_command_has_its_file_and_every_file_its_command() -> None:
    """A command that the table forgets would be there and never be found."""
    folder = Path(cli.__file__).parent
    for name in cli.COMMANDS:
        assert isinstance(importlib.import_module(f"sameboat.cli.{name}").command, click.Command)
    with_command = {
        path.stem
        for path in folder.glob("*.py")
        if "@click.command(" in path.read_text(encoding="utf-8")
    }
    assert with_command == set(cli.COMMANDS)


def test_the_list_of_commands_imports_nothing_heavy() -> None:
    """`sameboat --help` may not pay for engines, engines' types or web frameworks."""
    program = (
        "import sys\nfrom sameboat.cli import run\nassert run(['--help']) == 0\n"
        f"print('heavy:', [name for name in {HEAVY!r} if name in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert done.stdout.endswith("heavy: []\n")
    longest = max(map(len, cli.COMMANDS))
    for name, line in cli.COMMANDS.items():
        assert f"  {name:{longest}}  {line}"[:40] in done.stdout


def test_a_mistyped_command_is_answered_with_the_nearest_one(
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert cli.run(["qeury"]) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert "'qeury' is not a command. Did you mean 'query'?" in told.err


@pytest.mark.parametrize(
    ("called", "said"),
    [
        (["why"], "'why' is not a command. That is 'sameboat explain'."),
        (["explain"], "Missing argument 'KPI'. See 'sameboat explain --help'."),
        (["board", "--csv"], "Write --format csv. See 'sameboat board --help'."),
        (["forecast", "x", "--horizon", "0"], "See 'sameboat forecast --help'."),
        (["--nope"], "No such option '--nope'. See 'sameboat --help'."),
    ],
)
def test_wrong_use_has_a_code_and_says_what_next(
    capsys: pytest.CaptureFixture[str], called: list[str], said: str
) -> None:
    """Also what the command line itself refuses is one line in the form of every error."""
    assert cli.run(called) == 2
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err.startswith("request-invalid  ")
    assert told.err.endswith(f"{said}\n")
    assert told.err.count("\n") == 1


def test_an_unknown_option_is_wrong_use(capsys: pytest.CaptureFixture[str]) -> None:
    assert cli.run(["query", "--wher", "a = 1"]) == 2
    assert "--where" in capsys.readouterr().err


def test_without_a_project_the_error_says_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    assert cli.run(["query", "leads"]) == 2
    assert capsys.readouterr().err.startswith("no-project  No sameboat.yml in this folder")


def test_all_findings_of_an_error_are_told_one_a_line(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """Findings go to standard error with place and code; a wrong project is exit code 1."""
    findings = (
        Finding("unknown-metric", "'net_revenu' is not a metric.", Place("m.yml", 14, 9), "Hm?"),
        Finding("unknown-key", "'colour' is not a key here."),
    )
    assert run_failing(ProjectError.of(findings)) == 1
    told = capsys.readouterr()
    assert told.out == ""
    assert told.err == (
        "m.yml:14:9  unknown-metric  'net_revenu' is not a metric. Hm?\n"
        "unknown-key  'colour' is not a key here.\n"
    )


def test_a_request_that_cannot_be_asked_is_wrong_use(failing: pytest.MonkeyPatch) -> None:
    assert run_failing(RequestError("request-invalid", "no")) == 2


def test_an_unexpected_error_is_one_line_and_how_to_report_it(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """No traceback reaches a person, unless SAMEBOAT_DEBUG=1 asks for it."""
    failing.delenv("SAMEBOAT_DEBUG", raising=False)
    assert run_failing(KeyError("x")) == 1
    told = capsys.readouterr().err
    assert told.startswith("sameboat: unexpected error: KeyError: 'x'\nThis is a bug.")
    assert "Traceback" not in told
    failing.setenv("SAMEBOAT_DEBUG", "1")
    assert run_failing(KeyError("x")) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_full_disk_is_told_as_what_it_is(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_failing(OSError(errno.ENOSPC, "No space left on device", "store.db")) == 1
    told = capsys.readouterr().err
    assert "No space left on device: 'store.db'" in told
    assert "bug" not in told


def test_an_interrupt_ends_without_a_traceback(
    failing: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run_failing(KeyboardInterrupt()) == 130
    assert capsys.readouterr().err.strip() == "Interrupted."


def test_a_reader_that_hangs_up_ends_the_program_quietly() -> None:
    """`sameboat … | head` says nothing on standard error."""
    read, write = os.pipe()
    os.close(read)
    program = "from sameboat.cli import main; main(['--help'])"
    done = subprocess.run(
        [sys.executable, "-c", program], stdout=write, stderr=subprocess.PIPE, check=False
    )
    os.close(write)
    assert done.stderr == b""
    assert done.returncode == cli.READER_GONE


def test_a_locale_without_our_signs_is_no_error() -> None:
    """What the terminal cannot show is spelt out instead."""
    program = "import sys; from sameboat import cli; print('x'); sys.exit(cli.run(['–']))"
    done = subprocess.run(
        [sys.executable, "-c", program],
        env={**os.environ, "PYTHONIOENCODING": "latin-1:strict", "PYTHONUTF8": "0"},
        capture_output=True,
        check=False,
    )
    assert done.returncode == 2
    assert b"'\\u2013' is not a command" in done.stderr


def test_the_version_is_the_packages_own(capsys: pytest.CaptureFixture[str]) -> None:
    import sameboat

    assert cli.run(["--version"]) == 0
    assert capsys.readouterr().out == f"sameboat, version {sameboat.__version__}\n"


def test_python_m_runs_the_same_commands() -> None:
    """Where a folder of programs is not on the path, `python -m sameboat` is."""
    told = subprocess.run(
        [sys.executable, "-m", "sameboat", "--version"], capture_output=True, text=True, check=False
    )
    assert (told.returncode, told.stdout) == (0, f"sameboat, version {sameboat.__version__}\n")
