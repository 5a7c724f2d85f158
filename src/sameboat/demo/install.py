"""Puts the complete demo company into a folder: its project files and its raw tables."""

from __future__ import annotations

import os
import tempfile
from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from sameboat.demo.generate import ensure, not_written

DATA = "data"
"""Where the tables lie, below the project."""


def install(folder: Path) -> Path:
    """The folder with Harbourline in it, ready to be opened as a project.

    Project files are put back as they are shipped; what else lies in the folder, such as the
    store of decisions, is left alone. The raw tables are made once and kept.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for path, file in _files(resources.files("sameboat.demo") / "harbourline"):
            _put(folder / path, file.read_bytes())
    except OSError as error:
        raise not_written(folder, error) from error
    ensure(folder / DATA)
    return folder


def _files(place: Traversable, under: Path = Path()) -> list[tuple[Path, Traversable]]:
    found: list[tuple[Path, Traversable]] = []
    for entry in sorted(place.iterdir(), key=lambda each: each.name):
        if entry.is_dir():
            found += _files(entry, under / entry.name)
        elif entry.name.endswith((".yml", ".md")):
            found.append((under / entry.name, entry))
    return found


def _put(target: Path, content: bytes) -> None:
    """Write a file whole or not at all; one that holds the same already is not touched."""
    if target.exists() and target.read_bytes() == content:
        return
    target.parent.mkdir(parents=True, exist_ok=True)
    handle, name = tempfile.mkstemp(prefix=f".{target.name}-", dir=target.parent)
    fresh = Path(name)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(content)
        fresh.chmod(0o644)
        fresh.replace(target)
    finally:
        fresh.unlink(missing_ok=True)
