"""Cube's YAML models → a project: cubes, joins, dimensions, segments and measures in our words.

A cube is a table and its key an entity; a measure is a metric, named after its cube where two
cubes have one of that name; a segment is a dimension that holds where the segment does.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from functools import partial
from pathlib import Path
from typing import Any

from sameboat.errors import Place, ProjectError
from sameboat.project.declared import build
from sameboat.project.formats.cube_references import REFERENCE, Cube, References
from sameboat.project.formats.dbt.tables import table_name
from sameboat.project.formats.made import Imported, Made, settle
from sameboat.project.formats.ossie.aggregates import Formulas
from sameboat.project.formats.ossie.aggregates import Place as Leads
from sameboat.project.formats.raw import (
    Raw,
    Skipped,
    called,
    flag,
    inner,
    items,
    joined,
    name,
    notice,
    span,
    text,
    without_nothing,
    word,
)
from sameboat.project.places import Mark
from sameboat.project.reading import Document, read

_AGGREGATES = {
    "sum": "sum",
    "avg": "average",
    "min": "min",
    "max": "max",
    "count": "count",
    "count_distinct": "count_distinct",
    "count_distinct_approx": "count_distinct",
}
_RELATIONSHIPS = {
    "many_to_one": "many_to_one", "belongs_to": "many_to_one", "belongsto": "many_to_one",
    "one_to_many": "one_to_many", "has_many": "one_to_many", "hasmany": "one_to_many",
    "one_to_one": "one_to_one", "has_one": "one_to_one", "hasone": "one_to_one",
}  # fmt: skip
_CATEGORIES = frozenset({"string", "number", "boolean"})
_WHOLE_TABLE = re.compile(r"\s*select\s+\*\s+from\s+([\w.\"`]+)\s*;?\s*", re.IGNORECASE)
_MEMBERS = ("joins", "dimensions", "measures", "segments")


def is_cube(value: object) -> bool:
    """Whether a document looks like a model of Cube."""
    return isinstance(value, Mapping) and isinstance(value.get("cubes"), list)


def imported(files: Mapping[str, bytes], *, called_: str = "imported") -> Imported:
    """The project of Cube's YAML files, given by name.

    What one object uses that is not supported skips that object with a notice. Raises
    ProjectError where a file cannot be read, or none holds a cube.
    """
    reader = _Reader()
    for file, data in files.items():
        for document in read(joined(data), file):
            reader.gather(document)
    if not reader.cubes:
        first = next(iter(files), "")
        raise ProjectError("not-cube", "there is no list of 'cubes' here", where=Place(first))
    reader.read()
    sections = {"tables": reader.made.tables, "metrics": reader.made.metrics}
    project, findings = build({"name": called_}, sections, folder=Path())
    assert not findings, "what `settle` leaves is valid"
    return Imported(project, tuple(reader.made.notices))


class _Reader:
    """Reads all cubes of a model; later ones may refer to earlier ones and the other way round."""

    def __init__(self) -> None:
        self.made = Made("cube")
        self.raw: dict[str, tuple[Raw, Mark]] = {}
        self.cubes: dict[str, Cube] = {}
        self.references = References(self.cubes)

    # ── gathering ────────────────────────────────────────────────────────────────────────

    def gather(self, document: Document) -> None:
        """Take the cubes of a document; its views are presentation, and left out."""
        value = document.value
        if not isinstance(value, Mapping):
            return
        if document.findings:
            raise ProjectError.of(document.findings)
        for key in ("cubes", "views"):
            marks = (document.mark.parts or {}).get(key, document.mark)
            listed = value.get(key)
            for at, raw in enumerate(listed if isinstance(listed, list) else ()):
                mark = (marks.parts or {}).get(at, marks)
                if key == "views":
                    why = "views only choose what is shown; every metric can be asked anyway"
                    self._say("view", raw, why, mark)
                else:
                    self._attempt("cube", raw, mark, self._cube)

    def _cube(self, raw: Raw, mark: Mark) -> None:
        own = text(raw, "name")
        if own is None:
            raise Skipped("it has no name")
        if own in self.raw:
            raise Skipped("another cube has its name")
        self.raw[own] = (raw, mark)
        self.cubes[own] = Cube(raw, own, table_name(own), mark)

    def _attempt(
        self, what: str, raw: Any, mark: Mark, read_one: Callable[[Raw, Mark], None]
    ) -> None:
        try:
            if not isinstance(raw, Mapping):
                raise Skipped("it must be a mapping of keys")
            read_one(raw, mark)
        except Skipped as error:
            self._say(what, raw, error.why, mark)

    def _say(self, what: str, raw: Any, why: str, mark: Mark) -> None:
        self.made.notices.append(notice(what, called(raw), why, mark.value))

    # ── reading ──────────────────────────────────────────────────────────────────────────

    def read(self) -> None:
        """Fill `made` from what was gathered."""
        for own in list(self.cubes):
            cube = self.cubes[own]
            try:
                cube.raw = self._extended(cube.raw, (own,))
                self._table(cube)
            except Skipped as error:
                self._say("cube", cube.raw, error.why, cube.mark)
                del self.cubes[own]
        for cube in self.cubes.values():
            for raw, mark in _listed(cube, "joins"):
                self._attempt("join", raw, mark, partial(self._join, cube=cube))
        for cube in self.cubes.values():
            for raw, mark in _listed(cube, "segments"):
                self._attempt("segment", raw, mark, partial(self._segment, cube=cube))
        self._metrics()
        settle(self.made)

    def _extended(self, raw: Raw, trail: tuple[str, ...]) -> Raw:
        """A cube with what it takes from the cube that it extends."""
        parent = text(raw, "extends")
        if parent is None:
            return raw
        parent = re.sub(r"[${}\s]", "", parent)
        if parent not in self.raw or parent in trail:
            raise Skipped(f"it extends {parent!r}, which is not there")
        above = self._extended(self.raw[parent][0], (*trail, parent))
        members: dict[str, Any] = {}
        for key in _MEMBERS:
            own = {str(item.get("name")): item for item in items(raw, key)}
            given = {str(item.get("name")): item for item in items(above, key)}
            members[key] = list({**given, **own}.values())
        return {**above, **raw, **members}

    def _table(self, cube: Cube) -> None:
        raw = cube.raw
        table: dict[str, Any] = {**_described(raw), "relation": _relation(raw)}
        listed = list(_listed(cube, "dimensions"))
        for item, _ in listed:
            if isinstance(item, Mapping) and item.get("name"):
                own = str(item["name"])
                cube.dimensions[own] = _case(item) or text(item, "sql") or own
        found: dict[str, Any] = {}
        for item, mark in listed:
            self._attempt(
                "dimension", item, mark, lambda r, m: found.update(self._dimension(r, cube))
            )
        entities = {}
        if cube.keys:
            entities[cube.table] = {"type": "primary", "expr": list(cube.keys.values())}
        times = [own for own, made in found.items() if made.get("type") == "time"]
        table |= {
            "time": times[0] if times else None,
            "dimensions": found,
            "entities": entities,
        }
        self.made.tables[cube.table] = without_nothing(table)
        self.made.tables[cube.table].setdefault("entities", {})
        self.made.tables[cube.table].setdefault("dimensions", {})
        self.made.marks[("tables", cube.table)] = cube.mark

    def _dimension(self, raw: Raw, cube: Cube) -> dict[str, Any]:
        own = name(raw, "the dimension")
        kind = word(raw, "type") or "string"
        expr = self.references.expression(cube.dimensions[str(raw["name"])], cube)
        if flag(raw, "sub_query"):
            raise Skipped("it is a query of its own")
        if kind != "time" and kind not in _CATEGORIES:
            raise Skipped(f"{kind!r} is not a type of dimension that is supported")
        if flag(raw, "primary_key"):
            cube.keys[own] = expr
            if not (flag(raw, "public") or flag(raw, "shown")):
                return {}
        return {
            own: without_nothing(
                {
                    **_described(raw),
                    "type": "time" if kind == "time" else None,
                    "grain": "second" if kind == "time" else None,
                    "expr": expr if expr != own else None,
                }
            )
        }

    def _segment(self, raw: Raw, mark: Mark, *, cube: Cube) -> None:
        own = name(raw, "the segment")
        dimensions = self.made.tables[cube.table]["dimensions"]
        if own in dimensions:
            raise Skipped("its cube has a dimension of this name")
        expr = self.references.expression(text(raw, "sql") or "", cube)
        dimensions[own] = {**_described(raw), "expr": expr}

    # ── joins ────────────────────────────────────────────────────────────────────────────

    def _join(self, raw: Raw, mark: Mark, *, cube: Cube) -> None:
        said = text(raw, "name") or ""
        if said not in self.cubes:
            raise Skipped(f"there is no cube {said!r}")
        kind = _RELATIONSHIPS.get(word(raw, "relationship") or "")
        if kind is None:
            raise Skipped("its relationship is not many_to_one, one_to_many or one_to_one")
        here, there = self._pairs(text(raw, "sql") or "", cube, self.cubes[said])
        if kind == "one_to_many":
            self._link(self.cubes[said], cube, there, here)
        else:
            self._link(cube, self.cubes[said], here, there)

    def _pairs(self, said: str, cube: Cube, other: Cube) -> tuple[list[str], list[str]]:
        """The columns on both sides of a join by equality."""
        here, there = [], []
        for part in re.split(r"\s+and\s+", said.strip(), flags=re.IGNORECASE):
            sides = {}
            for side in part.split("="):
                match = REFERENCE.fullmatch(side.strip().strip("()"))
                if match is None:
                    raise Skipped("it joins by more than equal columns")
                home, column = self.references.referred(match, cube)
                sides[home.own] = column
            if sides.keys() != {cube.own, other.own}:
                raise Skipped("it joins by more than equal columns of both cubes")
            here.append(sides[cube.own])
            there.append(sides[other.own])
        return here, there

    def _link(self, near: Cube, far: Cube, here: list[str], there: list[str]) -> None:
        """An entity that leads from one cube to another whose rows it identifies."""
        mine = self.made.tables[near.table]["entities"]
        theirs = self.made.tables[far.table]["entities"]
        own = far.table
        if list(far.keys.values()) != there or own in mine:
            own = f"{near.table}_{far.table}"
            theirs.setdefault(own, {"type": "unique", "expr": there})
        if own in mine:
            if mine[own]["expr"] != here:
                raise Skipped("both cubes are joined in another way already")
            return
        mine[own] = {"type": "foreign", "expr": here}
        self.references.links.setdefault((near.own, far.own), own)

    # ── measures ─────────────────────────────────────────────────────────────────────────

    def _metrics(self) -> None:
        listed = [(c, r, m) for c in self.cubes.values() for r, m in _listed(c, "measures")]
        counts = Counter(called(raw) for _, raw, _ in listed)
        for cube, raw, _ in listed:
            own = called(raw)
            self.references.names[(cube.own, own)] = (
                own.lower() if counts[own] == 1 else f"{cube.table}_{own}".lower()
            )
        formulas: dict[str, Formulas] = {}
        for cube in self.cubes.values():
            formulas[cube.own] = Formulas(_lookup(cube), _reach, (cube.table,))
            formulas[cube.own].taken |= set(self.references.names.values())
        for cube, raw, mark in listed:
            known = formulas[cube.own]
            self._attempt("measure", raw, mark, partial(self._measure, cube=cube, formulas=known))
        for known in formulas.values():
            for own, made in known.simple.items():
                self.made.metrics.setdefault(own, made)

    def _measure(self, raw: Raw, mark: Mark, *, cube: Cube, formulas: Formulas) -> None:
        own = name({"name": self.references.names[(cube.own, called(raw))]}, "the measure")
        kind = word(raw, "type") or "number"
        if flag(raw, "multi_stage") or raw.get("case") is not None:
            raise Skipped("it is computed in several stages")
        if kind == "number":
            made = formulas.read(
                own, self.references.formula(text(raw, "sql") or "", cube), "ANSI_SQL"
            )
        elif kind in _AGGREGATES:
            made = self._simple(raw, _AGGREGATES[kind], cube)
        else:
            raise Skipped(f"{kind!r} is not a type of measure that is supported")
        about = {**_described(raw), "unit": "percent" if raw.get("format") == "percent" else None}
        if raw.get("rolling_window") is not None:
            base = f"{own}_base"
            rolling = _rolling(inner(raw, "rolling_window"), base)
            self.made.metrics[base] = made
            self.made.marks[("metrics", base)] = mark
            made = rolling
        elif made["type"] == "simple":
            formulas.simple[own] = made
        self.made.metrics[own] = without_nothing({**about, **made})
        self.made.marks[("metrics", own)] = mark

    def _simple(self, raw: Raw, agg: str, cube: Cube) -> dict[str, Any]:
        said = text(raw, "sql")
        if said is None and agg != "count":
            raise Skipped("it has no 'sql'")
        conditions = []
        for item in items(raw, "filters"):
            found = text(item, "sql") if isinstance(item, Mapping) else None
            if found is None:
                raise Skipped("one of its filters has no 'sql'")
            conditions.append(self.references.condition(found, cube))
        return without_nothing(
            {
                "type": "simple",
                "table": cube.table,
                "agg": agg,
                "expr": self.references.expression(said, cube) if said is not None else None,
                "filter": conditions,
            }
        )


# ── the small parts ──────────────────────────────────────────────────────────────────────────


def _listed(cube: Cube, key: str) -> Iterator[tuple[Any, Mark]]:
    marks = (cube.mark.parts or {}).get(key)
    for at, raw in enumerate(items(cube.raw, key)):
        yield raw, (marks.parts or {}).get(at, cube.mark) if marks else cube.mark


def _described(raw: Raw) -> dict[str, Any]:
    meta = raw.get("meta")
    return without_nothing(
        {
            "label": text(raw, "title"),
            "description": text(raw, "description"),
            "meta": dict(meta) if isinstance(meta, Mapping) else None,
        }
    )


def _relation(raw: Raw) -> str:
    table = text(raw, "sql_table")
    query = text(raw, "sql")
    if table is None and query is not None:
        match = _WHOLE_TABLE.fullmatch(query)
        table = match[1] if match else None
    if table is None or "{" in table:
        raise Skipped(
            "its rows come from a query; declare a table with 'sql:' over declared tables"
        )
    return re.sub(r"[\"`]", "", table)


def _case(raw: Raw) -> str | None:
    """The expression of a dimension whose values are labels of conditions."""
    case = inner(raw, "case")
    if not case:
        return None
    whens = []
    for item in items(case, "when"):
        condition = text(item, "sql") if isinstance(item, Mapping) else None
        if condition is None:
            raise Skipped("a case of it has no 'sql'")
        whens.append(f"WHEN {condition} THEN {_label(item)}")
    last = inner(case, "else")
    return f"CASE {' '.join(whens)}{f' ELSE {_label(last)}' if last else ''} END"


def _label(raw: Raw) -> str:
    label = raw.get("label")
    if not isinstance(label, str):
        raise Skipped("a label of its cases is no text")
    return "'" + label.replace("'", "''") + "'"


def _rolling(window: Raw, base: str) -> dict[str, Any]:
    """A cumulative metric from a rolling window that looks back."""
    if window.get("leading") is not None or window.get("offset") not in (None, "end"):
        raise Skipped("its window looks forward")
    made: dict[str, Any] = {"type": "cumulative", "metric": base, "period_agg": "last"}
    if word(window, "type") == "to_date":
        return {**made, "grain_to_date": word(window, "granularity")}
    if window.get("trailing") == "unbounded":
        return made
    if window.get("trailing") is None:
        raise Skipped("its window does not say how far it looks back")
    return {**made, "window": span(window, "trailing")}


def _lookup(cube: Cube) -> Callable[[str, str], Leads]:
    def found(qualifier: str, column: str) -> Leads:
        if qualifier and qualifier != cube.own:
            raise Skipped(f"it uses columns of {qualifier!r}")
        return Leads(cube.table, None, column)

    return found


def _reach(table: str, place: Leads) -> str:
    return place.expr
