"""Files that appear whole or not at all.

A file is written under a hidden name beside its place, flushed to the disk and renamed over it.
Readers see the old file or the new one; a writer that is killed leaves only a hidden file, which
the next writer of that folder clears away.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from sameboat.project.file_faults import writing_error
from sameboat.project.home import make_folder
from sameboat.project.unfinished import clear_abandoned, unfinished_file

ROW_GROUP = 122_880


def publish(target: Path, write: Callable[[Path], None], *, mode: int = 0o644) -> Path:
    """The target, after `write` has filled a hidden file beside it that then takes its place.

    Raises WarehouseError with `disk-full` or `folder-read-only`; whatever stood at the target
    before still stands then. Any other error of `write` passes through, likewise harmless.
    """
    try:
        make_folder(target.parent)
        clear_abandoned(target.parent)
        with unfinished_file(target) as own:
            write(own)
            own.chmod(mode)
            _flush(own)
            own.replace(target)
        _flush(target.parent)
    except OSError as error:
        raise writing_error(error, name=f"{target.parent.name}/{target.name}") from error
    return target


def publish_table(
    target: Path, rows: pa.Table | pa.RecordBatchReader, *, mode: int = 0o644
) -> Path:
    """The target as a Parquet file that holds these rows, whole or not at all."""

    def write(path: Path) -> None:
        with parquet_writer(path, rows.schema) as writer:
            if isinstance(rows, pa.Table):
                writer.write_table(rows, row_group_size=ROW_GROUP)
            else:
                for batch in rows:
                    writer.write_batch(batch)

    return publish(target, write, mode=mode)


@contextmanager
def parquet_writer(path: Path, schema: pa.Schema) -> Iterator[pq.ParquetWriter]:
    """A writer of Parquet as the engine reads it fastest."""
    with pq.ParquetWriter(path, schema, compression="zstd", compression_level=1) as writer:
        yield writer


def _flush(path: Path) -> None:
    flags = os.O_RDONLY
    if path.is_dir() and os.name == "nt":
        return  # Windows flushes a folder with the files in it
    handle = os.open(path, flags)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
