"""Definitions that changed since the last refresh and still bear the same version."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.questions.definition_texts import definition_hash, definition_of, differing
from sameboat.questions.wanted import family, wanted_series
from sameboat.store.connect import Store
from sameboat.store.definitions import definitions_used


def definition_changes(project: Project, store: Store) -> Iterator[Finding]:
    """A warning for each metric or table that now gives other figures under the same version.

    A metric whose own version, or that of what uses it, has grown is no finding: then the change
    was meant. What changed first is named; KPIs made of it follow it.
    """
    metrics = dict.fromkeys(one.metric for one in wanted_series(project))
    last = {one.metric: one for one in definitions_used(store, metrics)}
    found: dict[tuple[str, str], Finding] = {}
    for name in metrics:
        used = last.get(name)
        if used is None or used.text is None or name not in project.metrics:
            continue
        if used.hash == definition_hash(project, name):
            continue
        before: Mapping[str, Any] = json.loads(used.text)
        after = definition_of(project, name)
        if _version(after, name) > _version(before, name):
            continue
        for section, changed, keys in _grouped(before, after):
            if section == "metrics" and _version(after, changed) > _version(before, changed):
                continue
            if (section, changed) in found:
                continue
            found[section, changed] = (
                _reckoned_otherwise(project, changed, keys, used.run)
                if section == "root"
                else _finding(project, section, changed, keys, name, used.run)
            )
    yield from found.values()


def _version(definition: Mapping[str, Any], metric: str) -> int:
    return int(definition["metrics"].get(metric, {}).get("version", 1))


def _grouped(
    before: Mapping[str, Any], after: Mapping[str, Any]
) -> Iterator[tuple[str, str, list[str]]]:
    """What differs, its keys together."""
    keys: dict[tuple[str, str], list[str]] = {}
    for section, name, key in differing(before, after):
        keys.setdefault((section, name), []).append(key)
    for (section, name), listed in keys.items():
        yield section, name, listed


def _finding(
    project: Project, section: str, name: str, keys: list[str], metric: str, run: int
) -> Finding:
    what = f"{section.removesuffix('s')} {name!r}"
    listed = ", ".join(keys)
    users = [kpi.name for kpi in project.kpis.values() if name in family(project, kpi.metric)]
    moves = f" KPI {', '.join(users)} is made of it." if users and section == "metrics" else ""
    of = name if section == "metrics" else metric
    version = project.metrics[of].version
    return Finding(
        "definition-changed",
        f"{what} has changed since run {run} ({listed}), and {of!r} is still version {version}: "
        f"new figures would pass for old ones.{moves}",
        project.place(section, name, *keys[0].split(".")),
        f"Give {of!r} `version: {version + 1}`, `valid_from:` and `why:`.",
        "warning",
    )


def _reckoned_otherwise(project: Project, what: str, keys: list[str], run: int) -> Finding:
    """How days are cut or money is exchanged has changed: that moves figures of many metrics."""
    said = "the calendar" if what == "calendar" else "the exchange of money"
    return Finding(
        "definition-changed",
        f"{said} has changed since run {run} ({', '.join(keys)}): figures before and after are "
        "reckoned differently, and metrics still bear the same version",
        project.place(what, *keys),
        "Give each metric whose figures it moves a new `version:`, `valid_from:` and `why:`.",
        "warning",
    )
