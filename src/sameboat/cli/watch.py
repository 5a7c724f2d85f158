"""`sameboat watch`: refresh, raise new signals once, tell their owners."""

from __future__ import annotations

import sys
import threading
from collections.abc import Callable
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options, tell
from sameboat.cli.progress import steps
from sameboat.errors import SameboatError, UsageError

if TYPE_CHECKING:
    from sameboat.questions.watch import Watched

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LEAST = 60
"""A watch repeats no more often than once a minute."""

LONGEST_WAIT = 8
"""While looking fails, the pause doubles up to so many times what was asked for."""


@click.command("watch")
@click.option("--once", is_flag=True, help="Look once and end; what happens without --every.")
@click.option("--every", metavar="TIME", help="Look again and again, such as every 30m, 1h or 1d.")
@options.output_format()
@options.project
def command(project: Path, output_format: str, once: bool, every: str | None) -> None:
    """Refresh, and raise each new signal once, with its owners, their levers and the steward.

    A signal stands until its KPI is routine again, its points are restated or its phase is
    locked, and is not told again while it stands; one that nobody has acknowledged is told once
    more when it grows much graver. Data that stopped coming are raised in the same way, as a kind
    of their own. The exit code is 1 when something was raised now or could not be computed, else
    0; so a job of cron or CI can tell people. Alerts are recorded and printed here; mail and
    chat are not sent yet.
    """
    if once and every is not None:
        raise UsageError("request-invalid", "--once and --every exclude each other.")
    pause = seconds(every) if every is not None else None
    printed = _printer(output_format)
    if pause is None:
        seen = _look(project, printed)
        if seen.raised or seen.worse or seen.refreshed.findings:
            click.get_current_context().exit(1)
        return
    failures = 0
    while True:
        try:
            _look(project, printed)
            failures = 0
        except SameboatError as error:
            # A watch outlives a source that is down: it says so, once, and asks less often.
            if failures == 0:
                for finding in error.findings:
                    tell(str(finding))
            failures += 1
        threading.Event().wait(waiting(pause, failures))


def _look(project: Path, printed: Callable[[Watched], None]) -> Watched:
    """One look; what is new counts as told once it is printed."""
    with closing(sameboat.open(str(project))) as workspace, steps() as progress:
        seen = workspace.watch(progress=progress, tell=printed)
    for finding in seen.refreshed.findings:
        tell(str(finding))
    return seen


def waiting(pause: int, failures: int) -> int:
    """How long to wait after so many looks that failed one after the other, in seconds.

    >>> [waiting(60, failures) for failures in (0, 1, 2, 3, 9)]
    [60, 120, 240, 480, 480]
    """
    return pause * min(LONGEST_WAIT, 1 << min(failures, 10))


def seconds(text: str) -> int:
    """How long a text such as `30m`, `1h` or `1d` is, in seconds; at least a minute.

    >>> seconds("1h"), seconds("90m")
    (3600, 5400)
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in SECONDS:
        raise UsageError("request-invalid", f"{text!r} is no time.", hint="Write 30m, 1h or 1d.")
    return max(LEAST, int(number) * SECONDS[unit])


def _printer(output_format: str) -> Callable[[Watched], None]:
    """What writes an answer to standard output; a table of CSV has its head once."""
    headed = False

    def printed(seen: Watched) -> None:
        nonlocal headed
        from sameboat.cli import signal_lines  # with the texts that people read

        if output_format == "json":
            click.echo(signal_lines.as_json(seen))
        elif output_format == "csv":
            signal_lines.write_news(seen, sys.stdout, head=not headed)
            headed = True
        else:
            click.echo("\n".join(signal_lines.told(seen)))
        sys.stdout.flush()  # told only once it is out of our hands

    return printed
