"""Files that nobody has described → what a first project over them would say."""

from __future__ import annotations

import datetime as dt
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from sameboat.errors import Finding, UsageError, WarehouseError
from sameboat.project.file_faults import reading_fault
from sameboat.project.model import Reading
from sameboat.project.scans import Scan
from sameboat.project.tables import TableSource, format_of
from sameboat.questions.first_look.keys import Keys, keys
from sameboat.questions.first_look.measures import MetricDraft, currency_of, metrics
from sameboat.questions.first_look.people import people
from sameboat.questions.first_look.profile import Profile, profile
from sameboat.questions.first_look.reading import readable, sheets
from sameboat.questions.first_look.tables import TableDraft, drafts
from sameboat.questions.first_look.templates import Fed, templates
from sameboat.questions.first_look.words import table_names
from sameboat.sources.land import prepare
from sameboat.sources.shapes import locked_reader
from sameboat.warehouse.connect import connect

DATABASES = (".duckdb", ".ddb")
_PLAIN_SHEETS = ("sheet", "tabelle", "feuil", "hoja", "foglio", "blad")


@dataclass(frozen=True)
class Skipped:
    """A file, sheet or relation that could not become a table, and why."""

    what: str
    finding: Finding


@dataclass(frozen=True)
class FirstLook:
    """What files hold, as a first project would declare it."""

    tables: tuple[TableDraft, ...]
    keys: Keys
    metrics: tuple[MetricDraft, ...]
    templates: tuple[Fed, ...]
    skipped: tuple[Skipped, ...]
    database: Path | None
    currency: str | None
    newest: Mapping[str, dt.date]  # of each table with a time, the day of its newest row


@dataclass(frozen=True)
class _Part:
    """What may become one table: a file, a sheet or a relation, and what it is called."""

    stem: str
    shown: str
    source: TableSource


def first_look(files: Sequence[Path]) -> FirstLook:
    """What these files (and the files in these folders) hold. Nothing is written beside them.

    A file that cannot be read is skipped with its reason; the others stand. Raises UsageError
    for a file that is not there or of no known kind, and WarehouseError where nothing is left.
    """
    paths = tuple(_expanded(files))
    databases = [path for path in paths if path.suffix.lower() in DATABASES]
    if len(databases) > 1:
        listed = ", ".join(path.name for path in databases)
        raise UsageError(
            "request-invalid",
            f"A project reads one DuckDB file, and these are several: {listed}.",
            hint="Make one project for each, or export one of them to Parquet.",
        )
    database = databases[0] if databases else None
    skipped: list[Skipped] = []
    parts = list(_parts(paths, skipped))
    names = table_names([part.stem for part in parts])
    with tempfile.TemporaryDirectory(prefix="sameboat-look-") as aside:
        url = f"duckdb:////{str(database).lstrip('/')}" if database else "duckdb"
        profiles, scans = _profiles(parts, names, url, Path(aside), skipped)
        if not profiles:
            raise WarehouseError.of([one.finding for one in skipped])
        warehouse = connect(url, scans, folder=Path(aside))
        try:
            persons = {table.name: people(table) for table in profiles}
            found = keys(warehouse, profiles, persons)
        finally:
            warehouse.close()
    tables = drafts(profiles, persons, found)
    known = {table.name: table for table in profiles}
    made = metrics(tables, known, found)
    fed = templates(tables, known, found, made)
    newest = dict(_newest(tables, known))
    return FirstLook(tables, found, made, fed, tuple(skipped), database, currency_of(made), newest)


def _newest(
    tables: Sequence[TableDraft], profiles: Mapping[str, Profile]
) -> Iterator[tuple[str, dt.date]]:
    for table in tables:
        column = next((d.column for d in table.dimensions if d.name == table.time), None)
        high = profiles[table.name].column(column).high if column else None
        if isinstance(high, dt.datetime):
            yield table.name, high.date()
        elif isinstance(high, dt.date):
            yield table.name, high


def _expanded(files: Sequence[Path]) -> Iterator[Path]:
    """The files themselves, and of folders every data file directly in them."""
    seen: set[Path] = set()
    for file in files:
        if file.is_dir():
            inside = sorted(path for path in file.iterdir() if _known(path))
            inside = [path for path in inside if path.suffix.lower() != ".txt"]
            if not inside:
                raise UsageError("file-missing", f"The folder {file} holds no data file.")
        else:
            inside = [file]
        for path in inside:
            real = path.resolve()
            if not real.exists():
                raise UsageError("file-missing", f"There is no file {path}.")
            if not _known(path):
                raise UsageError(
                    "file-format",
                    f"{path.name} is of no kind that is read.",
                    hint="CSV, TSV, Parquet, JSON, Excel (.xlsx) and DuckDB files are.",
                )
            if real not in seen:
                seen.add(real)
                yield real


def _known(path: Path) -> bool:
    hidden = path.name.startswith(".")
    return not hidden and (path.suffix.lower() in DATABASES or format_of(path.name) is not None)


def _parts(paths: Sequence[Path], skipped: list[Skipped]) -> Iterator[_Part]:
    for path in paths:
        stem = path.name.split(".")[0]
        source = TableSource("", file=path.name, files=(path,), format=format_of(path.name))
        try:
            if path.suffix.lower() in DATABASES:
                yield from _relations(path)
            elif source.format == "excel":
                yield from _sheets(path, source)
            else:
                yield _Part(stem, path.name, source)
        except WarehouseError as error:
            skipped.append(Skipped(path.name, error.findings[0]))
        except OSError as error:
            skipped.append(Skipped(path.name, reading_fault(error, name=path.name)))


def _sheets(path: Path, source: TableSource) -> Iterator[_Part]:
    names = sheets(path)
    stem = path.name.split(".")[0]
    for name in names:
        if len(names) == 1:
            yield _Part(stem, path.name, source)
        else:
            plain = name.lower().startswith(_PLAIN_SHEETS)
            called = f"{stem} {name}" if plain else name
            reading = Reading(sheet=name)
            yield _Part(called, f"{path.name}, sheet {name}", replace(source, reading=reading))


def _relations(path: Path) -> Iterator[_Part]:
    import duckdb

    try:
        with locked_reader([], attach=path) as connection:
            rows = connection.execute(
                "SELECT schema_name, table_name FROM duckdb_tables() WHERE database_name = 'origin'"
                " AND NOT internal UNION ALL SELECT schema_name, view_name FROM duckdb_views()"
                " WHERE database_name = 'origin' AND NOT internal ORDER BY 1, 2"
            ).fetchall()
    except duckdb.Error as error:
        raise WarehouseError(
            "file-unreadable", f"{path.name} cannot be opened as a DuckDB file."
        ) from error
    for schema, name in rows:
        yield _Part(name, f"{path.name}, {name}", TableSource("", relation=f"{schema}.{name}"))


def _profiles(
    parts: Sequence[_Part],
    names: Sequence[str],
    url: str,
    aside: Path,
    skipped: list[Skipped],
) -> tuple[list[Profile], list[Scan]]:
    """Every table that can be read and holds rows, with its scan."""
    found: list[Profile] = []
    scans: list[Scan] = []
    for part, name in zip(parts, names, strict=True):
        source = replace(part.source, name=name)
        try:
            if source.relation is not None:
                [scan] = prepare([source], folder=aside, url=url)
                notes: tuple[str, ...] = ()
                if scan.findings:
                    raise WarehouseError.of(scan.findings)
            else:
                ready = readable(source, folder=aside)
                source, scan, notes = ready.source, ready.scan, ready.notes
            warehouse = connect(url, [scan], folder=aside)
            try:
                table = profile(warehouse, source, notes=notes)
            finally:
                warehouse.close()
        except WarehouseError as error:
            first = error.findings[0]
            plain = first.message.removeprefix(f"{name}: ")
            skipped.append(Skipped(part.shown, replace(first, message=plain)))
            continue
        if table.rows == 0:
            empty = Finding("table-empty", f"{part.shown} has no rows.")
            skipped.append(Skipped(part.shown, empty))
            continue
        found.append(table)
        scans.append(scan)
    return found, scans
