"""What is wrong with a raw value, in words a person understands.

Pydantic says which rule failed; here that becomes findings with a place, the name that people
use for the thing, what was expected, and the nearest key or value that would have been right.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from pydantic import ValidationError

from sameboat.errors import CODES, Finding, did_you_mean
from sameboat.project.model import METRIC_TYPES
from sameboat.project.names import article, shown
from sameboat.project.places import Path, Places
from sameboat.project.structure import Hint, keys, noun, shape_at

_EXPECTED = {
    "string_type": "must be text",
    "int_type": "must be a whole number",
    "int_from_float": "must be a whole number",
    "bool_type": "must be true or false",
    "tuple_type": "must be a list",
    "dict_type": "must be a mapping of keys to values",
    "mapping_type": "must be a mapping of keys to values",
    "model_type": "must be a mapping of keys to values",
    "model_attributes_type": "must be a mapping of keys to values",
}
_HIDDEN = frozenset({"name"})
"""Keys that the loader fills and files may not write."""


@dataclass(frozen=True)
class _Fault:
    """One failed rule: where, what was expected, and what stands there."""

    path: Path
    code: str
    words: str
    value: object
    hint: str | None = None


def diagnose(
    error: ValidationError, *, raw: object, hint: Hint, path: Path, places: Places
) -> tuple[Finding, ...]:
    """Every finding that a failed validation amounts to, in the order of the keys.

    `raw` is what was validated against `hint`; `path` is where it stands in the project.
    """
    faults = [_fault(item, raw, hint) for item in error.errors(include_url=False)]
    return tuple(_finding(fault, path, places) for fault in _settled(faults))


def _settled(faults: list[_Fault]) -> list[_Fault]:
    """The faults with those of a choice put together.

    A value that may be of several types fails once for each. Where one of them got as far as
    the value's own keys, that is the one that was meant; else all are named.
    """
    settled: list[_Fault] = []
    for fault in faults:
        deeper = any(
            len(other.path) > len(fault.path) and other.path[: len(fault.path)] == fault.path
            for other in faults
        )
        if deeper and fault.code == "wrong-type":
            continue
        same = next((other for other in settled if other.path == fault.path), None)
        if same is None:
            settled.append(fault)
        elif same.code == fault.code == "wrong-type" and fault.words not in same.words:
            words = f"{same.words}, or {fault.words.removeprefix('must be ')}"
            settled[settled.index(same)] = _Fault(
                same.path, same.code, words, same.value, same.hint or fault.hint
            )
    return settled


def _finding(fault: _Fault, path: Path, places: Places) -> Finding:
    full = (*path, *fault.path)
    match fault.code:
        case "unknown-key":
            return Finding(fault.code, fault.words, places.key(full), fault.hint)
        case "missing-key":
            return Finding(fault.code, fault.words, places.key(full[:-1]), fault.hint)
    message = f"{_label(full)} {fault.words}"
    if fault.code == "wrong-type":
        message += f"; {describe(fault.value)}"
    return Finding(fault.code, message, places.nearest(full), fault.hint)


def _fault(item: Any, raw: object, hint: Hint) -> _Fault:
    kind, context = item["type"], item.get("ctx") or {}
    missing = kind == "missing"
    path = _in_files(item["loc"][:-1] if missing else item["loc"], raw)
    value = _value(raw, path)
    if missing:
        return _missing(path, item["loc"][-1], raw, hint, value)
    if kind == "extra_forbidden":
        return _unknown(path, raw, hint, value)
    if kind in ("union_tag_not_found", "union_tag_invalid"):
        return _type_of_metric(path, value)
    if kind in CODES:
        return _Fault(path, kind, context["words"], value, context.get("hint"))
    if item["loc"] and item["loc"][-1] == "[key]":
        return _unknown_key(path, context, value)
    if kind == "literal_error":
        known = re.findall(r"'([^']*)'", context["expected"])
        near = did_you_mean(value, known) if isinstance(value, str) else None
        return _Fault(path, "wrong-type", f"must be {_one_of(context)}", value, near)
    if kind in ("too_short", "too_long"):
        return _Fault(path, "wrong-type", "must have as many values as the key takes", value)
    quote = kind == "string_type" and isinstance(value, (bool, int, float))
    words = _EXPECTED.get(kind, "is not a value that the key takes")
    return _Fault(path, "wrong-type", words, value, "Put it in quotes." if quote else None)


def _one_of(context: Mapping[str, Any]) -> str:
    return str(context.get("expected", "another"))


def _missing(path: Path, key: object, raw: object, hint: Hint, value: object) -> _Fault:
    if isinstance(key, int):
        return _Fault(path, "wrong-type", "has too few values", value)
    shape = shape_at(hint, raw, path)
    what = noun(shape) if shape else "mapping"
    return _Fault((*path, str(key)), "missing-key", f"{_a(what, begins=True)} needs '{key}'", value)


def _unknown(path: Path, raw: object, hint: Hint, value: object) -> _Fault:
    key = str(path[-1]) if path else ""
    shape = shape_at(hint, raw, path[:-1])
    known = [name for name in keys(shape) if name not in _HIDDEN] if shape else []
    offered = did_you_mean(key, known)
    if value is None:
        quote = "Quote the expression: inside braces a comma ends the value."
        offered = f"{offered} {quote}" if offered else quote
    what = noun(shape) if shape else "mapping"
    message = f"{shown(key)} is not a key of {_a(what)}"
    return _Fault(path, "unknown-key", message, value, offered or f"Keys are {', '.join(known)}.")


def _unknown_key(path: Path, context: Mapping[str, Any], value: object) -> _Fault:
    key, expected = str(path[-1]), _one_of(context)
    near = did_you_mean(key, re.findall(r"'([^']*)'", expected))
    return _Fault(path, "unknown-key", f"{shown(key)} is not {expected}", value, near)


def own_name(key: str, what: str) -> tuple[str, str]:
    """Message and hint for an object that repeats its name inside."""
    return (
        f"'name' is not a key of {_a(what)}: the key above, {shown(key)}, is the name",
        "Use 'label' for what people read.",
    )


def _type_of_metric(path: Path, value: object) -> _Fault:
    given = value.get("type") if isinstance(value, Mapping) else None
    types = ", ".join(METRIC_TYPES)
    if given is None:
        return _Fault((*path, "type"), "missing-key", f"A metric needs 'type': {types}", value)
    near = did_you_mean(str(given), METRIC_TYPES)
    return _Fault((*path, "type"), "wrong-type", f"must be one of {types}", given, near)


def _a(what: str, *, begins: bool = False) -> str:
    """A noun with its article, as it stands within or at the beginning of a sentence."""
    if what.endswith(".yml"):
        return what
    text = article(what)
    return f"{text[0].upper()}{text[1:]}" if begins else text


def _in_files(loc: tuple[Any, ...], raw: object) -> Path:
    """A location without the steps that only the types know."""
    path: list[str | int] = []
    for step in loc:
        if _holds(raw, step):
            path.append(step)
            raw = raw[step]  # type: ignore[index]
    return tuple(path)


def _holds(raw: object, step: str | int) -> bool:
    if isinstance(raw, Mapping):
        return step in raw
    return isinstance(raw, (list, tuple)) and isinstance(step, int) and step < len(raw)


def _value(raw: object, path: Path) -> object:
    for step in path:
        if isinstance(raw, (Mapping, list, tuple)):
            raw = raw[step]  # type: ignore[index]
    return raw


def _label(path: Path) -> str:
    """The key that a value stands under, with its position in a list."""
    key = next((step for step in reversed(path) if isinstance(step, str)), "")
    quoted = shown(key)
    return f"item {path[-1] + 1} of {quoted}" if path and isinstance(path[-1], int) else quoted


def describe(value: object) -> str:
    """What stands there, as a clause: "it is 'yes'", "it is a list", "it has no value"."""
    match value:
        case None:
            return "it has no value"
        case bool():
            return f"it is {str(value).lower()}"
        case int() | float():
            return f"it is {value}"
        case str():
            return f"it is {shown(value)}"
        case Mapping():
            return "it is a mapping"
    return "it is a list"
