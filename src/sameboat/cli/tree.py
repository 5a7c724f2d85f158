"""`sameboat tree`: from the mission to levers and tables, and how well each link is known."""

from __future__ import annotations

from pathlib import Path

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.printing import folded, screen


@click.command("tree")
@click.argument("kpi", required=False)
@options.as_known_at
@options.output_format("table", "json")
@options.project
def command(project: Path, output_format: str, as_known_at: str | None, kpi: str | None) -> None:
    """Show how levers reach the mission: each link with its evidence and what the data show.

    With the name of a KPI only what stands below that one.
    """
    from sameboat.cli import branches  # with the locale data that numbers are written by

    workspace = sameboat.open(str(project))
    zone = workspace.project.root.calendar.timezone
    then = options.moment(as_known_at, zone) if as_known_at else None
    tree = workspace.tree(kpi, as_known_at=then)
    if output_format == "json":
        click.echo(branches.as_json(tree))
    else:
        click.echo(folded(branches.draw(tree), screen()))
