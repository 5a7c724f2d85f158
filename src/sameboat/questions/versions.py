"""Versions of definitions: where one begins in a series, and what a metric was before.

A refresh computes all periods by the definition of the day, so a series is of one version. What
`valid_from` says is since when that version is meant: figures before it are figures of another
meaning, drawn, named and judged apart.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from sameboat.errors import RequestError, SameboatError
from sameboat.project.declared import Project
from sameboat.project.model import Root, Table
from sameboat.questions.definition_texts import (
    MONEY,
    definition_hash,
    definition_of,
    differing,
)
from sameboat.questions.series import Break, Series
from sameboat.questions.wanted import family
from sameboat.questions.workspace import Workspace
from sameboat.store.definitions import DefinitionUsed, definitions_used
from sameboat.store.packing import PackedSeries

JUDGED = 12
"""How many of the latest points a verdict is about."""

LEAST_HASH = 4
"""How many signs of a hash name a definition at least."""


# ── where a version begins ───────────────────────────────────────────────────────────────────


def breaks_of(project: Project, points: PackedSeries) -> tuple[Break, ...]:
    """Where in a series another version of its metric, or of one that it is made of, begins.

    The first period that lies wholly within the version is the first after the break.
    """
    found: dict[tuple[int, str], Break] = {}
    for name in family(project, points.metric):
        metric = project.metrics[name]
        if metric.valid_from is None or metric.version < 2:
            continue
        index = int(np.searchsorted(points.periods, np.datetime64(metric.valid_from, "D")))
        what = "the definition" if name == points.metric else metric.title
        label = f"Version {metric.version} of {what}"
        if 0 < index < len(points):
            found[index, label] = Break(index, metric.valid_from, label, metric.why)
    return tuple(sorted(found.values(), key=lambda one: (one.index, one.label)))


def since_version(series: Series) -> str | None:
    """The sentence under a verdict that is about points of a young version alone; else None."""
    last = series.latest
    if last is None or not series.breaks:
        return None
    youngest = max(series.breaks, key=lambda one: one.index)
    if last - youngest.index >= JUDGED:
        return None
    day = f"{youngest.at.day} {youngest.at:%B %Y}"
    why = f": {youngest.why}" if youngest.why else "."
    if last < youngest.index:
        grain = series.grain.replace("_", " ")
        return f"No whole {grain} is judged by {_lower(youngest.label)} yet, from {day} on{why}"
    return f"Judged since {day} alone, by {_lower(youngest.label)}{why}"


def _lower(label: str) -> str:
    return label[:1].lower() + label[1:]


# ── what it was before ───────────────────────────────────────────────────────────────────────


@dataclass(frozen=True)
class Recalled:
    """A metric as one of its earlier definitions had it, in a project in which it can be asked."""

    metric: str
    used: DefinitionUsed
    workspace: Workspace


def recalled(workspace: Workspace, asked: str) -> Recalled:
    """The metric that `name@version` or `name@hash` names, as its record holds it.

    Inputs, filters, dimensions and entities are those of that definition; rows, personal columns
    and floors are those of today. Of a version that was changed without a new number, the last
    definition counts; the hash names the others.

    Raises RequestError (`unknown-version`).
    """
    name, _, which = asked.partition("@")
    workspace.project.metric(name)
    known = [one for one in definitions_used(workspace.record, [name]) if one.text is not None]
    fits = [one for one in known if str(one.version) == which]
    if not fits and len(which) >= LEAST_HASH:
        fits = [one for one in known if one.hash.startswith(which)]
    if not fits:
        listed = ", ".join(
            dict.fromkeys(f"{one.version} ({one.hash[:7]}, {one.at:%Y-%m-%d})" for one in known)
        )
        raise RequestError(
            "unknown-version",
            f"no definition {which!r} of {name!r} is recorded",
            hint=f"Recorded are {listed}." if listed else "A refresh records each definition.",
        )
    return Recalled(name, fits[-1], _with(workspace, fits[-1:]))


def as_recorded(
    workspace: Workspace, metrics: Iterable[str], used: Iterable[DefinitionUsed]
) -> Workspace:
    """The workspace in which metrics are what they were when their points were computed.

    Where nothing has changed since, or the text is not held, it is the workspace itself.
    """
    project = workspace.project
    wanted = set(metrics)
    last = {one.metric: one for one in used if one.metric in wanted}
    old = [
        one
        for name, one in last.items()
        if one.text is not None
        and name in project.metrics
        and one.hash != definition_hash(project, name)
    ]
    return _with(workspace, old) if old else workspace


def _with(workspace: Workspace, old: Iterable[DefinitionUsed]) -> Workspace:
    """The workspace with some metrics and what they are made of as they were."""
    project = workspace.project
    metrics, tables = dict(project.metrics), dict(project.tables)
    roots: list[Root] = []
    for one in old:
        assert one.text is not None, "only definitions with a text are taken up again"
        text: dict[str, Any] = json.loads(one.text)
        try:
            then = Project.from_mappings(**text)
        except SameboatError as error:
            raise RequestError(
                "unknown-version",
                f"the definition {one.version} of {one.metric!r} cannot be read: {error.why}",
            ) from error
        metrics |= then.metrics
        roots += [then.root] if "root" in text else []
        for name, table in then.tables.items():
            if name in tables:
                tables[name] = _merged(tables[name], table)
    root = _reckoned_as(project.root, roots)
    past = replace(workspace, project=replace(project, root=root, metrics=metrics, tables=tables))
    for name in ("warehouse", "store", "record"):  # what is open is shared
        if name in workspace.__dict__:
            past.__dict__[name] = workspace.__dict__[name]
    return past


def _reckoned_as(today: Root, then: Sequence[Root]) -> Root:
    """The company's settings of today with the calendar and the exchange of money of then.

    Where definitions of several times differ in them there is no one calendar: then today's hold.
    """
    if not then or any(root != then[0] for root in then):
        return today
    spines = {name: getattr(today.calendar, name) for name in ("time_spine", "more_spines")}
    calendar = then[0].calendar.model_copy(update=spines)
    money = {name: getattr(then[0], name) for name in MONEY} if then[0].currency else {}
    return today.model_copy(update={"calendar": calendar, **money})


def _merged(today: Table, then: Table) -> Table:
    """A table of today whose dimensions, entities and time are those of then.

    What is personal or pseudonymous stays what it is today: an old definition opens nothing.
    """
    return today.model_copy(
        update={
            "dimensions": {**today.dimensions, **then.dimensions},
            "entities": {**today.entities, **then.entities},
            "time": then.time or today.time,
        }
    )


def tables_changed(workspace: Workspace, used: DefinitionUsed) -> tuple[str, ...]:
    """The tables whose rows come from elsewhere now than when a definition was recorded."""
    if used.text is None:
        return ()
    before: Mapping[str, Any] = json.loads(used.text)
    project = workspace.project
    after = definition_of(project, used.metric)
    gone = tuple(name for name in before["tables"] if name not in project.tables)
    moved = (
        name
        for section, name, key in differing(before, after)
        if section == "tables" and key in ("file", "relation", "sql", "read", "zone")
    )
    return tuple(dict.fromkeys((*gone, *moved)))
