"""A project → dbt's semantic YAML, in the spec of 2026.

Tables become models with a semantic model inside, metrics stand in the model that they aggregate
or at the top. What dbt has no word for is left out with a notice.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sameboat.errors import Finding
from sameboat.project.declared import Project
from sameboat.project.formats.dbt.filters import Filters
from sameboat.project.formats.dbt.metrics import OURS
from sameboat.project.formats.dbt.tables import OURS as TABLE_OURS
from sameboat.project.formats.native import plain, text
from sameboat.project.formats.raw import Skipped, notice, without_nothing
from sameboat.project.formats.spelling import plain_column
from sameboat.project.model import (
    Conversion,
    Cumulative,
    Declared,
    Derived,
    Dimension,
    Input,
    Metric,
    Ratio,
    SavedQuery,
    Simple,
    Table,
    TimeSpine,
)
from sameboat.project.vocabulary import names_in

_LEVELS = {"first": "min", "last": "max", "min": "min", "max": "max"}


@dataclass(frozen=True)
class Exported:
    """The text of a file for dbt, and what could not be said in it."""

    text: str
    notices: tuple[Finding, ...] = ()


def exported(project: Project) -> Exported:
    """dbt's semantic YAML for a project: models, metrics and saved queries in one file."""
    writer = _Writer(project, Filters(project))
    content = writer.content()
    return Exported(text({"version": 2, **content}, modeline=False), tuple(writer.notices))


@dataclass
class _Writer:
    """Writes one project; `made` are metrics that only stand in for inputs of others."""

    project: Project
    filters: Filters
    notices: list[Finding] = field(default_factory=list)
    made: dict[str, Simple] = field(default_factory=dict)

    def content(self) -> dict[str, Any]:
        """The keys of the file."""
        inside: dict[str, list[Any]] = {}
        top: list[Any] = []
        written: dict[str, Any] = {}
        for name, metric in self.project.metrics.items():
            said = self._try("metric", name, lambda m=metric: self._metric(m))
            if said is not None:
                written[name] = said
        for name in self._whole(written):
            metric = self.project.metrics[name]
            home = inside.setdefault(metric.table, []) if isinstance(metric, Simple) else top
            home.append(written[name])
        for stand_in in self.made.values():
            inside.setdefault(stand_in.table, []).append({**self._metric(stand_in), "hidden": True})
        models = list(self._models(inside))
        queries = [
            said
            for name, query in self.project.saved_queries.items()
            if (said := self._try("saved query", name, lambda q=query: self._query(q, written)))
        ]
        return without_nothing({"models": models, "metrics": top, "saved_queries": queries})

    def _try(self, what: str, name: str, write: Any) -> dict[str, Any] | None:
        try:
            found: dict[str, Any] = write()
        except Skipped as error:
            section = {"metric": "metrics", "table": "tables"}.get(what, "saved_queries")
            place = self.project.place(section, name)
            self.notices.append(notice(what, name, error.why, place))
            return None
        return found

    def _whole(self, written: Mapping[str, Any]) -> Iterator[str]:
        """The written metrics whose inputs are all written; a notice for each other one."""
        left = dict(written)
        while True:
            lost = {
                name: missing
                for name in left
                if (missing := next((n for n in self._needs(name) if n not in left), None))
            }
            for name, missing in lost.items():
                why = f"it needs the metric {missing!r}, which dbt cannot have"
                self.notices.append(
                    notice("metric", name, why, self.project.place("metrics", name))
                )
                del left[name]
            if not lost:
                yield from left
                return

    def _needs(self, name: str) -> list[str]:
        metric = self.project.metrics[name]
        match metric:
            case Ratio():
                return [metric.numerator.metric, metric.denominator.metric]
            case Derived():
                return [given.metric for given in _inputs(metric)]
            case Cumulative():
                return [metric.metric.metric]
            case Conversion():
                return [metric.base.metric, metric.converted.metric]
        return []

    def _home(self, name: str, depth: int = 0) -> Table | None:
        """The table of a metric, or of the first metric that it is made of."""
        metric = self.project.metrics.get(name)
        if isinstance(metric, Simple):
            return self.project.tables.get(metric.table)
        needs = self._needs(name) if metric is not None and depth < 40 else []
        return self._home(needs[0], depth + 1) if needs else None

    # ── models ───────────────────────────────────────────────────────────────────────────

    def _models(self, metrics: Mapping[str, list[Any]]) -> Iterator[dict[str, Any]]:
        calendar = self.project.root.calendar
        spines = {
            spine.table: spine
            for spine in (calendar.time_spine, *calendar.more_spines)
            if spine is not None and spine.table
        }
        taken: dict[str, str] = {}
        for name, table in self.project.tables.items():
            model = _model_name(table)
            if model in taken:
                why = f"dbt has one semantic model for each model, and {taken[model]!r} is that"
                place = self.project.place("tables", name)
                self.notices.append(notice("table", name, why, place))
                continue
            taken[model] = name
            yield self._model(table, model, spines.get(name), metrics.get(name, []))

    def _model(
        self, table: Table, model: str, spine: TimeSpine | None, metrics: list[Any]
    ) -> dict[str, Any]:
        columns: dict[str, dict[str, Any]] = {}
        derived: dict[str, list[Any]] = {"dimensions": [], "entities": []}
        for name, entity in table.entities.items():
            own = {**_about(entity), "name": name, "type": entity.type}
            texts = entity.expr or (name,)
            key = texts[0] if len(texts) == 1 else " || '|' || ".join(
                f"cast({text_} as varchar)" for text_ in texts
            )  # fmt: skip
            _put(columns, derived, "entity", own, key)
        dimensions = {**table.dimensions, **self.filters.added.get(table.name, {})}
        for name, dimension in dimensions.items():
            own = without_nothing(
                {
                    **_about(dimension),
                    "name": name,
                    "type": dimension.type,
                    "is_partition": dimension.partition,
                    "validity_params": {f"is_{dimension.validity}": True}
                    if dimension.validity
                    else None,
                }
            )
            _put(columns, derived, "dimension", own, dimension.expr or name, dimension)
        if spine is not None:
            column = spine.column or spine.grain
            columns.setdefault(column, {"name": column})["granularity"] = spine.grain
        said = plain(table)
        semantic = bool(table.entities or table.dimensions or metrics)
        has_key = any(entity.type == "primary" for entity in table.entities.values())
        return without_nothing(
            {
                "name": model,
                **_about(table, {key: said.get(key) for key in TABLE_OURS}),
                "semantic_model": _semantic(table, model) if semantic else None,
                "agg_time_dimension": table.time,
                "primary_entity": table.primary_entity
                or (self.filters.own_entity(table) if semantic and not has_key else None),
                "time_spine": _spine(spine) if spine is not None else None,
                "columns": list(columns.values()),
                "derived_semantics": without_nothing(derived),
                "metrics": metrics,
            }
        )

    # ── metrics ──────────────────────────────────────────────────────────────────────────

    def _metric(self, metric: Metric) -> dict[str, Any]:
        made: dict[str, Any]
        match metric:
            case Simple():
                made = self._simple(metric)
            case Ratio():
                made = {
                    "numerator": self._input(metric.numerator),
                    "denominator": self._input(metric.denominator),
                }
            case Derived():
                inputs = [self._input(given, named=True) for given in _inputs(metric)]
                made = {"expr": metric.expr, "input_metrics": inputs}
            case Cumulative():
                made = {
                    "input_metric": self._input(metric.metric),
                    "window": str(metric.window) if metric.window else None,
                    "grain_to_date": metric.grain_to_date,
                    "period_agg": metric.period_agg,
                }
            case Conversion():
                made = self._conversion(metric)
            case _:
                raise Skipped(f"dbt has no metrics of type {metric.type!r}")
        home = self._home(metric.name)
        ours = {key: getattr(metric, key, None) or None for key in OURS}
        about = _about(metric, plain(ours))
        return without_nothing(
            {
                "name": metric.name,
                **about,
                "type": metric.type,
                **made,
                "filter": [self.filters.said(text_, home) for text_ in metric.filter],
                "time_granularity": metric.time_grain,
            }
        )

    def _simple(self, metric: Simple) -> dict[str, Any]:
        level = metric.non_additive_over
        table = self.project.tables.get(metric.table)
        if table is None:
            raise Skipped(f"there is no table {metric.table!r}")
        time = metric.time or table.time
        return {
            "agg": metric.agg,
            "expr": metric.expr or ("1" if metric.agg == "count" else None),
            "agg_time_dimension": metric.time,
            "percentile": metric.percentile,
            "percentile_type": "discrete" if metric.discrete else None,
            "fill_nulls_with": plain(metric.fill_nulls_with),
            "join_to_timespine": metric.join_to_time_spine,
            "non_additive_dimension": without_nothing(
                {
                    "name": level.dimension or time,
                    "window_agg": _LEVELS[level.time],
                    "group_by": list(level.by),
                }
            )
            if level is not None
            else None,
        }

    def _conversion(self, metric: Conversion) -> dict[str, Any]:
        pairs = [{"base_property": a, "conversion_property": b} for a, b in metric.constant]
        rate = metric.calculation == "rate"
        return {
            "entity": metric.entity,
            "calculation": "conversion_rate" if rate else "conversions",
            "base_metric": self._input(metric.base),
            "conversion_metric": self._input(metric.converted),
            "window": str(metric.window) if metric.window else None,
            "constant_properties": pairs,
        }

    def _input(self, given: Input, *, named: bool = False) -> Any:
        """An input; `named` where a formula calls it by its name."""
        own = given.metric
        if given.fill_nulls_with is not None or given.join_to_time_spine:
            own = self._stand_in(given)
        home = self._home(given.metric)
        said = without_nothing(
            {
                "name": own,
                "alias": given.alias or (given.metric if named and own != given.metric else None),
                "filter": [self.filters.said(text_, home) for text_ in given.filter],
                "offset_window": str(given.offset_window) if given.offset_window else None,
                "offset_to_grain": given.offset_to_grain,
            }
        )
        return own if len(said) == 1 else said

    def _stand_in(self, given: Input) -> str:
        """A hidden metric that fills its gaps: dbt's inputs cannot say that themselves."""
        inner = self.project.metrics.get(given.metric)
        if not isinstance(inner, Simple):
            raise Skipped("an input that fills its gaps is no simple metric")
        changed: dict[str, Any] = {"join_to_time_spine": given.join_to_time_spine}
        if given.fill_nulls_with is not None:
            changed["fill_nulls_with"] = given.fill_nulls_with
        name, count = f"{given.metric}_filled", 1
        while True:
            found = inner.model_copy(update={**changed, "name": name})
            if name not in self.project.metrics and self.made.setdefault(name, found) == found:
                return name
            count += 1
            name = f"{given.metric}_filled_{count}"

    def _query(self, query: SavedQuery, metrics: Mapping[str, Any]) -> dict[str, Any]:
        missing = next((name for name in query.metrics if name not in metrics), None)
        if missing is not None:
            raise Skipped(f"it needs the metric {missing!r}, which dbt cannot have")
        home = self._home(query.metrics[0]) if query.metrics else None
        params = {
            "metrics": list(query.metrics),
            "group_by": [self.filters.item(name, home) for name in query.group_by],
            "where": [self.filters.said(text_, home) for text_ in query.where],
            "order_by": [self._order(text_, metrics, home) for text_ in query.order_by],
            "limit": query.limit,
        }
        about = _about(query)
        return {"name": query.name, **about, "query_params": without_nothing(params)}

    def _order(self, said: str, metrics: Mapping[str, Any], home: Table | None) -> str:
        name = said.removeprefix("-")
        item = f"Metric('{name}')" if name in metrics else self.filters.item(name, home)
        return f"{item}.descending(True)" if said.startswith("-") else item


# ── the small parts ──────────────────────────────────────────────────────────────────────────


def _about(shape: Declared, ours: Mapping[str, Any] | None = None) -> dict[str, Any]:
    said = {key: value for key, value in (ours or {}).items() if value is not None}
    if said.get("version") == 1:
        del said["version"]
    meta = plain({**shape.meta, **({"sameboat": said} if said else {})})
    config = without_nothing({"tags": list(shape.tags), "meta": meta})
    return without_nothing(
        {"label": shape.label, "description": shape.description, "config": config}
    )


def _inputs(metric: Derived) -> tuple[Input, ...]:
    """The inputs of a derived metric; without a list, the metrics that its formula names."""
    if metric.metrics:
        return metric.metrics
    names = dict.fromkeys(name.text for name in names_in(metric.expr))
    return tuple(Input(metric=name) for name in names)


def _model_name(table: Table) -> str:
    return table.relation.rpartition(".")[2] if table.relation else table.name


def _semantic(table: Table, model: str) -> dict[str, Any]:
    return {"enabled": True} if model == table.name else {"enabled": True, "name": table.name}


def _spine(spine: TimeSpine) -> dict[str, Any]:
    grains = [{"name": name, "column_name": column} for name, column in spine.custom.items()]
    return without_nothing(
        {
            "standard_granularity_column": spine.column or spine.grain,
            "custom_granularities": grains,
        }
    )


def _put(
    columns: dict[str, dict[str, Any]],
    derived: dict[str, list[Any]],
    kind: str,
    own: dict[str, Any],
    expr: str,
    dimension: Dimension | None = None,
) -> None:
    """Put an entity or dimension on its column, or among the derived ones."""
    column = plain_column(expr)
    grain = dimension.grain if dimension is not None else None
    if column is not None and kind not in columns.get(column, {}):
        at = columns.setdefault(column, {"name": column})
        if grain is None or at.setdefault("granularity", grain) == grain:
            at[kind] = own
            return
    plural = "entities" if kind == "entity" else "dimensions"
    derived[plural].append(without_nothing({**own, "expr": expr, "granularity": grain}))
