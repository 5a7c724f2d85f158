"""`sameboat demo`: Harbourline, a complete demo company, in the browser."""

from __future__ import annotations

import datetime as dt
import os
import sys
from pathlib import Path

import click

import sameboat
from sameboat.cli import options, tell
from sameboat.cli.refresh import refresh_if_new
from sameboat.errors import UsageError

NAMED = "name: harbourline"


@click.command("demo")
@options.server
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the demo is kept; else in your own data folder.",
)
def command(project: Path | None, port: int | None, browser: bool) -> None:
    """Start Harbourline, a generated company with six departments and 24 months of data.

    It is made on the first call and kept. Its address, with a one-time token, is printed as soon
    as the board answers.
    """
    from sameboat.actions.propose import propose  # with the engine, the store and the web
    from sameboat.cli.serving import serve_until_stopped
    from sameboat.demo.install import install
    from sameboat.demo.seed import OPEN_DECISION, PROPOSED_AT
    from sameboat.demo.truths import NOW
    from sameboat.project.viewer import OWNER_ACTOR

    folder = own_folder(project or data_folder())
    tell(f"Harbourline is kept in {folder}")
    # Harbourline lives on the day on which its data end, and so do its runs.
    workspace = sameboat.open(str(install(folder)), clock=lambda: NOW.replace(tzinfo=dt.UTC))
    propose(workspace.store, actor=OWNER_ACTOR, proposal=OPEN_DECISION, now=PROPOSED_AT)
    refresh_if_new(workspace)
    serve_until_stopped(sameboat.open(str(folder), sandboxed=True), port=port, browser=browser)


def own_folder(folder: Path) -> Path:
    """The folder, if the demo may be kept there: it is new, empty or the demo's already."""
    root = folder / options.ROOT_FILE
    if root.is_file() and NAMED not in root.read_text(encoding="utf-8", errors="replace"):
        raise UsageError(
            "folder-taken",
            f"{str(folder)!r} holds a project of yours.",
            hint="Name another folder for the demo with --project DIR.",
        )
    return folder


def data_folder() -> Path:
    """Where programs keep what they make for their user, by the system's custom."""
    if sys.platform == "darwin":
        home = Path.home() / "Library" / "Application Support"
    elif os.environ.get("XDG_DATA_HOME"):
        home = Path(os.environ["XDG_DATA_HOME"])
    else:
        home = Path.home() / ".local" / "share"
    return home / "sameboat" / "harbourline"
