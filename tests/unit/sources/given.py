"""What the tests of this room start from."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.errors import WarehouseError
from sameboat.project.model import Reading, Table
from sameboat.project.scans import Scan
from sameboat.project.tables import TableSource, sources_of
from sameboat.sources.land import prepare
from sameboat.sources.shapes import Shape, locked_reader, shape_of


def source(folder: Path, file: str, **more: Any) -> TableSource:
    """A declared table `t` over this file; `read` holds its reading options."""
    read = Reading(**more.pop("read", {}))
    [made] = sources_of({"t": Table(file=file, read=read, **more)}, folder=folder)
    return made


def shape(folder: Path, file: str, **read: Any) -> Shape:
    """The shape that is found in a file."""
    one = source(folder, file, read=read)
    with locked_reader(one.files) as connection:
        return shape_of(one, connection)


def rows(folder: Path, file: str, **read: Any) -> list[dict[str, Any]]:
    """The rows that are read from a file, in order."""
    one = source(folder, file, read=read)
    with locked_reader(one.files) as connection:
        found = shape_of(one, connection)
        table = connection.sql(f"SELECT * FROM {found.text}").to_arrow_table()
    return list(table.to_pylist())


def refused(folder: Path, file: str, **read: Any) -> WarehouseError:
    """What is said of a file that cannot be read."""
    with pytest.raises(WarehouseError) as caught:
        rows(folder, file, **read)
    return caught.value


def scan(folder: Path, **table: Any) -> Scan:
    """The table `t`, ready to be read."""
    table["read"] = Reading(**table.pop("read", {}))
    [made] = prepare(sources_of({"t": Table(**table)}, folder=folder), folder=folder)
    return made


def contents(made: Scan) -> pa.Table:
    """The rows of a landed copy."""
    assert made.findings == ()
    assert made.landed
    return pq.read_table(made.paths[0])
