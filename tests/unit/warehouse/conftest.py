"""A small project's tables, ready and connected."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.project.model import Table
from sameboat.project.scans import duckdb_file
from sameboat.warehouse.base import OWN, Limits
from sameboat.warehouse.duckdb import Embedded
from tests.unit.warehouse.given import ACCOUNTS, DEALS, ready

Opens = Callable[..., Embedded]


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Deals with an owner's name and a contact, and accounts, as Parquet and CSV."""
    return filled(tmp_path)


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Embedded, Path]]:
    """The same tables, opened once for the tests that only try to get past the lock."""
    folder = filled(tmp_path_factory.mktemp("locked"))
    warehouse = Embedded(ready(folder, deals=DEALS, accounts=ACCOUNTS))
    yield warehouse, folder
    warehouse.close()


def filled(tmp_path: Path) -> Path:
    """The folder, with both files in it."""
    deals = pa.table(
        {
            "deal_id": [1, 2, 3, 4],
            "account_id": [10, 10, 20, 30],
            "amount": [100.0, 50.0, 70.0, None],
            "owner_name": ["Ann", "Bob", "Ann", "Cy"],
            "contact_id": ["c1", "c2", "c1", None],
        }
    )
    pq.write_table(deals, tmp_path / "deals.parquet")
    (tmp_path / "accounts.csv").write_text("account_id,region,since\n10,UK,2024-01-05\n20,DE,\n")
    return tmp_path


@pytest.fixture
def opened(folder: Path) -> Iterator[Opens]:
    """Opens tables in this process; all is closed after the test."""
    made: list[Embedded] = []

    def open_tables(
        url: str = "duckdb",
        *,
        schema: str | None = None,
        limits: Limits = OWN,
        zone: str = "UTC",
        **tables: Table,
    ) -> Embedded:
        scans = ready(folder, url, schema, **tables)
        database = duckdb_file(url, folder=folder)
        made.append(Embedded(scans, database=database, zone=zone, limits=limits))
        return made[-1]

    yield open_tables
    for warehouse in made:
        warehouse.close()
