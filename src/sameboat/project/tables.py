"""Where each declared table's rows come from, as frozen values.

A `TableSource` is what a project declares: files, a relation of the warehouse, or reviewed SQL.
A `Scan` is the same table made ready by `sources.land.prepare`: what the engine reads, which
columns it will find, and a fingerprint that changes with the data.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sameboat.errors import Finding
from sameboat.project.model import Reading, Table

Format = Literal["csv", "parquet", "json", "excel"]
Kind = Literal["files", "relation", "select"]

SUFFIXES: Mapping[str, Format] = {
    ".csv": "csv",
    ".tsv": "csv",
    ".txt": "csv",
    ".parquet": "parquet",
    ".pq": "parquet",
    ".json": "json",
    ".jsonl": "json",
    ".ndjson": "json",
    ".xlsx": "excel",
    ".xlsm": "excel",
}
PACKED = (".gz", ".zst")

AS_IT_STANDS = Reading()

SMALL = 1 << 20
"""Files up to this many bytes are known by their content, larger ones by size, time and inode."""


@dataclass(frozen=True)
class TableSource:
    """A declared table before anything of it has been read."""

    name: str
    file: str | None = None
    files: tuple[Path, ...] = ()
    format: Format | None = None
    reading: Reading = AS_IT_STANDS
    relation: str | None = None
    sql: str | None = None
    personal: tuple[str, ...] = ()
    pseudonymous: tuple[str, ...] = ()
    zone: str | None = None


@dataclass(frozen=True)
class Scan:
    """A table that is ready to be read.

    `text` is what FROM reads: a table function over explicit files, the name of a relation, or a
    reviewed SELECT. `columns` (name, engine type) are known for files only. A scan with findings
    cannot be read: they say why.
    """

    name: str
    kind: Kind
    text: str = ""
    paths: tuple[str, ...] = ()
    columns: tuple[tuple[str, str], ...] = ()
    personal: tuple[str, ...] = ()
    pseudonymous: tuple[str, ...] = ()
    landed: bool = False
    fingerprint: str = ""
    findings: tuple[Finding, ...] = ()


def sources_of(tables: Mapping[str, Table], *, folder: Path) -> tuple[TableSource, ...]:
    """What each declared table reads, with globs expanded to explicit paths.

    A file that is not there gives a source without files: `prepare` says so in words, together
    with everything else that is wrong.
    """
    return tuple(_source(name, table, folder) for name, table in tables.items())


def _source(name: str, table: Table, folder: Path) -> TableSource:
    files = files_of(table.file, folder=folder) if table.file else ()
    return TableSource(
        name=name,
        file=table.file,
        files=files,
        format=format_of(files[0].name if files else table.file or ""),
        reading=table.read,
        relation=table.relation,
        sql=table.sql,
        personal=table.personal,
        pseudonymous=table.pseudonymous,
        zone=table.zone,
    )


def files_of(pattern: str, *, folder: Path) -> tuple[Path, ...]:
    """The files that a path or glob names: explicit, sorted, links followed.

    A file that has the very name of the pattern wins, so `data [1].csv` can be read. Hidden
    files are not matched: half-written ones are hidden.
    """
    if not pattern or "\0" in pattern:
        return ()
    whole = folder / pattern
    if whole.exists():
        return (whole.resolve(),)
    parts = Path(pattern).parts
    magic = next((at for at, part in enumerate(parts) if set(part) & set("*?[")), None)
    if magic is None:
        return ()
    base = folder.joinpath(*parts[:magic])
    found = {
        path.resolve()
        for path in base.glob("/".join(parts[magic:]))
        if path.is_file() and not any(p.startswith(".") for p in path.relative_to(base).parts)
    }
    return tuple(sorted(found))


def format_of(name: str) -> Format | None:
    """The format that a file's name promises, or None.

    >>> format_of("deals.csv.gz"), format_of("deals.XLSX"), format_of("deals.doc")
    ('csv', 'excel', None)
    """
    stem = Path(name.lower())
    if stem.suffix in PACKED:
        stem = stem.with_suffix("")
    return SUFFIXES.get(stem.suffix)


def fingerprint_of(paths: Iterable[str | Path], *parts: str) -> str:
    """A short text that changes when one of the files, or one of the other parts, changes.

    Small files are known by their content, so a fresh clone gives the same fingerprint; large
    ones by size, modification time and inode. Raises OSError where a file cannot be read.
    """
    digest = hashlib.blake2b(digest_size=12)
    for path in paths:
        file = Path(path)
        status = file.stat()
        digest.update(f"{file.name}|{status.st_size}|".encode("utf-8", "surrogateescape"))
        if status.st_size <= SMALL:
            digest.update(file.read_bytes())
        else:
            digest.update(f"{status.st_mtime_ns}|{status.st_ino}".encode())
    for part in parts:
        digest.update(b"\0" + part.encode("utf-8", "surrogateescape"))
    return digest.hexdigest()


def duckdb_file(url: str, *, folder: Path) -> Path | None:
    """The database file that a `duckdb:///…` address names, or None for files alone.

    As elsewhere three slashes begin a path inside the folder and four an absolute one; where
    only the absolute reading of three slashes exists, it is taken.
    """
    rest = url.removeprefix("duckdb").removeprefix(":").removeprefix("//").removeprefix("/")
    if rest in ("", ":memory:"):
        return None
    inside = folder / rest
    absolute = Path("/") / rest
    return absolute if not inside.exists() and absolute.exists() else inside
