"""`sameboat refresh`: compute the points of every shared KPI anew where data changed."""

from __future__ import annotations

import dataclasses
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options, tell
from sameboat.cli.progress import steps
from sameboat.errors import StoreError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.questions.opened import Opened
    from sameboat.questions.refresh import Refreshed

READ_ONLY = ("folder-read-only", "store-permission")


@click.command("refresh")
@options.output_format("text", "json")
@options.project
def command(project: Path, output_format: str) -> None:
    """Compute every shared KPI anew and record what changed, in one piece.

    The exit code is 1 when something could not be computed; the rest is recorded all the same.
    """
    with steps() as progress:
        done = sameboat.open(str(project)).refresh(progress=progress)
    if output_format == "json":
        click.echo(json_text(as_summary(done)))
    else:
        click.echo(sentence(done))
        for finding in done.findings:
            tell(str(finding))
    if done.findings:
        click.get_current_context().exit(1)


def refresh_if_new(workspace: Opened) -> None:
    """Compute what a project shows, unless it was computed from these definitions already.

    What needs people is raised, so that it can be acknowledged on the board; the next watch
    tells it. What could not be computed is told. A store that may only be read is shown as it is.
    """
    from sameboat.questions.refresh import is_current  # with the engine
    from sameboat.questions.watch import raise_signals

    with closing(workspace):
        if not is_current(workspace):
            with steps() as progress:
                done = workspace.refresh(progress=progress)
            for finding in done.findings:
                tell(str(finding))
        try:
            raise_signals(workspace, viewer=workspace.viewer)
        except StoreError as error:
            if error.code not in READ_ONLY:
                raise


def sentence(done: Refreshed) -> str:
    """What a refresh did, in a line."""
    series = f"{done.series} series computed, {done.changed} changed"
    return f"Run {done.run}: {series}, {done.seconds:.1f} s."


def as_summary(done: Refreshed) -> dict[str, object]:
    """What a refresh did, for programs."""
    return {
        "run": done.run,
        "series": done.series,
        "changed": done.changed,
        "seconds": done.seconds,
        "tables": {
            table.table: {"loaded_at": table.loaded_at, "stale_since": table.stale_since}
            for table in done.tables
        },
        "findings": [dataclasses.asdict(finding) for finding in done.findings],
    }
