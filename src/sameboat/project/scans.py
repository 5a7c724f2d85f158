"""Tables that are ready to be read, and how a change of their data is noticed.

Kept apart from the shapes of the format, because the process that runs queries needs only this
and must start fast.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sameboat.errors import Finding

Kind = Literal["files", "relation", "select"]

SMALL = 1 << 20
"""Files up to this many bytes are known by their content, larger ones by size, time and inode."""


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
