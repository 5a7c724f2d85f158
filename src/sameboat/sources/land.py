"""Declared tables → scans that the engine may read: in place, or from a landed copy.

A table whose file holds personal or pseudonymous columns, or is written in a way that the engine
does not read, is copied once: without its personal columns, with its pseudonymous ones hashed,
as Parquet in `.sameboat/landed/`, named by a fingerprint of its source. Only the copy can be
opened afterwards, and only by its owner, read-only.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field, replace
from pathlib import Path
from urllib.parse import quote

import duckdb
import pyarrow as pa

from sameboat.errors import Finding, WarehouseError, did_you_mean
from sameboat.project.file_faults import fault_of, first_line, reading_fault
from sameboat.project.scans import Kind, Scan, duckdb_file, fingerprint_of
from sameboat.project.sql_text import quoted
from sameboat.project.tables import TableSource
from sameboat.project.unfinished import clear_abandoned
from sameboat.sources.copies import claimed, sweep
from sameboat.sources.encodings import as_utf8
from sameboat.sources.pseudonyms import key_mark, key_of, pseudonyms
from sameboat.sources.publish import publish, publish_table
from sameboat.sources.shapes import (
    ENGINE_ENCODINGS,
    Shape,
    encoding_of,
    locked_reader,
    shape_of,
)

LANDING = "1"
"""Part of every fingerprint: a change of how copies are made must change it."""

_PLAIN_TEXT = ("INTERVAL", "BIT", "UUID", "TIME WITH TIME ZONE", "UNION", "VARIANT", "BIGNUM")


def lands(source: TableSource) -> bool:
    """Whether a table must be copied before anything may read it: the one place that decides."""
    if source.sql is not None:
        return False
    if source.relation is not None:
        return bool(source.pseudonymous)
    if source.personal or source.pseudonymous or source.format == "excel":
        return True
    return source.format != "parquet" and encoding_of(source.reading) not in ENGINE_ENCODINGS


def prepare(
    sources: Iterable[TableSource],
    *,
    folder: Path,
    url: str = "duckdb",
    schema: str | None = None,
) -> tuple[Scan, ...]:
    """Every table ready to be read, in the given order.

    Equal results mean unchanged data, so a long-lived reader calls this again to learn whether
    to reconnect. A table that cannot be read carries its findings; the others stay usable.
    """
    declared = tuple(sources)
    database = duckdb_file(url, folder=folder) if url.startswith("duckdb") else None
    with _Workshop(declared, folder, database, schema).opened() as workshop:
        return tuple(_ready(source, workshop) for source in declared)


def land(
    source: TableSource,
    *,
    folder: Path,
    key: bytes | None = None,
    database: Path | None = None,
    schema: str | None = None,
) -> Path:
    """The projected, hashed copy of a table's rows, made if its source has changed.

    `folder` is the project's; `key` is needed for pseudonymous columns only. Killed half-way it
    leaves nothing that could be taken for a copy; two processes at once end with one copy.
    """
    origin = source.files or ((database,) if database else ())
    parts = (
        LANDING,
        source.format or "",
        source.reading.model_dump_json(),
        _relation(source.relation, schema) if source.relation else "",
        "|".join(sorted(source.personal)),
        "|".join(sorted(source.pseudonymous)),
        key_mark(key) if key and source.pseudonymous else "",
    )
    mark = fingerprint_of(origin, *parts)
    home = folder / ".sameboat" / "landed" / quote(source.name, safe="")
    target = home / f"{mark}.parquet"
    clear_abandoned(home)  # a text made readable for the engine still holds personal columns
    if claimed(target):
        sweep(home, keep=target)  # whoever made it may have been killed before it did this
        return target
    with _opened(source, home, database, schema) as opened:
        rows = _hashed(_projected(source, opened), source, key)
        try:
            publish_table(target, rows, mode=0o400)
        except pa.ArrowException as error:
            raise _reading_error(f"its values cannot be copied: {error}", source) from error
    sweep(home, keep=target)
    return target


# ── one table after the other ────────────────────────────────────────────────────────────────


@dataclass
class _Workshop:
    """What preparing several tables shares: a locked reader and a key, made when needed."""

    sources: Sequence[TableSource]
    folder: Path
    database: Path | None
    schema: str | None
    stack: ExitStack = field(default_factory=ExitStack)
    reader: duckdb.DuckDBPyConnection | None = None
    key: bytes | None = None

    @contextmanager
    def opened(self) -> Iterator[_Workshop]:
        with self.stack:
            yield self

    def shape(self, source: TableSource) -> Shape:
        if self.reader is None:
            paths = [path for one in self.sources if not lands_safely(one) for path in one.files]
            self.reader = self.stack.enter_context(locked_reader(paths))
        return shape_of(source, self.reader)

    def key_for(self, source: TableSource) -> bytes | None:
        if source.pseudonymous and self.key is None:
            self.key = key_of(self.folder)
        return self.key if source.pseudonymous else None


def lands_safely(source: TableSource) -> bool:
    """Whether a table lands; one that is wrongly declared counts as one that does."""
    try:
        return lands(source)
    except WarehouseError:
        return True


def _ready(source: TableSource, workshop: _Workshop) -> Scan:
    kind: Kind = "select" if source.sql is not None else "relation" if source.relation else "files"
    blank = Scan(
        source.name, kind, personal=source.personal, pseudonymous=source.pseudonymous
    )  # fmt: skip
    try:
        if source.sql is not None:
            return replace(blank, text=source.sql, fingerprint=fingerprint_of((), source.sql))
        if source.relation is not None and not lands(source):
            return _relation_scan(blank, source, workshop)
        _check_files(source, workshop)
        return _landed(blank, source, workshop) if lands(source) else _in_place(
            blank, source, workshop
        )  # fmt: skip
    except WarehouseError as error:
        found = tuple(
            replace(finding, message=_named(source.name, finding.message))
            for finding in error.findings
        )
        return replace(blank, findings=found)
    except OSError as error:
        return replace(blank, findings=(reading_fault(error, name=f"{source.name}: a file"),))


def _named(name: str, message: str) -> str:
    return message if message.startswith(f"{name}: ") else f"{name}: {message}"


def _check_files(source: TableSource, workshop: _Workshop) -> None:
    if source.relation is not None:
        if workshop.database is None:
            raise _needs_database(source)
        return
    if source.file is None:
        raise WarehouseError(
            "missing-key", "the table has neither `file:` nor `relation:` nor `sql:`."
        )
    if not source.files:
        several = any(mark in source.file for mark in "*?[")
        said = "no file matches" if several else "there is no file"
        raise WarehouseError("file-missing", f"{said} {source.file}.")
    for path in source.files:
        if not path.is_file():
            raise WarehouseError(
                "file-unreadable",
                f"{source.file} is a folder.",
                hint="Name its files, such as `folder/*.parquet`.",
            )
        try:
            with path.open("rb"):
                pass
        except OSError as error:
            fault = reading_fault(error, name=path.name)
            raise WarehouseError(fault.code, fault.message) from error
    if source.format is None:
        raise WarehouseError(
            "file-format",
            f"{source.file} is of a kind that is not read.",
            hint="CSV, JSON, Parquet and Excel (.xlsx) files are.",
        )


def _needs_database(source: TableSource) -> WarehouseError:
    return WarehouseError(
        "relation-missing",
        f"the relation {source.relation} needs a warehouse that holds it.",
        hint="Name one in sameboat.yml, such as `warehouse: duckdb:///file.duckdb`.",
    )


def _relation(relation: str, schema: str | None) -> str:
    """A relation as declared, in the given schema instead of its own.

    A database in front names the file itself, which is open already.

    >>> _relation("$source_schema.deals", "crm"), _relation("prod.crm.deals", None)
    ('crm.deals', 'crm.deals')
    """
    if schema is None:
        return ".".join(relation.split(".")[-2:])
    return f"{schema}.{relation.rpartition('.')[2]}"


def relation_text(relation: str) -> str:
    """A relation's name as SQL, each part quoted.

    >>> relation_text('crm.deals')
    '"crm"."deals"'
    """
    return ".".join(quoted(part.strip('"')) for part in relation.split("."))


def _relation_scan(blank: Scan, source: TableSource, workshop: _Workshop) -> Scan:
    assert source.relation is not None
    if workshop.database is None:
        raise _needs_database(source)
    text = relation_text(_relation(source.relation, workshop.schema))
    try:
        mark = fingerprint_of([workshop.database], text)
    except OSError as error:
        fault = reading_fault(error, name=workshop.database.name)
        raise WarehouseError(fault.code, fault.message) from error
    return replace(blank, text=text, paths=(str(workshop.database),), fingerprint=mark)


def _landed(blank: Scan, source: TableSource, workshop: _Workshop) -> Scan:
    path = land(
        source,
        folder=workshop.folder,
        key=workshop.key_for(source),
        database=workshop.database,
        schema=workshop.schema,
    )
    copy = TableSource(source.name, file=path.name, files=(path,), format="parquet")
    with locked_reader([path]) as reader:
        shape = shape_of(copy, reader)
    return replace(
        blank,
        kind="files",
        text=shape.text,
        paths=(str(path),),
        columns=shape.columns,
        landed=True,
        fingerprint=path.stem,
    )


def _in_place(blank: Scan, source: TableSource, workshop: _Workshop) -> Scan:
    paths = tuple(str(path) for path in source.files)
    mark = fingerprint_of(source.files, source.reading.model_dump_json(), *paths)
    shape = _remembered(source, workshop.folder, mark, lambda: workshop.shape(source))
    return replace(blank, text=shape.text, paths=paths, columns=shape.columns, fingerprint=mark)


def _remembered(source: TableSource, folder: Path, mark: str, look: Callable[[], Shape]) -> Shape:
    """The shape found last time, as long as the files are the same.

    Looking at a whole CSV takes a second per 50 MB; a Parquet file tells its shape at once.
    """
    if source.format == "parquet":
        return look()
    path = folder / ".sameboat" / "shapes" / f"{quote(source.name, safe='')}.json"
    key = f"{LANDING}-{duckdb.__version__}-{mark}"
    try:
        kept = json.loads(path.read_text("utf-8"))
        if kept["key"] == key:
            return Shape(kept["text"], tuple((name, kind) for name, kind in kept["columns"]))
    except (OSError, ValueError, KeyError, TypeError):
        pass  # not there, or not ours: look again
    shape = look()
    kept = {"key": key, "text": shape.text, "columns": shape.columns}
    with suppress(WarehouseError):  # a read-only folder costs time, not truth
        publish(path, lambda own: _write_text(own, json.dumps(kept)))
    return shape


def _write_text(path: Path, text: str) -> None:
    path.write_text(text, "utf-8")


# ── one copy ─────────────────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class _Opened:
    """Rows that are open for reading: an engine, what FROM reads, and the columns."""

    connection: duckdb.DuckDBPyConnection
    text: str
    columns: tuple[tuple[str, str], ...]


@contextmanager
def _opened(
    source: TableSource, home: Path, database: Path | None, schema: str | None
) -> Iterator[_Opened]:
    if source.relation is not None and database is not None:
        with _opened_relation(source, database, schema) as opened:
            yield opened
    elif source.format == "excel":
        from sameboat.sources.excel import sheet_table

        tables = [sheet_table(path, source.reading) for path in source.files]
        with locked_reader([]) as connection:
            connection.register("landing", _stacked(source, tables))
            yield _Opened(connection, "landing", _described(connection, "landing"))
    elif encoding_of(source.reading) not in ENGINE_ENCODINGS:
        with as_utf8(source.files, encoding_of(source.reading), home=home) as files:
            reading = source.reading.model_copy(update={"encoding": None})
            with _opened_files(replace(source, files=files, reading=reading)) as opened:
                yield opened
    else:
        with _opened_files(source) as opened:
            yield opened


@contextmanager
def _opened_files(source: TableSource) -> Iterator[_Opened]:
    with locked_reader(source.files) as connection:
        shape = shape_of(source, connection)
        yield _Opened(connection, shape.text, shape.columns)


@contextmanager
def _opened_relation(source: TableSource, database: Path, schema: str | None) -> Iterator[_Opened]:
    assert source.relation is not None
    try:
        with locked_reader([], attach=database) as connection:
            text = "origin." + relation_text(_relation(source.relation, schema))
            yield _Opened(connection, text, _described(connection, text))
    except duckdb.CatalogException as error:
        raise WarehouseError(
            "relation-missing", f"{database.name} holds no relation {source.relation}."
        ) from error
    except duckdb.Error as error:
        raise _reading_error(str(error), source) from error


def _described(connection: duckdb.DuckDBPyConnection, text: str) -> tuple[tuple[str, str], ...]:
    rows = connection.execute(f"DESCRIBE SELECT * FROM {text}").fetchall()
    return tuple((row[0], row[1]) for row in rows)


def _stacked(source: TableSource, tables: Sequence[pa.Table]) -> pa.Table:
    first = tables[0].schema.names
    for path, table in zip(source.files, tables, strict=True):
        seen: set[str] = set()
        for name in table.schema.names:
            if not name or name.casefold() in seen:
                what = f"two columns are named {name!r}" if name else "a column has no name"
                raise WarehouseError("colliding-headers", f"{path.name}: {what}.")
            seen.add(name.casefold())
        if table.schema.names != first:
            raise WarehouseError(
                "file-shapes-differ", f"{path.name} has other columns than {source.files[0].name}."
            )
    try:
        return pa.concat_tables(tables, promote_options="permissive")
    except pa.ArrowInvalid as error:
        raise WarehouseError(
            "file-shapes-differ", f"the files of {source.file} hold other kinds of values."
        ) from error


def _projected(source: TableSource, opened: _Opened) -> pa.RecordBatchReader:
    known = {name.casefold(): name for name, _ in opened.columns}
    for word in (*source.personal, *source.pseudonymous):
        if word.casefold() not in known:
            raise WarehouseError(
                "column-missing",
                f"there is no column {word!r} to keep private.",
                hint=did_you_mean(word, known.values()),
            )
    personal = {name.casefold() for name in source.personal}
    hashed = {name.casefold() for name in source.pseudonymous}
    chosen = [
        f"{_canonical(name, kind) if name.casefold() in hashed else _storable(name, kind)}"
        f" AS {quoted(name)}"
        for name, kind in opened.columns
        if name.casefold() not in personal
    ]
    if not chosen:
        raise WarehouseError("column-missing", "every column is personal, so nothing is left.")
    try:
        relation = opened.connection.sql(f"SELECT {', '.join(chosen)} FROM {opened.text}")
        reader = relation.to_arrow_reader(122_880)
    except duckdb.Error as error:
        raise _reading_error(str(error), source) from error

    def batches() -> Iterator[pa.RecordBatch]:
        try:
            yield from reader
        except (duckdb.Error, pa.ArrowException, OSError) as error:
            # told here, before a writer could take it for an error of its own
            raise _reading_error(str(error), source) from error

    return pa.RecordBatchReader.from_batches(reader.schema, batches())


def _storable(name: str, kind: str) -> str:
    exotic = kind.startswith(_PLAIN_TEXT)
    return f"CAST({quoted(name)} AS VARCHAR)" if exotic else quoted(name)


def _canonical(name: str, kind: str) -> str:
    """The text that is hashed: 7, 7.0 and '7' are the same person in every table."""
    text = f"CAST({quoted(name)} AS VARCHAR)"
    if kind.startswith(("FLOAT", "DOUBLE", "DECIMAL")):
        return f"regexp_replace({text}, '\\.0*$', '')"
    return text


def _hashed(
    rows: pa.RecordBatchReader, source: TableSource, key: bytes | None
) -> pa.RecordBatchReader:
    wanted = {name.casefold() for name in source.pseudonymous}
    at = [i for i, name in enumerate(rows.schema.names) if name.casefold() in wanted]
    if not at:
        return rows
    if key is None:
        raise WarehouseError("pseudonym-key", "pseudonymous columns need the project's key.")
    schema = rows.schema
    for i in at:
        schema = schema.set(i, pa.field(schema.names[i], pa.string()))

    def batches() -> Iterator[pa.RecordBatch]:
        for batch in rows:
            columns = list(batch.columns)
            for i in at:
                columns[i] = pseudonyms(columns[i], key=key)
            yield pa.RecordBatch.from_arrays(columns, schema=schema)

    return pa.RecordBatchReader.from_batches(schema, batches())


def _reading_error(text: str, source: TableSource) -> WarehouseError:
    name = source.file or source.relation or source.name
    fault = fault_of(text, name=name) or Finding(
        "file-unreadable", f"{name} cannot be read: {first_line(text)}"
    )
    return WarehouseError(fault.code, fault.message, findings=[fault])
