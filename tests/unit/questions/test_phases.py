"""A change of regime that nobody has declared is proposed in words, never applied."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import numpy as np
import pytest

from sameboat.project.declared import Project
from sameboat.project.load import load
from sameboat.questions.phases import PhaseProposal, proposals
from sameboat.store.packing import PackedSeries
from tests.unit.questions.ferry import FILES, ferry, reopen

MONTHS = 48
NOISE = np.random.default_rng(4).normal(size=MONTHS)


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Project:
    folder = tmp_path_factory.mktemp("project")
    for name, text in FILES.items():
        (folder / name).write_text(text, encoding="utf-8")
    return load(folder)


def points(values: np.ndarray, grain: str = "month") -> PackedSeries:
    """Complete points of the KPI's metric from January 2022 on."""
    unit = {"month": "M", "week": "W"}[grain]
    first = np.datetime64("2022-01-03", "D") if grain == "week" else np.datetime64("2022-01", "M")
    periods = first + np.arange(len(values)) * np.timedelta64(1, unit)
    return PackedSeries(
        metric="conversion", grain=grain, segment={}, periods=periods.astype("datetime64[D]"),
        values=np.asarray(values, dtype=float), complete=np.ones(len(values), dtype=bool),
        definition_version=1, definition_hash="",
    )  # fmt: skip


def found(project: Project, values: np.ndarray, grain: str = "month") -> tuple[PhaseProposal, ...]:
    return proposals(project, project.kpi("conversion"), points(values, grain))


def test_a_new_level_is_told_with_both_levels_and_its_period(project: Project) -> None:
    values = 0.031 + 0.0005 * NOISE + np.where(np.arange(MONTHS) < 30, 0, 0.009)
    [one] = found(project, values)
    assert one.words == "A new level seems to begin in July 2024: 3.1% before, 4.0% since."
    assert (one.kind, one.index, one.at, one.period) == (
        "level",
        30,
        dt.date(2024, 7, 1),
        "2024-07",
    )
    assert one.before == pytest.approx(values[:30].mean())
    assert one.after == pytest.approx(values[30:].mean())
    assert one.command == 'sameboat phase conversion --from 2024-07 --why "…"'


def test_a_week_is_named_by_its_monday(project: Project) -> None:
    values = 0.5 + 0.01 * NOISE + np.where(np.arange(MONTHS) < 30, 0, 0.2)
    [one] = found(project, values, "week")
    assert "in the week from 1 August 2022" in one.words
    assert (one.period, one.event) == ("2022-W31", "conversion_2022_08_01")


def test_a_trend_a_spread_and_a_level_that_is_over_have_their_own_words(project: Project) -> None:
    at = np.arange(MONTHS)
    [trend] = found(project, 0.5 + 0.002 * NOISE + 0.004 * np.maximum(at - 24, 0))
    assert trend.kind == "trend"
    assert trend.words.endswith("level before, rising since.")
    [spread] = found(project, 0.5 + 0.002 * NOISE * np.where(at < 24, 1, 8))
    assert spread.kind == "spread"
    assert spread.words.startswith("Points scatter more from ")
    first, second = found(project, 0.5 + 0.002 * NOISE + 0.1 * ((at >= 16) & (at < 32)))
    assert "seems to have begun in May 2023: 50.0% before, 59.9% after" in first.words
    assert second.words.endswith("50.1% since.") or second.words.endswith("50.0% since.")


@pytest.mark.parametrize(
    "values",
    [
        0.5 + 0.01 * NOISE, np.full(MONTHS, 0.5), np.full(MONTHS, np.nan), np.array([0.5]),
        np.zeros(0), np.r_[np.full(47, np.nan), 0.5], -0.5 - 0.01 * NOISE,
        np.where(np.arange(MONTHS) == 20, 9.0, 0.5 + 0.01 * NOISE),
    ],
)  # fmt: skip
def test_noise_a_constant_nothing_and_one_stray_have_no_proposal(
    project: Project, values: np.ndarray
) -> None:
    assert found(project, values) == ()


def test_a_value_without_end_is_no_proposal_and_no_failure(project: Project) -> None:
    assert found(project, np.r_[np.inf, 0.5 + 0.01 * NOISE]) == ()


def test_what_a_phase_covers_is_not_proposed_again(tmp_path: Path) -> None:
    """A lock near the change is the change; limits are those of one phase until then."""
    project = ferry(tmp_path, fallen=20)
    project.refresh()
    page = project.kpi("conversion")
    [one] = page.proposed_phases
    assert one.at == dt.date(2026, 6, 8)
    assert {phase.first for phase in page.series.phases} == {0}
    events = tmp_path / "events.yml"
    events.write_text(f"events:\n  {one.line}\n", encoding="utf-8")
    again = reopen(tmp_path)
    again.refresh()
    page = again.kpi("conversion")
    assert page.proposed_phases == ()
    assert [phase.first for phase in page.series.phases] == [0, one.index]
    assert page.happenings[-1].why == "say here what changed in the work"


def test_nothing_is_proposed_on_a_page_of_the_past(tmp_path: Path) -> None:
    project = ferry(tmp_path, fallen=20)
    project.refresh()
    then = dt.datetime(2030, 1, 1, tzinfo=dt.UTC)
    assert project.kpi("conversion", as_known_at=then).proposed_phases == ()
