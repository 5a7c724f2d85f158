"""A file or folder in another format → a project, whatever the format turns out to be."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Literal

from sameboat.errors import Place, ProjectError
from sameboat.project.declared import Project
from sameboat.project.folder import MANIFEST, ROOT_FILE, Found, contents, project_files
from sameboat.project.formats import cube
from sameboat.project.formats.made import Imported
from sameboat.project.formats.ossie.document import is_ossie
from sameboat.project.formats.ossie.read import imported as from_ossie
from sameboat.project.formats.raw import joined
from sameboat.project.load import load
from sameboat.project.reading import Document, read

Kind = Literal["dbt", "ossie", "cube"]
KINDS: tuple[Kind, ...] = ("dbt", "ossie", "cube")


def imported(source: Path, kind: Kind | None = None) -> Imported:
    """The project that a file or folder of dbt, Apache Ossie or Cube amounts to.

    Without `kind` its files say what they are. Raises ProjectError where they cannot be read,
    hold several Ossie documents, or are of none of these formats.
    """
    found = tuple(_found(source))
    if not found:
        raise ProjectError("format-unknown", f"there is no file to import at {str(source)!r}")
    if kind in (None, "ossie"):
        documents = [file for file in found if kind == "ossie" or _holds(file, is_ossie)]
        if len(documents) > 1:
            names = ", ".join(file.name for file in documents)
            raise ProjectError(
                "format-unknown",
                f"there are several Ossie documents: {names}",
                hint="Name one of them.",
            )
        if documents:
            return from_ossie(contents(documents[0]), documents[0].name)
    if kind == "cube" or (kind is None and any(_holds(file, cube.is_cube) for file in found)):
        files = {file.name: contents(file) for file in found}
        return cube.imported(files, called_=source.resolve().stem)
    project = _of_dbt(source, found)
    return Imported(project, tuple(f for f in project.notices if f.code == "object-skipped"))


def _found(source: Path) -> Iterator[Found]:
    if source.is_file():
        yield Found(source, source.name)
    elif source.is_dir():
        yield from project_files(source)[0]
        for path in sorted(source.glob("*.json")):
            if path.name != MANIFEST:
                yield Found(path, path.name)


def _holds(file: Found, test: Callable[[object], bool]) -> bool:
    """Whether a document of a file passes a test; files that cannot be read do not."""
    return any(test(document.value) for document in _documents(file))


def _documents(file: Found) -> tuple[Document, ...]:
    try:
        return read(joined(contents(file)), file.name)
    except ProjectError:
        return ()


def _of_dbt(source: Path, found: tuple[Found, ...]) -> Project:
    if any(file.name == ROOT_FILE for file in found):
        raise ProjectError(
            "format-unknown",
            f"{str(source)!r} is a Sameboat project already",
            where=Place(ROOT_FILE),
        )
    if source.is_dir():
        return _with_content(load(source), source)
    with tempfile.TemporaryDirectory() as folder:
        alone = Path(folder) / source.stem
        alone.mkdir()
        name = source.name if source.name.endswith((".yml", ".yaml")) else MANIFEST
        shutil.copyfile(source, alone / name)
        return _with_content(load(alone), source)


def _with_content(project: Project, source: Path) -> Project:
    if not (project.tables or project.metrics):
        raise ProjectError(
            "format-unknown",
            f"{str(source)!r} holds nothing of dbt, Apache Ossie or Cube that can be read",
        )
    return project
