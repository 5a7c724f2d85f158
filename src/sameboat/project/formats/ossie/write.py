"""A project → an Ossie document.

What Ossie cannot hold travels in our own extension: of an object, where it says less than was
declared, and of the model, for what has no place at all. Where an object was read from Ossie,
what it said there comes back.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sameboat.errors import Finding
from sameboat.project.declared import LISTS, NAMED, SINGLE, Project
from sameboat.project.formats.native import plain, section_values
from sameboat.project.formats.ossie.document import (
    NEWEST,
    Version,
    extension,
    serialised,
    stamp,
    standard,
)
from sameboat.project.formats.ossie.expressions import Expressions
from sameboat.project.formats.ossie.parts import came_with, said_name
from sameboat.project.formats.ossie.read import imported, touching
from sameboat.project.formats.raw import Skipped, without_nothing
from sameboat.project.formats.spelling import plain_column
from sameboat.project.model import Declared, Dimension, Table
from sameboat.project.names import shown

_NOT_SENT = ("warehouse", "store", "ignore", "name", "description")
"""Keys of the root that stay at home, or have a place of their own."""


@dataclass(frozen=True)
class Exported:
    """The text of a document, and what could only be written into our own extension."""

    text: str
    notices: tuple[Finding, ...] = ()


def exported(project: Project, *, version: Version = NEWEST, as_json: bool = False) -> Exported:
    """The Ossie document of a project; read again it gives an equal project."""
    writer = _Writer(project, version)
    model = writer.model()
    seen = _read_back(model, version)
    writer.distrusted = _different(project, seen)
    if writer.distrusted:  # what came from Ossie is kept only while it still says the same
        model = _Writer(project, version, distrusted=writer.distrusted).model()
        seen = _read_back(model, version)
    _attach(model, project, seen, version)
    held = _held_back(project, writer, version)
    if held is not None:
        model["custom_extensions"] = [*model.get("custom_extensions", ()), held]
    return Exported(serialised(model, version, as_json=as_json), tuple(writer.notices))


def _read_back(model: Mapping[str, Any], version: Version) -> Project:
    return imported(serialised(model, version).encode(), "exported.yml").project


def _different(project: Project, seen: Project) -> frozenset[tuple[str, str]]:
    """The objects of which a document alone does not say all that is declared."""
    found = []
    for section in ("tables", "metrics"):
        wanted, told = section_values(project, section), section_values(seen, section)
        found += [
            (section, name) for name, raw in wanted.items() if _bare(raw) != _bare(told.get(name))
        ]
    return frozenset(found)


def _attach(model: dict[str, Any], project: Project, seen: Project, version: Version) -> None:
    """Give our extension to each object of which the document alone says less."""
    lacking = _different(project, seen)
    for section, listed in (("tables", model["datasets"]), ("metrics", model["metrics"])):
        declared = section_values(project, section)
        names = _names_of(project, section)
        for raw in listed:
            own = names[raw["name"]]
            if (section, own) in lacking:
                near = touching(model, raw["name"]) if section == "tables" else []
                data = {"declared": _bare(declared[own]), "of": stamp(raw, *near)}
                others = raw.get("custom_extensions", ())
                raw["custom_extensions"] = [*others, extension(data, version)]


def _bare(raw: Any) -> Any:
    """Values of our format without what came from Ossie and goes back there by itself."""
    if isinstance(raw, Mapping):
        found = {key: _bare(value) for key, value in raw.items()}
        meta = found.get("meta")
        if isinstance(meta, dict) and "ossie" in meta:
            del meta["ossie"]
            if not meta:
                del found["meta"]
        return found
    return [_bare(item) for item in raw] if isinstance(raw, list) else raw


def _held_back(project: Project, writer: _Writer, version: Version) -> dict[str, str] | None:
    """Our extension of the model: the root and every section without a place in Ossie."""
    sections = {
        section: values
        for section in (*NAMED, *LISTS, *SINGLE)
        if section != "tables" and (values := section_values(project, section))
    }
    metrics = sections.pop("metrics", {})
    left = {name: _bare(metrics[name]) for name in writer.unsaid}
    if left:
        sections["metrics"] = left
    root = {key: value for key, value in _bare(plain(project.root)).items() if key not in _NOT_SENT}
    data = without_nothing({"root": root, "sections": sections})
    return extension(data, version) if data else None


def _names_of(project: Project, section: str) -> dict[str, str]:
    """Our own name of each object by its name in the document."""
    return {said_name(shape): name for name, shape in getattr(project, section).items()}


# ── what the document says itself ────────────────────────────────────────────────────────────


@dataclass
class _Writer:
    """Writes one model; metrics that cannot be said are named in `unsaid`."""

    project: Project
    version: Version
    notices: list[Finding] = field(default_factory=list)
    unsaid: list[str] = field(default_factory=list)
    distrusted: frozenset[tuple[str, str]] = frozenset()
    """Objects whose expressions are not those any more that they came with."""

    def model(self) -> dict[str, Any]:
        """The model without our own extensions."""
        root = self.project.root
        expressions = Expressions(
            self.project, {name: said_name(table) for name, table in self.project.tables.items()}
        )
        metrics = list(self._metrics(expressions))  # they say which columns must be fields
        datasets = [self._dataset(table, expressions) for table in self.project.tables.values()]
        kept = came_with(root)
        model = without_nothing(
            {
                "name": root.name,
                "description": root.description,
                "ai_context": kept.get("ai_context"),
                "custom_extensions": list(kept.get("custom_extensions", ())),
            }
        )
        return {
            **model,
            "datasets": datasets,
            "relationships": list(self._relationships()),
            "metrics": metrics,
        }

    def _about(self, shape: Declared) -> dict[str, Any]:
        kept = came_with(shape)
        context = kept.get("ai_context")
        if shape.synonyms:
            said = {"instructions": context} if isinstance(context, str) else dict(context or {})
            context = {**said, "synonyms": list(shape.synonyms)}
        return without_nothing(
            {
                "name": said_name(shape),
                "description": shape.description,
                "label": kept.get("label"),
                "datatype": kept.get("datatype") if self.version != "0.1.1" else None,
                "ai_context": context,
                "custom_extensions": list(kept.get("custom_extensions", ())),
            }
        )

    def _dataset(self, table: Table, expressions: Expressions) -> dict[str, Any]:
        keys = [
            (entity.type, columns)
            for name, entity in table.entities.items()
            if entity.type in ("primary", "unique")
            and (columns := _columns(entity.expr or (name,))) is not None
        ]
        measured = expressions.measured.get(table.name, {})
        kept = came_with(table) if ("tables", table.name) not in self.distrusted else {}
        unique = [columns for kind, columns in keys if kind == "unique"]
        return without_nothing(
            {
                **self._about(table),
                "source": table.relation or table.file or table.sql or table.name,
                "primary_key": next((columns for kind, columns in keys if kind == "primary"), None),
                "unique_keys": kept.get("unique_keys", unique),
                "fields": [
                    *(self._field(dimension, table) for dimension in table.dimensions.values()),
                    *(_measured(column, name, self.version) for column, name in measured.items()),
                ],
            }
        )

    def _field(self, dimension: Dimension, table: Table) -> dict[str, Any]:
        kept = came_with(dimension) if ("tables", table.name) not in self.distrusted else {}
        role = kept.get("dimension", {"is_time": dimension.type == "time"})
        made = {
            **self._about(dimension),
            "expression": kept.get("expression") or standard(dimension.expr or dimension.name),
        }
        return made if role == "none" else {**made, "dimension": role}

    def _relationships(self) -> Iterator[dict[str, Any]]:
        """A relationship for every entity of a table that is another one's plain key."""
        seen: set[str] = set()
        for near in self.project.tables.values():
            for name, entity in near.entities.items():
                here = _columns(entity.expr or (name,))
                for far in self.project.tables.values():
                    other = far.entities.get(name)
                    if other is None or far is near or other.type not in ("primary", "unique"):
                        continue
                    there = _columns(other.expr or (name,))
                    if (
                        entity.type == "primary"
                        and other.type == "primary"
                        and far.name < near.name
                    ):
                        continue  # a pair of equals is said once
                    if here is None or there is None or len(here) != len(there):
                        continue
                    kept = came_with(entity)
                    own = str(kept.get("name") or f"{near.name}_to_{far.name}")
                    own = own if own not in seen else f"{own}_by_{name}"
                    seen.add(own)
                    yield without_nothing(
                        {
                            "name": own,
                            "from": said_name(near),
                            "to": said_name(far),
                            "from_columns": here,
                            "to_columns": there,
                            "ai_context": kept.get("ai_context"),
                            "custom_extensions": list(kept.get("custom_extensions", ())),
                        }
                    )

    def _metrics(self, expressions: Expressions) -> Iterator[dict[str, Any]]:
        for name, metric in self.project.metrics.items():
            kept = came_with(metric) if ("metrics", name) not in self.distrusted else {}
            if kept.get("part"):
                continue  # it is made again from the metric that it is a part of
            if kept.get("expression"):
                yield {**self._about(metric), "expression": kept["expression"]}
                continue
            try:
                said = expressions.metric(name)
            except Skipped as error:
                self.unsaid.append(name)
                message = f"the metric {shown(name)} is in our own extension alone: {error.why}"
                place = self.project.place("metrics", name)
                found = Finding("object-skipped", message, place, severity="notice")
                self.notices.append(found)
                continue
            yield {**self._about(metric), "expression": standard(said)}


def _measured(column: str, name: str, version: Version) -> dict[str, Any]:
    """A field for a column that only metrics use."""
    made = {"name": name, "expression": standard(column)}
    return {**made, "custom_extensions": [extension({"role": "measured"}, version)]}


def _columns(texts: tuple[str, ...]) -> list[str] | None:
    """The plain columns of a key, or None where one is computed."""
    found = [plain_column(text) for text in texts]
    return None if None in found else [name for name in found if name is not None]
