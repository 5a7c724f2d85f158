"""Which declared things are read but not computed yet."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

from pydantic import BaseModel

from sameboat.errors import Finding, Place
from sameboat.project.places import Path

SECTIONS = (
    "initiatives", "experiments", "journeys", "teamwork", "pools", "staffing", "incentives",
    "reviews", "pulses", "rollout", "access", "alerts", "sources", "proposals",
)  # fmt: skip
"""Sections whose features come with a later version. Take a name out when its feature is there."""

KEYS = (
    "dialect", "privacy.minimum_team", "tables.rollups",
)  # fmt: skip
"""Keys of other sections and of sameboat.yml likewise, as paths without the objects' names."""

METRIC_TYPES: tuple[str, ...] = ()
"""Types of metrics that are not computed yet."""


def unbuilt(
    shaped: Mapping[str, Any], root: BaseModel, place: Callable[..., Place | None]
) -> tuple[Finding, ...]:
    """One notice for each section, key and type of metric that is declared but not computed."""
    notices = [
        _notice(f"'{section}' is read but not computed yet", place(section))
        for section in SECTIONS
        if shaped.get(section)
    ]
    for key in KEYS:
        where = next(_declared(key.split("."), shaped, root), None)
        if where is not None:
            notices.append(_notice(f"'{key}' is read but not computed yet", place(*where)))
    firsts: dict[str, str] = {}
    for name, metric in (shaped.get("metrics") or {}).items():
        if metric.type in METRIC_TYPES:
            firsts.setdefault(metric.type, name)
    return (
        *notices,
        *(
            _notice(f"{kind} metrics are read but not computed yet", place("metrics", name, "type"))
            for kind, name in firsts.items()
        ),
    )


def _declared(steps: list[str], shaped: Mapping[str, Any], root: BaseModel) -> Iterator[Path]:
    """Where a key is given, in whatever objects may have it."""
    section, *below = steps
    if section in type(root).model_fields:
        yield from _given(root, tuple(steps), ())
        return
    for name, shape in (shaped.get(section) or {}).items():
        yield from _given(shape, tuple(below), (section, name))


def _given(shape: BaseModel, steps: tuple[str, ...], path: Path) -> Iterator[Path]:
    first, *rest = steps
    fields = type(shape).model_fields
    field = next(name for name, held in fields.items() if (held.alias or name) == first)
    if field not in shape.model_fields_set:
        return
    value = getattr(shape, field)
    if not rest:
        yield (*path, first)
    elif isinstance(value, BaseModel):
        yield from _given(value, tuple(rest), (*path, first))


def _notice(message: str, where: Place | None) -> Finding:
    return Finding("not-built-yet", message, where, severity="notice")
