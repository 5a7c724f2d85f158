"""`sameboat board`: every shared KPI with its verdict, or one with all that is known of it."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.printing import folded, screen


@click.command("board")
@click.argument("kpi", required=False)
@options.as_known_at
@options.output_format()
@options.project
def command(project: Path, output_format: str, as_known_at: str | None, kpi: str | None) -> None:
    """Show every shared KPI: its verdict first, then value, target and who pulls which lever.

    With the name of a KPI: its points with their limits, levers, guardrails, segments,
    definition and SQL.
    """
    from sameboat.actions.count_uses import count_uses  # with the workspace
    from sameboat.cli import ledger, sheet  # with the locale data that numbers are written by

    workspace = sameboat.open(str(project))
    zone = workspace.project.root.calendar.timezone
    then = options.moment(as_known_at, zone) if as_known_at else None
    if kpi is not None:
        answer = workspace.kpi(kpi, as_known_at=then)
        if output_format == "json":
            click.echo(sheet.as_json(answer))
        elif output_format == "csv":
            sheet.write_points(answer, sys.stdout)
        else:
            click.echo(folded(sheet.draw(answer), screen()))
        count_uses(workspace, {(kpi, "page"): 1})
        return
    board = workspace.board(as_known_at=then)
    if output_format == "json":
        click.echo(ledger.as_json(board))
    elif output_format == "csv":
        ledger.write_rows(board, sys.stdout)
    else:
        text = ledger.draw(board, width=ledger.screen_width(), past=then is not None)
        click.echo(text, color=ledger.colour_wanted())
    count_uses(workspace, {(row.kpi, "board"): 1 for row in board.rows})
