"""dbt's spec of 2026: semantic models and time spines that stand inside `models:`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from sameboat.project.formats.dbt.pieces import Piece
from sameboat.project.formats.dbt.tables import (
    OURS,
    described,
    entity,
    made_dimension,
    parts,
    relation_named,
    table_name,
    taken_back,
)
from sameboat.project.formats.made import Made
from sameboat.project.formats.raw import (
    Raw,
    Skipped,
    called,
    inner,
    items,
    name,
    notice,
    text,
    without_nothing,
    word,
)


def model(piece: Piece, made: Made) -> tuple[str, dict[str, Any], tuple[Piece, ...]] | None:
    """A table and the metrics that its model declares; None where it is no semantic model."""
    raw = piece.raw
    own = raw.get("semantic_model")
    if not own or (isinstance(own, Mapping) and own.get("enabled") is False):
        return None
    settings: Raw = own if isinstance(own, Mapping) else {}
    said = text(settings, "name") or text(raw, "name")
    if said is None:
        raise Skipped("it has no name")
    found = table_name(said)
    columns = dict(_columns(piece, made))
    derived = _derived(piece)
    about = described(raw) | described(settings)
    table = {
        **taken_back(about, OURS),
        **about,
        "relation": relation_of_model(raw),
        "primary_entity": word(raw, "primary_entity"),
        "time": word(raw, "agg_time_dimension"),
        "entities": columns.get("entity", {})
        | dict(parts(derived.raw, "entities", "entity", entity, derived, made)),
        "dimensions": columns.get("dimension", {})
        | dict(parts(derived.raw, "dimensions", "dimension", _derived_dimension, derived, made)),
    }
    return found, without_nothing(table), tuple(_metrics(piece))


def relation_of_model(raw: Raw) -> str:
    """Where a model is built: its alias and schema, where the file says them, else its name."""
    config = inner(raw, "config")
    alias = text(config, "alias") or text(raw, "alias") or text(raw, "name")
    if alias is None:
        raise Skipped("it has no name")
    return relation_named(alias, text(config, "schema"), text(config, "database"))


def _columns(piece: Piece, made: Made) -> Iterator[tuple[str, dict[str, dict[str, Any]]]]:
    """Under "entity" and "dimension" those that columns declare."""
    found: dict[str, dict[str, dict[str, Any]]] = {"entity": {}, "dimension": {}}
    marks = (piece.mark.parts or {}).get("columns")
    for at, column in enumerate(items(piece.raw, "columns")):
        if not isinstance(column, Mapping):
            continue
        for what in ("entity", "dimension"):
            if not column.get(what):
                continue
            mark = (marks.parts or {}).get(at, piece.mark) if marks else piece.mark
            try:
                own, made_of = _of_column(column, what)
                found[what].setdefault(own, made_of)
            except Skipped as error:
                made.notices.append(notice(what, called(column), error.why, mark.value))
    yield from found.items()


def _of_column(column: Raw, what: str) -> tuple[str, dict[str, Any]]:
    """The entity or dimension that a column declares, by its type alone or in full."""
    said = column[what]
    own: dict[str, Any] = dict(said) if isinstance(said, Mapping) else {"type": said}
    at = text(column, "name")
    own.setdefault("name", at)
    found = name(own, f"the {what}")
    if "description" not in own and column.get("description"):
        own["description"] = column["description"]
    if what == "entity":
        return found, entity({**own, "expr": at if at != found else None})
    return found, made_dimension(
        own,
        grain=word(column, "granularity"),
        validity=inner(own, "validity_params"),
        column=at if at != found else None,
    )


def _derived(piece: Piece) -> Piece:
    mark = (piece.mark.parts or {}).get("derived_semantics", piece.mark)
    return Piece(piece.kind, inner(piece.raw, "derived_semantics"), mark)


def _derived_dimension(raw: Raw) -> dict[str, Any]:
    return made_dimension(
        raw, grain=word(raw, "granularity"), validity=inner(raw, "validity_params")
    )


def _metrics(piece: Piece) -> Iterator[Piece]:
    marks = (piece.mark.parts or {}).get("metrics")
    for at, item in enumerate(items(piece.raw, "metrics")):
        mark = (marks.parts or {}).get(at, piece.mark) if marks else piece.mark
        yield Piece("metric", item if isinstance(item, Mapping) else {}, mark)


# ── time spines ──────────────────────────────────────────────────────────────────────────────


def spine(raw: Raw) -> dict[str, Any] | None:
    """The time spine that a model is, as `spine_of` gives it; None for another model."""
    said = inner(raw, "time_spine")
    column = text(said, "standard_granularity_column")
    if column is None:
        return None
    grains = {
        text(item, "name"): word(item, "granularity")
        for item in items(raw, "columns")
        if isinstance(item, Mapping)
    }
    return made_spine(
        relation_of_model(raw), column, grains.get(column), items(said, "custom_granularities")
    )


def configured_spines(raw: Raw) -> Iterator[dict[str, Any]]:
    """The time spines of a project configuration; the older table configurations where no other."""
    listed = items(raw, "time_spines")
    for item in listed:
        node, column = inner(item, "node_relation"), inner(item, "primary_column")
        alias, at = text(node, "alias"), text(column, "name")
        if alias is None or at is None:
            raise Skipped("a time spine needs a relation and a primary column")
        relation = relation_named(alias, text(node, "schema_name"), text(node, "database"))
        grain = word(column, "time_granularity")
        yield made_spine(relation, at, grain, items(item, "custom_granularities"))
    for item in () if listed else items(raw, "time_spine_table_configurations"):
        location, at = text(item, "location"), text(item, "column_name")
        if location is None or at is None:
            raise Skipped("a time spine needs a location and a column")
        yield made_spine(location, at, word(item, "grain"), ())


def made_spine(relation: str, column: str, grain: str | None, custom: object) -> dict[str, Any]:
    """A spine as raw values; its table is still a relation."""
    grains: dict[str, str] = {}
    for item in custom if isinstance(custom, (list, tuple)) else ():
        own = name(item, "the custom grain")
        grains[own] = text(item, "column_name") or str(item["name"])
    return without_nothing(
        {"relation": relation, "column": column, "grain": grain or "day", "custom": grains}
    )
