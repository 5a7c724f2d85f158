"""The JSON Schema says what the loader accepts."""

from __future__ import annotations

import importlib.util
import re
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from sameboat.project.declared import SECTIONS
from sameboat.project.model import METRIC_TYPES, Root
from sameboat.project.names import legal
from sameboat.project.reading import read
from sameboat.project.schema import NAME, schema
from sameboat.project.structure import keys

TYPES = {
    "object": dict, "array": list, "string": str, "boolean": bool, "integer": int,
    "null": type(None),
}  # fmt: skip


def faults(value: Any, rule: Mapping[str, Any], whole: Mapping[str, Any]) -> Iterator[str]:
    """Why a value breaks a schema, for the keywords that ours uses; nothing when it does not."""
    if "$ref" in rule:
        yield from faults(value, whole["$defs"][rule["$ref"].rpartition("/")[2]], whole)
        return
    for word, enough in (("anyOf", 1), ("oneOf", 1)):
        if word in rule and sum(not any(faults(value, one, whole)) for one in rule[word]) < enough:
            yield f"{value!r} fits nothing of {word}"
    if "type" in rule and not any(is_type(value, name) for name in listed(rule["type"])):
        yield f"{value!r} is not {rule['type']}"
        return
    if "const" in rule and value != rule["const"]:
        yield f"{value!r} is not {rule['const']!r}"
    if "enum" in rule and value not in rule["enum"]:
        yield f"{value!r} is none of {rule['enum']}"
    if isinstance(value, str) and not re.search(rule.get("pattern", ""), value):
        yield f"{value!r} does not match {rule['pattern']}"
    if isinstance(value, (int, float)) and value < rule.get("minimum", value):
        yield f"{value!r} is too small"
    if isinstance(value, dict):
        yield from faults_of_object(value, rule, whole)
    if isinstance(value, list):
        if not rule.get("minItems", 0) <= len(value) <= rule.get("maxItems", len(value)):
            yield f"{value!r} has the wrong length"
        each = rule.get("prefixItems") or [rule.get("items", {})] * len(value)
        for item, one in zip(value, each, strict=False):
            yield from faults(item, one, whole)


def faults_of_object(
    value: dict[str, Any], rule: Mapping[str, Any], whole: Mapping[str, Any]
) -> Iterator[str]:
    """What is wrong with the keys of an object."""
    for name in rule.get("required", ()):
        if name not in value:
            yield f"{name} is missing"
    for key, item in value.items():
        yield from faults(key, rule.get("propertyNames", {}), whole)
        other = rule.get("additionalProperties", True)
        below = rule.get("properties", {}).get(key, other)
        if below is False:
            yield f"{key} is not allowed"
        elif isinstance(below, dict):
            yield from faults(item, below, whole)


def listed(value: str | list[str]) -> list[str]:
    """A type or the types of a rule."""
    return [value] if isinstance(value, str) else value


def is_type(value: Any, name: str) -> bool:
    """Whether a value is of a type of JSON; truth is no number."""
    if isinstance(value, bool):
        return name == "boolean"
    if name == "number":
        return isinstance(value, (int, float))
    return isinstance(value, TYPES[name])


def value_of(text: str) -> Any:
    """What a file's text holds."""
    (document,) = read(text.encode(), "a.yml")
    return document.value


def test_the_example_of_the_format_fits(example: bytes) -> None:
    """Every key and every form of value that the example shows is in the schema."""
    whole = schema()
    assert list(faults(value_of(example.decode()), whole, whole)) == []


@pytest.mark.parametrize(
    "text",
    [
        "zzz: 1", "format: 2", "teams: {A: {}}", "teams: {a: {parnt: b}}", "teams: {a: {name: b}}",
        "metrics: {m: {type: simpel}}", "metrics: {m: {type: simple, table: t}}",
        "metrics: {m: {type: simple, table: t, agg: summ}}", "metrics: {m: }",
        "metrics: {m: {type: ratio, numerator: 5, denominator: a}}",
        "metrics: {m: {type: cumulative, metric: m, window: 28}}",
        "kpis: {k: {metric: m, target: {to: ten}}}", "drivers: {a: b}", "drivers: [{}]",
        "privacy: {minimum_group: 4}", "tables: {t: {entities: {e: }}}",
        "tables: {t: {dimensions: {A: {}}}}", "events: {e: {}}",
    ],
)  # fmt: skip
def test_what_the_loader_refuses_the_editor_marks(text: str) -> None:
    """Unknown keys, missing keys, wrong types, illegal names."""
    whole = schema()
    assert list(faults(value_of(text), whole, whole)) != []


@pytest.mark.parametrize(
    "text",
    [
        "teams:", "teams: {a: }", "kpis: {k: {metric: m, steward: a, target: {to: 12.5%}}}",
        "metrics: {m: {type: simple, table: t, agg: count, filter: [a, b]}}",
        "tables: {t: {dimensions: {d: }}}", "teams: {a: {parent: null}}",
    ],
)  # fmt: skip
def test_short_forms_fit(text: str) -> None:
    """Empty sections and objects, one text for a list or mapping, percentages."""
    whole = schema()
    assert list(faults(value_of(text), whole, whole)) == []


def test_sections_and_settings_are_all_there() -> None:
    """The schema is made from the shapes, so nothing can be forgotten."""
    made = schema()
    assert set(made["properties"]) == {*SECTIONS, *keys(Root)}
    assert made["additionalProperties"] is False
    mapping = made["properties"]["metrics"]["additionalProperties"]["discriminator"]["mapping"]
    assert set(mapping) == set(METRIC_TYPES)


def test_objects_are_closed_and_bear_no_name() -> None:
    """`name` is filled by the loader; only what is listed bears its own."""
    definitions = schema()["$defs"]
    assert all(found["additionalProperties"] is False for found in definitions.values())
    named = {title for title, found in definitions.items() if "name" in found["properties"]}
    assert named == {"Pay", "Stage"}


def test_docstrings_are_descriptions() -> None:
    """What a shape is for shows in the editor."""
    assert schema()["$defs"]["Pool"]["description"].startswith("One budget")


@pytest.mark.parametrize(
    "name", ["a", "a1", "win_rate", "A", "_a", "a_", "a__b", "1a", "", "ä", "a b"]
)
def test_names_are_judged_as_the_loader_does(name: str) -> None:
    """The pattern of the schema and the rule of the loader agree."""
    assert bool(re.search(NAME["pattern"], name)) is legal(name)


def test_the_schema_is_valid_by_the_standard(example: bytes) -> None:
    """Held against the reference implementation where it is installed."""
    if importlib.util.find_spec("jsonschema") is None:
        pytest.skip("jsonschema is not installed; the checks above use a reader of our own")
    import jsonschema

    jsonschema.Draft202012Validator.check_schema(schema())
    jsonschema.Draft202012Validator(schema()).validate(value_of(example.decode()))
