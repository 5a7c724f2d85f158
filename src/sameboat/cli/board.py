"""`sameboat board`: every shared KPI with its verdict, in the terminal."""

from __future__ import annotations

import sys
from pathlib import Path

import click

import sameboat
from sameboat.cli import options


@click.command("board")
@options.as_known_at
@options.output_format()
@options.project
def command(project: Path, output_format: str, as_known_at: str | None) -> None:
    """Show every shared KPI: its verdict first, then value, target and who pulls which lever."""
    from sameboat.cli import ledger  # with the locale data that numbers are written by

    workspace = sameboat.open(str(project))
    zone = workspace.project.root.calendar.timezone
    board = workspace.board(as_known_at=options.moment(as_known_at, zone) if as_known_at else None)
    if output_format == "json":
        click.echo(ledger.as_json(board))
    elif output_format == "csv":
        ledger.write_rows(board, sys.stdout)
    else:
        click.echo(ledger.draw(board, width=ledger.screen_width()), color=ledger.colour_wanted())
