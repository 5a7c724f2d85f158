"""Targets over sums and means, phases, running periods and hopeless series, looked ahead."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.ahead import brought_to_level
from sameboat.questions.opened import Opened
from sameboat.questions.outlook.answer import Outlook, outlook
from tests.unit.questions.ferry import FILES, FIRST, USUAL, reopen, write_leads

KPI = """
  {name}:
    metric: {metric}
    objective: grow
    owners: [{{team: marketing, lever: leads}}, {{team: sales, lever: customers}}]
    {more}
"""

SUM = "target: {since: 2026-01-01, to: 2600, by: 2026-12-31, over: sum}"
MEAN = "target: {since: 2026-01-01, to: 52, by: 2026-12-31, over: mean}"
STEPS = "target: {steps: [{by: 2026-11-15, value: 49}, {by: 2026-12-31, value: 55}]}"
PHASED = """target: {to: 30, by: 2026-12-31}
    signal: {phase_breaks: [fell]}"""

MORE = """
metrics:
  nobody: {type: simple, table: leads, agg: count, filter: "source = 'nobody'", unit: count}
  empty: {type: ratio, numerator: customers, denominator: nobody, unit: percent, good: up}
events:
  fell: {label: A new form, from: 2026-08-31, kind: process}
kpis:
"""


def company_of(folder: Path) -> Opened:
    """Two years of 50 or so customers a week, 30 or so in the last eight weeks."""
    (folder / "sameboat.yml").write_text(FILES["sameboat.yml"], encoding="utf-8")
    (folder / "all.yml").write_text(FILES["all.yml"], encoding="utf-8")
    kpis = [
        ("in_sum", "customers", SUM), ("on_average", "customers", MEAN),
        ("by_steps", "customers", STEPS), ("without_target", "customers", "review: weekly"),
        ("constant", "leads", "target: {to: 120, by: 2026-12-31}"),
        ("undefined", "empty", "target: {to: 0.5, by: 2026-12-31}"),
        ("phased", "customers", PHASED),
    ]  # fmt: skip
    listed = "".join(KPI.format(name=n, metric=m, more=more) for n, m, more in kpis)
    (folder / "more.yml").write_text(MORE + listed, encoding="utf-8")
    signed = [USUAL[week % 10] - (20 if week >= 96 else 0) for week in range(105)]
    write_leads(folder, signed)
    # a Thursday: of the week that begins on the 26th, all rows of this file are there already
    company = reopen(folder, now=dt.datetime(2026, 10, 29, 6, tzinfo=dt.UTC))
    company.refresh()
    return company


@pytest.fixture(scope="module")
def company(tmp_path_factory: pytest.TempPathFactory) -> Opened:
    return company_of(tmp_path_factory.mktemp("sums"))


def ask(company: Opened, kpi: str) -> Outlook:
    return outlook(company, kpi, viewer=OWNER)


def recorded(company: Opened) -> np.ndarray:
    """Customers of each complete week of 2026, counted by a query of their own."""
    table = company.query(
        metrics=["customers"], group_by=["metric_time__week"], start="2025-12-29",
        end="2026-10-25",
    )  # fmt: skip
    return np.array(table.column("customers").to_pylist(), dtype=float)


def test_a_sum_counts_what_has_come_and_adds_what_may_come(company: Opened) -> None:
    answer = ask(company, "in_sum")
    assert answer.target is not None
    assert answer.target.total == 2600
    assert answer.target.value == pytest.approx(2600 / 53), "2026 has 53 weeks by most of its days"
    assert answer.target.source == "the even share of 2,600 in all since 1 January 2026"
    assert answer.known == recorded(company).sum()
    assert answer.scenario is not None
    aim = answer.scenario.aim
    assert aim is not None
    assert aim.value == 2600
    assert aim.last - aim.first + 1 == 10
    coming = np.array([s.at(0.5) for s in answer.scenario.ahead[: aim.last + 1]]).sum()
    assert aim.spread.at(0.5) == pytest.approx(aim.known + coming, rel=0.02)
    assert answer.chance == next(r for r in company.board().rows if r.kpi == "in_sum").chance


def test_what_is_left_of_a_sum_is_what_each_week_needs(company: Opened) -> None:
    answer = ask(company, "in_sum")
    assert answer.needed is not None
    assert answer.known is not None
    assert answer.needed.level == pytest.approx((2600 - answer.known) / 10)


def test_a_mean_over_the_year_is_the_sum_by_its_weeks(company: Opened) -> None:
    total, mean = ask(company, "in_sum").scenario, ask(company, "on_average").scenario
    assert total is not None
    assert mean is not None
    assert total.aim is not None
    assert mean.aim is not None
    assert mean.aim.spread.at(0.5) * 53 == pytest.approx(total.aim.spread.at(0.5), rel=1e-5)


def test_a_running_week_holds_at_least_what_it_holds_already(company: Opened) -> None:
    """The running week has 29 customers on its Thursday: fewer cannot come of it."""
    answer = ask(company, "without_target")
    assert str(answer.periods[0]) == "2026-10-26"
    assert answer.lower[95][0] >= 29
    assert answer.lower[95][1] < 29


def test_steps_have_a_chance_each(company: Opened) -> None:
    answer = ask(company, "by_steps")
    assert [(str(one.by), one.value) for one in answer.milestones] == [
        ("2026-11-15", 49), ("2026-12-31", 55),
    ]  # fmt: skip
    assert answer.milestones[-1].chance == pytest.approx(answer.chance.value or -1)


@pytest.mark.parametrize(
    ("kpi", "chance", "reason"),
    [
        ("without_target", "no target is set", None),
        ("constant", "the series has never varied", "the series has never varied"),
        ("undefined", "no value is known", "no value is known"),
    ],
)
def test_what_cannot_be_told_has_a_named_reason(
    company: Opened, kpi: str, chance: str, reason: str | None
) -> None:
    answer = ask(company, kpi)
    assert answer.chance.value is None
    assert str(answer.chance.reason).startswith(chance)
    assert (answer.reason is None) if reason is None else str(answer.reason).startswith(reason)
    row = next(one for one in company.board().rows if one.kpi == kpi)
    assert row.chance == answer.chance


def test_a_locked_phase_is_not_dragged_by_what_was_before(company: Opened) -> None:
    """Eight weeks at 30 after 96 at 50: as a phase the level is 30, at once and later."""
    answer = ask(company, "phased")
    assert answer.mean[-1] == pytest.approx(30, abs=3)
    assert "values before a locked phase are brought to its level" in answer.notes
    assert answer.chance.value is not None
    assert 0.2 < answer.chance.value < 0.8


def test_levels_are_moved_by_a_factor_or_a_step_and_young_phases_move_nothing() -> None:
    above, _ = brought_to_level(np.array([10.0, 10, 10, 10, 5, 5, 5]), [4])
    assert above.tolist() == [5, 5, 5, 5, 5, 5, 5]
    below, _ = brought_to_level(np.array([-1.0, 1, -1, 1, 9, 11, 10]), [4])
    assert below.tolist() == [9, 11, 9, 11, 9, 11, 10]
    young, notes = brought_to_level(np.array([10.0, 10, 10, 5, 5]), [3])
    assert young.tolist() == [10, 10, 10, 5, 5]
    assert notes == ("the phase with 2 values is too young to set a level",)


def test_figures_before_another_definition_are_not_looked_at(tmp_path: Path) -> None:
    """A version that holds since June: 21 weeks are known, and the jump before it is no news."""
    text = FILES["all.yml"].replace("version: 2,", "version: 2, valid_from: 2026-06-01,")
    (tmp_path / "sameboat.yml").write_text(FILES["sameboat.yml"], encoding="utf-8")
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    since = (dt.date(2026, 6, 1) - FIRST).days // 7
    write_leads(tmp_path, [USUAL[w % 10] - (0 if w >= since else 30) for w in range(104)])
    company = reopen(tmp_path)
    company.refresh()
    answer = outlook(company, "conversion", viewer=OWNER)
    assert answer.mean[-1] == pytest.approx(0.5, abs=0.03)
    assert answer.lower[95][-1] > 0.4
    assert answer.notes[0] == "only the present definition's periods are looked at"
    assert answer.needs[0].of == 21
