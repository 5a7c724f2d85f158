"""Start a project: look at files and write what they hold as a first, commented project."""

from __future__ import annotations

import datetime as dt
import os
import shutil
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from sameboat.actions.commented import metrics_text, root_text, tables_text
from sameboat.actions.first_kpi import FirstKpi, first_kpi
from sameboat.errors import AccessError, ProjectError, UsageError
from sameboat.project.folder import ROOT_FILE
from sameboat.project.viewer import Actor
from sameboat.questions.first_look.look import FirstLook, first_look
from sameboat.sources.publish import publish

MAY_START = frozenset({"admin"})
"""Roles that may start a project; single-user mode is an admin."""

TABLES = "tables.yml"
METRICS = "metrics.yml"
DATA = "data"


@dataclass(frozen=True)
class Started:
    """A project that was just written, and what was found for it."""

    folder: Path
    written: tuple[Path, ...]
    copied: tuple[Path, ...]
    look: FirstLook
    first: FirstKpi


def start(
    folder: Path, files: Sequence[Path], *, actor: Actor, today: dt.date, copy: bool = False
) -> Started:
    """The first project over these files, written into `folder`.

    The files are named by their path from there, or copied into its `data/` with `copy`. What
    is found is written whole or not at all; a project that is there already is left as it is.

    Raises AccessError not-allowed, ProjectError project-exists, UsageError for files that are
    not there, and WarehouseError where none of them can be read or nothing can be written.
    """
    if not actor.roles & MAY_START:
        raise AccessError("not-allowed", f"{actor.name} may not start a project.")
    if folder.exists() and not folder.is_dir():
        raise UsageError("folder-taken", f"{folder} is a file; a project is a folder.")
    for name in (ROOT_FILE, TABLES, METRICS):
        if (folder / name).exists():
            raise ProjectError(
                "project-exists",
                f"{folder / name} is there already, and nothing of it is overwritten.",
                hint="Choose another folder, or move that file away.",
            )
    look = first_look(files)
    copied = _copies(look, folder) if copy else {}
    name = folder.resolve().name or "first_project"
    first = first_kpi(
        look, today=today, write=lambda aside, kpi: _texts(look, aside, {}, name, kpi)
    )
    texts = _texts(look, folder, copied, name, first)
    _write(texts, copied)
    return Started(folder, tuple(texts), tuple(copied.values()), look, first)


def _texts(
    look: FirstLook, folder: Path, copied: Mapping[Path, Path], name: str, first: FirstKpi
) -> dict[Path, str]:
    """The files of the project as they read in a folder, the root file last."""
    warehouse = None
    if look.database is not None:
        at = copied.get(look.database, look.database)
        warehouse = f"duckdb:///{_relative(at, folder)}"
    return {
        folder / TABLES: tables_text(look, _paths(look, folder, copied)),
        folder / METRICS: metrics_text(look),
        folder / ROOT_FILE: root_text(look, name=name, warehouse=warehouse, first=first),
    }


def _paths(look: FirstLook, folder: Path, copied: Mapping[Path, Path]) -> dict[str, str]:
    """Each file table's path as the project names it: from its own folder."""
    return {
        table.name: _relative(copied.get(path, path), folder)
        for table in look.tables
        for path in table.source.files
    }


def _relative(path: Path, folder: Path) -> str:
    return Path(os.path.relpath(path, folder.resolve())).as_posix()


def _copies(look: FirstLook, folder: Path) -> dict[Path, Path]:
    """Where each file is to be copied to; two of one name get different ones."""
    sources = dict.fromkeys(path for table in look.tables for path in table.source.files)
    if look.database is not None:
        sources[look.database] = None
    found: dict[Path, Path] = {}
    for path in sources:
        target, count = folder.resolve() / DATA / path.name, 2
        while target in found.values() or target.exists():
            target = folder.resolve() / DATA / f"{count}-{path.name}"
            count += 1
        found[path] = target
    return found


def _write(texts: Mapping[Path, str], copied: Mapping[Path, Path]) -> None:
    """Write everything, the root file last; where something fails, take back what was written."""
    done: list[Path] = []
    try:
        for source, target in copied.items():
            publish(target, lambda own, source=source: _copy(source, own))  # type: ignore[misc]
            done.append(target)
        for path, text in texts.items():
            publish(path, lambda own, text=text: _text(own, text))  # type: ignore[misc]
            done.append(path)
    except BaseException:
        for path in done:
            with suppress(OSError):
                path.unlink()
        raise


def _copy(source: Path, own: Path) -> None:
    shutil.copyfile(source, own)


def _text(own: Path, text: str) -> None:
    own.write_text(text, encoding="utf-8")
