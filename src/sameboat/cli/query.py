"""`sameboat query`: metrics by dimensions, as a table or as the SQL that would run."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click
import pyarrow as pa

import sameboat
from sameboat.cli import options
from sameboat.cli.printing import print_table
from sameboat.errors import UsageError


@click.command("query")
@click.argument("metrics", nargs=-1, metavar="[METRIC]...")
@click.option("--by", "group_by", multiple=True, metavar="NAME,...", help="Dimensions to group by.")
@click.option(
    "--where", multiple=True, metavar="FILTER", help="Keep rows that meet this; repeatable."
)
@click.option(
    "--from",
    "start",
    metavar="PERIOD",
    help="First period: 2026-01-01, 2026-05, 2026-Q2, FY2027-Q2.",
)
@click.option("--to", "end", metavar="PERIOD", help="Last period, to its end.")
@click.option(
    "--order-by",
    multiple=True,
    metavar="NAME,...",
    help="Sort by these; -NAME for the greatest first.",
)
@click.option("--limit", type=click.IntRange(min=0), help="No more than so many rows.")
@click.option("--saved-query", metavar="NAME", help="Ask a query that the project saves.")
@click.option(
    "--min-max-only", is_flag=True, help="Only the least and the greatest value of one dimension."
)
@click.option("--ungrouped", is_flag=True, help="Rows as they are, not groups.")
@click.option(
    "--evidence", is_flag=True, help="Also the n of each figure and, for shares, its interval."
)
@click.option("--currency", metavar="CODE", help="Show all money in this currency, such as EUR.")
@click.option(
    "--rates",
    metavar="PERIOD",
    help="Exchange all money at the rates of one day or period; as_at: of each row's day.",
)
@click.option("--sql", "show_sql", is_flag=True, help="Print the SQL instead of running it.")
@click.option(
    "--dialect", metavar="NAME", help="With --sql: the SQL of another engine, such as spark."
)
@options.as_known_at
@options.output_format()
@options.project
def command(
    metrics: tuple[str, ...],
    project: Path,
    output_format: str,
    show_sql: bool,
    dialect: str | None,
    as_known_at: str | None,
    evidence: bool,
    group_by: tuple[str, ...],
    order_by: tuple[str, ...],
    where: tuple[str, ...],
    **rest: Any,
) -> None:
    """Ask for METRICs by dimensions. Without a metric, list the values of the dimensions.

    METRIC@VERSION is a metric by an earlier version of its definition.

    \b
    sameboat query win_rate won_revenue --by metric_time__month,account__region \\
             --where "account__segment = 'SMB'" --from 2026-01-01 --to 2026-06-30 \\
             --order-by -win_rate --limit 20 --format csv
    """
    if dialect and not show_sql:
        raise UsageError("request-invalid", "--dialect only goes with --sql.")
    if as_known_at and show_sql:
        raise UsageError("request-invalid", "--as-known-at does not go with --sql.")
    request: dict[str, Any] = {
        "metrics": list(metrics),
        "group_by": split_names(group_by),
        "where": list(where),
        "order_by": split_names(order_by),
        **rest,
    }
    from sameboat.actions.count_uses import count_uses  # with the workspace

    workspace = sameboat.open(str(project))
    if as_known_at:
        zone = workspace.project.root.calendar.timezone
        request["as_known_at"] = options.moment(as_known_at, zone)
    if show_sql:
        click.echo(workspace.sql(**request, dialect=dialect))
    else:
        if evidence:
            request["evidence"] = True
        table = workspace.query(**request)
        print_table(with_evidence(table) if evidence else table, output_format)
        saved = [rest["saved_query"]] if rest.get("saved_query") else []
        count_uses(workspace, {(name, "query"): 1 for name in (*metrics, *saved)})


def with_evidence(table: pa.Table) -> pa.Table:
    """The answer with what its fields say of their figures as columns: `<metric>__n`, `__low`."""
    columns, names = [], []
    for field in table.schema:
        columns.append(table.column(field.name))
        names.append(field.name)
        for key in ("n", "low", "high"):
            told = (field.metadata or {}).get(key.encode())
            if told is not None:
                columns.append(pa.chunked_array([pa.array(json.loads(told))]))
                names.append(f"{field.name}__{key}")
    return pa.table(columns, names=names).replace_schema_metadata(table.schema.metadata)


def split_names(given: tuple[str, ...]) -> list[str]:
    """The names of an option that may be repeated and may hold several, parted by commas.

    >>> split_names(("metric_time__month,account__region", "plan"))
    ['metric_time__month', 'account__region', 'plan']
    """
    return [name.strip() for part in given for name in part.split(",") if name.strip()]
