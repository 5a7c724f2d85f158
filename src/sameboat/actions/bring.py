"""Bring a model of another format in, as a project of our own files."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path

from sameboat.errors import AccessError, Finding, ProjectError, UsageError
from sameboat.project.declared import Project
from sameboat.project.folder import ROOT_FILE
from sameboat.project.foreign import Kind, imported
from sameboat.project.formats.native import SCHEMA_FILE, files
from sameboat.project.schema import schema
from sameboat.project.viewer import Actor
from sameboat.sources.publish import publish

MAY_BRING = frozenset({"admin"})
"""Roles that may write a project; single-user mode is an admin."""


@dataclass(frozen=True)
class Brought:
    """A project that was just written, and what of its source was left out."""

    project: Project
    written: tuple[Path, ...]
    notices: tuple[Finding, ...]


def bring(source: Path, folder: Path, *, actor: Actor, kind: Kind | None = None) -> Brought:
    """The project of a file or folder of dbt, Apache Ossie or Cube, written into `folder`.

    Nothing is overwritten: a folder that holds one of the files is refused. The root file comes
    last, so a folder that was half written is no project.

    Raises AccessError not-allowed, ProjectError where the source cannot be read, UsageError
    folder-taken, and WarehouseError where nothing can be written.
    """
    if not actor.roles & MAY_BRING:
        raise AccessError("not-allowed", f"{actor.name} may not write a project.")
    if not source.exists():
        raise ProjectError("format-unknown", f"there is no file or folder {str(source)!r}")
    found = imported(source, kind)
    texts = {name: text for name, text in files(found.project).items() if name != ROOT_FILE}
    texts[SCHEMA_FILE] = json.dumps(schema(), indent=1, ensure_ascii=False) + "\n"
    texts[ROOT_FILE] = files(found.project)[ROOT_FILE]
    taken = [name for name in texts if (folder / name).exists()]
    if taken or (folder.exists() and not folder.is_dir()):
        what = f"holds {', '.join(taken)}" if taken else "is a file"
        raise UsageError(
            "folder-taken",
            f"{str(folder)!r} {what} already.",
            hint="Name a folder that is new or empty.",
        )
    written = tuple(_written(folder / name, text) for name, text in texts.items())
    return Brought(found.project, written, found.notices)


def _written(path: Path, text: str) -> Path:
    def fill(own: Path) -> None:
        own.write_text(text, encoding="utf-8")

    return publish(path, fill)
