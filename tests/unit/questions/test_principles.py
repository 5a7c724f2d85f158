"""What the record shows of the principles: each rule once on a bad record, none on a good one."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import replace
from pathlib import Path

import numpy as np
import numpy.typing as npt
import pytest
import yaml

from sameboat.errors import Finding
from sameboat.project.check import judged_principles
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.principles import OF_RECORD, recorded_breaches, unused_metrics
from sameboat.store.packing import PackedSeries
from sameboat.store.points import record_refresh
from sameboat.store.runs import RunRecord
from sameboat.store.uses import Uses, count

NOW = dt.datetime(2026, 6, 1, 6, tzinfo=dt.UTC)
TODAY = NOW.date()
WEEKS = 60
FIRST = np.datetime64("2025-04-07")  # a Monday; the last week ends on 31 May 2026
Floats = npt.NDArray[np.float64]


def simple(agg: str = "sum", **more: object) -> dict[str, object]:
    return {"type": "simple", "table": "t", "agg": agg, "unit": "count", "good": "up", **more}


def kpi(metric: str, levers: tuple[str, str], target: Mapping[str, object]) -> dict[str, object]:
    return {
        "metric": metric, "signal": {"grain": "week"}, "target": dict(target),
        "owners": [{"team": "sales", "lever": levers[0]}, {"team": "support", "lever": levers[1]}],
        "guardrails": [{"metric": "rail", "min": 1}],
    }  # fmt: skip


PROJECT = {
    "format": 1,
    "name": "record",
    "teams": {"sales": {}, "support": {}},
    "tables": {"t": {"file": "t.csv", "subject": "none", "time": "day",
                     "dimensions": {"day": {"type": "time", "grain": "week"}}}},
    "metrics": {
        name: simple(expr=name)
        for name in ("never", "always", "noise", "calm", "leads", "rest", "rail", "twin", "idle",
                     "alone")
    } | {"few": simple("count", filter="rare")},
    "drivers": [{"metric": "never", "influenced_by": "alone", "moves": "same"}],
    "kpis": {
        "never": kpi("never", ("leads", "rest"),
                     {"since": "2025-06-01", "from": 200, "to": 300, "by": "2026-12-31"}),
        "always": kpi("always", ("leads", "rest"),
                      {"since": "2025-06-01", "from": 10, "to": 20, "by": "2026-12-31"}),
        "noise": kpi("noise", ("leads", "rest"),
                     {"since": "2026-05-01", "from": 100, "to": 102, "by": "2026-12-31"}),
        "few": kpi("few", ("leads", "twin"),
                   {"since": "2026-05-01", "from": 2, "to": 30, "by": "2026-12-31"}),
    },
}  # fmt: skip


def values(rng: np.random.Generator) -> dict[str, Floats]:
    """Sixty weeks that break every rule once."""
    leads = 100 + 10 * rng.standard_normal(WEEKS)
    rail = 100 + 5 * rng.standard_normal(WEEKS)
    return {
        "never": 100 + 5 * rng.standard_normal(WEEKS),
        "always": 100 + 5 * rng.standard_normal(WEEKS),
        "noise": 100 + 5 * rng.standard_normal(WEEKS),
        "few": rng.integers(1, 5, WEEKS).astype(float),
        "leads": leads,
        "rest": 300 - leads + rng.standard_normal(WEEKS),
        "rail": rail,
        "twin": 7 * rail + 3,
        "alone": 100 + 2 * np.arange(WEEKS) + 5 * rng.standard_normal(WEEKS),
    }


def harmless(rng: np.random.Generator) -> dict[str, Floats]:
    """Sixty weeks in order: targets beyond the limits that are met now and then, no relation."""
    made = {name: 100 + 5 * rng.standard_normal(WEEKS) for name in values(rng)}
    made["never"] = 200 + np.arange(WEEKS) * 2.0 + 5 * rng.standard_normal(WEEKS)
    made["few"] = 20 + 4 * rng.standard_normal(WEEKS)
    made["always"] = 11 + 4 * rng.standard_normal(WEEKS)
    made["noise"] = 60 + 5 * rng.standard_normal(WEEKS)
    return made


Open = Callable[..., Opened]


@pytest.fixture
def opened(tmp_path: Path) -> Open:
    """A workspace whose record holds these values by week, and these uses."""

    def make(
        held: Mapping[str, Floats],
        used: Mapping[str, dt.date] | None = None,
        project: object = PROJECT,
    ) -> Opened:
        (tmp_path / "sameboat.yml").write_text(yaml.safe_dump(project), encoding="utf-8")
        workspace = open_workspace(tmp_path, clock=lambda: NOW)
        periods = FIRST + 7 * np.arange(WEEKS)
        series = [
            PackedSeries(
                metric=name, grain="week", periods=periods, values=numbers,
                complete=np.ones(WEEKS, bool), definition_version=1, definition_hash="h",
            )
            for name, numbers in held.items()
        ]  # fmt: skip
        run = RunRecord(started_at=NOW, finished_at=NOW, who="test", project="p")
        record_refresh(workspace.store, run=run, series=series, cards={})
        for name, day in (used or {}).items():
            with workspace.store.writing() as connection:
                count(connection, {(name, "query"): 1}, day=day)
        return workspace

    return make


LONG_AGO = TODAY - dt.timedelta(days=91)


def told(workspace: Opened) -> tuple[Finding, ...]:
    found = recorded_breaches(workspace)
    assert found.asked >= OF_RECORD
    workspace.close()
    return found.findings


def test_a_bad_record_breaks_every_rule_of_records_once(opened: Open) -> None:
    everything = dict.fromkeys([*values(np.random.default_rng(1))], TODAY)
    workspace = opened(values(np.random.default_rng(1)), {**everything, "calm": LONG_AGO})
    found = told(workspace)
    counts = Counter(one.code for one in found)
    idle = [one.message for one in found if one.code == "unused-metric"]
    assert len(idle) == counts.pop("unused-metric") == 2
    assert idle[0] == "'calm' was last asked for on 2026-03-02."
    assert idle[1] == "'idle' was not asked for since 2026-03-02."
    assert counts == dict.fromkeys(OF_RECORD - {"unused-metric"}, 1)
    assert all(one.where is not None for one in found)


@pytest.mark.parametrize("seed", range(5))
def test_a_harmless_record_breaks_none(opened: Open, seed: int) -> None:
    assert told(opened(harmless(np.random.default_rng(seed)))) == ()


def test_before_the_first_refresh_nothing_is_said(tmp_path: Path) -> None:
    """And no store is made by asking."""
    (tmp_path / "sameboat.yml").write_text(yaml.safe_dump(PROJECT), encoding="utf-8")
    workspace = open_workspace(tmp_path, clock=lambda: NOW)
    found = recorded_breaches(workspace)
    assert found.findings == ()
    assert not found.asked & OF_RECORD
    assert not (tmp_path / ".sameboat").exists()


def test_goals_that_share_a_part_are_not_compared(opened: Open) -> None:
    """A ratio and its own denominator move against each other by arithmetic."""
    metrics = dict(PROJECT["metrics"])  # type: ignore[call-overload]
    metrics["rest"] = {"type": "ratio", "numerator": "idle", "denominator": "leads",
                       "unit": "percent", "good": "up"}  # fmt: skip
    project = {**PROJECT, "metrics": metrics}
    found = told(opened(values(np.random.default_rng(1)), project=project))
    assert "opposed-goals" not in {one.code for one in found}


def test_a_goal_whose_good_way_is_not_declared_opposes_nothing(opened: Open) -> None:
    metrics = dict(PROJECT["metrics"])  # type: ignore[call-overload]
    metrics["rest"] = {**metrics["rest"], "good": None}
    metrics["rest"].pop("good")
    found = told(opened(values(np.random.default_rng(1)), project={**PROJECT, "metrics": metrics}))
    assert "opposed-goals" not in {one.code for one in found}


def test_eleven_periods_say_nothing_of_a_target(opened: Open) -> None:
    """Neither that it is never met nor that it always is."""
    kpis = {"never": dict(PROJECT["kpis"]["never"])}  # type: ignore[call-overload, index]
    kpis["never"]["target"] = {"since": "2026-03-16", "from": 200, "to": 300, "by": "2026-12-31"}
    held = values(np.random.default_rng(1))
    found = told(opened(held, project={**PROJECT, "kpis": kpis}))
    assert "target-never-met" not in {one.code for one in found}
    kpis["never"]["target"]["since"] = "2026-03-09"
    found = told(opened(held, project={**PROJECT, "kpis": kpis}))
    assert "target-never-met" in {one.code for one in found}


def test_uses_are_judged_only_after_they_were_counted_long_enough(opened: Open) -> None:
    workspace = opened(values(np.random.default_rng(1)))
    project = workspace.project
    workspace.close()
    young = Uses(TODAY - dt.timedelta(days=89), {"calm": TODAY})
    assert unused_metrics(project, young, TODAY) == ()
    old = replace(young, since=TODAY - dt.timedelta(days=90))
    assert "idle" in unused_metrics(project, old, TODAY)
    assert "calm" not in unused_metrics(project, old, TODAY)


def test_a_breach_of_the_record_is_allowed_like_any_other(opened: Open, tmp_path: Path) -> None:
    """At its line, and then it is not called unused."""
    workspace = opened(values(np.random.default_rng(1)))
    found = recorded_breaches(workspace)
    [never] = [one for one in found.findings if one.code == "target-never-met"]
    workspace.close()
    file = tmp_path / "sameboat.yml"
    lines = file.read_text(encoding="utf-8").splitlines()
    assert never.where is not None
    lines[never.where.line - 1] += "  # allow: target-never-met until 2026-12-31: it is a dream"
    file.write_text("\n".join(lines), encoding="utf-8")
    judged = judged_principles(
        workspace.project, today=TODAY, recorded=found.findings, asked=found.asked
    )
    codes = {one.code for one in judged.findings}
    assert not codes & {"target-never-met", "allow-unused"}
    assert [finding for finding, _ in judged.allowed] == [never]
