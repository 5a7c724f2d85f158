"""`sameboat acknowledge`: what waits for somebody to take it, and take it."""

from __future__ import annotations

import sys
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options
from sameboat.errors import UsageError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.opened import Opened
    from sameboat.questions.signals import SignalLine
    from sameboat.store.signals import RaisedSignal


@click.command("acknowledge")
@click.argument("signal", metavar="[KPI|ID]", required=False)
@click.option("--reason", metavar="WORDS", help="What the signal is taken for.")
@click.option("--by", metavar="TEAM", help="The team that has it, or owner; else the first owner.")
@click.option("--all", "everything", is_flag=True, help="List those that are over, too.")
@options.output_format()
@options.project
def command(
    project: Path,
    output_format: str,
    signal: str | None,
    reason: str | None,
    by: str | None,
    everything: bool,
) -> None:
    """Acknowledge the standing signal of a KPI, for a team and with a reason.

    Without a KPI: the signals that stand, those that nobody has acknowledged first, each with
    its owners. An acknowledged signal is not told again, however grave it grows.
    """
    if (signal is None) != (reason is None):
        raise UsageError(
            "request-invalid",
            "A signal is acknowledged by its KPI or id and with --reason."
            if signal is not None
            else "--reason goes with the KPI whose signal is acknowledged.",
            hint=f'Such as: sameboat acknowledge {signal or "KPI"} --reason "We look on Thursday."',
        )
    if (by is not None and signal is None) or (everything and signal is not None):
        raise UsageError(
            "request-invalid", "--by goes with a KPI, and --all with the list of signals."
        )
    with closing(sameboat.open(str(project))) as workspace:
        if signal is None or reason is None:
            listed(workspace.signals(which="all" if everything else "standing"), output_format)
            return
        done = _taken(workspace, signal, reason, by)
    from sameboat.cli import signal_lines  # with the texts that people read

    if output_format == "json":
        click.echo(json_text(done.plain()))
    elif output_format == "csv":
        signal_lines.write_rows([signal_lines.cells(done)], sys.stdout)
    else:
        click.echo(f"{done.label}: acknowledged by {done.acknowledged_by}: {done.reason}")


def _taken(workspace: Opened, signal: str, reason: str, by: str | None) -> RaisedSignal:
    from sameboat.actions.acknowledge import acknowledge  # with the store
    from sameboat.project.viewer import OWNER_ACTOR, OWNER_ROLE

    project = workspace.project
    number = int(signal) if signal.isascii() and signal.isdecimal() and len(signal) < 16 else None
    if number is None or signal in project.kpis:
        number, kpi = None, project.kpi(signal).name
    else:
        kpi = workspace.signal(number).kpi
    declared = project.kpis.get(kpi)
    first = declared.owners[0].team if declared and declared.owners else OWNER_ROLE
    return acknowledge(
        workspace.store, actor=OWNER_ACTOR, kpi=kpi, id=number, reason=reason, by=by or first,
        teams=tuple(project.teams), now=workspace.clock(),
    )  # fmt: skip


def listed(found: tuple[SignalLine, ...], output_format: str) -> None:
    """Print signals, as they stand, in the format asked for."""
    from sameboat.cli import signal_lines  # with the texts that people read

    if output_format == "json":
        click.echo(json_text(found))
    elif output_format == "csv":
        signal_lines.write_rows([signal_lines.cells(one) for one in found], sys.stdout)
    elif not found:
        click.echo("No signal stands.")
    else:
        for one in found:
            click.echo("\n".join((*signal_lines.lines(one), f"  {signal_lines.standing(one)}")))
