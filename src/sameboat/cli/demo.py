"""`sameboat demo`: Harbourline, a complete demo company, in the browser."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

import sameboat
from sameboat.cli import options, tell
from sameboat.cli.refresh import refresh_if_new
from sameboat.errors import UsageError

if TYPE_CHECKING:
    from sameboat.demo.stands import Stand

NAMED = "name: harbourline"


@click.command("demo")
@options.server
@click.option(
    "--project",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Where the demo is kept; else in your own data folder.",
)
@click.option(
    "--later",
    is_flag=True,
    help="Jump twelve weeks: the decision was taken, and its outcome can be measured.",
)
@click.option(
    "--prepare", is_flag=True, help="Only make or move the company; do not start the server."
)
@click.option(
    "--messy",
    type=click.Path(path_type=Path, file_okay=False),
    metavar="DIR",
    help="Write three untidy files into DIR, to practise 'sameboat init' on, and nothing else.",
)
def command(
    project: Path | None,
    port: int | None,
    browser: bool,
    later: bool,
    prepare: bool,
    messy: Path | None,
) -> None:
    """Start Harbourline, a generated company with six departments and 24 months of data.

    It is made on the first call and kept. Its address, with a one-time token, is printed as soon
    as the board answers. With --later it moves on to January, and stays there: what was recorded
    in October remains, and --as-known-at shows it. There is no way back; another --project
    begins again in October.
    """
    if messy is not None:
        from sameboat.demo.messy import write_messy

        for path in write_messy(messy):
            click.echo(str(path))
        return
    from sameboat.cli.serving import serve_until_stopped  # with the engine and the web
    from sameboat.demo.install import stand_of
    from sameboat.demo.stands import JANUARY, OCTOBER

    folder = own_folder(project or data_folder())
    tell(f"Harbourline is kept in {folder}")
    there = stand_of(folder)
    if later and there == OCTOBER:
        bring_to(folder, OCTOBER)  # so that the board of then is on record
    stand = JANUARY if later else there
    bring_to(folder, stand)
    if stand == JANUARY:
        tell(
            f"It is {stand.now:%A %d %B %Y} there. "
            f"The board of October: sameboat board --as-known-at {OCTOBER.now:%Y-%m-%dT%H:%MZ}. "
            "To begin again in October, name a new folder with --project."
        )
    if not prepare:
        serve_until_stopped(
            lambda: sameboat.open(str(folder), sandboxed=True), port=port, browser=browser
        )


def bring_to(folder: Path, stand: Stand) -> None:
    """Have the company complete on that day: its files and tables, its records, its points.

    Each part is whole or as it was, and a second call does what the first did not reach.
    """
    from sameboat.demo.install import install
    from sameboat.demo.seed import seed  # with the store

    # Harbourline lives on the day on which its data end, and so do its runs.
    workspace = sameboat.open(str(install(folder, stand)), clock=lambda: stand.now)
    seed(workspace.store, stand)
    refresh_if_new(workspace)


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
