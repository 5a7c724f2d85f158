"""What tells that data have changed, without opening them."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path

from sameboat.errors import WarehouseError, did_you_mean
from sameboat.project.lineage import tables_in
from sameboat.project.scans import Scan, fingerprint_of


def stamp(database: Path | None) -> tuple[int, ...]:
    """What changes when a database file is replaced or written; empty where there is none."""
    found: list[int] = []
    for path in (database, database and Path(f"{database}.wal")):
        if path:
            with suppress(OSError):
                status = path.stat()
                found += [status.st_ino, status.st_mtime_ns, status.st_size]
    return tuple(found)


def fingerprint(scans: Mapping[str, Scan], table: str) -> str:
    """A text that changes when the rows that a table shows change."""
    scan = scans.get(table)
    if scan is None:
        raise WarehouseError(
            "unknown-table",
            f"{table!r} is not a declared table.",
            hint=did_you_mean(table, scans),
        )
    if scan.kind == "select":
        named = [name for name in tables_in(scan.text) if name in scans and name != table]
        return fingerprint_of((), scan.text, *(fingerprint(scans, name) for name in named))
    if scan.landed:
        return scan.fingerprint
    try:
        logs = [Path(f"{path}.wal") for path in scan.paths if scan.kind == "relation"]
        return fingerprint_of([*scan.paths, *(log for log in logs if log.exists())], scan.text)
    except OSError:
        return "unreadable"
