"""What a company declares: the shapes of the project's files.

Every shape is frozen and knows nothing of engines or of SQL. `project.load` fills them from
YAML and puts in each object's `name`; `project.check` judges them. Plans, reviews and the other
sections whose features come later have their shapes in `project.plans`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field

from sameboat.periods import Span

Grain = str
Text = str


def _span(value: object) -> object:
    return Span.parse(value) if isinstance(value, str) else value


def _listed(value: object) -> object:
    return [value] if isinstance(value, (str, Mapping)) else value


def _input(value: object) -> object:
    return {"metric": value} if isinstance(value, str) else value


SpanText = Annotated[Span, BeforeValidator(_span)]
Filters = Annotated[tuple[str, ...], BeforeValidator(_listed)]


class Shape(BaseModel):
    """A frozen piece of the format; a key that it does not know is an error."""

    model_config = ConfigDict(
        frozen=True, extra="forbid", arbitrary_types_allowed=True, populate_by_name=True
    )


class Declared(Shape):
    """What every named object may carry."""

    name: str = ""
    label: str | None = None
    description: str | None = None
    tags: tuple[str, ...] = ()
    meta: Mapping[str, Any] = {}
    synonyms: tuple[str, ...] = ()

    @property
    def title(self) -> str:
        """The label, or the name made readable."""
        return self.label or self.name.replace("_", " ").capitalize()


# ── root ─────────────────────────────────────────────────────────────────────────────────────


class TimeSpine(Shape):
    """A generated spine's range, or a table that holds the spine and its custom grains."""

    from_: dt.date | None = Field(None, alias="from")
    until: dt.date | None = None
    table: str | None = None
    column: str | None = None
    grain: Grain = "day"
    custom: Mapping[str, str] = {}


class Calendar(Shape):
    week_starts: Literal["monday", "sunday", "saturday"] = "monday"
    fiscal_year_starts: str = "january"
    fiscal_year_named_by: Literal["start", "end"] = "end"
    timezone: str = "UTC"
    time_spine: TimeSpine | None = None
    more_spines: tuple[TimeSpine, ...] = ()


class Currencies(Shape):
    table: str
    from_: str = Field(alias="from")
    to: str
    time: str
    rate: str


class Privacy(Shape):
    minimum_group: int = 10
    minimum_team: int = 5
    subjects: Mapping[str, int] = {}


class Root(Shape):
    format: Literal[1] = 1
    name: str
    mission: str = ""
    warehouse: str = "duckdb"
    dialect: str | None = None
    store: str = "sqlite:///.sameboat/store.db"
    calendar: Calendar = Calendar()
    currency: str | None = None
    currencies: Currencies | None = None
    privacy: Privacy = Privacy()
    ignore: tuple[str, ...] = ()


# ── teams and objectives ─────────────────────────────────────────────────────────────────────


class Team(Declared):
    parent: str | None = None
    values: tuple[str, ...] = ()
    from_: dt.date | None = Field(None, alias="from")
    until: dt.date | None = None
    became: str | None = None


class Objective(Declared):
    statement: str = ""
    horizon: Literal["short", "long"] | None = None


# ── tables ───────────────────────────────────────────────────────────────────────────────────

EntityType = Literal["primary", "unique", "foreign", "natural"]


class Entity(Declared):
    type: EntityType
    expr: Annotated[tuple[str, ...], BeforeValidator(_listed)] = ()
    role: str | None = None


class Dimension(Declared):
    type: Literal["categorical", "time"] = "categorical"
    expr: str | None = None
    grain: Grain | None = None
    validity: Literal["start", "end"] | None = None
    partition: bool = False


class Rollup(Shape):
    grain: Grain
    by: tuple[str, ...] = ()


class Freshness(Shape):
    warn_after: SpanText | None = None
    error_after: SpanText | None = None


class Reading(Shape):
    """How a file is read where its bytes do not say."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    header: int | bool | None = None
    sheet: str | None = None
    date_format: str | None = None
    null: tuple[str, ...] = ()


class Table(Declared):
    file: str | None = None
    relation: str | None = None
    sql: str | None = None
    read: Reading = Reading()
    produced_by: str | None = None
    subject: Literal["employee", "contact", "account", "none"] | None = None
    time: str | None = None
    zone: str | None = None
    loaded_at: str | None = None
    freshness: Freshness | None = None
    complete_after: SpanText | None = None
    primary_entity: str | None = None
    entities: Mapping[str, Entity] = {}
    dimensions: Mapping[str, Dimension] = {}
    personal: tuple[str, ...] = ()
    pseudonymous: tuple[str, ...] = ()
    rollups: tuple[Rollup, ...] = ()
    checks: tuple[Mapping[str, Any], ...] = ()


# ── metrics ──────────────────────────────────────────────────────────────────────────────────

Kind = Literal["input", "output", "outcome", "activity", "guardrail"]
Aggregation = Literal[
    "sum", "count", "count_distinct", "average", "min", "max", "median", "percentile", "sum_boolean"
]


class Between(Shape):
    between: tuple[float, float]


class MetricBase(Declared):
    """What every metric may say of itself."""

    kind: Kind | None = None
    unit: str | None = None
    good: Literal["up", "down"] | Between | None = None
    filter: Filters = ()
    version: int = 1
    valid_from: dt.date | None = None
    why: str | None = None
    retired: dt.date | None = None
    replaced_by: str | None = None
    time_grain: Grain | None = None


class Input(Shape):
    """A metric as it enters another one."""

    metric: str
    filter: Filters = ()
    alias: str | None = None
    offset_window: SpanText | None = None
    offset_to_grain: Grain | None = None
    fill_nulls_with: float | None = None
    join_to_time_spine: bool = False

    @property
    def called(self) -> str:
        """The name by which a formula uses it."""
        return self.alias or self.metric


MetricInput = Annotated[Input, BeforeValidator(_input)]


class NonAdditive(Shape):
    """Over which time dimension a level is not summed, and which reading stands for a group."""

    time: Literal["first", "last", "min", "max"]
    dimension: str | None = None
    by: tuple[str, ...] = ()


class Simple(MetricBase):
    type: Literal["simple"]
    table: str
    agg: Aggregation
    expr: str | None = None
    time: str | None = None
    percentile: float | None = None
    discrete: bool = False
    approximate: bool = False
    non_additive_over: NonAdditive | None = None
    fill_nulls_with: float | None = None
    join_to_time_spine: bool = False


class Ratio(MetricBase):
    type: Literal["ratio"]
    numerator: MetricInput
    denominator: MetricInput


class Derived(MetricBase):
    type: Literal["derived"]
    expr: str
    metrics: tuple[MetricInput, ...] = ()


class Cumulative(MetricBase):
    type: Literal["cumulative"]
    metric: MetricInput
    window: SpanText | None = None
    grain_to_date: Grain | None = None
    period_agg: Literal["first", "last", "average"] | None = None


class Conversion(MetricBase):
    type: Literal["conversion"]
    base: MetricInput
    converted: MetricInput
    entity: str
    window: SpanText | None = None
    calculation: Literal["rate", "conversions"] = "rate"
    constant: tuple[tuple[str, str], ...] = ()


class Duration(MetricBase):
    type: Literal["duration"]
    table: str
    start: str
    end: str
    time: str | None = None
    open_until: str | None = None
    summary: Literal["median", "average", "p75", "p90", "p95"] = "median"


class Survey(MetricBase):
    type: Literal["survey"]
    table: str
    method: Literal["nps", "csat", "ces"]
    score: str
    time: str | None = None
    scale: tuple[float, float] = (0, 10)
    satisfied: float | None = None
    one_per: tuple[str, ...] = ()
    minimum_responses: int = 0


class Retention(MetricBase):
    type: Literal["retention"]
    table: str
    entity: str
    amount: str
    period: Grain = "month"
    over: SpanText | None = None
    method: Literal["nrr", "grr", "logo", "expansion", "contraction", "churn"] = "nrr"
    segment_at: Literal["start"] = "start"


class IndexPart(Shape):
    metric: str
    weight: float
    good: Literal["up", "down"] | None = None


class Index(MetricBase):
    type: Literal["index"]
    base: str
    parts: tuple[IndexPart, ...]


Metric = Annotated[
    Simple | Ratio | Derived | Cumulative | Conversion | Duration | Survey | Retention | Index,
    Field(discriminator="type"),
]
"""A metric of any type; `type` decides which."""


class SavedQuery(Declared):
    metrics: tuple[str, ...] = ()
    group_by: tuple[str, ...] = ()
    where: Filters = ()
    order_by: tuple[str, ...] = ()
    limit: int | None = None
    start: str | None = None
    end: str | None = None


# ── shared KPIs and the tree ─────────────────────────────────────────────────────────────────

Evidence = Literal["arithmetic", "experiment", "observational", "belief"]
Moves = Literal["same", "opposite"]


class Per(Shape):
    """How much a change of the lever gives, with its range."""

    change: float
    gives: float
    low: float | None = None
    high: float | None = None


class Effect(Shape):
    moves: Moves
    lag: SpanText | None = None
    evidence: Evidence = "belief"
    review_by: dt.date | None = None
    source: str | None = None
    per: Per | None = None


class Owner(Shape):
    team: str
    lever: str | None = None
    effect: Effect | None = None


class Steward(Shape):
    rota: tuple[str, ...]
    every: Literal["month", "quarter", "year"] = "quarter"
    from_: dt.date | None = Field(None, alias="from")


class TargetStep(Shape):
    by: dt.date
    value: float


class Target(Shape):
    since: dt.date | None = None
    from_: float | None = Field(None, alias="from")
    to: float | None = None
    by: dt.date | None = None
    steps: tuple[TargetStep, ...] = ()
    metric: str | None = None


class Guardrail(Shape):
    metric: str
    min: float | None = None
    max: float | None = None
    worse_by: float | None = None


class Watch(Shape):
    """Which series is judged for signals; a rolling one may not judge itself."""

    metric: str | None = None
    grain: Grain | None = None
    baseline: int | None = None
    phase_breaks: tuple[str, ...] = ()


def _steward(value: object) -> object:
    return {"rota": [value]} if isinstance(value, str) else value


class Kpi(Declared):
    metric: str
    objective: str | None = None
    owners: tuple[Owner, ...] = ()
    steward: Annotated[Steward | None, BeforeValidator(_steward)] = None
    target: Target | None = None
    guardrails: tuple[Guardrail, ...] = ()
    horizon: Literal["short", "long"] | None = None
    by: tuple[str, ...] = ()
    signal: Watch = Watch()
    review: str | None = None
    gaming: str | None = None


class Driver(Shape):
    """An edge of the tree: arithmetic (`equals`) or influence (`influenced_by`)."""

    metric: str
    equals: str | None = None
    influenced_by: str | None = None
    moves: Moves | None = None
    lag: SpanText | None = None
    evidence: Evidence | None = None
    review_by: dt.date | None = None
    source: str | None = None


class Event(Declared):
    from_: dt.date = Field(alias="from")
    until: dt.date | None = None
    kind: str | None = None
    kpis: tuple[str, ...] = ()
    where: Filters = ()
    phase: bool = False
    exclude: bool = False
