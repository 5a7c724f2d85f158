"""Writes what the systems export: one Parquet file per table."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from sameboat.demo.company import Columns, Company
from sameboat.demo.truths import LOADED_AT, TRUTHS, UNTIL


def write(folder: Path, company: Company, name: str, columns: Columns) -> None:
    """Write one table as `name.parquet`, stamped with the time of its last load."""
    data = {column: _array(values) for column, values in columns.items()}
    rows = len(next(iter(data.values())))
    stamp = pa.scalar(loaded_at(company, name), pa.timestamp("us"))
    data["_loaded_at"] = pa.repeat(stamp, rows)
    pq.write_table(
        pa.table(data),
        folder / f"{name}.parquet",
        compression="zstd",
        row_group_size=65_536,
        store_schema=False,
    )


def loaded_at(company: Company, name: str) -> datetime:
    """When a table was loaded last: the night after the exports, but for the one that stopped."""
    if name == TRUTHS.closures.table and company.until == UNTIL:
        return TRUTHS.closures.loaded_at
    return LOADED_AT + (company.until - UNTIL)


def _array(values: object) -> pa.Array:
    if isinstance(values, pa.Array):
        return values
    array = np.asarray(values)
    if array.dtype.kind == "M" and array.dtype != np.dtype("datetime64[D]"):
        return pa.array(array.astype("datetime64[us]"))
    if array.dtype.kind == "i":
        return pa.array(array, pa.int32())
    return pa.array(array)
