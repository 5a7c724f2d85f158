"""Which files of a folder belong to the project."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sameboat.errors import Finding, Place, ProjectError
from sameboat.project.reading import LARGEST

ROOT_FILE = "sameboat.yml"
MANIFEST = "semantic_manifest.json"
_ENDINGS = (".yml", ".yaml")


@dataclass(frozen=True)
class Found:
    """A file to read: its path, and what people call it."""

    path: Path
    name: str


def contents(found: Found) -> bytes:
    """The bytes of a file, one more than `LARGEST` at most.

    Raises ProjectError (`file-unreadable`).
    """
    try:
        with found.path.open("rb") as file:
            return file.read(LARGEST + 1)
    except OSError as error:
        raise ProjectError(
            "file-unreadable",
            f"the file cannot be read: {error.strerror or error}",
            where=Place(found.name),
        ) from None


def project_files(
    folder: Path, ignore: Sequence[str] = ()
) -> tuple[tuple[Found, ...], tuple[Finding, ...]]:
    """All YAML files (and dbt's manifest) under a folder in a fixed order, and what was left out.

    Hidden and ignored folders are not entered. Linked folders are not followed, so a loop
    cannot trap; a linked file is read once, where its target lies inside the folder.
    """
    ignored = ignoring(ignore)
    top = Path(os.path.realpath(folder))
    seen: set[str] = set()
    files: list[Found] = []
    findings: list[Finding] = []
    closed: list[OSError] = []
    candidates = sorted(_walk(folder, ignored, closed), key=lambda item: (item[2], item[1]))
    for error in closed:
        name = printable(os.path.relpath(error.filename or folder, folder))
        findings.append(_skipped(name, f"the folder cannot be read: {error.strerror}"))
    for path, name, linked in candidates:
        target = os.path.realpath(path)
        if linked and top not in Path(target).parents:
            findings.append(_skipped(name, "it is a link that leads out of the project's folder"))
        elif not _is_file(path):
            findings.append(_skipped(name, "it is not a file, or a link that leads nowhere"))
        elif target not in seen:
            seen.add(target)
            files.append(Found(path, name))
    return tuple(sorted(files, key=lambda file: file.name)), tuple(findings)


def _walk(
    folder: Path, ignored: re.Pattern[str] | None, closed: list[OSError]
) -> Iterator[tuple[Path, str, bool]]:
    """Every candidate: its path, its printable name, and whether it is a link."""
    for base, folders, names in os.walk(folder, onerror=closed.append, followlinks=False):
        inside = os.path.relpath(base, folder).replace(os.sep, "/")
        prefix = "" if inside == "." else f"{inside}/"
        folders[:] = sorted(
            name
            for name in folders
            if not name.startswith(".") and not _matches(ignored, f"{prefix}{name}/")
        )
        for name in names:
            if name.startswith(".") or not (name.endswith(_ENDINGS) or name == MANIFEST):
                continue
            if not _matches(ignored, prefix + name):
                path = Path(base, name)
                yield path, printable(prefix + name), path.is_symlink()


def printable(name: str) -> str:
    """A file's name that can be written anywhere, even when its bytes are no text."""
    return os.fsencode(name).decode("utf-8", "replace")


def _is_file(path: Path) -> bool:
    try:
        return stat.S_ISREG(path.stat().st_mode)
    except OSError:
        return False


def _skipped(name: str, why: str) -> Finding:
    return Finding("file-skipped", f"skipped: {why}", Place(name), severity="warning")


def _matches(ignored: re.Pattern[str] | None, name: str) -> bool:
    return ignored is not None and ignored.fullmatch(name) is not None


def ignoring(patterns: Sequence[str]) -> re.Pattern[str] | None:
    """What matches ignored paths, in the manner of .gitignore; folders end with a slash.

    A pattern without a slash inside matches at any depth; `*` stays within one name, `**` does
    not; a pattern that ends with a slash matches folders only.

    >>> bool(ignoring(["deploy/", "*.draft.yml"]).fullmatch("a/b.draft.yml"))
    True
    """
    parts = [_ignoring(pattern.strip()) for pattern in patterns if pattern.strip()]
    return re.compile("|".join(parts), re.DOTALL) if parts else None


def _ignoring(pattern: str) -> str:
    body = pattern.strip("/").removeprefix("./")
    anchored = "/" in body or pattern.startswith("/")
    text = ""
    for piece in re.split(r"(\*\*/|\*\*|\*|\?)", body):
        text += {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}.get(
            piece, re.escape(piece)
        )
    end = "/" if pattern.endswith("/") else "/?"
    return f"(?:{'' if anchored else '(?:.*/)?'}{text}{end})"
