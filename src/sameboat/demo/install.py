"""Puts the complete demo company into a folder: its project files and its raw tables."""

from __future__ import annotations

from importlib import resources
from importlib.resources.abc import Traversable
from pathlib import Path

from sameboat.demo.generate import ensure, not_written, stands_at
from sameboat.demo.stands import JANUARY, OCTOBER, Stand, stand_until
from sameboat.project.unfinished import clear_abandoned, unfinished_file

DATA = "data"
"""Where the tables lie, below the project."""

ROOT = Path("sameboat.yml")


def install(folder: Path, stand: Stand | None = None) -> Path:
    """The folder with Harbourline in it, ready to be opened as a project.

    Project files are put back as they are shipped; what else lies in the folder, such as the
    store of decisions, is left alone. The raw tables are made once and kept. A folder stays on
    the day on which it stands unless another `stand` is given: the tables go first and say the
    day, the project's files follow them, so that a second call completes what was interrupted.
    """
    there = stand_of(folder)
    wanted = stand or there
    try:
        folder.mkdir(parents=True, exist_ok=True)
        if wanted != there:
            ensure(folder / DATA, until=wanted.until)
        for path, content in shipped(wanted).items():
            _put(folder / path, content)
    except OSError as error:
        raise not_written(folder, error) from error
    ensure(folder / DATA, until=wanted.until)
    return folder


def stand_of(folder: Path) -> Stand:
    """The day on which a demo's folder stands, by its tables; October for a new one."""
    return stand_until(stands_at(folder / DATA))


def shipped(stand: Stand) -> dict[Path, bytes]:
    """The project's files as they read on that day, by their path."""
    demo = resources.files("sameboat.demo")
    files = {path: file.read_bytes() for path, file in _files(demo / "harbourline")}
    if stand == JANUARY:
        files |= {path: file.read_bytes() for path, file in _files(demo / "january")}
        files[ROOT] = files[ROOT].replace(OCTOBER.as_of.encode(), stand.as_of.encode())
    return files


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
    clear_abandoned(target.parent, prefix=f".{target.name}.")
    with unfinished_file(target) as fresh:
        fresh.write_bytes(content)
        fresh.chmod(0o644)
        fresh.replace(target)
