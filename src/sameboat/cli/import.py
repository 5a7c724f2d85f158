"""`sameboat import`: a model of another format becomes a project."""

# ruff: noqa: N999 (the file of a command is named like the command)

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, cast

import click

from sameboat.cli import tell

if TYPE_CHECKING:
    from sameboat.project.foreign import Kind


@click.command("import")
@click.argument("source", type=click.Path(path_type=Path))
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "kind",
    type=click.Choice(["dbt", "ossie", "cube"]),
    help="What SOURCE is, where its files do not say so.",
)
def command(source: Path, folder: Path, kind: str | None) -> None:
    """Write SOURCE, a file or folder of dbt, Apache Ossie or Cube, as a project into DIR.

    What cannot be taken over is told with the reason, and the rest is written; nothing that is
    in DIR already is overwritten. A folder of dbt files is also a project as it stands.

    \b
    sameboat import target/semantic_manifest.json company
    sameboat import model.ossie.yml company
    """
    from sameboat.actions.bring import bring  # with the readers of all formats
    from sameboat.project.viewer import OWNER_ACTOR

    brought = bring(source, folder, actor=OWNER_ACTOR, kind=cast("Kind | None", kind))
    for finding in brought.notices:
        tell(str(finding))
    for path in brought.written:
        click.echo(str(path))
    project = brought.project
    left = f", {len(brought.notices)} objects left out" if brought.notices else ""
    tell(f"{len(project.tables)} tables and {len(project.metrics)} metrics were written{left}.")
    tell("Next: name the warehouse in sameboat.yml, then run 'sameboat check'.")
