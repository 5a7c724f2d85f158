"""`sameboat watch`: refresh, raise new signals once, acknowledge them."""

from __future__ import annotations

import threading
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options, tell
from sameboat.cli.progress import steps
from sameboat.errors import UsageError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.opened import Opened
    from sameboat.questions.watch import Watched
    from sameboat.store.signals import RaisedSignal

SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86400}
LEAST = 60
"""A watch repeats no more often than once a minute."""


@click.command("watch")
@click.option("--once", is_flag=True, help="Look once and end; what happens without --every.")
@click.option("--every", metavar="TIME", help="Look again and again, such as every 30m, 1h or 1d.")
@click.option("--acknowledge", metavar="KPI", help="Acknowledge the standing signal of a KPI.")
@click.option("--reason", help="With --acknowledge: what the signal is taken for.")
@click.option("--by", metavar="TEAM", help="With --acknowledge: the team or role that has it.")
@options.output_format("text", "json")
@options.project
def command(
    project: Path,
    output_format: str,
    once: bool,
    every: str | None,
    acknowledge: str | None,
    reason: str | None,
    by: str | None,
) -> None:
    """Refresh, and raise each new signal once, with its owners and their levers.

    A signal stands until its KPI is routine again or its phase is locked, and is not told again
    while it stands. The exit code is 1 when a signal was raised now or something could not be
    computed, else 0; so a job of cron or CI can tell people. Alerts are recorded and printed
    here; mail and chat are not sent yet.
    """
    if acknowledge is not None:
        _acknowledge(project, acknowledge, by, reason, output_format)
        return
    if reason is not None or by is not None:
        raise UsageError("request-invalid", "--reason and --by go with --acknowledge.")
    if once and every is not None:
        raise UsageError("request-invalid", "--once and --every exclude each other.")
    pause = seconds(every) if every is not None else None
    while True:
        with steps() as progress:
            seen = sameboat.open(str(project)).watch(progress=progress)
        _print(seen, output_format)
        if pause is None:
            if seen.raised or seen.refreshed.findings:
                click.get_current_context().exit(1)
            return
        threading.Event().wait(pause)


def seconds(text: str) -> int:
    """How long a text such as `30m`, `1h` or `1d` is, in seconds; at least a minute.

    >>> seconds("1h"), seconds("90m")
    (3600, 5400)
    """
    number, unit = text[:-1], text[-1:]
    if not number.isdecimal() or unit not in SECONDS:
        raise UsageError("request-invalid", f"{text!r} is no time.", hint="Write 30m, 1h or 1d.")
    return max(LEAST, int(number) * SECONDS[unit])


def _acknowledge(
    project: Path, kpi: str, by: str | None, reason: str | None, output_format: str
) -> None:
    from sameboat.actions.acknowledge import acknowledge  # with the store
    from sameboat.project.viewer import OWNER_ACTOR

    if not reason:
        raise UsageError("request-invalid", "--acknowledge needs --reason.")
    workspace: Opened = sameboat.open(str(project))
    asked = workspace.project.kpi(kpi)
    teams = tuple(workspace.project.teams)
    done = acknowledge(
        workspace.store, actor=OWNER_ACTOR, kpi=asked.name, reason=reason,
        by=by or (asked.owners[0].team if asked.owners else OWNER_ACTOR.name),
        teams=teams if by is not None else (), now=workspace.clock(),
    )  # fmt: skip
    if output_format == "json":
        click.echo(json_text(done.plain()))
    else:
        click.echo(f"{done.label}: acknowledged by {done.acknowledged_by}: {done.reason}")


def _print(seen: Watched, output_format: str) -> None:
    if output_format == "json":
        click.echo(json_text(as_summary(seen)))
        return
    for one in seen.raised:
        click.echo("\n".join(_lines(one)))
    for one in seen.closed:
        click.echo(f"{one.label}: closed, {one.closed_why}")
    if not seen.raised:
        waiting = sum(one.status == "open" for one in seen.standing)
        click.echo(
            f"No new signal. {len(seen.standing)} stand{'s' if len(seen.standing) == 1 else ''}, "
            f"{waiting} not acknowledged."
        )
    for label in seen.doubtful:
        click.echo(f"{label}: a signal that may be chance; not raised.")
    for finding in seen.refreshed.findings:
        tell(str(finding))


def _lines(one: RaisedSignal) -> list[str]:
    """A raised signal as people read it: what, who, with which levers, whom alerts name."""
    since = f" since {one.since}" if one.since else ""
    lines = [f"{one.label}: {one.words}{since}"]
    lines += [
        f"  {owner['label']}: {owner['lever_label'] or owner['lever'] or 'no lever named'}"
        for owner in one.owners
    ]
    if one.steward:
        lines.append(f"  Steward: {one.steward}")
    lines += [f"  Alert to {told['to']} via {told['via']}: recorded, not sent" for told in one.told]
    return lines


def as_summary(seen: Watched) -> dict[str, object]:
    """What a watch found, for programs."""
    return {
        "run": seen.refreshed.run,
        "raised": [one.plain() for one in seen.raised],
        "closed": [one.plain() for one in seen.closed],
        "standing": [one.plain() for one in seen.standing],
        "doubtful": list(seen.doubtful),
        "delivered": seen.delivered,
        "findings": [str(finding) for finding in seen.refreshed.findings],
    }
