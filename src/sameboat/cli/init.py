"""`sameboat init`: a first project over files that nobody has described yet."""

from __future__ import annotations

import datetime as dt
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sameboat.cli import options
from sameboat.errors import Finding, UsageError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.actions.start import Started

FEW = 6


@click.command("init")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option(
    "--from",
    "first",
    multiple=True,
    type=click.Path(path_type=Path),
    metavar="FILES...",
    help="CSV, Parquet, JSON, Excel or DuckDB files, or folders that hold them.",
)
@click.argument("more", nargs=-1, type=click.Path(path_type=Path), metavar="")
@click.option("--copy", is_flag=True, help="Copy the files into DIR/data instead of naming them.")
@options.output_format("text", "json")
def command(
    folder: Path, first: tuple[Path, ...], more: tuple[Path, ...], copy: bool, output_format: str
) -> None:
    """Look at FILES and write a commented first project over them into DIR.

    Tables, keys, joins, times and first metrics are found by names and values; columns about
    persons are left out. Everything written is a suggestion to read and correct.
    """
    from sameboat.actions.start import start  # with the engine that reads the files
    from sameboat.project.viewer import OWNER, OWNER_ACTOR
    from sameboat.questions.checking import check_with_data

    if not first:
        raise UsageError(
            "request-invalid",
            "No file was named.",
            hint="Name them after the folder: sameboat init my_project --from orders.csv.",
        )
    today = dt.datetime.now(dt.UTC).date()
    started = start(folder, (*first, *more), actor=OWNER_ACTOR, today=today, copy=copy)
    findings = check_with_data(folder, viewer=OWNER)
    if output_format == "json":
        click.echo(json_text(as_object(started, findings)))
    else:
        for line in told(started, findings):
            click.echo(line)
    if any(finding.severity == "error" for finding in findings):
        click.get_current_context().exit(1)


def told(started: Started, findings: tuple[Finding, ...]) -> Iterator[str]:
    """What was found and what comes next, line by line."""
    look = started.look
    names = ", ".join(path.name for path in reversed(started.written))
    yield f"Wrote {names} in {started.folder}"
    yield ""
    keys = sum(any(e.type == "primary" for e in table.entities) for table in look.tables)
    yield f"Tables: {len(look.tables)}, {keys} of them with a key"
    for table in look.tables:
        own = next((e for e in table.entities if e.type == "primary"), None)
        key = f"key {' + '.join(own.exprs)}" if own else "no key"
        time = f", time {table.time}" if table.time else ""
        yield f"  {table.name}: {table.rows:,} rows, {key}{time}"
        yield from (f"    please confirm: {note}" for note in table.source_notes)
    yield from _section("Joins", [_join(started, at) for at in range(len(look.keys.joins))])
    yield from _section("Left out as personal", list(_hidden(started, personal=True)))
    yield from _section("Hashed, for counting and joining", list(_hidden(started, personal=False)))
    yield from _section(
        "Not read",
        [f"{s.what}: {s.finding.message} {s.finding.hint or ''}".rstrip() for s in look.skipped],
    )
    yield f"Metrics: {', '.join(metric.name for metric in look.metrics) or 'none'}"
    yield ""
    yield "KPIs"
    for fed in look.templates:
        word = {"written": "written", "possible": "possible:", "missing": "missing:"}[fed.state]
        name = f" ({fed.template})" if fed.template else ""
        yield f"  {fed.kpi}{name} - {word} {fed.says}"
    yield ""
    yield from _checked(findings)
    yield from _next(started)


def _join(started: Started, at: int) -> str:
    join = started.look.keys.joins[at]
    share = "" if join.found == 1 else f" ({join.found:.0%} of its values)"
    return f"{join.table}.{join.column} → {join.target}.{join.key}{share}"


def _hidden(started: Started, *, personal: bool) -> Iterator[str]:
    for table in started.look.tables:
        people = table.personal if personal else table.pseudonymous
        if people:
            yield f"{table.name}: {', '.join(person.column for person in people)}"


def _section(title: str, lines: list[str]) -> Iterator[str]:
    if lines:
        yield title
        yield from (f"  {line}" for line in lines)


def _checked(findings: tuple[Finding, ...]) -> Iterator[str]:
    if not findings:
        yield "Checked: nothing is wrong."
        return
    yield f"Checked: {len(findings)} finding{'' if len(findings) == 1 else 's'}"
    yield from (f"  {finding.severity}  {finding}" for finding in findings[:FEW])
    if len(findings) > FEW:
        yield "  …"


def _next(started: Started) -> Iterator[str]:
    place = shlex.quote(str(started.folder))
    yield "Next"
    yield f"  cd {place} && sameboat check"
    if started.look.metrics:
        first = started.first
        by = f" --by metric_time__{first.grain}" if first.as_of is not None else ""
        yield f"  sameboat query {first.metric}{by}"
    ready = [fed.template for fed in started.look.templates if fed.state == "possible"]
    if ready:
        yield f"  sameboat add {ready[0]} --dry-run        # a shared KPI over these tables"
    yield "  sameboat board        # once a KPI stands in sameboat.yml: an example waits there"


def as_object(started: Started, findings: tuple[Finding, ...]) -> dict[str, Any]:
    """What was found, for programs."""
    look = started.look
    return {
        "folder": str(started.folder),
        "written": [path.name for path in started.written],
        "tables": [
            {
                "name": table.name,
                "rows": table.rows,
                "subject": table.subject,
                "time": table.time,
                "entities": {
                    e.name: {"type": e.type, "expr": list(e.exprs)} for e in table.entities
                },
                "personal": [person.column for person in table.personal],
                "pseudonymous": [person.column for person in table.pseudonymous],
                "notes": list(table.notes),
            }
            for table in look.tables
        ],
        "joins": [
            {"table": j.table, "column": j.column, "target": j.target, "key": j.key,
             "found": j.found}
            for j in look.keys.joins
        ],
        "metrics": [metric.name for metric in look.metrics],
        "kpis": [
            {"kpi": f.kpi, "template": f.template, "state": f.state, "says": f.says}
            for f in look.templates
        ],
        "skipped": [
            {"what": s.what, "code": s.finding.code, "why": s.finding.message} for s in look.skipped
        ],
        "findings": [str(finding) for finding in findings],
    }  # fmt: skip
