"""Targets of every kind: a path, steps, a metric with a value per period, a band."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sameboat.cli import ledger, sheet
from sameboat.project.model import Target
from sameboat.questions.targets import target_path, value_at
from tests.unit.questions.ferry import FILES, NOW, ferry, reopen

DAY = dt.date


def changed(folder: Path, *pairs: tuple[str, str]) -> None:
    """Edit the ferry's declarations."""
    text = FILES["all.yml"]
    for old, new in pairs:
        assert old in text
        text = text.replace(old, new, 1)
    (folder / "all.yml").write_text(text, encoding="utf-8")


PATH = "target: {since: 2026-01-01, from: 0.5, to: 0.6, by: 2027-01-01}"
QUOTA = """
  quota: {type: derived, expr: "0.5 + 0 * leads", metrics: [leads], unit: percent, label: Quota}
kpis:
"""


@pytest.mark.parametrize(
    ("day", "due"),
    [(DAY(2026, 1, 1), 5.0), (DAY(2026, 6, 29), 5.0), (DAY(2026, 6, 30), 6.0),
     (DAY(2026, 12, 30), 6.0), (DAY(2026, 12, 31), 4.5), (DAY(2027, 5, 1), 4.5)],
)  # fmt: skip
def test_a_step_is_due_on_its_day_and_stands_until_the_next(day: DAY, due: float) -> None:
    """Between two steps nothing is owed beyond the first: no line is drawn through them."""
    steps = [{"by": "2026-06-30", "value": 6}, {"by": "2026-12-31", "value": 4.5}]
    target = Target.model_validate({"since": "2026-01-01", "from": 5, "steps": steps})
    found = target_path(target, day)
    assert found is not None
    assert (found.kind, found.now) == ("steps", due)
    assert (found.value, found.by) == (4.5, DAY(2026, 12, 31))
    assert value_at(found.path, day) == due


def test_a_straight_path_is_as_far_as_its_time_has_passed() -> None:
    target = Target.model_validate({"since": "2026-01-01", "from": 0, "to": 1, "by": "2026-04-11"})
    found = target_path(target, DAY(2026, 1, 26))
    assert found is not None
    assert found.now == pytest.approx(25 / 100)


def test_a_metric_is_the_target_of_each_of_its_periods(tmp_path: Path) -> None:
    """The quota of a week is what its own metric says for that week, on board, page and in text."""
    ferry(tmp_path)
    changed(tmp_path, (PATH, "target: {metric: quota}"), ("\nkpis:\n", QUOTA))
    company = reopen(tmp_path)
    refreshed = company.refresh()
    assert refreshed.findings == ()
    [row] = company.board().rows
    target = row.target
    assert target is not None
    assert (target.kind, target.now, target.source) == ("metric", 0.5, "Quota")
    last = row.series.periods[-1]
    assert (last, last + dt.timedelta(days=6)) == (target.path[-2][0], target.path[-1][0])
    assert {value for _, value in target.path} == {0.5}
    assert len(target.path) == 2 * 104
    assert company.kpi("conversion").target == target
    assert "due now 50.0%" in sheet.draw(company.kpi("conversion"))
    assert "Quota" in ledger.draw(company.board(), width=100)
    company.close()


def test_a_metric_of_another_unit_is_no_target(tmp_path: Path) -> None:
    from sameboat.project.viewer import OWNER
    from sameboat.questions.checking import check_with_data

    ferry(tmp_path)
    changed(tmp_path, (PATH, "target: {metric: leads}"))
    [found] = [f for f in check_with_data(tmp_path, viewer=OWNER) if f.code == "unit-mismatch"]
    assert "'leads' is in count and 'conversion' in percent" in found.message


@pytest.mark.parametrize(
    ("band", "state", "held"),
    [("[0.4, 0.6]", "routine", True), ("[0.8, 0.9]", "short", False),
     ("[0.1, 0.2]", "short", False)],
)  # fmt: skip
def test_a_band_is_a_target_with_two_ends(
    tmp_path: Path, band: str, state: str, held: bool
) -> None:
    """About half of the leads sign: short is a band that lies wholly beyond the limits."""
    ferry(tmp_path)
    changed(
        tmp_path, (f"    {PATH}\n", ""),
        ("unit: percent, good: up,\n", f"unit: percent, good: {{between: {band}}},\n"),
    )  # fmt: skip
    company = reopen(tmp_path)
    company.refresh()
    [row] = company.board().rows
    assert row.target is not None
    assert row.target.kind == "band"
    assert [row.target.value, row.target.high] == [float(x) for x in band.strip("[]").split(",")]
    assert row.verdict.state == state
    assert row.value is not None
    assert row.target.held(row.value) is held
    assert f"{row.target.value:.1%} to {row.target.high:.1%}" in ledger.draw(
        company.board(), width=100
    )
    company.close()


def test_two_kpis_over_one_metric_share_the_figure_and_the_verdict(tmp_path: Path) -> None:
    """One truth on two scorecards: value, points and verdict are those of the metric."""
    ferry(tmp_path, fallen=8)
    again = FILES["all.yml"].partition("\nkpis:\n")[2].replace("  conversion:\n", "  signed:\n", 1)
    (tmp_path / "again.yml").write_text(f"kpis:\n{again}", encoding="utf-8")
    company = reopen(tmp_path, now=NOW)
    company.refresh()
    one, other = company.board().rows
    assert {one.kpi, other.kpi} == {"conversion", "signed"}
    assert (one.value, one.verdict, one.series.values) == (
        other.value, other.verdict, other.series.values,
    )  # fmt: skip
    company.close()
