"""The JSON Schema of project files, for editors."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import TypeAdapter

from sameboat.project import model, plans
from sameboat.project.declared import LISTS, NAMED, SINGLE
from sameboat.project.meanings import meaning
from sameboat.project.model import Root
from sameboat.project.names import LONGEST

DIALECT = "https://json-schema.org/draft/2020-12/schema"

NAME: Mapping[str, Any] = {"pattern": "^[a-z][a-z0-9]*(_[a-z0-9]+)*$", "maxLength": LONGEST}
"""Names as a regular expression; `project.names.legal` decides the same."""


def schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of one file of a project: the keys of sameboat.yml and sections.

    Objects are closed: a key that the format does not know is an error in the editor too.
    Names are the keys of mappings, so `name` is not a key of what is named.
    """
    hints = {**{k: v for k, (v, _) in {**NAMED, **LISTS}.items()}, **SINGLE, "": Root}
    adapters = [(section, "validation", TypeAdapter(hint)) for section, hint in hints.items()]
    found, whole = TypeAdapter.json_schemas(adapters)  # type: ignore[arg-type]
    definitions: dict[str, Any] = whole.pop("$defs")
    _explain(definitions)
    named = _take_names(definitions)
    settings = definitions.pop("Root")["properties"]
    sections = {
        section: _section(section, found[section, "validation"], definitions)
        for section in hints
        if section
    }
    made = {
        "$schema": DIALECT,
        "title": "A file of a Sameboat project",
        "description": "Settings stand only in sameboat.yml; sections may stand in any file.",
        "type": "object",
        "additionalProperties": False,
        "properties": {**settings, **sections},
        "$defs": dict(sorted(definitions.items())),
    }
    return {key: _tidy(part, named) for key, part in made.items()}


def _section(section: str, item: dict[str, Any], definitions: Mapping[str, Any]) -> dict[str, Any]:
    if section in LISTS:
        return {"type": ["array", "null"], "items": item}
    if section in SINGLE:
        return {"anyOf": [item, {"type": "null"}]}
    shape = definitions.get(str(item.get("$ref", "")).rpartition("/")[2], {})
    may_be_empty = bool(shape) and not shape.get("required")
    return {
        "type": ["object", "null"],
        "propertyNames": NAME,
        "additionalProperties": {"anyOf": [item, {"type": "null"}]} if may_be_empty else item,
    }


def _explain(definitions: Mapping[str, Any]) -> None:
    """Say beside each key what it means, as editors show it."""
    shapes: Mapping[str, Any] = {**vars(plans), **vars(model)}
    for title, definition in definitions.items():
        for key, rule in definition.get("properties", {}).items():
            said = meaning(shapes.get(title, object), key)
            if said is not None:
                rule["description"] = said


def _take_names(definitions: Mapping[str, Any]) -> Mapping[str, bool]:
    """What takes its name from the key above, and whether it may be empty.

    The name is taken out of each definition.
    """
    named: dict[str, bool] = {}
    for title, definition in definitions.items():
        if definition.get("properties", {}).get("name", {}).get("default") == "":
            del definition["properties"]["name"]
            named[f"#/$defs/{title}"] = not definition.get("required")
    return named


def _tidy(part: Any, named: Mapping[str, bool]) -> Any:
    """The same schema without titles that repeat the key; mappings of objects judge names."""
    if isinstance(part, list):
        return [_tidy(item, named) for item in part]
    if not isinstance(part, dict):
        return part
    tidy: dict[str, Any] = {}
    for key, item in part.items():
        if key == "properties":
            tidy[key] = {
                name: _tidy({k: v for k, v in below.items() if k != "title"}, named)
                for name, below in item.items()
            }
        elif not (key == "default" and item is None):
            tidy[key] = _tidy(item, named)
    below = part.get("additionalProperties")
    if isinstance(below, dict) and below.get("$ref") in named:
        tidy["propertyNames"] = NAME
        if named[below["$ref"]]:
            tidy["additionalProperties"] = {"anyOf": [below, {"type": "null"}]}
    return tidy
