"""A folder of YAML files → a project, or everything that is wrong with it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from difflib import get_close_matches
from pathlib import Path
from typing import Any

from sameboat.errors import Finding, Place, ProjectError, did_you_mean
from sameboat.project import model
from sameboat.project.declared import (
    LISTS,
    NAMED,
    SECTIONS,
    SINGLE,
    Project,
    build,
    sorted_findings,
)
from sameboat.project.diagnosis import describe
from sameboat.project.folder import MANIFEST, ROOT_FILE, Found, contents, project_files
from sameboat.project.formats.dbt.pieces import Piece, pieces
from sameboat.project.formats.dbt.read import translated
from sameboat.project.formats.made import Made
from sameboat.project.formats.ossie.document import is_ossie
from sameboat.project.formats.raw import joined
from sameboat.project.names import shown
from sameboat.project.places import Mark, Places
from sameboat.project.reading import Document, read
from sameboat.project.structure import keys

DBT_KEYS = frozenset(
    {"semantic_models", "semantic_model", "metric", "saved_query", "project_configuration"}
)
"""Keys that only dbt's semantic files have."""

DBT_LISTS = frozenset({"metrics", "saved_queries", "models", "sources"})
"""Keys that are lists in dbt's files."""

_KNOWN_KEY = re.compile(
    rb"(?:^|[{,])[ ]*[\"']?(?:"
    + "|".join(sorted({*SECTIONS, *DBT_KEYS, "models"})).encode()
    + rb")\b",
    re.MULTILINE,
)
_FOREIGN_FAULTS = frozenset({"yaml-syntax", "yaml-alias", "yaml-too-deep", "file-too-large"})
"""What templates and data of other programs are full of."""


@dataclass(frozen=True)
class Examined:
    """A folder as far as it can be read: what is right as a project, and what is wrong."""

    project: Project
    errors: tuple[Finding, ...]


def load(folder: Path | str) -> Project:
    """The project that a folder declares.

    Raises ProjectError with every finding of every file.
    """
    examined = examine(folder)
    if examined.errors:
        raise ProjectError.of(examined.errors)
    return examined.project


def examine(folder: Path | str, *, beside: Mapping[str, bytes] | None = None) -> Examined:
    """What a folder declares, without what is wrong, and every error in the order of the files.

    `beside` are files, by name, that are read as if they were there, or in the place of those that
    are. Raises ProjectError where there is no project at all.
    """
    folder = Path(folder)
    gathered = _Gathered()
    if not folder.is_dir():
        raise ProjectError("no-project", f"there is no folder {str(folder)!r}")
    given = dict(beside or {})
    root_file = folder / ROOT_FILE
    if ROOT_FILE in given or root_file.exists() or root_file.is_symlink():
        gathered.file(Found(root_file, ROOT_FILE), given.pop(ROOT_FILE, None))
    ignore = gathered.root.get("ignore")
    patterns = ignore if isinstance(ignore, list) else []
    files, skipped = project_files(folder, [item for item in patterns if isinstance(item, str)])
    for found in files:
        if found.name != ROOT_FILE:
            gathered.file(found, given.pop(found.name, None))
    for name, data in given.items():
        gathered.file(Found(folder / name, name), data)
    if not gathered.known:
        raise ProjectError(
            "no-project",
            f"there is no {ROOT_FILE} in {str(folder)!r}, and no file that declares anything",
            hint="'sameboat init' writes a first one.",
        )
    return _examined(gathered, folder, skipped)


def _examined(gathered: _Gathered, folder: Path, skipped: tuple[Finding, ...]) -> Examined:
    made = translated(gathered.pieces)
    gathered.take(made)
    root = gathered.root
    if not gathered.has_root or gathered.root_unread:
        root = {"name": folder.resolve().name or "project"}
    root = _with_spines(root, made.spines)
    if not gathered.has_root:
        gathered.notices.append(
            Finding(
                "root-missing",
                f"there is no {ROOT_FILE}: mission, calendar and privacy are the defaults",
                severity="notice",
            )
        )
    project, findings = build(
        root,
        gathered.sections,
        folder=folder,
        places=Places(gathered.top),
        complete=gathered.complete,
    )
    notices = sorted_findings((*gathered.notices, *skipped, *project.notices))
    return Examined(
        replace(project, notices=notices), sorted_findings((*gathered.errors, *findings))
    )


@dataclass
class _Gathered:
    """The raw values of all files, merged, with their marks."""

    root: dict[str, Any] = field(default_factory=dict)
    sections: dict[str, Any] = field(default_factory=dict)
    top: Mark = field(default_factory=lambda: Mark("", 0, 0, parts={}))
    errors: list[Finding] = field(default_factory=list)
    notices: list[Finding] = field(default_factory=list)
    pieces: list[Piece] = field(default_factory=list)
    has_root: bool = False
    root_unread: bool = False
    complete: bool = True
    known: int = 0  # files that declare something

    def file(self, found: Found, given: bytes | None = None) -> None:
        """Take in one file, or what is `given` as its bytes."""
        is_root = found.name == ROOT_FILE
        self.has_root |= is_root
        compiled = found.name.rpartition("/")[2] == MANIFEST
        data = b""
        try:
            read_from = contents(found) if given is None else given
            data = joined(read_from) if compiled else read_from
            documents = [item for item in read(data, found.name) if not _empty(item)]
        except ProjectError as error:
            self._unread(found, data, error, is_root)
            return
        if not is_root and any(is_ossie(item.value) for item in documents):
            self.notices.append(_of_ossie(found.name))
        elif compiled or (not is_root and any(_is_dbt(item.value) for item in documents)):
            self._dbt(documents, compiled=compiled)
        elif is_root or any(_is_native(item.value) for item in documents):
            self.known += 1
            self._documents(documents, found.name, is_root)
        else:
            self.notices.append(_foreign(documents, found.name))

    def _unread(self, found: Found, data: bytes, error: ProjectError, is_root: bool) -> None:
        """A file that cannot be read is an error, unless it is clearly another program's."""
        if not is_root and error.code in _FOREIGN_FAULTS and not _KNOWN_KEY.search(data):
            message = f"skipped: it has no key that Sameboat knows, and {error.why}"
            where = error.findings[0].where
            self.notices.append(Finding("file-skipped", message, where, severity="warning"))
            return
        self.known += 1
        self.complete = False
        self.root_unread |= is_root
        self.errors += error.findings

    def _dbt(self, documents: list[Document], *, compiled: bool) -> None:
        """A file of dbt's; sections of our own that stand in it count as well."""
        found = pieces(documents, compiled=compiled)
        self.pieces += found
        self.known += bool(found)
        for document in () if compiled else documents:
            for key, item in document.value.items() if isinstance(document.value, dict) else ():
                if key in SECTIONS and isinstance(item, dict):
                    self.known += 1
                    self._section(key, item, (document.mark.parts or {})[key])

    def take(self, made: Made) -> None:
        """Put what dbt's files declare beside the rest; a name of both is an error."""
        self.errors += made.errors
        self.notices += made.notices
        for section in ("tables", "metrics", "saved_queries"):
            objects = made.section(section)
            marks: dict[str | int, Mark] = {
                name: made.marks.get((section, name), Mark("", 0, 0)) for name in objects
            }
            if objects:
                self._section(section, objects, Mark("", 0, 0, parts=marks))

    def _documents(self, documents: list[Document], file: str, is_root: bool) -> None:
        if len(documents) > 1:
            message = f"the file holds {len(documents)} documents; only the first can be read"
            hint = "Take the line '---' out, or split the file."
            where = documents[1].mark.value
            self.errors.append(Finding("several-documents", message, where, hint))
            self.complete = False
        for document in documents[:1]:
            self.errors += document.findings
            if isinstance(document.value, dict):
                self._keys(document.value, document.mark, is_root)
            else:
                self.root_unread |= is_root
                message = f"a project file is a mapping of keys; {describe(document.value)}"
                self.errors.append(Finding("wrong-type", message, document.mark.value))

    def _keys(self, value: dict[str, Any], mark: Mark, is_root: bool) -> None:
        if is_root:
            self.top.file, self.top.line, self.top.column = mark.file, mark.line, mark.column
        for key, item in value.items():
            at = (mark.parts or {})[key]
            if key in SECTIONS:
                self._section(key, item, at)
            elif key in keys(model.Root):
                self._root_key(key, item, at, is_root)
            else:
                known = [*SECTIONS, *(keys(model.Root) if is_root else ())]
                hint = did_you_mean(key, known) or (
                    None
                    if is_root
                    else f"Files of other programs go under 'ignore:' in {ROOT_FILE}."
                )
                message = f"{shown(key)} is not a key of a project file"
                self.errors.append(Finding("unknown-key", message, at.key, hint))

    def _root_key(self, key: str, item: object, at: Mark, is_root: bool) -> None:
        if is_root:
            self.root[key] = item
            self._parts()[key] = at
        else:
            message = f"{key!r} stands only in the {ROOT_FILE} at the top of the project's folder"
            self.errors.append(Finding("root-elsewhere", message, at.key))

    def _parts(self) -> dict[str | int, Mark]:
        if self.top.parts is None:
            self.top.parts = {}
        return self.top.parts

    def _section(self, section: str, item: object, at: Mark) -> None:
        parts = self._parts()
        if section not in self.sections or self.sections[section] is None:
            self.sections[section] = _copied(item)
            parts[section] = replace(at, parts=None if at.parts is None else dict(at.parts))
        elif item is not None:
            self.sections[section] = self._merged(
                (section,), self.sections[section], item, parts[section], at
            )

    def _merged(self, path: tuple[str, ...], old: Any, new: Any, old_at: Mark, new_at: Mark) -> Any:
        """Both values as one: lists one after the other, mappings side by side."""
        old_parts = old_at.parts if old_at.parts is not None else {}
        if isinstance(old, list) and isinstance(new, list):
            for position, mark in (new_at.parts or {}).items():
                old_parts[len(old) + int(position)] = mark
            return [*old, *new]
        if not (isinstance(old, dict) and isinstance(new, dict)):
            what = "a list" if path[-1] in LISTS else "a mapping"
            message = f"{path[-1]!r} must be {what}; {describe(new)}"
            self.errors.append(Finding("wrong-type", message, new_at.place))
            return old
        for key, item in new.items():
            at = (new_at.parts or {})[key]
            if key not in old:
                old[key] = _copied(item) if path[0] in SINGLE else item
                old_parts[key] = at
            elif path[0] in SINGLE and len(path) == 1 and isinstance(item, (dict, list)):
                old[key] = self._merged((*path, key), old[key], item, old_parts[key], at)
            else:
                self._twice(path, key, old_parts[key], at)
        return old

    def _twice(self, path: tuple[str, ...], key: str, first: Mark, second: Mark) -> None:
        what = NAMED[path[0]][1] if path[0] in NAMED else "key"
        message = f"the {what} {shown(key)} is declared here and in {first.key}"
        self.errors.append(Finding("duplicate-name", message, second.key))


def _with_spines(root: dict[str, Any], spines: list[dict[str, Any]]) -> dict[str, Any]:
    """The root with dbt's time spines in its calendar; one that is wrong is left as it is."""
    calendar = root.get("calendar", {})
    more = calendar.get("more_spines", []) if isinstance(calendar, dict) else None
    if not spines or not isinstance(more, list):
        return root
    return {**root, "calendar": {**calendar, "more_spines": [*more, *spines]}}


def _copied(item: object) -> Any:
    """A container that other files can be merged into."""
    if isinstance(item, dict):
        return {
            key: list(below) if isinstance(below, list) else below for key, below in item.items()
        }
    return item


def _empty(document: Document) -> bool:
    return document.value is None and not document.findings


def _is_dbt(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    if DBT_KEYS & value.keys():
        return True
    lists = {key for key in DBT_LISTS & value.keys() if isinstance(value[key], list)}
    return bool(lists) and not any(isinstance(value.get(key), dict) for key in SECTIONS)


def _is_native(value: object) -> bool:
    if not isinstance(value, dict):
        return False
    return any(key in SECTIONS for key in value) or (
        bool(value) and all(key in keys(model.Root) for key in value)
    )


def _of_ossie(name: str) -> Finding:
    message = "skipped: it is an Apache Ossie document, not a file of a project"
    hint = "'sameboat import' makes project files of it."
    return Finding("file-skipped", message, Place(name), hint, severity="notice")


def _foreign(documents: list[Document], name: str) -> Finding:
    """A notice for a file that declares nothing, with the key that may have been meant."""
    near = (
        f"Is {shown(key)} meant to be {match!r}?"
        for document in documents
        if isinstance(document.value, dict)
        for key in document.value
        for match in get_close_matches(key, SECTIONS, n=1, cutoff=0.85)
    )
    message = "skipped: it has no key that Sameboat or dbt knows"
    hint = next(near, None)
    return Finding("file-skipped", message, Place(name), hint, severity="notice")
