"""Ossie → a project: datasets, relationships, fields and metrics in our words.

What our format cannot hold is kept under `meta: {ossie: …}` of the object, so that it is there
again when the project is exported; what Ossie cannot hold comes from our own extension.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

from sameboat.errors import Finding, ProjectError
from sameboat.project.declared import Project, build
from sameboat.project.formats.made import Imported, Made, settle
from sameboat.project.formats.ossie.aggregates import Formulas, as_ours
from sameboat.project.formats.ossie.aggregates import Place as Leads
from sameboat.project.formats.ossie.document import (
    foreign_extensions,
    own_data,
    parse,
    stamp,
    standard,
)
from sameboat.project.formats.ossie.expressions import Expressions
from sameboat.project.formats.ossie.parts import (
    described,
    dimension,
    is_dimension,
    keep,
    legal_name,
    looks_simple,
    primary_of,
    said_name,
    source,
    sql,
)
from sameboat.project.formats.raw import (
    Raw,
    Skipped,
    called,
    items,
    notice,
    readable,
    text,
    without_nothing,
)
from sameboat.project.names import legal, shown
from sameboat.project.places import Mark


def imported(data: bytes, file: str) -> Imported:
    """The project of an Ossie document.

    Raises ProjectError where it cannot be read at all; what one object uses that is not
    supported skips that object with a notice.
    """
    document = parse(data, file)
    root: dict[str, Any] = {}
    sections: Sections = {}
    notices: list[Finding] = []
    said: dict[str, Any] = {}
    measured: set[tuple[str, str]] = set()
    for model, mark in document.models:
        reader = _Reader(model, mark)
        reader.read()
        notices += reader.made.notices
        said |= {name: raw for name, raw in reader.said.items() if name not in said}
        measured |= reader.measured
        own = own_data(model) or {}
        _merge(sections, {"tables": reader.made.tables, "metrics": reader.made.metrics}, notices)
        _merge(sections, own.get("sections", {}), notices)
        root = root or _root(model, own, document.ai_context)
    _keep_expressions(_built(root, sections), sections["metrics"], said, measured)
    return Imported(_built(root, sections), (*document.notices, *notices))


Sections = dict[str, Any]


def _built(root: dict[str, Any], sections: Sections) -> Project:
    project, findings = build(root, sections, folder=Path())
    if findings:
        raise ProjectError.of(findings)  # an extension of ours that somebody has edited
    return project


def _keep_expressions(
    project: Project,
    metrics: dict[str, Any],
    said: Mapping[str, Any],
    measured: set[tuple[str, str]],
) -> None:
    """Keep each metric's expression as it was written, where we would write it otherwise.

    `measured` are the columns that have fields for metrics alone.
    """
    names = {name: said_name(table) for name, table in project.tables.items()}
    for name, expression in said.items():
        if name not in project.metrics:
            continue
        expressions = Expressions(project, names)
        try:
            written = standard(expressions.metric(name))
        except Skipped:
            written = None
        new = {
            (table, column) for table, columns in expressions.measured.items() for column in columns
        }
        if written != expression or new - measured:
            keep(metrics[name], "expression", expression)


def _root(model: Raw, data: Mapping[str, Any], context: Any) -> dict[str, Any]:
    kept = without_nothing(
        {
            "ai_context": model.get("ai_context") or context,
            "custom_extensions": list(foreign_extensions(model)),
        }
    )
    root = dict(data.get("root", {}))
    root["name"] = str(model.get("name") or root.get("name") or "imported")
    if model.get("description"):
        root["description"] = str(model["description"])
    if kept:
        root["meta"] = {**root.get("meta", {}), "ossie": kept}
    return root


def _merge(sections: Sections, more: Mapping[str, Any], notices: list[Finding]) -> None:
    for section, objects in more.items():
        if not isinstance(objects, Mapping):
            sections[section] = [*sections.get(section, ()), *objects]
            continue
        known = sections.setdefault(section, {})
        for name, raw in objects.items():
            if name in known:
                notices.append(notice("object", name, "another model has one of this name", None))
            else:
                known[name] = raw


# ── one model ────────────────────────────────────────────────────────────────────────────────


@dataclass
class _Dataset:
    """A dataset while its table is made."""

    raw: Raw
    table: str
    mark: Mark
    fields: dict[str, Leads] = field(default_factory=dict)
    primary: tuple[str, tuple[str, ...]] | None = None
    """The name and the columns of its primary entity."""


class _Reader:
    """Reads one semantic model."""

    def __init__(self, model: Raw, mark: Mark) -> None:
        self.model, self.mark = model, mark
        self.made = Made("dataset")
        self.datasets: dict[str, _Dataset] = {}
        self.said: dict[str, Any] = {}
        """The expression of each metric as it is written."""
        self.measured: set[tuple[str, str]] = set()
        """Columns that have fields for metrics alone."""
        self.links: dict[tuple[str, str], str] = {}
        """Per pair of tables the entity that leads from the first to the second."""

    def read(self) -> None:
        """Fill `made`."""
        for raw, mark in self._listed("datasets"):
            self._attempt("dataset", raw, mark, self._dataset)
        for raw, mark in self._listed("relationships"):
            self._attempt("relationship", raw, mark, self._relationship)
        for dataset in self.datasets.values():
            self._attempt("dataset", dataset.raw, dataset.mark, partial(self._finish, dataset))
        self._metrics()
        settle(self.made)

    def _listed(self, key: str) -> Iterator[tuple[Any, Mark]]:
        marks = (self.mark.parts or {}).get(key)
        listed = self.model.get(key)
        if listed is not None and not isinstance(listed, list):
            where = marks.value if marks else self.mark.value
            self.made.notices.append(notice("list", key, "it is no list", where))
            return
        for at, raw in enumerate(listed or ()):
            yield raw, (marks.parts or {}).get(at, self.mark) if marks else self.mark

    def _attempt(self, what: str, raw: Any, mark: Mark, read: Any) -> None:
        try:
            if not isinstance(raw, Mapping):
                raise Skipped("it must be a mapping of keys")
            read(raw, mark)
        except Skipped as error:
            self.made.notices.append(notice(what, called(raw), error.why, mark.value))

    # ── datasets ─────────────────────────────────────────────────────────────────────────

    def _dataset(self, raw: Raw, mark: Mark) -> None:
        said = text(raw, "name")
        own = legal_name(said)
        if own in self.made.tables or said is None:
            raise Skipped("it has no name of its own")
        data = own_data(raw) or {}
        table: dict[str, Any] = {**described(raw, own, said), **source(raw, data)}
        dataset = _Dataset(raw, own, mark)
        table["dimensions"] = self._fields(dataset)
        key = tuple(str(column) for column in items(raw, "primary_key"))
        entities: dict[str, Any] = {}
        if key:
            declared = primary_of(data) or own
            dataset.primary = (declared, key)
            entities[declared] = {"type": "primary", "expr": self._columns(dataset, key)}
        table["entities"] = entities
        times = [name for name, made in table["dimensions"].items() if made.get("type") == "time"]
        table["time"] = times[0] if times else None
        self.made.tables[own] = without_nothing(table)
        self.made.tables[own].setdefault("entities", {})
        self.made.marks[("tables", own)] = mark
        self.datasets[said.lower()] = dataset

    def _fields(self, dataset: _Dataset) -> dict[str, dict[str, Any]]:
        found: dict[str, dict[str, Any]] = {}
        for raw in items(dataset.raw, "fields"):
            try:
                if not isinstance(raw, Mapping):
                    raise Skipped("it must be a mapping of keys")
                said = text(raw, "name") or ""
                own = legal_name(said)
                expr = readable(as_ours(*sql(raw)), "its expression")
                groups = is_dimension(raw)
                if own in found:
                    raise Skipped("its dataset has another of this name")
                dataset.fields[said.lower()] = Leads(dataset.table, own if groups else None, expr)
                if groups:
                    found[own] = dimension(raw, own, said, expr)
                else:
                    self.measured.add((dataset.table, expr))
            except Skipped as error:
                self.made.notices.append(
                    notice("field", called(raw), error.why, dataset.mark.value)
                )
        return found

    def _finish(self, dataset: _Dataset, raw: Raw, mark: Mark) -> None:
        """Keep the keys that no relationship uses, and what only our own extension says."""
        table = self.made.tables[dataset.table]
        said = [list(key) for key in items(dataset.raw, "unique_keys") if isinstance(key, list)]
        made = [
            entity["expr"] for entity in table["entities"].values() if entity["type"] == "unique"
        ]
        if said != made:
            keep(table, "unique_keys", said)
        self._restore_table(dataset)

    def _columns(self, dataset: _Dataset, names: tuple[str, ...]) -> list[str]:
        """The columns of a key; a field's name stands for its expression."""
        return [
            dataset.fields[name.lower()].expr if name.lower() in dataset.fields else name
            for name in names
        ]

    # ── relationships ────────────────────────────────────────────────────────────────────

    def _relationship(self, raw: Raw, mark: Mark) -> None:
        ends = []
        for end in ("from", "to"):
            said = (text(raw, end) or "").lower()
            if said not in self.datasets:
                raise Skipped(f"there is no dataset {shown(said)}")
            ends.append(self.datasets[said])
        near, far = ends
        here = tuple(str(column) for column in items(raw, "from_columns"))
        there = tuple(str(column) for column in items(raw, "to_columns"))
        if not here or len(here) != len(there):
            raise Skipped("its columns do not pair")
        entity = self._entity(raw, near, far, there)
        table = self.made.tables[near.table]
        made: dict[str, Any] = {"type": "foreign", "expr": self._columns(near, here)}
        kept = without_nothing(
            {
                "name": text(raw, "name"),
                "ai_context": raw.get("ai_context"),
                "custom_extensions": list(foreign_extensions(raw)),
            }
        )
        if kept != {"name": f"{near.table}_to_{far.table}"}:
            made["meta"] = {"ossie": kept}
        table["entities"][entity] = made
        self.links.setdefault((near.table, far.table), entity)

    def _entity(self, raw: Raw, near: _Dataset, far: _Dataset, there: tuple[str, ...]) -> str:
        """The entity that a relationship joins by: the far side's own, or one of its name."""
        mine = self.made.tables[near.table]["entities"]
        if far.primary is not None and far.primary[1] == there and far.primary[0] not in mine:
            return far.primary[0]
        theirs = self.made.tables[far.table]["entities"]
        own = legal_name(text(raw, "name") or f"{near.table}_{far.table}")
        if own in mine or own in theirs:
            raise Skipped(f"both datasets have an entity {shown(own)} already")
        theirs[own] = {"type": "unique", "expr": self._columns(far, there)}
        return own

    # ── metrics ──────────────────────────────────────────────────────────────────────────

    def _metrics(self) -> None:
        formulas = Formulas(self._lookup, self._reach, tuple(self.made.tables))
        listed = list(self._listed("metrics"))
        for raw, _ in listed:
            formulas.taken.add(str(raw.get("name", "")).lower() if isinstance(raw, Mapping) else "")
        waiting = []
        for raw, mark in listed:  # simple ones first: the others are made of them
            if isinstance(raw, Mapping) and looks_simple(raw):
                self._attempt("metric", raw, mark, lambda r, m: self._metric(r, m, formulas))
            else:
                waiting.append((raw, mark))
        for raw, mark in waiting:
            self._attempt("metric", raw, mark, lambda r, m: self._metric(r, m, formulas))
        order = [mark.value for _, mark in listed]
        self.made.metrics = dict(
            sorted(
                self.made.metrics.items(),
                key=lambda item: order.index(self.made.marks[("metrics", item[0])].value),
            )
        )
        for name, made in formulas.simple.items():
            if name not in self.made.metrics:
                keep(made, "part", True)
                self.made.metrics[name] = made

    def _metric(self, raw: Raw, mark: Mark, formulas: Formulas) -> None:
        said = text(raw, "name")
        own = legal_name(said)
        if own in self.made.metrics or said is None:
            raise Skipped("it has no name of its own")
        data = own_data(raw)
        if data is not None and data.get("of") == stamp(raw):
            made = dict(data["declared"])
        else:
            made = formulas.read(own, *sql(raw))
            made = {**_kept(data), **described(raw, own, said), **made}
        if made.get("type") == "simple":
            formulas.simple[own] = made
        self.made.metrics[own] = made
        self.said[own] = raw.get("expression")
        self.made.marks[("metrics", own)] = mark

    def _lookup(self, qualifier: str, name: str) -> Leads:
        """Where a column of an expression leads."""
        named = self.datasets.get(qualifier.lower())
        if qualifier and named is None:
            raise Skipped(f"there is no dataset {shown(qualifier)}")
        options = [named] if named else list(self.datasets.values())
        if named is not None and not name:
            return Leads(named.table, None, "")
        for dataset in options:
            if name.lower() in dataset.fields:
                return dataset.fields[name.lower()]
        if len(options) == 1:
            return Leads(options[0].table, None, name)  # a column that is no field
        raise Skipped(f"no dataset has a field {shown(name)}")

    def _reach(self, table: str, place: Leads) -> str:
        own = place.dimension or (place.expr if legal(place.expr) else None)
        if own is None:
            raise Skipped(f"its condition needs {place.expr!r}, which is no field")
        if place.table == table:
            return own
        entity = self.links.get((table, place.table))
        if entity is None:
            raise Skipped(f"its condition needs {place.table!r}, to which nothing leads")
        return f"{entity}__{own}"

    # ── what we wrote ourselves ──────────────────────────────────────────────────────────

    def _restore_table(self, dataset: _Dataset) -> None:
        """Take a table as we wrote it, or only what Ossie cannot hold where it was edited."""
        data = own_data(dataset.raw)
        if data is None:
            return
        declared = data.get("declared", {})
        fresh = self.made.tables[dataset.table]
        if data.get("of") == stamp(dataset.raw, *touching(self.model, dataset.raw["name"])):
            self.made.tables[dataset.table] = dict(declared)
            return
        dimensions = {
            name: {**declared.get("dimensions", {}).get(name, {}), **made}
            for name, made in fresh.get("dimensions", {}).items()
        }
        entities = {**declared.get("entities", {}), **fresh.get("entities", {})}
        self.made.tables[dataset.table] = {
            **declared, **fresh, "dimensions": dimensions, "entities": entities,
        }  # fmt: skip


def touching(model: Raw, dataset: str) -> list[Any]:
    """The relationships of a model that begin or end at a dataset."""
    return [
        raw
        for raw in model.get("relationships") or ()
        if isinstance(raw, Mapping) and dataset in (raw.get("from"), raw.get("to"))
    ]


_STRUCTURE = frozenset(
    {
        *("type", "table", "agg", "expr", "filter", "percentile", "discrete", "metrics"),
        *("numerator", "denominator", "description", "synonyms"),
    }
)


def _kept(data: Mapping[str, Any] | None) -> dict[str, Any]:
    """What an edited metric keeps of our own: all that its expression does not say."""
    declared = (data or {}).get("declared", {})
    return {key: value for key, value in declared.items() if key not in _STRUCTURE}
