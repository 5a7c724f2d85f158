"""The shape of a data file: how it is written and which columns of which types it holds.

CSV and JSON say nothing of their types, so the whole file is looked at once (up to
`FULL_SAMPLE` bytes; beyond that a large sample) and what was found is fixed in the text that the
engine reads afterwards. Nothing is guessed silently: dates that could be day or month first,
colliding names and files of one table that do not fit together are refused.
"""

from __future__ import annotations

import codecs
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import duckdb

from sameboat.errors import WarehouseError
from sameboat.project.file_faults import fault_of, first_line
from sameboat.project.model import Reading
from sameboat.project.sql_text import literal, quoted
from sameboat.project.tables import TableSource

FULL_SAMPLE = 128 << 20
PART_SAMPLE = 1_000_000
ENGINE_ENCODINGS = {
    "utf-8": "utf-8", "utf-8-sig": "utf-8", "ascii": "utf-8", "iso8859-1": "latin-1",
    "utf-16": "utf-16",
}  # fmt: skip
"""Encodings that the engine reads itself, by the name that Python gives them."""

_WHOLE = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT")


@dataclass(frozen=True)
class Shape:
    """The columns of a table's files, and the table function that reads them."""

    text: str
    columns: tuple[tuple[str, str], ...]


@dataclass(frozen=True)
class _Sniffed:
    path: Path
    delimiter: str
    quote: str
    escape: str
    columns: tuple[tuple[str, str], ...]
    date_format: str | None
    timestamp_format: str | None


@contextmanager
def locked_reader(
    paths: Sequence[Path], *, attach: Path | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """An engine in memory that can read these files and nothing else.

    A database file to attach appears read-only as `origin`.
    """
    connection = duckdb.connect(
        ":memory:",
        config={
            "autoinstall_known_extensions": False,
            "autoload_known_extensions": False,
            "python_enable_replacements": False,
            "temp_directory": "",
        },
    )
    try:
        connection.execute("SET GLOBAL TimeZone = 'UTC'")
        # casts are made from values, not by the CSV reader from text (see warehouse.duckdb)
        connection.execute("SET GLOBAL disabled_optimizers = 'type_pushdown'")
        if attach is not None:
            connection.execute(f"ATTACH {literal(str(attach))} AS origin (READ_ONLY)")
        allowed = ", ".join(literal(str(path)) for path in paths)
        connection.execute(f"SET allowed_paths = [{allowed}]")
        connection.execute("SET enable_external_access = false")
        connection.execute("SET lock_configuration = true")
        yield connection
    finally:
        connection.close()


def shape_of(source: TableSource, connection: duckdb.DuckDBPyConnection) -> Shape:
    """How the files of a table are written and which columns they hold.

    Raises WarehouseError that names the file, and where possible the line and the column.
    """
    for path in source.files:
        if path.stat().st_size == 0:
            raise WarehouseError("table-empty", f"{path.name} is an empty file.")
    try:
        if source.format == "parquet":
            shape = _parquet(source, connection)
        elif source.format == "json":
            shape = _json(source, connection)
        else:
            shape = _csv(source, connection)
    except duckdb.Error as error:
        raise _refused(str(error), source) from error
    _check_names(source, [name for name, _ in shape.columns])
    return shape


def encoding_of(reading: Reading) -> str:
    """Python's own name of the encoding that a file is read with; UTF-8 unless said."""
    if reading.encoding is None:
        return "utf-8"
    try:
        return codecs.lookup(reading.encoding).name
    except (LookupError, ValueError) as error:
        raise WarehouseError("encoding", f"There is no encoding {reading.encoding!r}.") from error


def _refused(text: str, source: TableSource) -> WarehouseError:
    name = next((path.name for path in source.files if str(path) in text), source.files[0].name)
    fault = fault_of(text, name=name)
    if fault is None:
        return WarehouseError("file-unreadable", f"{name} cannot be read: {first_line(text)}")
    return WarehouseError(fault.code, fault.message, findings=[fault])


def _check_names(source: TableSource, names: Sequence[str]) -> None:
    seen: dict[str, str] = {}
    for name in names:
        if not name.strip():
            raise WarehouseError(
                "colliding-headers", f"{source.file}: a column has no name in the header."
            )
        other = seen.get(name.casefold())
        if other is not None:
            raise WarehouseError(
                "colliding-headers",
                f"{source.file}: the columns {other!r} and {name!r} have the same name.",
                hint="Rename one of them; upper and lower case are not told apart.",
            )
        seen[name.casefold()] = name


# ── Parquet ──────────────────────────────────────────────────────────────────────────────────


def _parquet(source: TableSource, connection: duckdb.DuckDBPyConnection) -> Shape:
    files = _listed(source.files)
    rows = connection.execute(
        f"SELECT file_name, name, num_children FROM parquet_schema({files})"
    ).fetchall()
    names: dict[str, list[str]] = {}
    pending: dict[str, list[int]] = {}
    for file, name, children in rows:
        # a tree written depth first: the top columns are those whose parent is the root
        levels = pending.setdefault(file, [])
        if len(levels) == 1:
            names.setdefault(file, []).append(name)
        if levels:
            levels[-1] -= 1
        if children:
            levels.append(children)
        while levels and levels[-1] == 0:
            levels.pop()
    for columns in names.values():
        _check_names(source, columns)
    differ = len({tuple(columns) for columns in names.values()}) > 1
    text = f"read_parquet({files}{', union_by_name = true' if differ else ''})"
    return Shape(text, _described(connection, text))


def _described(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {text}").fetchall()
    return tuple((row[0], row[1]) for row in rows)


def _listed(paths: Sequence[Path]) -> str:
    return "[" + ", ".join(literal(str(path)) for path in paths) + "]"


# ── JSON ─────────────────────────────────────────────────────────────────────────────────────


def _json(source: TableSource, connection: duckdb.DuckDBPyConnection) -> Shape:
    files = _listed(source.files)
    whole = sum(path.stat().st_size for path in source.files) <= FULL_SAMPLE
    sample = -1 if whole else PART_SAMPLE
    options = ", maximum_object_size = 67108864"
    if source.reading.date_format:
        options += f", dateformat = {literal(source.reading.date_format)}"
    columns = _described(
        connection,
        f"read_json({files}{options}, sample_size = {sample}, union_by_name = true,"
        f" maximum_sample_files = {len(source.files)})",
    )
    if columns in ((("json", "JSON"),), ()):
        raise WarehouseError("table-empty", f"{source.file} holds no object, so no columns.")
    columns = tuple((name, "VARCHAR" if kind == "JSON" else kind) for name, kind in columns)
    text = f"read_json({files}{options}, columns = {_typed(columns)})"
    _check_keys(source, connection, text, [name for name, _ in columns])
    return Shape(text, columns)


def _check_keys(
    source: TableSource, connection: duckdb.DuckDBPyConnection, text: str, names: Sequence[str]
) -> None:
    """Refuse keys that differ in case only; the engine renames the second and finds it empty."""
    known = {name.casefold(): name for name in names}
    for name in names:
        base, _, number = name.rpartition("_")
        if number.isdigit() and base.casefold() in known:
            [(filled,)] = connection.execute(f"SELECT count({quoted(name)}) FROM {text}").fetchall()
            if not filled:
                _check_names(source, [known[base.casefold()], base])


def _typed(columns: Sequence[tuple[str, str]]) -> str:
    return "{" + ", ".join(f"{literal(name)}: {literal(kind)}" for name, kind in columns) + "}"


# ── CSV ──────────────────────────────────────────────────────────────────────────────────────


def _csv(source: TableSource, connection: duckdb.DuckDBPyConnection) -> Shape:
    given = _csv_options(source.reading)
    sniffed = [_sniff(connection, path, given) for path in source.files]
    first = sniffed[0]
    for other in sniffed[1:]:
        _check_alike(source, first, other)
    if not source.reading.date_format:
        for one in sniffed:
            _check_dates(connection, one, given)
    columns = _merged(connection, sniffed, given)
    options = {**given, **_dialect(first)}
    same = len({tuple(name for name, _ in one.columns) for one in sniffed}) == 1
    if same:
        options |= {"auto_detect": "false", "columns": _typed(columns)}
    else:
        options |= {"union_by_name": "true", "types": _typed(columns), "sample_size": "-1"}
    return Shape(f"read_csv({_listed(source.files)}, {_joined(options)})", columns)


def _csv_options(reading: Reading) -> dict[str, str]:
    skip = reading.header - 1 if type(reading.header) is int and reading.header > 0 else 0
    options = {
        "header": "false" if reading.header is False else "true",
        "skip": str(skip),
        "comment": "''",  # a line that begins with # is a row, not a remark
    }
    encoding = ENGINE_ENCODINGS.get(encoding_of(reading), "utf-8")
    if encoding != "utf-8":
        options["encoding"] = literal(encoding)
    if reading.delimiter:
        options["delim"] = literal(reading.delimiter)
    if reading.decimal:
        options["decimal_separator"] = literal(reading.decimal)
    if reading.date_format:
        clock = any(mark in reading.date_format for mark in ("%H", "%I", "%M"))
        key = "timestampformat" if clock else "dateformat"
        options[key] = literal(reading.date_format)
    if reading.null:
        options["nullstr"] = "[" + ", ".join(literal(n) for n in (*reading.null, "")) + "]"
    return options


def _joined(options: Mapping[str, str]) -> str:
    return ", ".join(f"{key} = {value}" for key, value in options.items())


def _dialect(one: _Sniffed) -> dict[str, str]:
    options = {
        "delim": literal(one.delimiter),
        "quote": literal(one.quote),
        "escape": literal(one.escape),
    }
    if one.date_format:
        options["dateformat"] = literal(one.date_format)
    if one.timestamp_format:
        options["timestampformat"] = literal(one.timestamp_format)
    return options


def _sniff(connection: duckdb.DuckDBPyConnection, path: Path, given: Mapping[str, str]) -> _Sniffed:
    whole = path.stat().st_size <= FULL_SAMPLE
    options = {**given, "sample_size": str(-1 if whole else PART_SAMPLE)}
    [row] = connection.execute(
        "SELECT Delimiter, Quote, Escape, Columns, DateFormat, TimestampFormat"
        f" FROM sniff_csv({literal(str(path))}, {_joined(options)})"
    ).fetchall()
    empty = "(empty)"
    quote, escape = ("" if mark == empty else mark for mark in row[1:3])
    if not whole and not quote:
        quote, escape = '"', '"'  # none in the sample is no proof that none follows
    delimiter = "," if row[0] == empty else row[0]
    columns = tuple(
        # a number of any length is kept as it is written
        (column["name"], "VARCHAR" if column["type"] == "BIGNUM" else column["type"])
        for column in row[3]
    )
    one = _Sniffed(path, delimiter, quote, escape, columns, row[4], row[5])
    if len(columns) == 1 and "delim" not in given:
        _check_single(connection, one, given)
    if given["header"] == "true":
        _check_header(connection, one, given)
    return one


def _check_single(
    connection: duckdb.DuckDBPyConnection, one: _Sniffed, given: Mapping[str, str]
) -> None:
    """Refuse a file that was taken for one column only because its rows are ragged."""
    name = one.columns[0][0]
    mark = next((mark for mark in (",", ";", "\t", "|") if mark in name), None)
    if mark is None:
        return
    columns = _typed([(f"c{at}", "VARCHAR") for at in range(name.count(mark) + 1)])
    options = {**given, "delim": literal(mark), "auto_detect": "false", "columns": columns}
    text = f"read_csv([{literal(str(one.path))}], {_joined(options)})"
    connection.execute(f"SELECT count(*), {_lengths(name.count(mark) + 1)} FROM {text}").fetchall()
    raise WarehouseError(
        "file-unreadable",
        f"{one.path.name} reads as one column named {name!r}.",
        hint=f"If {mark!r} parts its columns, say `read: {{delimiter: {mark!r}}}`.",
    )


def _lengths(count: int) -> str:
    return ", ".join(f"max(length(c{at}))" for at in range(count))


def _check_header(
    connection: duckdb.DuckDBPyConnection, one: _Sniffed, given: Mapping[str, str]
) -> None:
    """Refuse a header whose names collide; the engine would rename the second in silence."""
    spelled = [name for name, _ in one.columns]
    options = {
        **{key: value for key, value in given.items() if key in ("skip", "comment", "encoding")},
        "header": "false",
        "auto_detect": "false",
        "delim": literal(one.delimiter),
        "quote": literal(one.quote),
        "escape": literal(one.escape),
        "columns": _typed([(f"c{at}", "VARCHAR") for at in range(len(spelled))]),
    }
    header = connection.execute(
        f"SELECT * FROM read_csv([{literal(str(one.path))}], {_joined(options)}) LIMIT 1"
    ).fetchall()
    source = TableSource(one.path.name, file=one.path.name)
    for row in header:
        _check_names(source, [str(cell if cell is not None else "") for cell in row])


def _check_alike(source: TableSource, first: _Sniffed, other: _Sniffed) -> None:
    alone = len(first.columns) == 1 or len(other.columns) == 1
    if other.delimiter != first.delimiter and not alone:
        raise WarehouseError(
            "file-shapes-differ",
            f"{source.file}: {first.path.name} parts its columns by {first.delimiter!r},"
            f" {other.path.name} by {other.delimiter!r}.",
        )
    for what, one, two in (
        ("dates", first.date_format, other.date_format),
        ("times", first.timestamp_format, other.timestamp_format),
    ):
        if one and two and one != two:
            raise WarehouseError(
                "file-shapes-differ",
                f"{source.file}: {first.path.name} writes {what} as {one},"
                f" {other.path.name} as {two}.",
            )


def _check_dates(
    connection: duckdb.DuckDBPyConnection, one: _Sniffed, given: Mapping[str, str]
) -> None:
    """Refuse dates of which no row tells whether the day or the month comes first."""
    for form, kinds in (
        (one.date_format, ("DATE",)),
        (one.timestamp_format, ("TIMESTAMP", "TIMESTAMP WITH TIME ZONE")),
    ):
        names = [name for name, kind in one.columns if kind in kinds]
        swapped = _swapped(form or "")
        if not swapped or not names:
            continue
        options = {**given, **_dialect(one), "auto_detect": "false"}
        options = {k: v for k, v in options.items() if not k.endswith("format")}
        options["columns"] = _typed([(name, "VARCHAR") for name, _ in one.columns])
        both = " AND ".join(
            f"bool_and({quoted(name)} IS NULL"
            f" OR try_strptime({quoted(name)}, {literal(swapped)}) IS NOT NULL)"
            for name in names
        )
        [(unsure,)] = connection.execute(
            f"SELECT {both} FROM read_csv([{literal(str(one.path))}], {_joined(options)})"
        ).fetchall()
        if unsure:
            raise WarehouseError(
                "ambiguous-date",
                f"{one.path.name}: the dates in {', '.join(names)} could be"
                f" {form} or {swapped}, and no row tells which.",
                hint=f'Say which, such as `read: {{date_format: "{form}"}}`.',
            )


def _swapped(form: str) -> str | None:
    """The same format with day and month in each other's place, where both come before the year.

    >>> _swapped("%d/%m/%Y"), _swapped("%Y-%m-%d")
    ('%m/%d/%Y', None)
    """
    day, month, year = form.find("%d"), form.find("%m"), form.lower().find("%y")
    if min(day, month, year) < 0 or year < max(day, month):
        return None
    return form.replace("%d", "%\0").replace("%m", "%d").replace("%\0", "%m")


def _merged(
    connection: duckdb.DuckDBPyConnection, sniffed: Sequence[_Sniffed], given: Mapping[str, str]
) -> tuple[tuple[str, str], ...]:
    """Each column of any file with the narrowest type that holds all its values."""
    merged: dict[str, str] = {}
    spelled: dict[str, str] = {}
    for one in sniffed:
        for name, kind in one.columns:
            key = name.casefold()
            spelled.setdefault(key, name)
            have = merged.get(key)
            if have is None or have == kind:
                merged[key] = kind
            elif kind == "VARCHAR" and not _has_values(connection, one, name, given):
                continue  # an empty column says nothing of its type
            elif have == "VARCHAR" and not any(
                _has_values(connection, before, name, given)
                for before in sniffed[: sniffed.index(one)]
                if key in {other.casefold() for other, _ in before.columns}
            ):
                merged[key] = kind
            else:
                merged[key] = _wider(have, kind)
    return tuple((spelled[key], kind) for key, kind in merged.items())


def _wider(one: str, two: str) -> str:
    """The type that holds both.

    >>> _wider("BIGINT", "DOUBLE"), _wider("DATE", "BIGINT")
    ('DOUBLE', 'VARCHAR')
    """
    both = {one, two}
    if both <= set(_WHOLE):
        return max(both, key=_WHOLE.index)
    if both <= {*_WHOLE, "DOUBLE"}:
        return "DOUBLE"
    if both == {"DATE", "TIMESTAMP"}:
        return "TIMESTAMP"
    return "VARCHAR"


def _has_values(
    connection: duckdb.DuckDBPyConnection, one: _Sniffed, name: str, given: Mapping[str, str]
) -> bool:
    options = {**given, **_dialect(one), "auto_detect": "false"}
    options = {k: v for k, v in options.items() if not k.endswith("format")}
    options["columns"] = _typed([(column, "VARCHAR") for column, _ in one.columns])
    spelled = next(c for c, _ in one.columns if c.casefold() == name.casefold())
    found = connection.execute(
        f"SELECT 1 FROM read_csv([{literal(str(one.path))}], {_joined(options)})"
        f" WHERE {quoted(spelled)} IS NOT NULL LIMIT 1"
    ).fetchall()
    return bool(found)
