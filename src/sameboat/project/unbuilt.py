"""Which declared things are read but not computed yet."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from sameboat.errors import Finding, Place

SECTIONS = (
    "initiatives", "experiments", "journeys", "teamwork", "pools", "staffing", "incentives",
    "reviews", "pulses", "rollout", "access", "alerts", "sources",
)  # fmt: skip
"""Sections whose features come with a later version. Take a name out when its feature is there."""

METRIC_TYPES: tuple[str, ...] = ()
"""Types of metrics that are not computed yet."""


def unbuilt(shaped: Mapping[str, Any], place: Callable[..., Place | None]) -> tuple[Finding, ...]:
    """One notice for each section and each type of metric that is declared but not computed."""
    notices = [
        _notice(f"'{section}' is read but not computed yet", place(section))
        for section in SECTIONS
        if shaped.get(section)
    ]
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


def _notice(message: str, where: Place | None) -> Finding:
    return Finding("not-built-yet", message, where, severity="notice")
