"""`sameboat load`: bring files into the project's data folder."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

import sameboat
from sameboat.cli import options
from sameboat.cli.progress import steps
from sameboat.errors import UsageError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.actions.load import Loaded


@click.command("load")
@click.argument(
    "files", nargs=-1, required=True, type=click.Path(path_type=Path), metavar="FILE..."
)
@click.option("--as", "name", metavar="NAME", help="The table's name; else made from the file's.")
@click.option("--sheet", metavar="NAME", help="The sheet of an Excel workbook.")
@click.option("--encoding", metavar="NAME", help="How the text is written, such as cp1252.")
@click.option("--delimiter", metavar="SIGN", help="What parts the cells of a CSV file.")
@click.option("--decimal", type=click.Choice([".", ","]), help="The decimal sign of numbers.")
@click.option("--date-format", metavar="FORMAT", help="How dates are written, such as %d/%m/%Y.")
@options.output_format("text", "json")
@options.project
def command(
    files: tuple[Path, ...], project: Path, output_format: str, name: str | None, **said: Any
) -> None:
    """Bring CSV, JSON, Parquet or Excel FILEs into the project's data folder, as Parquet.

    A file appears whole or not at all, so readers and other loads are never in the way. Columns
    that the project declares as personal are left out.
    """
    from sameboat.actions.load import load_file  # with the engine that reads the files
    from sameboat.project.model import Reading
    from sameboat.project.viewer import OWNER_ACTOR

    if name is not None and len(files) > 1:
        raise UsageError("request-invalid", "--as names one table, and there are several files.")
    reading = Reading(**{key: value for key, value in said.items() if value is not None})
    declared = sameboat.open(str(project)).project
    done = []
    with steps() as progress:
        for at, file in enumerate(files):
            if progress:
                progress(file.name, at, len(files))
            loaded = load_file(declared, file, actor=OWNER_ACTOR, name=name, reading=reading)
            done.append(loaded)
    if output_format == "json":
        click.echo(json_text([as_object(loaded, project) for loaded in done]))
    else:
        for loaded in done:
            click.echo(sentence(loaded, project))


def sentence(loaded: Loaded, project: Path) -> str:
    """What was loaded, in a line."""
    out = f", without {', '.join(loaded.left_out)}" if loaded.left_out else ""
    size = f"{loaded.rows:,} rows, {len(loaded.columns)} columns{out}"
    return f"{_shown(loaded, project)}: {size}"


def as_object(loaded: Loaded, project: Path) -> dict[str, Any]:
    """What was loaded, for programs."""
    return {
        "table": loaded.table,
        "file": _shown(loaded, project),
        "rows": loaded.rows,
        "columns": list(loaded.columns),
        "left_out": list(loaded.left_out),
    }


def _shown(loaded: Loaded, project: Path) -> str:
    return loaded.path.resolve().relative_to(project.resolve()).as_posix()
