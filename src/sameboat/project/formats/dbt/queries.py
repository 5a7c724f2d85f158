"""dbt's saved queries → ours, with their names as requests spell them."""

from __future__ import annotations

import re
from typing import Any

from sameboat.errors import SameboatError
from sameboat.project.formats.dbt.metrics import filters
from sameboat.project.formats.dbt.tables import described
from sameboat.project.formats.raw import Raw, Skipped, inner, items, number, without_nothing
from sameboat.project.formula import MetricValue, Name, template
from sameboat.project.names import shown

_DESCENDING = re.compile(r"\.\s*descending\s*\(\s*(True|False|true|false)?\s*\)\s*$")


def saved_query(raw: Raw) -> dict[str, Any]:
    """A saved query as raw values of our format. Raises Skipped where it asks for too much."""
    params = inner(raw, "query_params")
    limit = number(params, "limit")
    return without_nothing(
        {
            **described(raw),
            "metrics": [str(metric).lower() for metric in items(params, "metrics")],
            "group_by": [asked(str(item)) for item in items(params, "group_by")],
            "where": filters(params.get("where")),
            "order_by": [ordered(str(item)) for item in items(params, "order_by")],
            "limit": int(limit) if limit is not None else None,
        }
    )


def asked(said: str) -> str:
    """The name of something to group by, from dbt's spelling or a plain name.

    >>> asked("TimeDimension('metric_time', 'DAY')"), asked("Dimension('listing__capacity')")
    ('metric_time__day', 'listing__capacity')
    """
    node = _node(said)
    if isinstance(node, MetricValue):
        raise Skipped("it groups by a metric, which is not supported")
    return node if isinstance(node, str) else _written(node)


def ordered(said: str) -> str:
    """What to sort by, from dbt's spelling or a plain name; `-` is for the greatest first.

    >>> ordered("Metric('bookings').descending(True)"), ordered("-listing__capacity")
    ('-bookings', '-listing__capacity')
    """
    plain = said.strip()
    ending = _DESCENDING.search(plain)
    down = plain.startswith("-") or (ending is not None and ending[1] not in ("False", "false"))
    node = _node(_DESCENDING.sub("", plain).removeprefix("-"))
    if isinstance(node, MetricValue):
        written = node.metric.lower()
    else:
        written = node if isinstance(node, str) else _written(node)
    return f"-{written}" if down else written


def _node(said: str) -> Name | MetricValue | str:
    plain = said.strip().removeprefix("{{").removesuffix("}}").strip()
    if "(" not in plain:
        return plain.lower()
    try:
        node = template("{{" + plain + "}}")
    except SameboatError as error:
        raise Skipped(error.findings[0].message) from None
    if isinstance(node, (Name, MetricValue)):
        return node
    raise Skipped(f"{shown(said)} is not something to group or sort by")


def _written(node: Name) -> str:
    ending = node.grain or (f"extract_{node.part}" if node.part else "")
    return f"{node.text.lower()}__{ending}" if ending else node.text.lower()
