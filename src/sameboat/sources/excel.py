"""One sheet of an Excel workbook → an Arrow table, read as a stream.

Values are what the workbook last computed; no formula is run and no link is followed. A cell
that holds an error is refused with its address, because it would otherwise turn a column of
numbers into text or into a silent gap.
"""

from __future__ import annotations

import datetime as dt
import warnings
import zipfile
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa

from sameboat.errors import WarehouseError, did_you_mean
from sameboat.project.model import Reading

LARGEST = 1 << 30
"""How many bytes a workbook may unpack to; more is refused before it is unpacked."""

ERRORS = frozenset({"#N/A", "#DIV/0!", "#REF!", "#VALUE!", "#NAME?", "#NULL!", "#NUM!", "#SPILL!"})
_MIDNIGHT = dt.time()


def sheet_table(path: Path, reading: Reading) -> pa.Table:
    """The rows of one sheet, each column with the narrowest type that holds all its values."""
    _check_size(path)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # openpyxl warns of styles and rules that it leaves out
        names, columns = _columns(path, reading)
    arrays = [_array(path, name, values) for name, values in zip(names, columns, strict=True)]
    return pa.table(arrays, names=names)


def _check_size(path: Path) -> None:
    try:
        with zipfile.ZipFile(path) as archive:
            unpacked = sum(entry.file_size for entry in archive.infolist())
    except (zipfile.BadZipFile, NotImplementedError, ValueError) as error:
        raise WarehouseError(
            "file-unreadable",
            f"{path.name} is not an Excel workbook.",
            hint="Old .xls files and protected ones must be saved as plain .xlsx first.",
        ) from error
    if unpacked > LARGEST:
        raise WarehouseError(
            "file-too-large",
            f"{path.name} unpacks to {unpacked >> 20} MB; at most {LARGEST >> 20} MB are read.",
            hint="Save the sheet as CSV or Parquet.",
        )


def _columns(path: Path, reading: Reading) -> tuple[list[str], list[list[Any]]]:
    from openpyxl import load_workbook  # .15 s, and only Excel needs it

    with path.open("rb") as file:  # opened here, because openpyxl leaves damaged ones open
        try:
            book = load_workbook(file, read_only=True, data_only=True, keep_links=False)
            sheet = _sheet(path, book, reading.sheet)
            sheet.reset_dimensions()  # what a file says of its own size is often wrong
            return _gathered(path, sheet.iter_rows(values_only=True), reading)
        except (WarehouseError, OSError):
            raise
        except Exception as error:  # its parsers raise a dozen kinds for a damaged workbook
            raise WarehouseError(
                "file-unreadable", f"{path.name} is a damaged workbook."
            ) from error


def _sheet(path: Path, book: Any, name: str | None) -> Any:
    sheets = {sheet.title: sheet for sheet in book.worksheets}
    if name is None and len(sheets) == 1:
        return next(iter(sheets.values()))
    if name in sheets:
        return sheets[name]
    listed = ", ".join(repr(title) for title in sheets)
    if name is None:
        raise WarehouseError(
            "file-unreadable",
            f"{path.name} has several sheets: {listed}.",
            hint="Say which, such as `read: {sheet: Deals}`.",
        )
    raise WarehouseError(
        "file-unreadable",
        f"{path.name} has no sheet {name!r}, only {listed}.",
        hint=did_you_mean(name, sheets),
    )


def _gathered(
    path: Path, rows: Iterator[Sequence[Any]], reading: Reading
) -> tuple[list[str], list[list[Any]]]:
    top = reading.header if type(reading.header) is int and reading.header > 0 else 1
    for _ in range(top - 1):
        next(rows, None)
    first = next(rows, None)
    if first is None or all(cell is None for cell in first):
        raise WarehouseError("table-empty", f"{path.name}: the sheet has no header row.")
    first = _trimmed(first)
    body: Iterable[Sequence[Any]] = rows
    start = top + 1
    if reading.header is False:
        names = [f"column{at}" for at in range(len(first))]
        body, start = _with_first(first, rows), top
    else:
        names = [str(cell).strip() if cell is not None else "" for cell in first]
    nulls = {None, "", *reading.null}
    columns: list[list[Any]] = [[] for _ in names]
    for number, row in enumerate(body, start):
        cells = list(row[: len(names)]) + [None] * (len(names) - len(row))
        beyond = next((c for c in row[len(names) :] if c is not None), None)
        if beyond is not None:
            raise WarehouseError(
                "file-unreadable", f"{path.name}, row {number}: a value stands beyond the header."
            )
        if all(cell is None for cell in cells):
            continue
        for at, cell in enumerate(cells):
            text = isinstance(cell, str)
            if text and cell in nulls:
                cell = None
            elif text and cell in ERRORS:
                raise _cell_error(path, cell, at, number)
            columns[at].append(cell)
    return names, columns


def _trimmed(row: Sequence[Any]) -> Sequence[Any]:
    width = max(at for at, cell in enumerate(row, 1) if cell is not None)
    return row[:width]


def _with_first(first: Sequence[Any], rows: Iterator[Sequence[Any]]) -> Iterator[Sequence[Any]]:
    yield first
    yield from rows


def _cell_error(path: Path, cell: str, at: int, row: int) -> WarehouseError:
    from openpyxl.utils import get_column_letter

    return WarehouseError(
        "cell-error",
        f"{path.name}: the cell {get_column_letter(at + 1)}{row} holds {cell}.",
        hint=f'Mend it, or take it for "no value": `read: {{null: ["{cell}"]}}`.',
    )


def _array(path: Path, name: str, values: list[Any]) -> pa.Array:
    kinds = {type(value) for value in values} - {type(None)}
    if kinds == {dt.datetime}:
        if all(value is None or value.time() == _MIDNIGHT for value in values):
            return pa.array([v and v.date() for v in values], pa.date32())
        return pa.array(values, pa.timestamp("us"))
    if kinds == {dt.datetime, dt.date}:
        values = [dt.datetime(v.year, v.month, v.day) if type(v) is dt.date else v for v in values]
        return pa.array(values, pa.timestamp("us"))
    try:
        for kind, arrow in ((bool, pa.bool_()), (int, pa.int64()), (dt.date, pa.date32())):
            if kinds == {kind}:
                return pa.array(values, arrow)
        if kinds and kinds <= {int, float}:
            return pa.array([None if v is None else float(v) for v in values], pa.float64())
        if kinds == {dt.time}:
            return pa.array(values, pa.time64("us"))
    except (pa.ArrowInvalid, OverflowError) as error:
        raise WarehouseError(
            "value-type", f"{path.name}, column {name!r}: a number is too large."
        ) from error
    return pa.array([None if v is None else str(v) for v in values], pa.string())
