"""dbt's semantic models → tables, and the measures that metrics are made of."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, get_args

from sameboat.project.formats.dbt.pieces import Piece
from sameboat.project.formats.made import Made
from sameboat.project.formats.raw import (
    Raw,
    Skipped,
    called,
    flag,
    inner,
    items,
    name,
    notice,
    number,
    readable,
    text,
    without_nothing,
    word,
)
from sameboat.project.model import Aggregation, EntityType
from sameboat.project.names import legal, shown, suggestion

Measures = dict[str, dict[str, Any]]
"""Per measure the simple metric that it amounts to, as raw values without a name."""

_AGGREGATIONS: Mapping[str, str] = {
    **{known: known for known in get_args(Aggregation)},
    "avg": "average",
    "mean": "average",
}
_REFERENCE = re.compile(r"\s*(ref|source)\s*\((.*)\)\s*", re.DOTALL)
_QUOTED = re.compile(r"""['"]([^'"]+)['"]""")
_VERSION = re.compile(r"\bv(?:ersion)?\s*=\s*['\"]?([\w.]+)")


def table_name(found: str) -> str:
    """A table's name from that of a semantic model or relation, made legal where it is not.

    >>> table_name("orders"), table_name("int__Orders")
    ('orders', 'int_orders')
    """
    plain = found.lower()
    made = plain if legal(plain) else suggestion(found)
    if made is None:
        raise Skipped(f"{shown(found)} cannot name a table")
    return made


def described(raw: Raw) -> dict[str, Any]:
    """Label, description, tags and meta, wherever dbt lets them stand."""
    config = inner(raw, "config")
    tags = raw.get("tags") or config.get("tags")
    meta = raw.get("meta") or config.get("meta")
    return without_nothing(
        {
            "label": text(raw, "label"),
            "description": text(raw, "description"),
            "tags": [tags]
            if isinstance(tags, str)
            else [str(t) for t in items({"tags": tags}, "tags")],
            "meta": dict(meta) if isinstance(meta, Mapping) else None,
        }
    )


OURS = (
    "produced_by", "subject", "zone", "loaded_at", "freshness", "complete_after", "personal",
    "pseudonymous", "rollups", "checks",
)  # fmt: skip
"""What we say of a table and dbt has no word for: it stands under `meta: {sameboat: …}`."""


def taken_back(about: dict[str, Any], keys: tuple[str, ...]) -> dict[str, Any]:
    """What is said of an object for us under its meta, which is taken out of there."""
    meta = about.get("meta", {})
    said = meta.pop("sameboat", {})
    if "meta" in about and not meta:
        del about["meta"]
    return {key: said[key] for key in keys if key in said} if isinstance(said, Mapping) else {}


# ── where a model's rows are ─────────────────────────────────────────────────────────────────


def relation_of(raw: Raw) -> str:
    """The relation of a semantic model, from its `node_relation` or its `model: ref('…')`.

    Raises Skipped where it names none.
    """
    node = inner(raw, "node_relation")
    alias = text(node, "alias")
    if alias:
        return relation_named(alias, text(node, "schema_name"), text(node, "database"))
    whole = text(node, "relation_name")
    if whole:
        return re.sub(r'["`\[\]]', "", whole)
    model = text(raw, "model")
    match = _REFERENCE.fullmatch(re.sub(r"[{}]", "", model)) if model else None
    parts = _QUOTED.findall(re.sub(_VERSION, "", match[2])) if match else []
    if match is None or not parts:
        raise Skipped("it names no relation: 'model' must be such as ref('orders')")
    if match[1] == "source" and len(parts) > 1:
        return relation_named(parts[-1], parts[-2])
    version = _VERSION.search(match[2])
    return f"{parts[-1]}_v{version[1]}" if version else parts[-1]


def relation_named(alias: str, schema: str | None, database: str | None = None) -> str:
    """A relation's name from its parts.

    >>> relation_named("orders", "crm"), relation_named("orders", None)
    ('crm.orders', 'orders')
    """
    return ".".join(part for part in (database if schema else None, schema, alias) if part)


# ── the legacy spec ──────────────────────────────────────────────────────────────────────────


def semantic_model(piece: Piece, made: Made) -> tuple[str, dict[str, Any], Measures]:
    """A table and its measures, from a semantic model of the legacy spec or of the manifest.

    Parts that cannot be used are left out with a notice. Raises Skipped for the whole model.
    """
    raw = piece.raw
    own = text(raw, "name")
    if own is None:
        raise Skipped("it has no name")
    found = table_name(own)
    label = described(raw) | ({} if found == own.lower() else {"label": own})
    table = {
        **taken_back(label, OURS),
        **label,
        "relation": relation_of(raw),
        "primary_entity": word(raw, "primary_entity"),
        "time": word(inner(raw, "defaults"), "agg_time_dimension"),
        "entities": dict(parts(raw, "entities", "entity", entity, piece, made)),
        "dimensions": dict(parts(raw, "dimensions", "dimension", dimension, piece, made)),
    }
    measures = dict(
        parts(raw, "measures", "measure", lambda item: measure(item, found), piece, made)
    )
    return found, without_nothing(table), measures


def parts(
    raw: Raw,
    key: str,
    what: str,
    read: Callable[[Raw], dict[str, Any]],
    piece: Piece,
    made: Made,
) -> Iterator[tuple[str, dict[str, Any]]]:
    """The named parts of a model that can be used; a notice for each that cannot."""
    marks = (piece.mark.parts or {}).get(key)
    seen: set[str] = set()
    for at, item in enumerate(items(raw, key)):
        mark = (marks.parts or {}).get(at, piece.mark) if marks else piece.mark
        try:
            found = name(item, f"the {what}")
            if found in seen:
                raise Skipped("its model has another of this name")
            yield found, read(item)
            seen.add(found)
        except Skipped as error:
            made.notices.append(notice(what, called(item), error.why, mark.value))


def entity(raw: Raw) -> dict[str, Any]:
    """An entity from dbt's."""
    kind = word(raw, "type")
    if kind not in get_args(EntityType):
        raise Skipped(f"{kind!r} is not a type of entity")
    expr = text(raw, "expr")
    return without_nothing(
        {
            **described(raw),
            "type": kind,
            "expr": readable(expr, "its 'expr'") if expr else None,
            "role": text(raw, "role"),
        }
    )


def dimension(raw: Raw) -> dict[str, Any]:
    """A dimension from dbt's."""
    params = inner(raw, "type_params")
    grain = word(params, "time_granularity")
    return made_dimension(raw, grain=grain, validity=inner(params, "validity_params"))


def made_dimension(
    raw: Raw, *, grain: str | None, validity: Raw, column: str | None = None
) -> dict[str, Any]:
    """A dimension whose grain and validity have been found; `column` is where it stands."""
    kind = word(raw, "type") or "categorical"
    if kind not in ("categorical", "time"):
        raise Skipped(f"{kind!r} is not a type of dimension")
    expr = text(raw, "expr") or column
    ends = [end for end in ("start", "end") if flag(validity, f"is_{end}")]
    return without_nothing(
        {
            **described(raw),
            "type": kind if kind == "time" else None,
            "expr": readable(expr, "its 'expr'") if expr else None,
            "grain": (grain or "day") if kind == "time" else None,
            "partition": flag(raw, "is_partition"),
            "validity": ends[0] if ends else None,
        }
    )


def measure(raw: Raw, table: str) -> dict[str, Any]:
    """The simple metric that a measure amounts to; `create_metric` says that it is one."""
    params = inner(raw, "agg_params")
    found = aggregated(
        table=table,
        agg=word(raw, "agg"),
        expr=text(raw, "expr") or word(raw, "name"),
        time=word(raw, "agg_time_dimension"),
        percentile=number(params, "percentile"),
        level=inner(raw, "non_additive_dimension"),
    )
    found |= without_nothing(
        {
            "discrete": flag(params, "use_discrete_percentile"),
            "approximate": flag(params, "use_approximate_percentile"),
        }
    )
    return {**described(raw), **found, "create_metric": flag(raw, "create_metric")}


def aggregated(
    *,
    table: str,
    agg: str | None,
    expr: str | None,
    time: str | None,
    percentile: float | None,
    level: Raw,
) -> dict[str, Any]:
    """The raw values of a simple metric. Raises Skipped where it cannot be computed."""
    if agg is None or agg not in _AGGREGATIONS:
        raise Skipped(f"{agg!r} is not an aggregation that is supported")
    if percentile is not None and 1 < percentile <= 100:
        percentile /= 100
    return without_nothing(
        {
            "type": "simple",
            "table": table,
            "agg": _AGGREGATIONS[agg],
            "expr": readable(expr, "its 'expr'") if expr else None,
            "time": time,
            "percentile": percentile,
            "non_additive_over": _level(level) if level else None,
        }
    )


def _level(raw: Raw) -> dict[str, Any]:
    """Over which time a level is not summed, in the words of either spec."""
    choice = word(raw, "window_choice") or word(raw, "window_agg") or "min"
    if choice not in ("min", "max", "first", "last"):
        raise Skipped(f"a non-additive dimension takes min or max, not {choice!r}")
    groups = items(raw, "window_groupings") or items(raw, "group_by")
    return without_nothing(
        {
            "time": choice,
            "dimension": name(raw, "the non-additive dimension"),
            "by": [str(group).lower() for group in groups],
        }
    )
