"""`sameboat phase`: the new regimes that a KPI's line shows; lock one with a reason."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.printing import plain
from sameboat.errors import UsageError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.opened import Opened


@click.command("phase")
@click.argument("kpi")
@click.option(
    "--from", "since", metavar="PERIOD", help="Where it begins: 2026-03, 2026-W10, 2026-03-02."
)
@click.option("--why", metavar="WORDS", help="What changed in the work.")
@click.option("--label", metavar="WORDS", help="What the event is called; else New phase.")
@click.option("--dry-run", is_flag=True, help="Print the patch and write nothing.")
@options.output_format("text", "json")
@options.project
def command(
    project: Path,
    output_format: str,
    kpi: str,
    since: str | None,
    why: str | None,
    label: str | None,
    dry_run: bool,
) -> None:
    """Lock a phase of KPI: from then on points are judged by limits of their own.

    An event is added to the project's files, everything else in them as it was, once the whole
    project has been checked with it. Without --from: the changes that the line shows and nobody
    has declared. Limits never change by themselves.
    """
    if (since is None) != (why is None):
        raise UsageError(
            "request-invalid", "A phase is locked by --from and --why together.",
            hint=f'Such as: sameboat phase {kpi} --from 2026-03 --why "New price list".',
        )  # fmt: skip
    if since is None and (dry_run or label is not None):
        raise UsageError("request-invalid", "--label and --dry-run go with --from and --why.")
    with closing(sameboat.open(str(project))) as workspace:
        if since is None or why is None:
            _list(workspace, kpi, output_format)
        else:
            _lock(workspace, kpi, since, why, label, dry_run, output_format)


def _list(workspace: Opened, kpi: str, output_format: str) -> None:
    """Print what the line shows, with the line of YAML that would lock it."""
    found = workspace.kpi(kpi).proposed_phases
    if output_format == "json":
        click.echo(json_text([{**vars(one), "command": one.command} for one in found]))
        return
    if not found:
        click.echo("The line shows no change that nobody has declared.")
    for one in found:
        click.echo(plain(one.words))
        click.echo(plain(f"  {one.command}"))
        click.echo(plain(f"  or under events: {one.line}"))


def _lock(
    workspace: Opened, kpi: str, since: str, why: str, label: str | None, dry_run: bool,
    output_format: str,
) -> None:  # fmt: skip
    from sameboat.actions.lock_phase import lock_phase
    from sameboat.periods import Period
    from sameboat.project.viewer import OWNER_ACTOR
    from sameboat.questions.reckoning import reckoning_of

    day = Period.parse(since, reckoning_of(workspace.project)).start
    locked = lock_phase(
        workspace, kpi, actor=OWNER_ACTOR, since=day, why=why, label=label, now=workspace.now,
        write=not dry_run,
    )  # fmt: skip
    if output_format == "json":
        click.echo(json_text(locked))
    elif dry_run:
        click.echo(locked.patch, nl=False)
    else:
        click.echo(plain(f"Locked in {locked.file}: a phase of {kpi} from {day}, {why}"))
        click.echo("The next refresh judges by it. Commit the file with its reason.")
