"""An address of a warehouse → a connection to it."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from sameboat.errors import WarehouseError
from sameboat.project.scans import Scan, duckdb_file
from sameboat.warehouse.base import OWN, SERVER, Limits, Warehouse

PLANNED = {
    "postgresql": "PostgreSQL",
    "postgres": "PostgreSQL",
    "clickhouse": "ClickHouse",
    "sc": "Spark Connect",
    "trino": "Trino",
    "snowflake": "Snowflake",
    "bigquery": "BigQuery",
}


def connect(
    url: str,
    scans: Iterable[Scan],
    *,
    folder: Path,
    zone: str = "UTC",
    limits: Limits | None = None,
    isolated: bool = False,
) -> Warehouse:
    """A connection to the warehouse at `url`, over tables made ready by `sources.land.prepare`.

    `isolated` runs every query in a worker process under the system's limits, as a server must.
    A table that cannot be read breaks only the queries that read it: see `findings`. Raises
    WarehouseError where there is no such warehouse at all.
    """
    scheme = url.partition(":")[0].lower()
    if scheme in PLANNED:
        raise WarehouseError(
            "warehouse-not-built-yet",
            f"{PLANNED[scheme]} ({scheme}://) cannot be connected to yet; DuckDB over files and"
            " .duckdb files can.",
            hint="Export the tables to Parquet and name them with `file:` until then.",
        )
    if scheme != "duckdb":
        raise WarehouseError(
            "warehouse-url",
            f"{scheme!r} is not a warehouse that Sameboat knows.",
            hint="Use duckdb, duckdb:///file.duckdb or one of "
            + ", ".join(f"{name}://" for name in sorted(PLANNED) if name != "postgres")
            + ".",
        )
    database = duckdb_file(url, folder=folder)
    if database is not None and not database.is_file():
        raise WarehouseError("file-missing", f"There is no database file {database.name}.")
    if isolated:
        from sameboat.warehouse.sandbox import Sandbox  # needs no engine in this process

        return Sandbox(scans, database=database, zone=zone, limits=limits or SERVER)
    from sameboat.warehouse.duckdb import Embedded  # .1 s, which a server saves

    return Embedded(scans, database=database, zone=zone, limits=limits or OWN)
