"""Tables that the tests of this room start from."""

from __future__ import annotations

from pathlib import Path

import duckdb

from sameboat.project.model import Table
from sameboat.project.scans import Scan
from sameboat.project.tables import sources_of
from sameboat.sources.land import prepare

DEALS = Table(file="deals.parquet", personal=("owner_name",), pseudonymous=("contact_id",))
ACCOUNTS = Table(file="accounts.csv")


def ready(
    folder: Path, url: str = "duckdb", schema: str | None = None, **tables: Table
) -> tuple[Scan, ...]:
    """The scans of these tables."""
    return prepare(sources_of(tables, folder=folder), folder=folder, url=url, schema=schema)


def make_database(path: Path, *statements: str) -> Path:
    """A .duckdb file in which these statements were run."""
    connection = duckdb.connect(str(path))
    for statement in statements:
        connection.execute(statement).fetchall()
    connection.close()
    return path
