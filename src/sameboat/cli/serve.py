"""`sameboat serve`: the board and its pages, for a browser on this machine."""

from __future__ import annotations

from pathlib import Path

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.refresh import refresh_if_new


@click.command("serve")
@options.server
@options.project
def command(project: Path, port: int | None, browser: bool) -> None:
    """Serve the board and its pages to a browser on this machine.

    Nobody outside this machine can reach them, and a browser only with the one-time token that
    is printed. A project that was never refreshed is refreshed first.
    """
    from sameboat.cli.serving import serve_until_stopped  # with the web framework

    refresh_if_new(sameboat.open(str(project)))
    serve_until_stopped(
        lambda: sameboat.open(str(project), sandboxed=True), port=port, browser=browser
    )
