"""Small parts of an Ossie document, each in the words of our format."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from sameboat.project.formats.ossie.aggregates import DIALECTS
from sameboat.project.formats.ossie.document import foreign_extensions, own_data, standard
from sameboat.project.formats.raw import Raw, Skipped, inner, items, text, without_nothing
from sameboat.project.model import Declared
from sameboat.project.names import legal, shown, suggestion

TEMPORAL = frozenset({"date", "datetime", "datetimetz", "timestamp", "timestamp_tz"})
"""Datatypes, in lower case, whose values are days or moments."""


def legal_name(said: str | None) -> str:
    if said and legal(said.lower(), in_expressions=True):
        return said.lower()
    found = suggestion(said or "")
    if found is None:
        raise Skipped(f"{shown(said or '')} cannot be used as a name")
    return found


def described(raw: Raw, own: str, said: str) -> dict[str, Any]:
    """Description and synonyms; under meta what has no place of its own."""
    context = raw.get("ai_context")
    synonyms = items(context, "synonyms") if isinstance(context, Mapping) else ()
    kept = {
        "name": said if said != own else None,
        "ai_context": _without_synonyms(context),
        "label": raw.get("label"),
        "datatype": raw.get("datatype"),
        "custom_extensions": list(foreign_extensions(raw)),
    }
    kept = without_nothing(kept)
    return without_nothing(
        {
            "description": text(raw, "description"),
            "synonyms": [str(word) for word in synonyms],
            "meta": {"ossie": kept} if kept else None,
        }
    )


def _without_synonyms(context: Any) -> Any:
    if isinstance(context, Mapping):
        return {key: value for key, value in context.items() if key != "synonyms"}
    return context


def keep(made: dict[str, Any], key: str, value: Any) -> None:
    """Keep under an object's meta what it said in its Ossie document."""
    meta = made.setdefault("meta", {})
    meta["ossie"] = {**meta.get("ossie", {}), key: value}


def source(raw: Raw, data: Mapping[str, Any]) -> dict[str, Any]:
    source: Any = raw.get("source")
    if isinstance(source, Mapping):
        source = source.get("object") if source.get("kind") == "table" else None
    if not isinstance(source, str) or not source.strip():
        raise Skipped("its source is no table")
    declared = data.get("declared", {})
    for key in ("file", "sql"):
        if declared.get(key) == source:
            return {key: source}
    if len(source.split()) > 1:
        raise Skipped("its source is a query; declare a table with 'sql:' over declared tables")
    return {"relation": source.strip()}


def primary_of(data: Mapping[str, Any]) -> str | None:
    entities = data.get("declared", {}).get("entities", {})
    return next((name for name, made in entities.items() if made.get("type") == "primary"), None)


def sql(raw: Raw) -> tuple[str, str]:
    """The expression of a field or metric in a dialect of SQL, and the dialect."""
    found = {
        str(item.get("dialect", "ANSI_SQL")): item.get("expression")
        for item in items(inner(raw, "expression"), "dialects")
        if isinstance(item, Mapping)
    }
    for dialect in DIALECTS:
        expression = found.get(dialect)
        if isinstance(expression, str):
            return expression.strip(), dialect
    raise Skipped(f"its expression is in {', '.join(sorted(found)) or 'no dialect'}, not in SQL")


def is_dimension(raw: Raw) -> bool:
    """Whether a field is something to group by; those that only metrics use say so themselves."""
    return (own_data(raw) or {}).get("role") != "measured"


def dimension(raw: Raw, own: str, said: str, expr: str) -> dict[str, Any]:
    datatype = str(raw.get("datatype") or "").lower()
    time = inner(raw, "dimension").get("is_time")
    temporal = datatype in TEMPORAL or (time is True and not datatype)
    made = described(raw, own, said)
    is_time = temporal and time is not False
    if raw.get("dimension") != {"is_time": is_time}:
        keep(made, "dimension", raw.get("dimension", "none"))
    if raw.get("expression") != standard(expr):
        keep(made, "expression", raw.get("expression"))
    return without_nothing(
        {
            **made,
            "type": "time" if is_time else None,
            "grain": "day" if is_time else None,
            "expr": expr if expr != own else None,
        }
    )


def looks_simple(raw: Raw) -> bool:
    """Whether an expression is one call and nothing around it; a wrong guess costs only a name."""
    try:
        found = sql(raw)[0]
    except Skipped:
        return False
    depth, ends = 0, 0
    for sign in found:
        depth += (sign == "(") - (sign == ")")
        ends += sign == ")" and depth == 0
    return found.endswith(")") and ends == 1


def came_with(shape: Declared) -> Mapping[str, Any]:
    """What an object said in the Ossie document that it came from."""
    found = shape.meta.get("ossie", {})
    return found if isinstance(found, Mapping) else {}


def said_name(shape: Declared) -> str:
    """What an object is called in an Ossie document."""
    return str(came_with(shape).get("name") or shape.name)
