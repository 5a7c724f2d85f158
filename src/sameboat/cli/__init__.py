"""The command line: one file per command, loaded when it is called.

`sameboat --help` answers from the table below and imports no command, so it is quick and works
whatever state the project, its configuration or its data are in.
"""

from __future__ import annotations

import importlib
import io
import os
import sys
import traceback
from collections.abc import Sequence
from typing import NoReturn

import click

import sameboat
from sameboat.errors import SameboatError, did_you_mean

COMMANDS = {
    "demo": "Start Harbourline, a complete demo company, in the browser.",
    "init": "Write a first project over your own files.",
    "check": "Check a project's files, references, columns and arithmetic.",
    "schema": "Print the JSON Schema of the project files, for editors.",
    "add": "Write a KPI from a template over your tables, or say what is missing.",
    "load": "Bring files into the project's data folder.",
    "refresh": "Compute the points of every shared KPI anew where data changed.",
    "query": "Ask for metrics by dimensions, as a table or as SQL.",
    "watch": "Refresh, and raise each new signal once, for its owners.",
    "acknowledge": "Take a raised signal for a team, with a reason; or list what waits.",
    "board": "Show every shared KPI with its verdict.",
    "phase": "Lock a phase of a KPI with a reason, or list the changes that its line shows.",
    "tree": "Show how levers reach each KPI and the mission, and how well that is known.",
    "explain": "Say why a KPI moved: its tree, its segments, and a paragraph.",
    "forecast": "Say where a KPI is heading, and the chance to hit its target.",
    "dispute": "Object to what a metric is, or answer an objection; its change is a patch.",
    "retire": "Say what rests on a metric, and print the patch that retires it.",
    "import": "Write a model of dbt, Apache Ossie or Cube as a project.",
    "export": "Write the project for dbt or as Apache Ossie.",
    "serve": "Serve the board and its pages to a browser on this machine.",
}
"""Every command and its line in `sameboat --help`, in the order of a first day's use."""

CALLED = {
    "why": "explain", "outlook": "forecast", "signals": "acknowledge", "signal": "acknowledge",
    "kpi": "board", "kpis": "board", "show": "board", "open": "serve", "start": "serve",
    "run": "refresh", "sql": "query", "validate": "check", "new": "init",
}  # fmt: skip
"""What a command may be looked for as: the words of the pages and of other programs."""

INTERRUPTED = 130
READER_GONE = 141


class Commands(click.Group):
    """A group that knows its commands by name and imports one only to run it."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(COMMANDS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in COMMANDS:
            return None
        module = importlib.import_module(f"sameboat.cli.{cmd_name}")
        command: click.Command = module.command
        return command

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        if args and not args[0].startswith("-") and args[0] not in COMMANDS:
            other = CALLED.get(args[0])
            near = f"That is 'sameboat {other}'." if other else did_you_mean(args[0], COMMANDS)
            near = near or "See 'sameboat --help'."
            ctx.fail(f"{args[0]!r} is not a command. {near}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        with formatter.section("Commands"):
            formatter.write_dl(list(COMMANDS.items()))


@click.group(cls=Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(sameboat.__version__, prog_name="sameboat")
def commands() -> None:
    """Shared KPIs that departments own together: declared, computed, explained, decided.

    Data go to standard output, everything else to standard error. Exit codes: 0 fine,
    1 findings or a failed check, 2 wrong use.
    """


def main(arguments: Sequence[str] | None = None) -> NoReturn:
    """Run the command line and leave with its exit code."""
    sys.exit(run(arguments))


def run(arguments: Sequence[str] | None = None) -> int:
    """The exit code of one call; errors are told on standard error, never as a traceback."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="backslashreplace")  # an old locale lacks some signs
    try:
        result = commands.main(arguments, prog_name="sameboat", standalone_mode=False)
        sys.stdout.flush()
    except (BrokenPipeError, SystemExit):
        return _hang_up()  # SystemExit is click's own answer to a broken pipe
    except SameboatError as error:
        for finding in error.findings:
            tell(str(finding))
        return _debugged(error.exit_code)
    except click.Abort:
        tell("Interrupted.")
        return INTERRUPTED
    except click.exceptions.NoArgsIsHelpError as error:
        tell(error.format_message())
        return 2
    except click.ClickException as error:
        tell(f"request-invalid  {_wrong_use(error)}")
        return 2
    except OSError as error:
        tell(f"sameboat: {error}")
        return _debugged(1)
    except Exception as error:
        words = " ".join(f"{type(error).__name__}: {error}".split())
        tell(
            f"sameboat: unexpected error: {words}\n"
            "This is a bug. Please report it with what SAMEBOAT_DEBUG=1 and the same command print."
        )
        return _debugged(1)
    return result if isinstance(result, int) else 0


def tell(text: str) -> None:
    """Write one line for the person, on standard error, so that data stay clean."""
    click.echo(text, err=True)


def _wrong_use(error: click.ClickException) -> str:
    """What was wrong with a call, and where its help is, in the form of every other error."""
    message = error.format_message()
    if isinstance(error, click.NoSuchOption) and error.option_name in ("--json", "--csv"):
        message += f" Write --format {error.option_name[2:]}."
    context = error.ctx if isinstance(error, click.UsageError) else None
    if context is None or "--help'" in message or "That is '" in message:
        return message
    return f"{message} See '{context.command_path} --help'."


def _hang_up() -> int:
    """End quietly: whoever read our output (`… | head`) has had enough of it."""
    # Python would complain once more when it flushes the dead pipe at its end.
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return READER_GONE


def _debugged(code: int) -> int:
    if os.environ.get("SAMEBOAT_DEBUG") == "1":
        traceback.print_exc()
    return code
