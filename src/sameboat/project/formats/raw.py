"""Values of other formats, read one by one; what cannot be read says why.

Every function takes a mapping and a key, so that the reason names what a person wrote.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from sameboat.errors import Finding, Place, ProjectError, SameboatError
from sameboat.periods import Span
from sameboat.project.diagnosis import describe
from sameboat.project.names import legal, shown
from sameboat.project.values import number as checked_number
from sameboat.project.vocabulary import parsed

Raw = Mapping[str, Any]

_YES = frozenset({"true", "yes", "on"})
_NO = frozenset({"false", "no", "off"})


_PAIR = re.compile(
    rb"(?<!\\)((?:\\\\)*)\\u(d[89ab][0-9a-f]{2})\\u(d[c-f][0-9a-f]{2})", re.IGNORECASE
)


def joined(data: bytes) -> bytes:
    """JSON with its pairs of surrogates as the signs that they mean: YAML has no such escapes.

    >>> joined(bytes([92]) + b"ud83d" + bytes([92]) + b"ude00").decode()
    '😀'
    """

    def sign(match: re.Match[bytes]) -> bytes:
        high, low = int(match[2], 16), int(match[3], 16)
        return match[1] + chr(0x10000 + ((high - 0xD800) << 10) + low - 0xDC00).encode()

    return _PAIR.sub(sign, data)


class Skipped(ProjectError):
    """One object uses what is not supported; it is left out, and the rest is read."""

    def __init__(self, why: str) -> None:
        super().__init__("object-skipped", why)


def notice(what: str, name: str, why: str, where: Place | None) -> Finding:
    """The notice that an object was left out, with the reason."""
    message = f"the {what} {shown(name)} is skipped: {why}"
    return Finding("object-skipped", message, where, severity="notice")


def _value(raw: Any, key: str) -> Any:
    if not isinstance(raw, Mapping):
        raise Skipped(f"what holds '{key}' must be a mapping; {describe(raw)}")
    return raw.get(key)


def text(raw: Raw, key: str) -> str | None:
    """A text, with numbers and truth values as they are written in SQL; None where it is missing.

    >>> text({"expr": 1}, "expr"), text({"expr": True}, "expr"), text({}, "expr")
    ('1', 'true', None)
    """
    value = _value(raw, key)
    if value is None or value == "":
        return None
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, (str, int, float)):
        return str(value).strip()
    raise Skipped(f"'{key}' must be text; {describe(value)}")


def word(raw: Raw, key: str) -> str | None:
    """A keyword or name, in lower case."""
    found = text(raw, key)
    return found.lower() if found else None


def name(raw: object, what: str) -> str:
    """The name of an object, in lower case as dbt has it.

    Raises Skipped where there is none, or where it cannot be used in requests.
    """
    found = word(raw, "name") if isinstance(raw, Mapping) else None
    if found is None:
        raise Skipped(f"{what} has no name")
    if not legal(found, in_expressions=True):
        raise Skipped(f"{shown(found)} cannot be used as a name in requests")
    return found


def called(raw: object) -> str:
    """What people call an object, for messages; its name is not judged."""
    found = raw.get("name") if isinstance(raw, Mapping) else None
    return str(found) if found is not None else "without a name"


def inner(raw: Raw, key: str) -> Raw:
    """A mapping; an empty one where it is missing."""
    value = _value(raw, key)
    if value is None:
        return {}
    if not isinstance(value, Mapping):
        raise Skipped(f"'{key}' must be a mapping; {describe(value)}")
    return value


def items(raw: Raw, key: str) -> Sequence[Any]:
    """A list; an empty one where it is missing."""
    value = _value(raw, key)
    if value is None:
        return ()
    if not isinstance(value, (list, tuple)):
        raise Skipped(f"'{key}' must be a list; {describe(value)}")
    return value


def flag(raw: Raw, key: str) -> bool:
    """A truth value; the words of YAML 1.1 (`yes`, `off`) are understood too."""
    value = _value(raw, key)
    if value is None or isinstance(value, bool):
        return bool(value)
    said = str(value).strip().lower()
    if said not in _YES | _NO:
        raise Skipped(f"'{key}' must be true or false; {describe(value)}")
    return said in _YES


def number(raw: Raw, key: str) -> float | None:
    """A finite number, written as one or as text."""
    value = _value(raw, key)
    if value is None:
        return None
    try:
        plain = float(value) if isinstance(value, str) and "%" not in value else value
        return float(checked_number(plain))  # type: ignore[arg-type]
    except ValueError:
        raise Skipped(f"'{key}' must be a number; {describe(value)}") from None


def span(raw: Raw, key: str) -> str | None:
    """A length of time as text, from `7 days` or `{count: 7, granularity: day}`."""
    value = _value(raw, key)
    if value is None:
        return None
    if isinstance(value, Mapping):
        value = f"{value.get('count')} {value.get('granularity')}"
    try:
        return str(Span.parse(str(value)))
    except (SameboatError, ValueError):
        raise Skipped(
            f"'{key}' must be a length of time such as 7 days; {describe(value)}"
        ) from None


def readable(found: str, what: str) -> str:
    """An expression or filter that our grammar reads. Raises Skipped with what it cannot read."""
    tree = parsed(found)
    if isinstance(tree, Finding):
        hint = f" {tree.hint}" if tree.hint else ""
        raise Skipped(f"{what} cannot be read: {tree.message}.{hint}")
    return found


def without_nothing(found: Mapping[str, Any]) -> dict[str, Any]:
    """The keys that say something: no None, no empty list or mapping, no false flag.

    >>> without_nothing({"a": None, "b": [], "c": 0, "d": False, "e": "x"})
    {'c': 0, 'e': 'x'}
    """
    return {
        key: value
        for key, value in found.items()
        if value is not None and value is not False and value not in ([], {}, "", ())
    }
