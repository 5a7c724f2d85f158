"""Where each declared table's rows come from, as frozen values.

A `TableSource` is what a project declares: files, a relation of the warehouse, or reviewed SQL.
A `Scan` (project.scans) is the same table made ready by `sources.land.prepare`.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from sameboat.project.model import Reading, Table

Format = Literal["csv", "parquet", "json", "excel"]

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


def sources_of(tables: Mapping[str, Table], *, folder: Path) -> tuple[TableSource, ...]:
    """What each declared table reads, with globs expanded to explicit paths.

    A file that is not there gives a source without files: `prepare` says so in words, together
    with everything else that is wrong.
    """
    return tuple(_source(name, table, folder) for name, table in tables.items())


def _source(name: str, table: Table, folder: Path) -> TableSource:
    file = with_environment(table.file) if table.file else None
    files = files_of(file, folder=folder) if file else ()
    return TableSource(
        name=name,
        file=file,
        files=files,
        format=format_of(files[0].name if files else file or ""),
        reading=table.read,
        relation=table.relation,
        sql=table.sql,
        personal=table.personal,
        pseudonymous=table.pseudonymous,
        zone=table.zone,
    )


def with_environment(text: str) -> str:
    """A path with `${NAME}` and `${NAME:-default}` exchanged for the environment's values.

    A name that is neither set nor has a default stays as it is, and no file will be found.

    >>> with_environment("${SAMEBOAT_NOT_SET:-data}/deals.csv")
    'data/deals.csv'
    """

    def value(match: re.Match[str]) -> str:
        default = match[2] if match[2] is not None else match[0]
        return os.environ.get(match[1]) or default

    return _VARIABLE.sub(value, text)


_VARIABLE = re.compile(r"\$\{(\w+)(?::-([^}]*))?\}")


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
