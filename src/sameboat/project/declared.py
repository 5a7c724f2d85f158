"""What a company has declared, as one frozen value."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, fields
from functools import cached_property
from pathlib import Path
from typing import Any, Self, TypeVar

from pydantic import TypeAdapter, ValidationError

from sameboat.errors import (
    Finding,
    Place,
    ProjectError,
    RequestError,
    did_you_mean,
    near_or_known,
)
from sameboat.project import model, plans
from sameboat.project.diagnosis import describe, diagnose, own_name
from sameboat.project.names import name_findings
from sameboat.project.places import Path as Steps
from sameboat.project.places import Places, Step
from sameboat.project.structure import Hint
from sameboat.project.unbuilt import unbuilt

Found = TypeVar("Found")

NAMED: Mapping[str, tuple[Hint, str]] = {
    "teams": (model.Team, "team"),
    "objectives": (model.Objective, "objective"),
    "tables": (model.Table, "table"),
    "metrics": (model.Metric, "metric"),
    "kpis": (model.Kpi, "kpi"),
    "events": (model.Event, "event"),
    "initiatives": (plans.Initiative, "initiative"),
    "experiments": (plans.Experiment, "experiment"),
    "journeys": (plans.Journey, "journey"),
    "teamwork": (plans.Teamwork, "teamwork"),
    "pools": (plans.Pool, "pool"),
    "staffing": (plans.Staffing, "staffing plan"),
    "incentives": (plans.Incentive, "incentive plan"),
    "reviews": (plans.Review, "review"),
    "pulses": (plans.Pulse, "pulse"),
    "sources": (plans.Source, "source"),
    "saved_queries": (model.SavedQuery, "saved query"),
    "proposals": (plans.Proposal, "proposal"),
}
"""Sections that map names to objects: their shape, and what one object is called."""

LISTS: Mapping[str, tuple[Hint, str]] = {
    "drivers": (model.Driver, "driver"),
    "alerts": (plans.Alert, "alert"),
}
"""Sections that are lists."""

SINGLE: Mapping[str, Hint] = {"rollout": plans.Rollout, "access": plans.Access}
"""Sections that are one object."""

SECTIONS = (*NAMED, *LISTS, *SINGLE)

INSIDE: Mapping[str, Mapping[str, str]] = {
    "tables": {"entities": "entity", "dimensions": "dimension"},
    "staffing": {"roles": "role"},
    "access": {"roles": "role"},
}
"""Named objects inside others."""

_NOT_DEFINITIONS = {"warehouse", "store", "ignore"}


@dataclass(frozen=True)
class Project:
    """Everything that the files of one folder declare."""

    folder: Path
    root: model.Root
    teams: Mapping[str, model.Team] = field(default_factory=dict)
    objectives: Mapping[str, model.Objective] = field(default_factory=dict)
    tables: Mapping[str, model.Table] = field(default_factory=dict)
    metrics: Mapping[str, model.Metric] = field(default_factory=dict)
    kpis: Mapping[str, model.Kpi] = field(default_factory=dict)
    drivers: tuple[model.Driver, ...] = ()
    events: Mapping[str, model.Event] = field(default_factory=dict)
    initiatives: Mapping[str, plans.Initiative] = field(default_factory=dict)
    experiments: Mapping[str, plans.Experiment] = field(default_factory=dict)
    journeys: Mapping[str, plans.Journey] = field(default_factory=dict)
    teamwork: Mapping[str, plans.Teamwork] = field(default_factory=dict)
    pools: Mapping[str, plans.Pool] = field(default_factory=dict)
    staffing: Mapping[str, plans.Staffing] = field(default_factory=dict)
    incentives: Mapping[str, plans.Incentive] = field(default_factory=dict)
    reviews: Mapping[str, plans.Review] = field(default_factory=dict)
    pulses: Mapping[str, plans.Pulse] = field(default_factory=dict)
    rollout: plans.Rollout = field(default_factory=plans.Rollout)
    access: plans.Access = field(default_factory=plans.Access)
    alerts: tuple[plans.Alert, ...] = ()
    sources: Mapping[str, plans.Source] = field(default_factory=dict)
    saved_queries: Mapping[str, model.SavedQuery] = field(default_factory=dict)
    proposals: Mapping[str, plans.Proposal] = field(default_factory=dict)
    places: Places = field(default_factory=Places, repr=False)
    notices: tuple[Finding, ...] = ()
    faulty: Mapping[str, frozenset[str]] = field(default_factory=dict)
    """Per section the names that are declared but wrong; only in a project with errors."""
    complete: bool = True
    """False when a file could not be read at all, so that names may be missing."""

    @classmethod
    def from_mappings(
        cls, root: Mapping[str, Any] | None = None, *, folder: Path | None = None, **sections: Any
    ) -> Self:
        """A project from plain values, as YAML would give them; `root` may be left out.

        Raises ProjectError with every finding, as `load` does.

        >>> project = Project.from_mappings(tables={"deals": {"file": "deals.csv"}})
        >>> project.table("deals").file
        'deals.csv'
        """
        project, findings = build(
            {"name": "project", **(root or {})}, sections, folder=folder or Path()
        )
        if findings:
            raise ProjectError.of(findings)
        return cls(**{item.name: getattr(project, item.name) for item in fields(project)})

    def place(self, *path: Step) -> Place | None:
        """Where something stands, or the nearest thing around it; None when built by hand.

        >>> Project.from_mappings().place("metrics", "win_rate", "unit") is None
        True
        """
        return self.places.nearest(path)

    def metric(self, name: str) -> model.Metric:
        """The metric of that name. Raises RequestError (`unknown-metric`)."""
        return _one(self.metrics, name, "metric")

    def table(self, name: str) -> model.Table:
        """The table of that name. Raises RequestError (`unknown-table`)."""
        return _one(self.tables, name, "table")

    def kpi(self, name: str) -> model.Kpi:
        """The KPI of that name. Raises RequestError (`unknown-kpi`)."""
        return _one(self.kpis, name, "kpi")

    @cached_property
    def digest(self) -> str:
        """A stable hash of all definitions: it changes when what is declared changes.

        It does not change with the order of keys, with comments, with the files' layout, or
        with where data and records are kept.
        """
        root = self.root.model_dump(mode="json", fallback=str, exclude=_NOT_DEFINITIONS)
        content = {name: _plain(getattr(self, name)) for name in SECTIONS}
        text = json.dumps({"root": root, **content}, sort_keys=True, separators=(",", ":"))
        return hashlib.sha256(text.encode()).hexdigest()


def _one(known: Mapping[str, Found], name: str, kind: str) -> Found:
    found = known.get(name)
    if found is None:
        what = "KPI" if kind == "kpi" else kind
        raise RequestError(
            f"unknown-{kind}",
            f"{name!r} is not a {what} of this project.",
            hint=near_or_known(name, known),
        )
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, Mapping):
        return {name: _plain(item) for name, item in value.items()}
    if isinstance(value, tuple):
        return [_plain(item) for item in value]
    return value.model_dump(mode="json", fallback=str, exclude_defaults=True)


# ── from raw values to shapes ────────────────────────────────────────────────────────────────


def build(
    root: Mapping[str, Any],
    sections: Mapping[str, Any],
    *,
    folder: Path,
    places: Places | None = None,
    complete: bool = True,
) -> tuple[Project, tuple[Finding, ...]]:
    """A project from raw values, without what is wrong, and every finding.

    The project is whole only when there are no findings; what is left out is named in `faulty`.
    """
    filler = _Filler(Places() if places is None else places)
    shaped: dict[str, Any] = {}
    for section, raw in sections.items():
        if section in NAMED:
            shaped[section] = filler.named(section, raw)
        elif section in LISTS:
            shaped[section] = filler.listed(section, raw)
        elif section in SINGLE:
            found = filler.single(section, raw)
            if found is not None:
                shaped[section] = found
        else:
            filler.unknown(section)
    project = Project(
        folder=folder,
        root=filler.root(root),
        places=filler.places,
        faulty={section: frozenset(names) for section, names in filler.faulty.items()},
        complete=complete,
        **shaped,
    )
    notices = unbuilt(shaped, project.root, project.place)
    return (
        Project(**{**_fields_of(project), "notices": notices}),
        tuple(filler.findings),
    )


def _fields_of(project: Project) -> dict[str, Any]:
    return {item.name: getattr(project, item.name) for item in fields(project)}


_ADAPTERS: dict[str, TypeAdapter[Any]] = {}


def _adapter(section: str, hint: Hint) -> TypeAdapter[Any]:
    if section not in _ADAPTERS:
        _ADAPTERS[section] = TypeAdapter(hint)
    return _ADAPTERS[section]


@dataclass
class _Filler:
    """Fills shapes from raw values and gathers what is wrong."""

    places: Places
    findings: list[Finding] = field(default_factory=list)
    faulty: dict[str, set[str]] = field(default_factory=dict)

    def named(self, section: str, raw: object) -> dict[str, Any]:
        hint, what = NAMED[section]
        if not self._kind(section, raw, Mapping, "a mapping of names"):
            return {}
        assert isinstance(raw, Mapping)
        speaks = section == "metrics"
        self.findings += name_findings(raw, what, (section,), self.places, in_expressions=speaks)
        fill = _adapter(section, hint).validate_python
        found: dict[str, Any] = {}
        for name, item in raw.items():
            path = (section, name)
            named = {} if item is None else item
            if isinstance(named, Mapping):
                self._no_own_name(named, path, what)
                self._inside(section, named, path)
                named = {**named, "name": name}
            shape = self._fill(fill, named, hint, path)
            if shape is None:
                self.faulty.setdefault(section, set()).add(name)
            else:
                found[name] = shape
        return found

    def listed(self, section: str, raw: object) -> tuple[Any, ...]:
        hint, _ = LISTS[section]
        if not self._kind(section, raw, (list, tuple), "a list"):
            return ()
        assert isinstance(raw, (list, tuple))
        fill = _adapter(section, hint).validate_python
        shapes = (self._fill(fill, item, hint, (section, at)) for at, item in enumerate(raw))
        return tuple(shape for shape in shapes if shape is not None)

    def single(self, section: str, raw: object) -> Any:
        hint = SINGLE[section]
        if raw is None:
            return None
        if isinstance(raw, Mapping):
            self._inside(section, raw, (section,))
        return self._fill(_adapter(section, hint).validate_python, raw, hint, (section,))

    def root(self, raw: Mapping[str, Any]) -> model.Root:
        fill = _adapter("root", model.Root).validate_python
        found = self._fill(fill, raw, model.Root, ())
        return found if found is not None else model.Root(name=str(raw.get("name") or "project"))

    def unknown(self, section: str) -> None:
        hint = did_you_mean(section, SECTIONS)
        message = f"{section!r} is not a section of a project"
        self.findings.append(Finding("unknown-key", message, self.places.key((section,)), hint))

    def _fill(self, fill: Callable[..., Any], raw: object, hint: Hint, path: Steps) -> Any:
        try:
            return fill(raw, by_alias=True, by_name=False)
        except ValidationError as error:
            self.findings += diagnose(error, raw=raw, hint=hint, path=path, places=self.places)
            return None

    def _kind(self, section: str, raw: object, kind: Any, what: str) -> bool:
        if raw is None or isinstance(raw, kind):
            return raw is not None
        place = self.places.nearest((section,))
        self.findings.append(
            Finding("wrong-type", f"{section!r} must be {what}; {describe(raw)}", place)
        )
        return False

    def _no_own_name(self, raw: Mapping[str, Any], path: Steps, what: str) -> None:
        if "name" in raw:
            message, hint = own_name(str(path[-1]), what)
            self.findings.append(
                Finding("unknown-key", message, self.places.key((*path, "name")), hint)
            )

    def _inside(self, section: str, raw: Mapping[str, Any], path: Steps) -> None:
        """Judge the names of the named objects inside another."""
        for key, what in INSIDE.get(section, {}).items():
            inner = raw.get(key)
            if not isinstance(inner, Mapping):
                continue
            self.findings += name_findings(
                inner, what, (*path, key), self.places, in_expressions=section == "tables"
            )
            for name, item in inner.items():
                if isinstance(item, Mapping):
                    self._no_own_name(item, (*path, key, name), what)


def sorted_findings(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Findings in the order in which a reader meets them: by file, line and column."""
    return tuple(
        sorted(findings, key=lambda found: (found.where or Place("~"), found.code, found.message))
    )
