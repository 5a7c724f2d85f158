"""`sameboat retire`: what rests on a metric, and the patch that retires it."""

from __future__ import annotations

import datetime as dt
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options, tell
from sameboat.cli.printing import plain, print_answers
from sameboat.errors import UsageError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.retirement import Retirement

HEADS = ("metric", "label", "status", "retired", "replaced_by", "file", "used_by")


@click.command("retire")
@click.argument("metric", required=False)
@click.option(
    "--on", "day", type=click.DateTime(["%Y-%m-%d"]), metavar="DAY", help="The last day of its use."
)
@click.option("--replaced-by", metavar="METRIC", help="Which metric takes its place.")
@options.output_format()
@options.project
def command(
    project: Path,
    output_format: str,
    metric: str | None,
    day: dt.datetime | None,
    replaced_by: str | None,
) -> None:
    """Print the patch that retires METRIC on a day, checked with the whole project, for git.

    Without a day: what rests on the metric. Without a metric: those that are retired, and those
    that nobody asks for any more. Nothing is recorded or written: the decision is the commit, such
    as: sameboat retire tickets --on 2026-12-31 | git apply
    """
    if metric is None and (day is not None or replaced_by is not None):
        raise UsageError("request-invalid", "Name the metric to retire.")
    if replaced_by is not None and day is None:
        raise UsageError("request-invalid", "--replaced-by goes with --on.")
    with closing(sameboat.open(str(project))) as workspace:
        if metric is None:
            _listed(list(workspace.retirements()), output_format)
            return
        found = workspace.retirement(metric)
        if day is None:
            _listed([found], output_format)
            return
        from sameboat.actions.retire import retirement  # with the checks of a project
        from sameboat.project.viewer import OWNER_ACTOR

        made = retirement(
            workspace, metric, actor=OWNER_ACTOR, day=day.date(), replaced_by=replaced_by
        )
    if output_format == "json":
        click.echo(json_text({**vars(found), "patch": made}))
    else:
        click.echo(made, nl=False)
        for used in found.used_by:
            tell(f"Still so: {used}.")


def _listed(found: list[Retirement], output_format: str) -> None:
    print_answers(
        found, output_format, heads=HEADS, joined="; ", lines=shown,
        none="No metric is retired, and none is known to be unused.",
    )  # fmt: skip


def shown(one: Retirement) -> list[str]:
    """A metric as people read it: whether it is retired, and what rests on it."""
    if one.retired is not None:
        instead = f", replaced by {one.replaced_by}" if one.replaced_by else ""
        state = f"retired on {one.retired}{instead}"
    else:
        state = "nobody asks for it" if one.status == "unused" else "in use"
    lines = [f"{plain(one.label)} ({one.metric}): {state}"]
    lines += [f"  {plain(used)}" for used in one.used_by] or ["  nothing rests on it"]
    if one.reason is not None:
        lines.append(f"  It cannot be retired by a patch: {plain(one.reason)}")
    return lines
