"""How a file is written where its bytes do not say: what `read:` must hold for it to be read.

A file is first read as it stands. Only where that fails, or where its first lines show titles
above the header or decimal commas, is something said; each guess comes with a sentence for the
person who must confirm it.
"""

from __future__ import annotations

import csv
import io
import re
import warnings
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

from sameboat.errors import Finding, WarehouseError
from sameboat.project.scans import Scan
from sameboat.project.tables import TableSource
from sameboat.sources.excel import ERRORS
from sameboat.sources.land import prepare

HEAD = 1 << 18
"""Bytes of a text file that are looked at for titles, delimiters and decimal signs."""

TITLES = 30
"""In how many lines the header must begin."""

_NUMBER = re.compile(r"-?[\d.,\s]*\d%?")
_COMMA = re.compile(r"-?\d+,\d+")
_DAY = re.compile(r"\d{1,4}[-./]\d{1,2}[-./]\d{1,4}.*")
_FORMATS = re.compile(r"could be (\S+) or (\S+), and no row")


@dataclass(frozen=True)
class Readable:
    """A source that can be read, with its scan and what a person should confirm."""

    source: TableSource
    scan: Scan
    notes: tuple[str, ...]


def readable(source: TableSource, *, folder: Path) -> Readable:
    """The source with the reading under which it can be read.

    Raises WarehouseError with what is wrong where no reading helps. `folder` receives copies
    where some must be made to look at all; the caller throws it away.
    """
    notes: list[str] = []
    if source.format == "csv" and source.files and source.files[0].suffix not in (".gz", ".zst"):
        source = _from_head(source, notes)
    elif source.format == "excel" and source.files:
        source = _from_sheet(source, notes)
    for _ in range(5):
        [scan] = prepare([source], folder=folder)
        if not scan.findings:
            return Readable(source, scan, tuple(notes))
        mended = _mended(source, scan.findings[0], notes)
        if mended is None:
            break
        source = replace(source, reading=source.reading.model_copy(update=mended))
    raise WarehouseError.of(scan.findings)


def _mended(source: TableSource, finding: Finding, notes: list[str]) -> dict[str, object] | None:
    """What to say of a file so that this fault goes away, or None where nothing helps."""
    if finding.code == "encoding" and source.reading.encoding is None:
        return {"encoding": _encoding(source.files[0], notes)}
    if finding.code == "cell-error" and not source.reading.null:
        notes.append("cells that hold an error (such as #N/A) are taken for 'no value'")
        return {"null": tuple(sorted(ERRORS))}
    formats = _FORMATS.search(finding.message)
    if finding.code == "ambiguous-date" and formats and source.reading.date_format is None:
        day_first = next((f for f in formats.groups() if f.find("%d") < f.find("%m")), formats[1])
        other = next(f for f in formats.groups() if f != day_first)
        local = source.reading.decimal == "," or source.reading.delimiter == ";" or "." in day_first
        chosen = day_first if local or "-" in day_first else other
        notes.append(
            f"no row tells whether dates are {formats[1]} or {formats[2]}:"
            f" {chosen} is a guess, please confirm"
        )
        return {"date_format": chosen}
    return None


def _encoding(path: Path, notes: list[str]) -> str:
    content = path.read_bytes()
    if content[:2] in (b"\xff\xfe", b"\xfe\xff"):
        return "utf-16"
    several = re.search(rb"[\xc3][\x80-\xbf]|[\xe2][\x80-\xbf]{2}", content) is not None
    try:
        content.decode("cp1252")
        found = "cp1252"
    except UnicodeDecodeError:
        found = "iso8859-1"
    if several:
        notes.append(
            "some lines look like UTF-8 and others do not: letters with accents may be wrong"
        )
    else:
        notes.append(f"the text is not UTF-8; {found} is a guess, look at names with accents")
    return found


# ── the first lines of a text file ───────────────────────────────────────────────────────────


def _from_head(source: TableSource, notes: list[str]) -> TableSource:
    with source.files[0].open("rb") as file:
        raw = file.read(HEAD)
    if not raw.strip():
        return source
    text = _text(raw)
    delimiter, rows = _rows(text)
    if delimiter is None:
        return source
    said: dict[str, object] = {}
    line, at = _header(rows)
    if line > 1:
        notes.append(f"the names of the columns stand in line {line}")
        said = {"header": line, "delimiter": delimiter}
    body = [cells for _, cells in rows[at + 1 :]]
    if _second_header(rows, at):
        line, at = rows[at + 1][0], at + 1
        notes.append(f"two header lines: the names are taken from line {line}, the lower one")
        said = {"header": line, "delimiter": delimiter}
    if _decimal_commas(body):
        said |= {"decimal": ",", "delimiter": delimiter}
        notes.append("numbers are written with a decimal comma")
    return replace(source, reading=source.reading.model_copy(update=said)) if said else source


def _text(raw: bytes) -> str:
    for encoding in ("utf-16",) if raw[:2] in (b"\xff\xfe", b"\xfe\xff") else ("utf-8-sig",):
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    return raw.decode("cp1252", "replace")


def _rows(text: str) -> tuple[str | None, list[tuple[int, list[str]]]]:
    """The delimiter that parts most lines alike, and the rows with the lines they begin in."""
    best: tuple[float, str | None, list[tuple[int, list[str]]]] = (0.0, None, [])
    for delimiter in (",", ";", "\t", "|"):
        rows = _parsed(text, delimiter)
        counts = Counter(len(cells) for _, cells in rows if len(cells) > 1)
        if not counts:
            continue
        width, often = counts.most_common(1)[0]
        score = often / max(1, len(rows)) + min(width, 50) / 1000
        if score > best[0]:
            best = (score, delimiter, rows)
    return best[1], best[2]


def _parsed(text: str, delimiter: str) -> list[tuple[int, list[str]]]:
    rows = []
    before = 0
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter)
    try:
        for cells in reader:
            rows.append((before + 1, [cell.strip() for cell in cells]))
            before = reader.line_num
            if len(rows) >= 400:
                break
    except csv.Error:
        return rows
    return rows


def _header(rows: Sequence[tuple[int, list[str]]]) -> tuple[int, int]:
    """The line of the header and its place in the rows: the first that is as wide as most."""
    width = Counter(len(cells) for _, cells in rows if len(cells) > 1).most_common(1)[0][0]
    if len(rows[0][1]) == width and sum(bool(c) for c in rows[0][1]) > width / 2:
        group = sum(bool(c) for c in rows[0][1]) < width
        if not group or len(rows) < 2 or not _names(rows[1][1]):
            return rows[0][0], 0
    for at, (line, cells) in enumerate(rows[:TITLES]):
        if len(cells) == width and all(cells) and _names(cells):
            return line, at
    return rows[0][0], 0


def _names(cells: Sequence[str]) -> bool:
    """Whether a row reads like names of columns: all filled, all different, no number or date."""
    return (
        all(cells)
        and len({cell.casefold() for cell in cells}) == len(cells)
        and not any(_NUMBER.fullmatch(cell) or _DAY.fullmatch(cell) for cell in cells)
    )


def _second_header(rows: Sequence[tuple[int, list[str]]], at: int) -> bool:
    """Whether two lines of names stand above columns of numbers or dates."""
    body = [cells for _, cells in rows[at + 2 : at + 30] if len(cells) == len(rows[at][1])]
    if len(body) < 3 or len(rows[at + 1][1]) != len(rows[at][1]) or not _names(rows[at + 1][1]):
        return False
    if not _names(rows[at][1]):
        return False
    figures = sum(
        all(_NUMBER.fullmatch(cells[n]) or _DAY.fullmatch(cells[n]) for cells in body if cells[n])
        and any(cells[n] for cells in body)
        for n in range(len(rows[at][1]))
    )
    return figures >= max(1, len(rows[at][1]) // 3)


def _decimal_commas(body: Sequence[Sequence[str]]) -> bool:
    columns: dict[int, list[str]] = {}
    for cells in body:
        for n, cell in enumerate(cells):
            if cell:
                columns.setdefault(n, []).append(cell)
    return any(
        any(_COMMA.fullmatch(cell) for cell in cells)
        and all(_COMMA.fullmatch(cell) or re.fullmatch(r"-?\d+", cell) for cell in cells)
        for cells in columns.values()
    )


# ── a sheet of a workbook ────────────────────────────────────────────────────────────────────


def sheets(path: Path) -> tuple[str, ...]:
    """The names of a workbook's sheets. Raises WarehouseError where it is none."""
    from openpyxl import load_workbook  # .15 s, and only Excel needs it

    try:
        with path.open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return tuple(load_workbook(file, read_only=True).sheetnames)
    except OSError:
        raise
    except Exception as error:  # its parsers raise a dozen kinds for a damaged workbook
        raise WarehouseError("file-unreadable", f"{path.name} is not an Excel workbook.") from error


def _from_sheet(source: TableSource, notes: list[str]) -> TableSource:
    from openpyxl import load_workbook

    try:
        with source.files[0].open("rb") as file, warnings.catch_warnings():
            warnings.simplefilter("ignore")
            book = load_workbook(file, read_only=True, data_only=True)
            sheet = book[source.reading.sheet] if source.reading.sheet else book.worksheets[0]
            sheet.reset_dimensions()
            first = [list(row) for row in islice(sheet.iter_rows(values_only=True), 60)]
    except Exception:  # the landing says what is wrong with it
        return source
    widths = [sum(cell is not None for cell in row) for row in first]
    usual = Counter(width for width in widths if width > 1).most_common(1)
    if not usual:
        return source
    for line, (row, width) in enumerate(zip(first, widths, strict=True), 1):
        if width >= usual[0][0] and _names([str(c) for c in row if c is not None]):
            if line > 1:
                notes.append(f"the names of the columns stand in row {line}")
                reading = source.reading.model_copy(update={"header": line})
                return replace(source, reading=reading)
            break
    return source
