"""What a company declares: the shapes of the project's files.

Every shape is frozen and knows nothing of engines or of SQL. `project.load` fills them from
YAML and puts in each object's `name`; `project.check` judges them. Plans, reviews and the other
sections whose features come later have their shapes in `project.plans`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import (
    AfterValidator,
    BaseModel,
    BeforeValidator,
    ConfigDict,
    Field,
    WithJsonSchema,
)

from sameboat.periods import Span
from sameboat.project.values import (
    ColumnText,
    Condition,
    Day,
    DimensionName,
    EntityName,
    EventName,
    Flag,
    KpiName,
    MetricName,
    Moment,
    Number,
    ObjectiveName,
    OrText,
    Refers,
    SpanText,
    TableName,
    TeamName,
    Texts,
    Whole,
    ZoneText,
    named,
    refuse,
)

Grain = str
Text = str
Filters = Annotated[Texts, Condition()]


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

    from_: Day | None = Field(None, alias="from")
    until: Day | None = None
    table: TableName | None = None
    column: ColumnText | None = None
    grain: Grain = "day"
    custom: Mapping[str, str] = {}


Month = Annotated[
    Literal[
        "january", "february", "march", "april", "may", "june", "july", "august", "september",
        "october", "november", "december",
    ],
    BeforeValidator(lambda given: given.lower() if isinstance(given, str) else given),
]  # fmt: skip


class Calendar(Shape):
    week_starts: Literal["monday", "sunday", "saturday"] = "monday"
    fiscal_year_starts: Month = "january"
    fiscal_year_named_by: Literal["start", "end"] = "end"
    timezone: ZoneText = "UTC"
    time_spine: TimeSpine | None = None
    more_spines: tuple[TimeSpine, ...] = ()


class Currencies(Shape):
    table: TableName
    from_: ColumnText = Field(alias="from")
    to: ColumnText
    time: ColumnText
    rate: ColumnText
    stale_after: SpanText = Span(7, "day")
    """How long after its day a rate still holds, where no later one is known."""


LEAST_GROUP = 5
"""No setting brings a group of people under this."""

Subject = Literal["employee", "contact", "account", "none"]


def _floor(value: int) -> int:
    if value < LEAST_GROUP:
        raise refuse(
            f"must be at least {LEAST_GROUP}: figures of smaller groups are figures of persons",
            code="privacy-floor",
        )
    return value


_AT_LEAST = WithJsonSchema({"type": "integer", "minimum": LEAST_GROUP})


def _floors(value: Mapping[str, int]) -> Mapping[str, int]:
    for subject, least in value.items():
        about_people = subject in ("employee", "contact")
        if least < (LEAST_GROUP if about_people else 0):
            raise refuse(
                f"gives {subject!r} a floor of {least}; it must be at least "
                f"{LEAST_GROUP if about_people else 0}",
                code="privacy-floor",
            )
    return value


class Privacy(Shape):
    minimum_group: Annotated[Whole, AfterValidator(_floor), _AT_LEAST] = 10
    minimum_team: Annotated[Whole, AfterValidator(_floor), _AT_LEAST] = 5
    subjects: Annotated[Mapping[Subject, Whole], AfterValidator(_floors)] = {}


class Limits(Shape):
    """How much can be steered: what the checks of the principles hold the project against."""

    most_kpis: Whole = 9
    unused_days: Whole = 90


class Root(Declared):
    format: Literal[1] = 1
    name: str
    mission: str = ""
    warehouse: str = "duckdb"
    dialect: str | None = None
    store: str = "sqlite:///.sameboat/store.db"
    calendar: Calendar = Calendar()
    currency: str | None = None
    currencies: Currencies | None = None
    as_of: Moment | None = None
    """The moment at which the data stand, for a project whose data have ended."""
    privacy: Privacy = Privacy()
    principles: Limits = Limits()
    ignore: tuple[str, ...] = ()


# ── teams and objectives ─────────────────────────────────────────────────────────────────────


class Team(Declared):
    parent: TeamName | None = None
    values: tuple[str, ...] = ()
    from_: Day | None = Field(None, alias="from")
    until: Day | None = None
    became: Annotated[Texts, Refers("team")] = ()
    """What it turned into; several where it split."""


class Objective(Declared):
    statement: str = ""
    horizon: Literal["short", "long"] | None = None


# ── tables ───────────────────────────────────────────────────────────────────────────────────

EntityType = Literal["primary", "unique", "foreign", "natural"]


class Entity(Declared):
    type: EntityType
    expr: Texts = ()
    role: str | None = None


class Scenario(Shape):
    """How a dimension tells actual from budget, and what two of them must both hold."""

    every: Grain = "month"
    per: tuple[DimensionName, ...] = ()


def _scenario(value: object) -> object:
    if isinstance(value, (Mapping, Scenario)):
        return value
    if not isinstance(value, str):
        raise refuse("must be a grain such as month, or a mapping with 'every'")
    return {"every": value}


class Dimension(Declared):
    type: Literal["categorical", "time"] = "categorical"
    expr: str | None = None
    grain: Grain | None = None
    validity: Literal["start", "end"] | None = None
    partition: Flag = False
    team: Flag | None = None
    """Whether it holds teams; where it does not say, its name and the plans do."""
    scenario: Annotated[Scenario, OrText(), BeforeValidator(_scenario)] | None = None


class Rollup(Shape):
    grain: Grain
    by: tuple[DimensionName, ...] = ()


class Freshness(Shape):
    warn_after: SpanText | None = None
    error_after: SpanText | None = None


class Reading(Shape):
    """How a file is read where its bytes do not say."""

    encoding: str | None = None
    delimiter: str | None = None
    decimal: Literal[".", ","] | None = None
    header: Whole | Flag | None = None
    sheet: str | None = None
    date_format: str | None = None
    null: tuple[str, ...] = ()


class Table(Declared):
    file: str | None = None
    relation: str | None = None
    sql: str | None = None
    read: Reading = Reading()
    produced_by: TeamName | None = None
    subject: Subject | None = None
    time: str | None = None
    zone: ZoneText | None = None
    currency: str | None = None
    """A currency's code, or the dimension or column that says it, of the money of each row."""
    loaded_at: str | None = None
    freshness: Freshness | None = None
    complete_after: SpanText | None = None
    primary_entity: str | None = None
    entities: Annotated[Mapping[str, Entity], BeforeValidator(named)] = {}
    dimensions: Annotated[Mapping[str, Dimension], BeforeValidator(named)] = {}
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
    between: tuple[Number, Number]


class MetricBase(Declared):
    """What every metric may say of itself."""

    kind: Kind | None = None
    unit: str | None = None
    good: Literal["up", "down"] | Between | None = None
    filter: Filters = ()
    version: Whole = 1
    valid_from: Day | None = None
    why: str | None = None
    review_by: Day | None = None
    retired: Day | None = None
    replaced_by: MetricName | None = None
    time_grain: Grain | None = None
    nulls: Literal["dbt"] | None = None
    """Whose rules say when a figure is missing: dbt's for what came from there, else ours."""


class Input(Shape):
    """A metric as it enters another one."""

    metric: MetricName
    filter: Filters = ()
    alias: str | None = None
    offset_window: SpanText | None = None
    offset_to_grain: Grain | None = None
    fill_nulls_with: Number | None = None
    join_to_time_spine: Flag = False

    @property
    def called(self) -> str:
        """The name by which a formula uses it."""
        return self.alias or self.metric


def _input(value: object) -> object:
    if isinstance(value, (Mapping, Input)):
        return value
    if not isinstance(value, str):
        raise refuse("must be the name of a metric, or a mapping with 'metric'")
    return {"metric": value}


MetricInput = Annotated[Input, OrText(), BeforeValidator(_input)]


class NonAdditive(Shape):
    """Over which time dimension a level is not summed, and which reading stands for a group."""

    time: Literal["first", "last", "min", "max"]
    dimension: DimensionName | None = None
    by: tuple[str, ...] = ()


MOST_DECIMALS = 8
"""How many digits after the point money may have that is added up exactly."""


def _decimals(value: int) -> int:
    if value > MOST_DECIMALS:
        raise refuse(f"must be {MOST_DECIMALS} at most")
    return value


class Simple(MetricBase):
    type: Literal["simple"]
    table: TableName
    agg: Aggregation
    expr: ColumnText | None = None
    time: str | None = None
    percentile: Number | None = None
    discrete: Flag = False
    approximate: Flag = False
    non_additive_over: NonAdditive | None = None
    fill_nulls_with: Number | None = None
    join_to_time_spine: Flag = False
    currency: str | None = None
    rates: str | None = None
    decimals: Annotated[Whole, AfterValidator(_decimals)] | None = None


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
    entity: EntityName
    window: SpanText | None = None
    calculation: Literal["rate", "conversions"] = "rate"
    constant: tuple[tuple[str, str], ...] = ()


class Duration(MetricBase):
    type: Literal["duration"]
    table: TableName
    start: ColumnText
    end: ColumnText
    time: str | None = None
    open_until: str | None = None
    summary: Literal["median", "average", "p75", "p90", "p95"] = "median"


class Survey(MetricBase):
    type: Literal["survey"]
    table: TableName
    method: Literal["nps", "csat", "ces"]
    score: ColumnText
    time: str | None = None
    scale: tuple[Number, Number] = (0, 10)
    satisfied: Number | None = None
    one_per: tuple[str, ...] = ()
    minimum_responses: Whole = 0


class Merged(Shape):
    table: TableName
    from_: ColumnText = Field(alias="from")
    to: ColumnText
    on: ColumnText


class Retention(MetricBase):
    type: Literal["retention"]
    table: TableName
    entity: EntityName
    amount: ColumnText
    period: Grain = "month"
    over: SpanText | None = None
    method: Literal["nrr", "grr", "logo", "expansion", "contraction", "churn"] = "nrr"
    segment_at: Literal["start"] = "start"
    merged: Merged | None = None


class IndexPart(Shape):
    metric: MetricName
    weight: Number
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

METRIC_TYPES = (
    "simple", "ratio", "derived", "cumulative", "conversion", "duration", "survey", "retention",
    "index",
)  # fmt: skip


class SavedQuery(Declared):
    metrics: tuple[MetricName, ...] = ()
    group_by: tuple[DimensionName, ...] = ()
    where: Filters = ()
    order_by: tuple[str, ...] = ()
    limit: Whole | None = None
    start: str | None = None
    end: str | None = None


# ── shared KPIs and the tree ─────────────────────────────────────────────────────────────────

Evidence = Literal["arithmetic", "experiment", "observational", "belief"]
Moves = Literal["same", "opposite"]


class Per(Shape):
    """How much a change of the lever gives, with its range."""

    change: Number
    gives: Number
    low: Number | None = None
    high: Number | None = None


class Effect(Shape):
    moves: Moves
    lag: SpanText | None = None
    evidence: Evidence = "belief"
    review_by: Day | None = None
    source: Annotated[str, Refers("study")] | None = None
    per: Per | None = None


class Owner(Shape):
    team: TeamName
    lever: MetricName | None = None
    effect: Effect | None = None


class Steward(Shape):
    rota: tuple[TeamName, ...]
    every: Literal["month", "quarter", "year"] = "quarter"
    from_: Day | None = Field(None, alias="from")


class TargetStep(Shape):
    by: Day
    value: Number


class Target(Shape):
    since: Day | None = None
    from_: Number | None = Field(None, alias="from")
    to: Number | None = None
    by: Day | None = None
    steps: tuple[TargetStep, ...] = ()
    metric: MetricName | None = None
    over: Literal["last", "sum", "mean"] = "last"


class Guardrail(Shape):
    metric: MetricName
    min: Number | None = None
    max: Number | None = None
    worse_by: Number | None = None


class Watch(Shape):
    """Which series is judged for signals; a rolling one may not judge itself."""

    metric: MetricName | None = None
    grain: Grain | None = None
    baseline: Whole | None = None
    phase_breaks: tuple[EventName, ...] = ()


def _steward(value: object) -> object:
    if isinstance(value, (Mapping, Steward)):
        return value
    if not isinstance(value, str):
        raise refuse("must be the name of a team, or a mapping with 'rota'")
    return {"rota": [value]}


class Kpi(Declared):
    metric: MetricName
    objective: ObjectiveName | None = None
    owners: tuple[Owner, ...] = ()
    steward: Annotated[Steward, OrText(), BeforeValidator(_steward)] | None = None
    target: Target | None = None
    guardrails: tuple[Guardrail, ...] = ()
    horizon: Literal["short", "long"] | None = None
    by: tuple[DimensionName, ...] = ()
    signal: Watch = Watch()
    review: str | None = None
    gaming: str | None = None


class Driver(Shape):
    """An edge of the tree: arithmetic (`equals`) or influence (`influenced_by`)."""

    metric: MetricName
    equals: str | None = None
    influenced_by: MetricName | None = None
    moves: Moves | None = None
    lag: SpanText | None = None
    evidence: Evidence | None = None
    review_by: Day | None = None
    source: Annotated[str, Refers("study")] | None = None


class Event(Declared):
    from_: Day = Field(alias="from")
    until: Day | None = None
    kind: str | None = None
    kpis: tuple[KpiName, ...] = ()
    where: Filters = ()
    phase: Flag = False
    exclude: Flag = False
