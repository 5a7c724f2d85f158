"""The mock's board and KPI page as answers, with values that a chart can be checked against."""

from __future__ import annotations

import datetime as dt
import itertools
from dataclasses import replace

from sameboat.questions.board import Board, BoardRow, OpenDecision
from sameboat.questions.kpi import Definition, GuardrailRow, KpiAnswer, LeverRow, Segment
from sameboat.questions.series import (
    Chance,
    Happening,
    Phase,
    Pull,
    Series,
    SignalPoint,
    TargetPath,
    Verdict,
)

NOW = dt.datetime(2026, 10, 26, 7, 30, tzinfo=dt.UTC)
LAST_WEEK = dt.date(2026, 10, 19)
LAST_MONTH = dt.date(2026, 10, 1)
JUNE = dt.date(2027, 6, 30)

CONVERSION = (
    4.56, 4.65, 4.45, 4.63, 4.75, 4.64, 4.89, 4.36, 4.56, 4.39, 4.38, 4.51, 4.6, 4.64, 4.66, 5.04,
    4.74, 4.2, 4.59, 4.41, 4.44, 4.84, 4.5, 4.12, 4.62, 4.49, 4.29, 4.35, 4.41, 4.54, 4.46, 4.57,
    4.95, 4.37, 4.37, 4.5, 5.57, 5.14, 5.65, 5.0, 5.06, 5.3, 5.1, 5.16, 5.42, 5.48, 5.34, 5.24,
    5.63, 5.41, 5.25, 5.6, 5.09, 5.35, 5.47, 5.31, 5.17, 5.39, 5.18, 5.17, 5.06, 5.62, 5.18, 5.59,
    5.4, 5.25, 5.47, 5.38, 5.34, 4.98, 5.33, 5.52, 5.43, 5.55, 5.67, 5.41, 5.78, 4.95, 5.25, 4.73,
    5.51, 5.33, 5.72, 5.22, 4.82, 5.62, 4.99, 5.01, 5.27, 5.46, 5.19, 5.35, 4.86, 5.73, 5.29, 5.34,
    4.9, 4.7, 4.45, 4.5, 4.2, 4.3, 4.0, 4.1,
)  # fmt: skip
BOARD_CONVERSION = (
    5.1, 5.5, 5.2, 5.6, 4.9, 5.3, 5.7, 5.2, 5.0, 5.5, 5.4, 4.9, 5.3, 5.6, 5.1, 5.4, 5.2, 5.5, 4.9,
    4.7, 4.4, 4.5, 4.2, 4.3, 4.0, 4.1,
)  # fmt: skip
ACCOUNTS = (
    62.1, 63.0, 61.4, 62.6, 62.0, 63.4, 61.8, 62.9, 61.9, 63.1, 62.2, 62.8, 61.6, 63.2, 62.4, 61.9,
    62.6, 64.1, 64.9, 65.3, 66.2, 66.0, 67.1, 67.4, 68.0, 68.4,
)  # fmt: skip
TO_MARKET = (
    72, 78, 69, 75, 81, 70, 74, 79, 68, 73, 77, 71, 76, 80, 72, 69, 75, 78, 73, 70, 77, 74, 71,
    74,
)  # fmt: skip
REVENUE = (
    101.2, 101.9, 100.6, 101.4, 102.3, 101.0, 100.4, 101.6, 102.1, 101.2, 100.8, 101.9, 102.6,
    101.5, 100.9, 101.7, 102.4, 101.1, 101.8, 102.5, 101.4, 102.0, 101.3, 101.8,
)  # fmt: skip
RETENTION = (
    91.0, 91.8, 90.7, 91.5, 92.2, 91.1, 90.5, 91.4, 92.0, 91.6, 90.9, 91.7, 92.4, 91.3, 90.8, 91.9,
    92.1, 91.2, 91.6, 92.0, 91.1, 91.9, 91.3, 91.6,
)  # fmt: skip
PROMOTERS = (
    36, 41, 33, 38, 44, 35, 31, 39, 42, 34, 37, 45, 38, 32, 40, 36, 43, 35, 33, 41, 37, 34, 40,
    31,
)  # fmt: skip
PROJECTS = (66, 72, 63, 70, 75, 68, 61, 71, 69, 74, 65, 73, 70, 67, 76, 69, 64, 72, 70, 75, 68, 71)
CUSTOMERS = (
    64, 63, 64, 64, 61, 66, 66, 63, 64, 63, 64, 68, 63, 66, 66, 64, 67, 67, 66, 66, 66, 69, 67,
    69, 66, 69,
)  # fmt: skip
LEADS = (
    1180, 1204, 1167, 1211, 1191, 1226, 1200, 1213, 1189, 1233, 1209, 1239, 1215, 1228, 1250, 1237,
    1263, 1290, 1345, 1402, 1478, 1530, 1588, 1602, 1640, 1680,
)  # fmt: skip
MONTHS = (5.2, 5.3, 5.4, 5.2, 5.3, 5.4, 5.3, 5.2, 5.4, 5.2, 4.7, 4.2)
MONTHS_BEFORE = (4.4, 4.6, 4.5, 4.6, 4.5, 4.6, 4.5, 4.7, 5.0, 5.2, 5.3, 5.2)

ROUTINE = Verdict("routine", "Routine: no action")


def weeks(count: int, last: dt.date = LAST_WEEK) -> tuple[dt.date, ...]:
    """The first days of the last `count` weeks."""
    return tuple(last - dt.timedelta(weeks=back) for back in range(count - 1, -1, -1))


def months(count: int, last: dt.date = LAST_MONTH) -> tuple[dt.date, ...]:
    """The first days of the last `count` months."""
    serial = last.year * 12 + last.month - 1
    return tuple(
        dt.date((serial - back) // 12, (serial - back) % 12 + 1, 1)
        for back in range(count - 1, -1, -1)
    )


def percent(values: tuple[float, ...]) -> tuple[float, ...]:
    """Fractions, as percentages are stored."""
    return tuple(round(value / 100, 6) for value in values)


def series(
    metric: str,
    label: str,
    unit: str | None,
    grain: str,
    values: tuple[float | None, ...],
    *,
    phases: tuple[Phase, ...] = (),
    signals: tuple[SignalPoint, ...] = (),
) -> Series:
    """A series up to the latest period, all of it complete."""
    count = len(values)
    periods = weeks(count) if grain == "week" else months(count)
    jumps: list[float | None] = [None]
    jumps += [None if a is None or b is None else abs(b - a) for a, b in itertools.pairwise(values)]
    known = [jump for jump in jumps if jump is not None]
    return Series(
        metric=metric, label=label, unit=unit, grain=grain, periods=periods, values=values,
        complete=(True,) * count, reasons=(None,) * count, phases=phases, signals=signals,
        moving_range=tuple(jumps),
        moving_range_limit=3.27 * sum(known) / len(known) if known else None,
    )  # fmt: skip


def run(first: int, last: int, rule: str) -> tuple[SignalPoint, ...]:
    """Signal points in a row."""
    return tuple(SignalPoint(index, rule) for index in range(first, last + 1))


def pulls(*pairs: tuple[str, str]) -> tuple[Pull, ...]:
    """Teams with their levers."""
    return tuple(
        Pull(team.lower().replace(" ", "_"), team, lever.replace(" ", "_"), lever)
        for team, lever in pairs
    )


BELOW = "Eight points in a row on one side of the centre"
ABOVE = "Nine points in a row on one side of the centre"


def board_rows() -> tuple[BoardRow, ...]:
    """The seven rows of the mock, signals first."""
    return (
        BoardRow(
            kpi="conversion", label="Lead-to-customer conversion", unit="percent", good="up",
            verdict=Verdict("worse", "Signal, worse: 8 weeks below centre"),
            why="Leads are up 38%, new customers are flat.", value=0.041, value_reason=None,
            note="5.3% centre until Aug",
            series=series(
                "conversion", "Lead-to-customer conversion", "percent", "week",
                percent(BOARD_CONVERSION), phases=(Phase(0, 25, 0.053, 0.043, 0.063),),
                signals=run(18, 25, BELOW),
            ),
            target=TargetPath(0.06, JUNE, ((dt.date(2026, 7, 1), 0.053), (JUNE, 0.06)), 0.054),
            chance=Chance(0.09),
            pulls=pulls(("Marketing", "right-fit share of leads"),
                        ("Sales", "reply within one hour"), ("Product", "trial set-up finished")),
        ),
        BoardRow(
            kpi="weekly_active_accounts", label="Weekly active accounts", unit="percent", good="up",
            verdict=Verdict("better", "Signal, better: 9 weeks above centre"),
            why="Since the berth planner shipped on 24 Aug.", value=0.684, value_reason=None,
            note="of 1,184 accounts",
            series=series(
                "weekly_active_accounts", "Weekly active accounts", "percent", "week",
                percent(ACCOUNTS), phases=(Phase(0, 25, 0.624, 0.596, 0.652),),
                signals=run(17, 25, ABOVE),
            ),
            target=TargetPath(0.70, JUNE, ((dt.date(2026, 7, 1), 0.65), (JUNE, 0.70)), 0.66),
            chance=Chance(0.88),
            pulls=pulls(("Product", "time to first berth plan"),
                        ("Customer Success", "onboarding days"), ("IT", "single sign-on coverage")),
        ),
        BoardRow(
            kpi="time_to_market", label="Time-to-market", unit="days", good="down",
            verdict=Verdict("short", "Routine, short of target"),
            why="As it runs, expect 60 to 88 days. Pushing harder will not reach 60; "
                "a change to the process might.",
            value=74, value_reason=None, note="median of 23 releases",
            series=series("time_to_market", "Time-to-market", "days", "month", TO_MARKET,
                          phases=(Phase(0, 23, 74, 59, 89),)),
            target=TargetPath(60, JUNE, ((dt.date(2026, 7, 1), 70), (JUNE, 60)), 67),
            chance=Chance(0.04),
            pulls=pulls(("Product", "work started per team"), ("IT", "wait for environments"),
                        ("Support", "defects handed back")),
        ),
        _routine("net_revenue_retention", "Net revenue retention", percent(REVENUE),
                 (1.016, 0.993, 1.038), 1.03, 1.02, 0.22, "12 months, 968 accounts",
                 "Discounted deals from 2025 reach month 11 in December.",
                 pulls(("Sales", "discount over 20%"), ("Customer Success", "onboarding days"),
                       ("Product", "modules per account"))),
        _routine("customer_retention", "Customer retention", percent(RETENTION),
                 (0.915, 0.896, 0.934), 0.925, 0.918, 0.34, "12 months, 968 accounts", None,
                 pulls(("Customer Success", "first value by day 30"),
                       ("Support", "reopened tickets"), ("Sales", "right-fit share of wins"))),
        replace(
            _routine("nps", "Net promoter score", PROMOTERS, (37, 21, 53), 42, 37.5, 0.24,
                     "23 to 39, n = 212", "October’s nine-point dip is inside the limits.",
                     pulls(("Support", "time to resolution"), ("Product", "failed sailings sync"),
                           ("Marketing", "promises we keep"))),
            unit="points",
        ),
        _stale_row(),
    )  # fmt: skip


def _routine(
    kpi: str, label: str, values: tuple[float, ...], limits: tuple[float, float, float],
    target: float, now: float, chance: float, note: str, why: str | None,
    owners: tuple[Pull, ...],
) -> BoardRow:  # fmt: skip
    unit = "percent" if max(values) < 2 else "points"
    centre, lower, upper = limits
    return BoardRow(
        kpi=kpi, label=label, unit=unit, good="up", verdict=ROUTINE, why=why, value=values[-1],
        value_reason=None, note=note,
        series=series(kpi, label, unit, "month", values,
                      phases=(Phase(0, len(values) - 1, centre, lower, upper),)),
        target=TargetPath(target, JUNE, ((dt.date(2026, 7, 1), centre), (JUNE, target)), now),
        chance=Chance(chance), pulls=owners,
    )  # fmt: skip


def _stale_row() -> BoardRow:
    values = (*percent(PROJECTS), None, None)
    row = _routine("project_success", "Cross-team project success", percent(PROJECTS),
                   (0.70, 0.53, 0.86), 0.80, 0.72, 0.0, "25 Oct, n = 38",
                   "Project closures did not load.",
                   pulls(("All six", "scope agreed by all teams"), ("IT", "wait for environments"),
                         ("Product", "hand-offs per project")))  # fmt: skip
    return replace(
        row,
        verdict=Verdict("stale", "Stale since 26 Oct: not judged"),
        series=series("project_success", row.label, "percent", "month", values,
                      phases=(Phase(0, 21, 0.70, 0.53, 0.86),)),
        chance=Chance(None, "until the source is back"),
        stale_since=dt.date(2026, 10, 26),
    )  # fmt: skip


DECISION = OpenDecision(
    proposal="p_2026_031", title="Fund the £40k advocacy campaign?", closes=dt.date(2026, 10, 30),
    kpi="conversion", kpi_label="Lead-to-customer conversion", unit="percent", effect=0.005,
    low=0.001, high=0.009, confidence=0.80, by=dt.date(2027, 3, 14), chance_helps=0.95,
    summary="£40k of the £310k left in the growth pool; 120 role-hours from Marketing, "
            "Customer Success and Sales.",
    stop_by=dt.date(2027, 2, 12),
)  # fmt: skip


def board() -> Board:
    """The mock's board."""
    return Board(
        company="Harbourline",
        mission="Every crossing leaves on time, and every operator would recommend us.",
        headline="Conversion needs you. One number is better, four are routine, one is stale.",
        rows=board_rows(),
        decision=DECISION,
        period="Week to Sunday 25 October 2026",
        refreshed_at=dt.datetime(2026, 10, 26, 6, 10, tzinfo=dt.UTC),
        tables_fresh=11,
        tables_total=12,
        minimum_group=10,
        definitions="v41",
        demo=True,
    )


def empty_board() -> Board:
    """A board before the first refresh."""
    return replace(
        board(), headline="No refresh yet.", rows=(), decision=None, period=None, refreshed_at=None
    )


def conversion_series() -> Series:
    """Two years of conversion in two phases, the last eight weeks a signal."""
    return series(
        "conversion", "Lead-to-customer conversion", "percent", "week", percent(CONVERSION),
        phases=(
            Phase(0, 35, 0.0454, 0.0398, 0.0511),
            Phase(36, 103, 0.0532, 0.0452, 0.0611),
        ),
        signals=run(96, 103, BELOW),
    )  # fmt: skip


def kpi() -> KpiAnswer:
    """The mock's page of conversion."""
    row = board_rows()[0]
    full = conversion_series()
    recent = series("conversion", row.label, "percent", "week", percent(CONVERSION[-6:]))
    return KpiAnswer(
        company="Harbourline", mission=board().mission, kpi="conversion", label=row.label,
        objective="operators_choose_us", objective_label="Operators choose us", unit="percent",
        good="up", verdict=row.verdict,
        since="since 7 September; about 1 in 128 by chance if nothing had changed",
        why="Leads grew by 38% while new customers stayed flat. The extra leads come from paid "
            "social and are mostly operators with fewer than five vessels.",
        value=0.041, value_reason=None, note="n = 1,680 leads", period="Week to 25 Oct",
        series=full,
        target=row.target and replace(
            row.target, path=((dt.date(2026, 7, 1), 0.053), (JUNE, 0.06))
        ),
        chance=Chance(0.09),
        numerator=series("new_customers", "New customers", "count", "week", CUSTOMERS),
        denominator=series("leads", "Leads", "count", "week", LEADS),
        weeks=recent,
        months=series("conversion", row.label, "percent", "month", percent(MONTHS)),
        year_before=replace(
            series("conversion", row.label, "percent", "month", percent(MONTHS_BEFORE)),
            periods=months(12, dt.date(2025, 10, 1)),
        ),
        happenings=(
            Happening("Trial wizard released", dt.date(2025, 7, 7), "new phase"),
            Happening("Pricing page redone", dt.date(2025, 12, 8), "no change seen"),
            Happening("Paid social spend ×3", dt.date(2026, 6, 8),
                      "its first leads complete 90 days on 7 Sep"),
        ),
        levers=_levers(),
        steward="Customer Success until 31 December, then Product",
        guardrails=(
            GuardrailRow("discount_rate", "Discount over 20%", "percent", 0.18, "at most 20%", True,
                         ROUTINE),
            GuardrailRow("sales_cycle", "Sales cycle", "days", 47, None, True, ROUTINE),
            GuardrailRow("early_cancel", "Cancelled within 90 days", "percent", 0.031, None, None,
                         Verdict("too-few", "Too few to say: n = 7 so far")),
        ),
        segments=(
            Segment("Source", "Paid social", 0.021, 610, None),
            Segment("Source", "Partner", 0.083, 240, None),
            Segment("Source", "Trade fair", None, None, "fewer than 10: not shown"),
        ),
        definition=_definition(), refreshed_at=board().refreshed_at, minimum_group=10,
        definitions="v41", demo=True,
    )  # fmt: skip


def _levers() -> tuple[LeverRow, ...]:
    names = pulls(("Marketing", "Right-fit share of leads"),
                  ("Sales", "First reply within one hour"),
                  ("Product", "Trial set-up finished"))  # fmt: skip
    fit = percent((33.2, 32.8, 33.4, 32.7, 33.0, 31.5, 30.6, 29.8, 29.3, 29.0, 28.6))
    reply = percent((63, 66, 62, 65, 64, 63, 66, 65, 62, 65, 64))
    trial = percent((45, 43, 47, 45, 46, 44, 45, 47, 44.6, 45.8, 46))
    fallen = Verdict("worse", "Signal, worse: below the lower limit")
    return (
        LeverRow(names[0], 0.286, 0.33, "percent",
                 series("fit", "Right-fit share of leads", "percent", "week", fit), fallen),
        LeverRow(names[1], 0.64, None, "percent",
                 series("reply", "First reply within one hour", "percent", "week", reply), ROUTINE),
        LeverRow(names[2], 0.46, None, "percent",
                 series("trial", "Trial set-up finished", "percent", "week", trial), ROUTINE),
    )  # fmt: skip


def _definition() -> Definition:
    return Definition(
        version=3, valid_from=dt.date(2026, 3, 2), why="Ninety days instead of sixty.",
        description="Counted when a lead’s 90 days end, so no week is ever incomplete. "
                    "A week without customers is 0, never blank.",
        numerator="Of those, accounts that signed within the 90 days",
        denominator="Accounts whose 90 days since the first lead ended in the week",
        formula=None, good="up", objective="Operators choose us", horizon="short",
        gaming="Delaying lead entry until a deal is likely; merging leads into one account",
        sources=("leads · data/leads.parquet", "opportunities · data/opportunities.parquet"),
        file="kpis.yml:12", sql=SQL,
    )  # fmt: skip


SQL = """with base as (
  select account_id, min(created_at) as first_lead
  from leads group by account_id
)
select date_trunc('week', first_lead + interval 90 day) as week,
       count(*) as leads,
       count(case when signed_on < first_lead + interval 90 day then 1 end) as customers
from base left join first_signature using (account_id)
group by 1"""
