"""Everything that dbt's files of a folder declare, in our format."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from sameboat.errors import Finding
from sameboat.project.formats.dbt.latest import configured_spines, model, spine
from sameboat.project.formats.dbt.metrics import Context, metric
from sameboat.project.formats.dbt.pieces import Piece
from sameboat.project.formats.dbt.queries import saved_query
from sameboat.project.formats.dbt.tables import Measures, semantic_model, table_name
from sameboat.project.formats.made import Made, settle
from sameboat.project.formats.raw import Skipped, called, name, notice
from sameboat.project.names import shown
from sameboat.project.places import Mark

_NOUNS = {
    "semantic_model": "semantic model",
    "model": "model",
    "metric": "metric",
    "saved_query": "saved query",
    "project_configuration": "project configuration",
}


def translated(pieces: Iterable[Piece]) -> Made:
    """What dbt's objects amount to, as raw values of our format that are known to be valid.

    What one object uses that is not supported skips that object, and what needs it, with a
    notice. What the manifest repeats from the files is taken from the files.
    """
    given = sorted(pieces, key=lambda piece: piece.compiled)
    reader = _Reader(Made(_NOUNS["semantic_model"]))
    for piece in given:
        if piece.kind in ("semantic_model", "model", "project_configuration"):
            reader.attempt(piece, reader.table)
    reader.plain_metrics(piece for piece in given if piece.kind == "metric")
    for piece in (*given, *reader.inside):
        if piece.kind == "metric":
            reader.attempt(piece, reader.metric)
    reader.created()
    for piece in given:
        if piece.kind == "saved_query":
            reader.attempt(piece, reader.query)
    made = reader.made
    _place_spines(made)
    settle(made)
    return made


class _Reader:
    """Reads piece after piece; later ones refer to earlier ones."""

    def __init__(self, made: Made) -> None:
        self.made = made
        self.measures: Measures = {}
        self.tables: dict[str, str] = {}
        self.inside: list[Piece] = []
        self.homes: dict[int, str] = {}
        self.homeless: dict[str, Mark] = {}
        self.context = Context(self.measures, tables=self.tables)

    def attempt(self, piece: Piece, read: Callable[[Piece], None]) -> None:
        """Read a piece, or say why it is skipped."""
        try:
            if piece.fault is not None:
                raise Skipped(piece.fault)
            read(piece)
        except Skipped as error:
            what = _NOUNS[piece.kind]
            self.made.notices.append(notice(what, called(piece.raw), error.why, piece.mark.value))

    # ── tables ───────────────────────────────────────────────────────────────────────────

    def table(self, piece: Piece) -> None:
        """A semantic model of either spec, a time spine, or a project's configuration."""
        if piece.kind == "project_configuration":
            for found in configured_spines(piece.raw):
                self._spine(found)
            return
        if piece.kind == "model":
            found_spine = spine(piece.raw)
            if found_spine is not None:
                self._spine(found_spine)
            made = model(piece, self.made)
            if made is None:
                return
            own, raw, metrics = made
            self.inside += metrics
            self.homes |= {id(inner.raw): own for inner in metrics}
            measures: Measures = {}
        else:
            own, raw, measures = semantic_model(piece, self.made)
        if self._taken("tables", own, piece):
            self._located(own, raw, piece)
            return
        self.made.tables[own] = raw
        self.tables |= {own: own, str(piece.raw.get("name", own)).lower(): own}
        for measure, said in measures.items():
            if measure in self.measures:
                self.made.errors.append(self._twice("measure", measure, piece.mark))
            else:
                self.measures[measure] = said
                self.homeless[measure] = piece.mark

    def _located(self, own: str, raw: dict[str, Any], piece: Piece) -> None:
        """Take from the manifest where dbt builds what the files know by its bare name."""
        if piece.compiled and "." not in self.made.tables[own]["relation"]:
            self.made.tables[own]["relation"] = raw["relation"]

    def _spine(self, found: dict[str, Any]) -> None:
        found["table"] = table_name(found["relation"].rpartition(".")[2])
        if not any(known["grain"] == found["grain"] for known in self.made.spines):
            self.made.spines.append(found)

    def _taken(self, section: str, own: str, piece: Piece) -> bool:
        """Whether the name is already there: from the files, or wrongly from another one."""
        made = self.made
        if own in made.section(section):
            if not piece.compiled:
                made.errors.append(self._twice(made.noun(section), own, piece.mark))
            return True
        made.marks[(section, own)] = piece.mark
        return False

    def _twice(self, what: str, own: str, mark: Mark) -> Finding:
        message = f"the {what} {shown(own)} is declared twice in dbt's files"
        return Finding("duplicate-name", message, mark.value)

    # ── metrics ──────────────────────────────────────────────────────────────────────────

    def plain_metrics(self, pieces: Iterable[Piece]) -> None:
        """Find for each measure a metric that is nothing but it, or a free name for one."""
        names: set[str] = set()
        plain = self.context.plain
        for piece in pieces:
            own = str(piece.raw.get("name", "")).lower()
            names.add(own)
            measure = _only_measure(piece)
            if measure in self.measures and (measure not in plain or own == measure):
                plain[measure] = own
        for measure, raw in self.measures.items():
            if raw["create_metric"] and measure not in names:
                plain[measure] = measure
            plain.setdefault(measure, _free(measure, names))

    def metric(self, piece: Piece) -> None:
        """A metric of any type and spec."""
        own = name(piece.raw, "the metric")
        if not self._taken("metrics", own, piece):
            home = self.homes.get(id(piece.raw))
            self.made.metrics[own] = metric(piece.raw, self.context, table=home)

    def created(self) -> None:
        """Metrics for measures that ask for one, or that another metric needs as an input."""
        for measure, raw in self.measures.items():
            own = self.context.plain[measure]
            asked = raw["create_metric"] and own == measure
            if own not in self.made.metrics and (asked or measure in self.context.wanted):
                made = {key: value for key, value in raw.items() if key != "create_metric"}
                self.made.metrics[own] = {**made, "nulls": "dbt"}
                self.made.marks[("metrics", own)] = self.homeless[measure]

    def query(self, piece: Piece) -> None:
        """A saved query."""
        own = name(piece.raw, "the saved query")
        if not self._taken("saved_queries", own, piece):
            self.made.saved_queries[own] = saved_query(piece.raw)


def _free(measure: str, names: set[str]) -> str:
    """A name for the metric that is nothing but a measure: the measure's own where it is free."""
    found, count = measure, 1
    while found in names:
        found = f"{measure}_measure" if count == 1 else f"{measure}_measure_{count}"
        count += 1
    return found


def _only_measure(piece: Piece) -> str | None:
    """The measure of a simple metric that says nothing besides."""
    raw = piece.raw
    params = raw.get("type_params")
    if str(raw.get("type") or "simple").lower() != "simple" or not isinstance(params, Mapping):
        return None
    if raw.get("filter") or raw.get("time_granularity"):
        return None
    given = params.get("measure")
    if isinstance(given, Mapping):
        extra = ("filter", "fill_nulls_with", "join_to_timespine")
        if any(given.get(key) not in (None, False) for key in extra):
            return None
        given = given.get("name")
    return given.lower() if isinstance(given, str) else None


def _place_spines(made: Made) -> None:
    """Give every spine a table: one that reads the same relation, or a new one."""
    relations = {raw["relation"]: own for own, raw in made.tables.items()}
    for found in made.spines:
        relation = found.pop("relation")
        own = relations.get(relation)
        if own is None:
            own = found["table"]
            while own in made.tables:
                own = f"{own}_spine"
            made.tables[own] = {"relation": relation, "description": "A time spine."}
            relations[relation] = own
        found["table"] = own
