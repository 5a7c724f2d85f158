"""What a company plans, learns and lives by: the sections beside tables, metrics and KPIs."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field

from sameboat.project.model import Declared, Filters, Guardrail, Shape, Subject
from sameboat.project.values import (
    Clock,
    ColumnText,
    Condition,
    Day,
    DimensionName,
    EntityName,
    KpiName,
    MetricName,
    Moment,
    Number,
    OrText,
    PoolName,
    Refers,
    SpanText,
    TableName,
    TeamName,
    Texts,
    Whole,
    named,
)

RoleName = Annotated[str, Refers("role")]
"""A role of the same staffing plan."""

# ── learning whether it worked ───────────────────────────────────────────────────────────────


class Cost(Shape):
    """What something takes: money, and hours per role."""

    money: Number | None = None
    hours: Mapping[str, Number] = {}


class Panel(Shape):
    """The units whose paths are compared, how often, and what weighs them."""

    unit: DimensionName
    grain: str
    weight: MetricName | None = None


class Initiative(Declared):
    """Something that teams do together for a KPI, with the units that it has reached so far."""

    kpi: KpiName
    teams: tuple[TeamName, ...] = ()
    panel: Panel | None = None
    treated: Mapping[str, Day] = {}
    not_control: tuple[str, ...] = ()
    wait: SpanText | None = None
    stopped: Day | None = None
    cost: Cost | None = None
    proposal: str | None = None


class Experiment(Declared):
    """A randomised comparison; `arm` is the column that says which unit got what."""

    kpi: KpiName
    unit: EntityName
    table: TableName
    arm: ColumnText
    control: str
    assigned: ColumnText | None = None
    metrics: tuple[MetricName, ...] = ()
    started: Day | None = None
    stopped: Day | None = None


class Journey(Declared):
    """The touches of several teams before a conversion."""

    table: TableName
    team: ColumnText
    time: ColumnText
    entity: EntityName
    converted: MetricName
    window: SpanText | None = None
    controls: tuple[DimensionName, ...] = ()


class Teamwork(Declared):
    """Shared effort (`hours` per team and item) or hand-offs (`at`, team after team)."""

    table: TableName
    team: ColumnText
    item: ColumnText
    hours: ColumnText | None = None
    kpi: ColumnText | None = None
    at: ColumnText | None = None
    outcome: MetricName | None = None


# ── deciding together ────────────────────────────────────────────────────────────────────────


class Stretch(Shape):
    """From one day to another, both included."""

    from_: Day = Field(alias="from")
    until: Day


class Periods(Stretch):
    """A stretch that is cut into equal periods."""

    each: str


class Spend(Shape):
    """Where past spend stands, by team, line and time."""

    table: TableName
    team: ColumnText
    line: ColumnText
    amount: ColumnText
    time: ColumnText


class SpendLimit(Shape):
    min: Number | None = None
    max: Number | None = None
    max_change: Number | None = None


class Commitment(Shape):
    """Money that is already promised to a line."""

    line: str
    amount: Number
    until: Day | None = None


class Pool(Declared):
    """One budget that several teams share, and the metric that it is to raise."""

    kpi: KpiName
    metric: MetricName | None = None
    periods: Periods
    amount: Number
    status_quo: Stretch | None = None
    spend: Spend
    own: Mapping[TeamName, MetricName] = {}
    limits: Mapping[str, SpendLimit] = {}
    committed: tuple[Commitment, ...] = ()
    reserve: Number = 0
    step: Number | None = None
    horizon: SpanText | None = None


class Heads(Shape):
    """Where heads stand, by team, role and time."""

    table: TableName
    team: ColumnText
    role: ColumnText
    heads: ColumnText
    time: ColumnText


class Role(Declared):
    """A role that can be hired: what it costs, gives and needs."""

    team: TeamName
    cost: Number
    productive_hours: Number
    ramp: SpanText | None = None
    hire_lead: SpanText | None = None
    min: Whole | None = None
    max: Whole | None = None
    can_move_to: tuple[RoleName, ...] = ()


class Promise(Shape):
    """Within how long which share is answered."""

    within: SpanText
    share: Number


class Work(Shape):
    """Work that arrives for a role, and how long it takes."""

    role: RoleName
    table: TableName
    team: ColumnText
    arrived: ColumnText
    answered: ColumnText | None = None
    minutes: ColumnText
    promise: Promise | None = None


class HiringLimits(Shape):
    heads: Whole | None = None
    money: Number | None = None


class Staffing(Declared):
    """One headcount plan of several teams, and the lever by which heads reach the KPI."""

    kpi: KpiName
    lever: MetricName
    heads: Heads
    roles: Annotated[Mapping[str, Role], BeforeValidator(named)]
    work: tuple[Work, ...] = ()
    limits: HiringLimits = HiringLimits()


class Deals(Shape):
    """The past deals that a plan is replayed on."""

    table: TableName
    filter: Annotated[Texts, Condition("table")] = ()
    closed: ColumnText
    value: ColumnText
    account: ColumnText


class ServiceCost(Shape):
    table: TableName
    minutes: ColumnText
    per_hour: Number


class Worth(Shape):
    """What a deal turned out to be worth."""

    table: TableName
    amount: ColumnText
    over: SpanText
    margin: Number = 1
    service_cost: ServiceCost | None = None


class When(Shape):
    """When a part of the pay falls due: at once (`on`), later, or on a loss."""

    on: str | None = None
    after: SpanText | None = None
    if_: Annotated[Texts, Condition()] = Field((), alias="if")
    churned_within: SpanText | None = None


def _when(value: object) -> object:
    return {"on": value} if isinstance(value, str) else value


class Pay(Shape):
    """One part of a plan: a rate of the deals, or a shared pool along a metric."""

    name: str
    rate: Number | None = None
    of: Literal["deals"] | None = None
    when: Annotated[When, OrText(), BeforeValidator(_when)] | None = None
    pool: Number | None = None
    metric: MetricName | None = None
    from_: Number | None = Field(None, alias="from")
    to: Number | None = None


class Incentive(Declared):
    """A pay plan of a team or role; never of a person."""

    team: TeamName
    deals: Deals
    worth: Worth | None = None
    pay: tuple[Pay, ...]


# ── living with it ───────────────────────────────────────────────────────────────────────────

Weekday = Literal["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"]


class Review(Declared):
    """A standing meeting over some KPIs."""

    kpis: tuple[KpiName, ...]
    every: Literal["day", "week", "month", "quarter", "year"] = "week"
    weekday: Weekday | None = None
    clock: Clock | None = None
    minutes: Whole | None = None
    order: tuple[Literal["signals", "levers", "outcomes", "decisions"], ...] = ()


class Pulse(Declared):
    """A survey of the people who work here, read per team and theme only."""

    table: TableName
    subject: Subject = "employee"
    team: ColumnText
    wave: ColumnText
    question: ColumnText
    score: ColumnText
    scale: tuple[Number, Number] = (1, 5)
    themes: Mapping[str, tuple[str, ...]] = {}


class Stage(Shape):
    """A step of the rollout with what must hold to enter and to leave it."""

    name: str
    days: Whole | None = None
    enter: Texts = ()
    leave: Texts = ()


class Rollout(Shape):
    vision: str | None = None
    stages: tuple[Stage, ...] = ()


class AccessRole(Declared):
    """Whom the sign-in's groups make what."""

    groups: tuple[str, ...] = ()


class RowRule(Shape):
    """Which rows of a table a role sees."""

    table: TableName
    role: str
    where: Annotated[Texts, Condition("table")]


class HideRule(Shape):
    """From which roles a metric is hidden."""

    metric: MetricName
    from_: tuple[str, ...] = Field(alias="from")


class Access(Shape):
    roles: Annotated[Mapping[str, AccessRole], BeforeValidator(named)] = {}
    rows: tuple[RowRule, ...] = ()
    hide: tuple[HideRule, ...] = ()


class Alert(Shape):
    """Who hears of what, where, and how long it then stays quiet."""

    kpi: KpiName
    when: str
    to: str
    via: str
    quiet: SpanText | None = None


class Landing(Shape):
    """How a source's rows land in one table."""

    every: SpanText | None = None
    key: Texts = ()
    cursor: str | None = None


class Source(Declared):
    """A system that data are fetched from."""

    type: str
    url: str | None = None
    secret: str | None = None
    into: Mapping[TableName, Landing] = {}


class Prediction(Shape):
    """What a proposal promises: how much, how sure, by when."""

    effect: Number
    low: Number
    high: Number
    confidence: Number = 0.8
    per: str | None = None
    by: Day | None = None


class Decided(Shape):
    at: Moment
    verdict: str
    by_role: str | None = None
    pool: PoolName | None = None


class Proposal(Declared):
    """A proposal as it is exported and seeded; its home is the store."""

    title_: str = Field("", alias="title")
    kpi: KpiName
    predicts: Prediction
    where: Filters = ()
    cost: Cost | None = None
    teams: tuple[TeamName, ...] = ()
    guardrails: tuple[Guardrail, ...] = ()
    stop_by: Day | None = None
    decided: Decided | None = None

    @property
    def title(self) -> str:
        """What the proposal is called on pages."""
        return self.title_ or super().title
