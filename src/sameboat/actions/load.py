"""Bring a file into a project's data folder as Parquet, whole or not at all."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import pyarrow.parquet as pq

from sameboat.errors import AccessError, RequestError, WarehouseError
from sameboat.project.declared import Project
from sameboat.project.file_faults import writing_error
from sameboat.project.home import make_home
from sameboat.project.model import Reading
from sameboat.project.names import legal, suggestion
from sameboat.project.tables import AS_IT_STANDS, TableSource, format_of
from sameboat.project.unfinished import clear_abandoned, unfinished_folder
from sameboat.project.viewer import Actor
from sameboat.sources.land import land, prepare
from sameboat.sources.publish import publish

MAY_LOAD = frozenset({"admin"})
"""Roles that may load data; single-user mode is an admin, accounts bring more."""

DATA = "data"

_LOADING = "loading-"


@dataclass(frozen=True)
class Loaded:
    """A file that is now in the data folder."""

    table: str
    path: Path
    rows: int
    columns: tuple[str, ...]
    left_out: tuple[str, ...]  # personal columns, which are never loaded


def load_file(
    project: Project,
    file: Path,
    *,
    actor: Actor,
    name: str | None = None,
    reading: Reading = AS_IT_STANDS,
) -> Loaded:
    """The file's rows as `data/<name>.parquet`, in place of what stood there.

    The name is made from the file's own unless one is given. Where the project declares a table
    of that name, its personal columns are left out, and the file is read as its `read:` says
    except where `reading` says otherwise. Readers see the old file or the new one; nothing
    half-written is ever in its place.

    Raises AccessError not-allowed, RequestError for a name that no table can have, and
    WarehouseError with what is wrong with the file.
    """
    if not actor.roles & MAY_LOAD:
        raise AccessError("not-allowed", f"{actor.name} may not load data.")
    table = _name(file) if name is None else name
    if not legal(table):
        near = suggestion(table)
        raise RequestError(
            "request-invalid",
            f"{table!r} is not a name that a table can have.",
            hint=f"Did you mean {near!r}?" if near else None,
        )
    source = _source(project, file, table, reading)
    target = project.folder / DATA / f"{table}.parquet"
    with _aside(project.folder / ".sameboat") as aside:
        [scan] = prepare([source], folder=aside)
        if scan.findings:
            raise WarehouseError.of(scan.findings)
        copy = land(source, folder=aside)
        publish(target, lambda own: _copied(copy, own))
    schema = pq.read_schema(target)
    rows = pq.read_metadata(target).num_rows
    return Loaded(table, target, rows, tuple(schema.names), source.personal)


@contextmanager
def _aside(hidden: Path) -> Iterator[Path]:
    """A folder for the copy in the making, on the same disk as its place, gone in the end."""
    try:
        make_home(hidden)
        clear_abandoned(hidden, prefix=_LOADING)
        stack = ExitStack()
        made = stack.enter_context(unfinished_folder(hidden, prefix=_LOADING))
    except OSError as error:
        raise writing_error(error, name=hidden.name) from error
    with stack:
        yield made


def _name(file: Path) -> str:
    stem = file.name.split(".")[0]
    return stem if legal(stem) else suggestion(stem) or stem


def _source(project: Project, file: Path, table: str, reading: Reading) -> TableSource:
    declared = project.tables.get(table)
    said = reading.model_dump(exclude_defaults=True)
    found = (file.resolve(),) if file.exists() else ()
    plain = TableSource(
        table, file=str(file), files=found, format=format_of(file.name), reading=reading
    )
    if declared is None:
        return plain
    read = declared.read.model_copy(update=said)
    return replace(plain, reading=read, personal=declared.personal)


def _copied(source: Path, own: Path) -> None:
    shutil.copyfile(source, own)
