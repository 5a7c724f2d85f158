"""`sameboat add`: a KPI of the catalogue over the project's own data."""

from __future__ import annotations

import datetime as dt
import textwrap
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sameboat.cli import options
from sameboat.errors import UsageError
from sameboat.questions.plain import json_text

if TYPE_CHECKING:
    from sameboat.actions.add import Added
    from sameboat.project.catalogue.shapes import KpiTemplate
    from sameboat.questions.kpi_templates import TemplateFit
    from sameboat.questions.opened import Opened

WIDTH = 88
LATEST = 3


@click.command("add")
@click.argument("template", required=False)
@click.option("--list", "listed", is_flag=True, help="List the templates and what each lacks.")
@click.option("--explain", is_flag=True, help="Tell all of a template, and write nothing.")
@click.option("--variant", help="Which definition; else the first that the data can feed.")
@click.option("--name", metavar="NAME", help="What to call the KPI; else as the template.")
@click.option(
    "--table", "tables", multiple=True, metavar="ROLE=TABLE", help="Which table plays a role."
)
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="ROLE=COLUMN",
    help="Which column, entity, time or condition plays a part.",
)
@click.option("--objective", metavar="NAME", help="An objective of the project that it serves.")
@click.option("--target", type=float, help="The value to reach.")
@click.option("--by", metavar="DAY", help="The day by which to reach it, such as 2027-06-30.")
@click.option("--dry-run", is_flag=True, help="Print the file and write nothing.")
@options.project
@options.output_format("text", "json")
def command(
    template: str | None,
    listed: bool,
    explain: bool,
    variant: str | None,
    name: str | None,
    tables: tuple[str, ...],
    columns: tuple[str, ...],
    objective: str | None,
    target: float | None,
    by: str | None,
    dry_run: bool,
    project: Path,
    output_format: str,
) -> None:
    """Write a KPI from TEMPLATE over the project's tables, or say what is missing.

    Tables and columns are found by keys, times, names and values; what could mean several
    things is asked, never guessed. The file is checked and computed before it is written, and
    nothing is overwritten.
    """
    from sameboat.questions.opened import open_workspace

    if listed == (template is not None):
        raise UsageError(
            "request-invalid",
            "Name one template, or ask for --list.",
            hint="Such as: sameboat add nrr.",
        )
    said: tuple[Iterator[str], Any]
    with closing(open_workspace(project)) as workspace:
        if template is None:
            from sameboat.questions.kpi_templates import template_fits

            said = _listing(template_fits(workspace, viewer=workspace.viewer))
        elif explain:
            said = _explained(workspace, template, variant)
        else:
            from sameboat.actions.add import Wished, add
            from sameboat.project.viewer import OWNER_ACTOR

            wished = Wished(
                variant, name, _pairs(tables, "table"), _pairs(columns, "column"), objective,
                target, _day(by),
            )  # fmt: skip
            added = add(
                workspace, template, actor=OWNER_ACTOR, wished=wished, dry_run=dry_run,
                today=workspace.now.date(),
            )  # fmt: skip
            said = _result(added), _object(added)
        _print(output_format, *said)


def _explained(
    workspace: Opened, template: str, variant: str | None
) -> tuple[Iterator[str], dict[str, Any]]:
    from sameboat.project.catalogue.read import template as found
    from sameboat.questions.kpi_templates import template_fit

    fit = template_fit(workspace, template, viewer=workspace.viewer, variant=variant)
    return told(found(template), fit), explained(fit)


def _print(output_format: str, lines: Iterator[str], said: Any) -> None:
    if output_format == "json":
        click.echo(json_text(said))
        return
    for line in lines:
        click.echo(line)


def _pairs(given: tuple[str, ...], what: str) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        key, equals, value = text.partition("=")
        if not equals or not key or not value:
            raise UsageError(
                "request-invalid",
                f"--{what} {text!r} is no pair.",
                hint=f"Write it as --{what} role=name.",
            )
        found[key.strip()] = value.strip()
    return found


def _day(text: str | None) -> dt.date | None:
    if text is None:
        return None
    try:
        return dt.date.fromisoformat(text)
    except ValueError:
        raise UsageError(
            "wrong-type", f"{text!r} is no day.", hint="Write it as 2027-06-30."
        ) from None


# ── the list ─────────────────────────────────────────────────────────────────────────────────


def _listing(fits: tuple[TemplateFit, ...]) -> tuple[Iterator[str], list[dict[str, Any]]]:
    said = [
        {"template": f.template.name, "label": f.template.label, "fed": f.fed,
         "variant": f.fit.variant, "lacks": [lack.says for lack in f.fit.lacks]}
        for f in fits
    ]  # fmt: skip
    return _list_lines(fits), said


def _list_lines(fits: tuple[TemplateFit, ...]) -> Iterator[str]:
    for fit in fits:
        yield f"{fit.template.name}: {fit.template.label}"
        if fit.fit.bound is not None:
            yield f"  ready, from {', '.join(fit.fit.bound.tables.values())}"
        for lack in fit.fit.lacks:
            word = "asks" if lack.ambiguous else "lacks"
            yield f"  {word}: {lack.says}"
    yield ""
    yield "sameboat add TEMPLATE --explain tells all of one; sameboat add TEMPLATE writes it."


# ── one template ─────────────────────────────────────────────────────────────────────────────


def told(template: KpiTemplate, fit: TemplateFit) -> Iterator[str]:
    """All of a template: definition, contract, worked numbers, what to beware of."""
    yield f"{template.label} ({template.name})"
    yield from _wrapped(template.says)
    yield ""
    yield from _wrapped(template.definition, "Definition: ")
    for source in template.sources:
        yield from _wrapped(f"{source.author}: {source.title}. {source.where}.", "Source: ")
    yield from _wrapped(template.differs, "Definitions differ: ")
    for name, variant in template.variants.items():
        yield ""
        yield from _wrapped(variant.says, f"Variant {name}: ")
        for role, table in variant.tables.items():
            yield from _wrapped(f"{table.holds}, {table.grain}", f"  table {role}: ")
            for wanted, column in table.columns.items():
                free = " (if there is one)" if column.optional else ""
                yield from _wrapped(f"{column.means}{free}", f"    {wanted} [{column.type}]: ")
        yield from _wrapped(variant.worked.reckoning, "  Worked: ")
    yield ""
    yield "Typically owned by"
    for owner in template.owners:
        lag = f", after {owner.lag}" if owner.lag else ""
        yield f"  {owner.team}: {owner.lever} (moves it {_way(owner.moves)}{lag})"
    yield "Guardrails"
    yield from (f"  {limit.watch}" for limit in template.guardrails)
    yield "How it is gamed"
    yield from (f"  {one}" for one in template.gaming)
    yield from _wrapped(template.target, "Target: ")
    yield ""
    yield from _here(fit)


def _way(moves: str) -> str:
    return "the same way" if moves == "same" else "the opposite way"


def _here(fit: TemplateFit) -> Iterator[str]:
    from sameboat.actions.kpi_text import played

    if fit.fit.bound is not None:
        yield f"On this project's data ({fit.fit.variant}): ready"
        shape = fit.template.variants[fit.fit.variant]
        yield from (f"  {line}" for line in played(fit.fit.bound, shape))
    else:
        yield "On this project's data: not yet"
        for lack in fit.fit.lacks:
            yield f"  {lack.says}. {lack.hint}"


def explained(fit: TemplateFit) -> dict[str, Any]:
    """A template and how the data play it, for programs."""
    bound = fit.fit.bound
    return {
        **fit.template.model_dump(mode="json"),
        "fits": {
            "variant": fit.fit.variant,
            "tables": dict(bound.tables) if bound else None,
            "columns": {name: p.expr for (_, name), p in bound.columns.items()} if bound else None,
            "lacks": [{"says": lack.says, "hint": lack.hint} for lack in fit.fit.lacks],
        },
    }


def _wrapped(text: str, before: str = "") -> Iterator[str]:
    indent = " " * (len(before) - len(before.lstrip()) + 2 * bool(before))
    yield from textwrap.wrap(text, WIDTH, initial_indent=before, subsequent_indent=indent)


# ── what was written ─────────────────────────────────────────────────────────────────────────


def _result(added: Added) -> Iterator[str]:
    from sameboat.actions.kpi_text import played

    if added.written is None:
        yield added.text.rstrip("\n")
        yield ""
        yield f"Nothing is written. It would be {added.path.name}."
    else:
        yield f"Wrote {added.path.name}: the KPI {added.name}, variant {added.fit.fit.variant}"
    bound = added.fit.fit.bound
    assert bound is not None, "what was added is bound"
    shape = added.fit.template.variants[added.fit.fit.variant]
    yield from (f"  {line}" for line in played(bound, shape))
    yield ""
    if added.figures:
        shown = [
            f"{f.month:%Y-%m}: {_figure(f.value, added.unit)}" for f in added.figures[-LATEST:]
        ]
        yield f"It says  {'   '.join(shown)}"
    else:
        yield "It says nothing yet: no month has a figure. See sameboat query."
    if added.findings:
        yield "Left for you to decide"
        yield from (f"  {finding.message}" for finding in added.findings)
    yield ""
    yield "Next"
    yield f"  read {added.path.name} and correct it"
    yield "  sameboat check"
    yield f"  sameboat query {added.name} --by metric_time__month"
    yield "  sameboat refresh && sameboat board"


def _figure(value: float, unit: str) -> str:
    return f"{value:.1%}" if unit == "percent" else f"{value:.4g} {unit}"


def _object(added: Added) -> dict[str, Any]:
    bound = added.fit.fit.bound
    assert bound is not None, "what was added is bound"
    return {
        "kpi": added.name,
        "template": added.fit.template.name,
        "variant": added.fit.fit.variant,
        "file": added.path.name,
        "written": added.written is not None,
        "tables": dict(bound.tables),
        "columns": {name: played.expr for (_, name), played in bound.columns.items()},
        "figures": [{"month": f.month.isoformat(), "value": f.value} for f in added.figures],
        "findings": [str(finding) for finding in added.findings],
    }
