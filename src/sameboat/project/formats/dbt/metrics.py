"""dbt's metrics of every type and spec → ours."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from sameboat.project.formats.dbt.tables import Measures, aggregated, described, taken_back
from sameboat.project.formats.raw import (
    Raw,
    Skipped,
    flag,
    inner,
    items,
    number,
    readable,
    span,
    text,
    without_nothing,
    word,
)
from sameboat.project.names import legal, shown

_NESTED = (
    "type_params",
    "cumulative_type_params",
    "conversion_type_params",
    "metric_aggregation_params",
)
"""Where the legacy spec and the manifest keep what the spec of 2026 has at the top."""

OURS = (
    "kind", "unit", "good", "version", "valid_from", "why", "retired", "replaced_by", "approximate",
)  # fmt: skip
"""What we say of a metric and dbt has no word for: it travels under `meta: {sameboat: …}`."""

Found = dict[str, Any]


@dataclass
class Context:
    """What a metric may refer to: measures, and per measure the metric that is nothing but it."""

    measures: Measures
    plain: dict[str, str] = field(default_factory=dict)
    tables: Mapping[str, str] = field(default_factory=dict)
    """The table of each semantic model, by the model's own name."""
    wanted: dict[str, None] = field(default_factory=dict)
    """Measures that a metric needs as an input."""

    def input_of_measure(self, measure: str) -> str:
        """The name of the metric that stands for a measure in another metric."""
        if measure not in self.measures:
            raise Skipped(f"there is no measure {shown(measure)}")
        self.wanted[measure] = None
        return self.plain.get(measure, measure)


def metric(raw: Raw, context: Context, *, table: str | None = None) -> Found:
    """A metric as raw values of our format; `table` is the one inside whose model it stands.

    Raises Skipped where it uses something that is not supported.
    """
    params = flat(raw)
    kind = word(raw, "type") or "simple"
    if kind not in _MAKERS:
        raise Skipped(f"{kind!r} is not a type of metric that is supported")
    made = _MAKERS[kind](params, context, table)
    shared = {
        "filter": [*made.pop("filter", ()), *filters(raw.get("filter"))],
        "time_grain": word(raw, "time_granularity"),
        "nulls": "dbt",
    }
    about = described(raw)
    ours = taken_back(about, OURS)
    return without_nothing({**made.pop("about", {}), **about, **made, **shared, **ours})


def flat(raw: Raw) -> Found:
    """All parameters of a metric on one level, wherever its spec keeps them."""
    found: Found = {key: value for key, value in raw.items() if value is not None}
    for key in _NESTED:
        found |= {name: item for name, item in inner(found, key).items() if item is not None}
    return found


def filters(value: object) -> list[str]:
    """Filters from a text, a list of texts or the manifest's objects, each one readable."""
    if value is None or value == "":
        return []
    if isinstance(value, Mapping):
        return filters(value.get("where_filters") or value.get("where_sql_template"))
    if isinstance(value, (list, tuple)):
        return [text for item in value for text in filters(item)]
    if isinstance(value, bool):
        return ["true" if value else "false"]
    if not isinstance(value, str):
        raise Skipped("a filter must be text")
    return [readable(value.strip(), "its filter")]


# ── inputs ───────────────────────────────────────────────────────────────────────────────────


def input_of(value: object) -> Found | str:
    """A metric as an input of another one; a bare name where it says no more."""
    if isinstance(value, str):
        return value.lower()
    if not isinstance(value, Mapping):
        raise Skipped("an input must be the name of a metric, or a mapping with 'name'")
    own = word(value, "name")
    if own is None:
        raise Skipped("an input has no name")
    alias = text(value, "alias")
    if alias is not None and not legal(alias, in_expressions=True):
        raise Skipped(f"the alias {shown(alias)} cannot be used in an expression")
    return _plainest(
        {
            "metric": own,
            "alias": alias,
            "filter": filters(value.get("filter")),
            "offset_window": span(value, "offset_window"),
            "offset_to_grain": word(value, "offset_to_grain"),
        }
    )


def measured(value: object, context: Context) -> Found | str:
    """A measure as an input, through the metric that is nothing but it."""
    if isinstance(value, str):
        return context.input_of_measure(value.lower())
    if not isinstance(value, Mapping):
        raise Skipped("an input must be the name of a measure, or a mapping with 'name'")
    return _plainest(
        {
            "metric": context.input_of_measure(word(value, "name") or ""),
            "filter": filters(value.get("filter")),
            "fill_nulls_with": number(value, "fill_nulls_with"),
            "join_to_time_spine": flag(value, "join_to_timespine"),
        }
    )


def _plainest(found: Found) -> Found | str:
    said = without_nothing(found)
    return str(said["metric"]) if len(said) == 1 else said


def _either(params: Found, measure: str, *metrics: str, context: Context) -> Found | str:
    """An input that older files give as a measure and newer ones as a metric."""
    given = params.get(measure)
    if given is not None and _measure_is_known(given, context):
        return measured(given, context)
    for key in metrics:
        if params.get(key) is not None:
            return input_of(params[key])
    if given is not None:
        return measured(given, context)  # which says what is missing
    raise Skipped(f"it has no '{metrics[0] if metrics else measure}'")


def _measure_is_known(given: object, context: Context) -> bool:
    said = given.get("name") if isinstance(given, Mapping) else given
    return isinstance(said, str) and said.lower() in context.measures


# ── the types ────────────────────────────────────────────────────────────────────────────────


def _simple(params: Found, context: Context, table: str | None) -> Found:
    given = params.get("measure")
    if given is not None and _measure_is_known(given, context):
        return _of_measure(given if isinstance(given, Mapping) else {"name": given}, context)
    if params.get("agg") is None:
        if given is not None:
            said = given.get("name") if isinstance(given, Mapping) else given
            raise Skipped(f"there is no measure {shown(str(said))}")
        raise Skipped("it has neither a measure nor an aggregation")
    home = table or context.tables.get(word(params, "semantic_model") or "")
    if home is None:
        raise Skipped("a simple metric must stand in the model whose rows it aggregates")
    return _of_aggregation(params, home)


def _of_measure(given: Raw, context: Context) -> Found:
    measure = context.measures[str(given["name"]).lower()]
    about = {key: measure[key] for key in ("description",) if key in measure}
    made = {
        key: value
        for key, value in measure.items()
        if key not in ("create_metric", "label", "description", "tags", "meta")
    }
    return {
        **made,
        "about": about,
        "filter": filters(given.get("filter")),
        "fill_nulls_with": number(given, "fill_nulls_with"),
        "join_to_time_spine": flag(given, "join_to_timespine"),
    }


def _of_aggregation(params: Found, table: str) -> Found:
    agg_params = inner(params, "agg_params")
    kind = word(params, "percentile_type")
    discrete = kind == "discrete" or flag(agg_params, "use_discrete_percentile")
    made = aggregated(
        table=table,
        agg=word(params, "agg"),
        expr=text(params, "expr") or word(params, "name"),
        time=word(params, "agg_time_dimension"),
        percentile=number(params, "percentile") or number(agg_params, "percentile"),
        level=inner(params, "non_additive_dimension"),
    )
    return made | {
        "discrete": discrete,
        "approximate": flag(agg_params, "use_approximate_percentile"),
        "fill_nulls_with": number(params, "fill_nulls_with"),
        "join_to_time_spine": flag(params, "join_to_timespine"),
    }


def _ratio(params: Found, context: Context, table: str | None) -> Found:
    for key in ("numerator", "denominator"):
        if params.get(key) is None:
            raise Skipped(f"it has no '{key}'")
    return {
        "type": "ratio",
        "numerator": input_of(params["numerator"]),
        "denominator": input_of(params["denominator"]),
    }


def _derived(params: Found, context: Context, table: str | None) -> Found:
    expr = text(params, "expr")
    if expr is None:
        raise Skipped("it has no 'expr'")
    inputs = [input_of(item) for item in items(params, "metrics") or items(params, "input_metrics")]
    names = [
        given if isinstance(given, str) else given.get("alias") or given["metric"]
        for given in inputs
    ]
    twice = next((name for at, name in enumerate(names) if name in names[:at]), None)
    if twice is not None:
        raise Skipped(f"two of its inputs are called {shown(twice)}")
    if not inputs:
        raise Skipped("it lists no input metrics")
    return {"type": "derived", "expr": readable(expr, "its 'expr'"), "metrics": inputs}


def _cumulative(params: Found, context: Context, table: str | None) -> Found:
    window, grain = span(params, "window"), word(params, "grain_to_date")
    if window and grain:
        raise Skipped("'window' and 'grain_to_date' exclude each other")
    return {
        "type": "cumulative",
        "metric": _either(params, "measure", "input_metric", "metric", context=context),
        "window": window,
        "grain_to_date": grain,
        "period_agg": word(params, "period_agg") or "first",
    }


def _conversion(params: Found, context: Context, table: str | None) -> Found:
    entity = word(params, "entity")
    if entity is None:
        raise Skipped("it has no 'entity'")
    calculation = word(params, "calculation") or "conversion_rate"
    if calculation not in ("conversion_rate", "conversions"):
        raise Skipped(f"{calculation!r} is not a calculation that is supported")
    pairs = [
        [_property(item, "base_property"), _property(item, "conversion_property")]
        for item in items(params, "constant_properties")
    ]
    return {
        "type": "conversion",
        "base": _either(params, "base_measure", "base_metric", context=context),
        "converted": _either(params, "conversion_measure", "conversion_metric", context=context),
        "entity": entity,
        "window": span(params, "window"),
        "calculation": "conversions" if calculation == "conversions" else None,
        "constant": pairs,
    }


def _property(item: object, key: str) -> str:
    found = word(item, key) if isinstance(item, Mapping) else None
    if found is None:
        raise Skipped(f"a constant property has no '{key}'")
    return found


_MAKERS: Mapping[str, Callable[[Found, Context, str | None], Found]] = {
    "simple": _simple,
    "ratio": _ratio,
    "derived": _derived,
    "cumulative": _cumulative,
    "conversion": _conversion,
}
