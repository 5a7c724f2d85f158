"""What the shapes are made of: keys, types and the markers of what a text refers to."""

from __future__ import annotations

import re
import types
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Annotated, Any, Union, get_args, get_origin, get_type_hints

from sameboat.periods import Span
from sameboat.project.model import MetricBase, Shape
from sameboat.project.places import Path
from sameboat.project.values import Column, Condition, Refers

Hint = Any
"""A type as it is written, with its annotations."""

Marker = Refers | Column | Condition
MARKERS = (Refers, Column, Condition)

_NOUNS = {"Between": "range", "Kpi": "KPI", "Root": "sameboat.yml"}


@cache
def keys(shape: type[Shape]) -> Mapping[str, tuple[str, Hint]]:
    """The keys of a shape as files spell them, each with its attribute and type."""
    hints = get_type_hints(shape, include_extras=True)
    return {info.alias or name: (name, hints[name]) for name, info in shape.model_fields.items()}


@cache
def noun(shape: type[Shape]) -> str:
    """What people call an object of a shape: "simple metric", "saved query"."""
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", shape.__name__).lower()
    return _NOUNS.get(shape.__name__, f"{words} metric" if issubclass(shape, MetricBase) else words)


def _origin(hint: Hint) -> Any:
    return get_origin(hint)


def bare(hint: Hint) -> tuple[Hint, tuple[object, ...]]:
    """A type without its annotations, and the annotations."""
    notes: tuple[object, ...] = ()
    while _origin(hint) is Annotated:
        inner, *more = get_args(hint)
        hint, notes = inner, (*notes, *more)
    return hint, notes


def branches(hint: Hint) -> tuple[Hint, ...]:
    """The alternatives of a type, without None; one when there is no choice."""
    plain = bare(hint)[0]
    if _origin(plain) in (Union, types.UnionType):
        found = [below for arg in get_args(plain) for below in branches(arg)]
        return tuple(below for below in found if below is not type(None))
    return (plain,)


def is_shape(hint: Hint) -> bool:
    """Whether a type is one of the format's shapes."""
    return isinstance(hint, type) and issubclass(hint, Shape)


def shape_at(hint: Hint, raw: object, path: Path) -> type[Shape] | None:
    """The shape around the value at `path` of raw data of type `hint`, or None.

    In a choice, the branch that fits the raw value; for metrics the one that `type` names.
    """
    shape: type[Shape] | None = None
    for step in (*path, None):
        hint = _branch(hint, raw)
        if is_shape(hint):
            shape = hint
        if step is None:
            return shape
        hint = _below(hint, step)
        raw = _raw_below(raw, step)
        if hint is None:
            return shape
    return shape


def _branch(hint: Hint, raw: object) -> Hint:
    found = branches(hint)
    if len(found) == 1:
        return found[0]
    if isinstance(raw, Mapping):
        for branch in found:
            tag = branch.model_fields.get("type") if is_shape(branch) else None
            if is_shape(branch) and (tag is None or raw.get("type") in get_args(tag.annotation)):
                return branch
    return next((branch for branch in found if not is_shape(branch)), found[0])


def _below(hint: Hint, step: str | int) -> Hint | None:
    if is_shape(hint):
        known = keys(hint).get(str(step))
        return known[1] if known else None
    args = get_args(hint)
    if not args:
        return None
    if isinstance(step, int):
        return args[0] if args[-1] is Ellipsis else args[min(step, len(args) - 1)]
    return args[-1]


def _raw_below(raw: object, step: str | int) -> object:
    if isinstance(raw, Mapping):
        return raw.get(step)
    if isinstance(raw, (list, tuple)) and isinstance(step, int) and step < len(raw):
        return raw[step]
    return None


# ── walking filled shapes ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, slots=True)
class Mention:
    """A text (or span) inside a shape, with what it refers to and the shapes around it."""

    path: Path
    value: Any
    marker: Marker | type[Span]
    around: tuple[Shape, ...]  # outermost first

    @property
    def key(self) -> str:
        """The key that it stands under."""
        return next((step for step in reversed(self.path) if isinstance(step, str)), "")


def mentions(shape: Shape, path: Path, around: tuple[Shape, ...] = ()) -> Iterator[Mention]:
    """Everything below a shape that names something else, in the order of its keys."""
    around = (*around, shape)
    for key, attribute, hint in _telling(type(shape)):
        value = getattr(shape, attribute)
        if value is not None and value != () and value != {}:
            yield from _mentions(value, hint, (*path, key), around)


@cache
def _telling(shape: type[Shape]) -> tuple[tuple[str, str, Hint], ...]:
    """The keys below which something is named; the others need no visit."""
    return tuple(
        (key, attribute, hint) for key, (attribute, hint) in keys(shape).items() if _tells(hint)
    )


def _tells(hint: Hint) -> bool:
    plain, notes = bare(hint)
    if any(isinstance(note, MARKERS) for note in notes) or plain is Span or is_shape(plain):
        return True
    return any(_tells(arg) for arg in get_args(plain) if arg is not Ellipsis)


def _mentions(value: Any, hint: Hint, path: Path, around: tuple[Shape, ...]) -> Iterator[Mention]:
    plain, notes = bare(hint)
    if isinstance(value, Shape):
        yield from mentions(value, path, around)
        return
    if isinstance(value, Span):
        yield Mention(path, value, Span, around)
        return
    marker = next((note for note in notes if isinstance(note, MARKERS)), None)
    if isinstance(value, tuple):
        for at, item in enumerate(value):
            below = hint if marker else _below(_tuple_of(plain), at)
            yield from _item(item, marker, below, (*path, at), around)
    elif isinstance(value, Mapping):
        args = next((get_args(b) for b in branches(plain) if len(get_args(b)) == 2), (str, Any))
        for key, item in value.items():
            yield from _item(key, _marker(args[0]), args[0], (*path, key), around)
            yield from _item(item, _marker(args[1]), args[1], (*path, key), around)
    elif isinstance(value, str):
        marker = marker or next((m for b in _choices(hint) if (m := _marker(b))), None)
        if marker:
            yield Mention(path, value, marker, around)


def _item(
    item: Any, marker: Marker | None, hint: Hint, path: Path, around: tuple[Shape, ...]
) -> Iterator[Mention]:
    if isinstance(item, str):
        found = marker or _marker(hint)
        if found:
            yield Mention(path, item, found, around)
    else:
        yield from _mentions(item, hint, path, around)


def _marker(hint: Hint) -> Marker | None:
    return next((note for note in bare(hint)[1] if isinstance(note, MARKERS)), None)


def _choices(hint: Hint) -> tuple[Hint, ...]:
    """The alternatives of a type with their annotations."""
    plain = bare(hint)[0]
    return get_args(plain) if _origin(plain) in (Union, types.UnionType) else (hint,)


def _tuple_of(hint: Hint) -> Hint:
    return next((b for b in branches(hint) if _origin(b) is tuple), tuple[Any, ...])
