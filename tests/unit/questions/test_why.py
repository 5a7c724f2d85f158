"""Why a KPI moved: exact parts, honest windows, what may not be shown, and plain words."""

from __future__ import annotations

import datetime as dt
import math
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.errors import RequestError, Undefined, UsageError
from sameboat.project.viewer import OWNER, Viewer
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.why import question as why
from sameboat.questions.why.answer import explain
from tests.unit.questions.ferry import FILES, NOW, ferry

MONDAY = dt.date(2026, 1, 5)
BEFORE, AFTER = "2026-W02..2026-W05", "2026-W06..2026-W09"
CAUSAL = ("because", "caused", "due to", "led to", "drove", "thanks to")

Rows = list[tuple[int, str, str, int, int]]
"""Week, source, region, leads, of them signed."""


def company(folder: Path, rows: Rows, *, subject: str = "account", more: str = "") -> Opened:
    """A company of leads by source and region; its KPI is the share that signed."""
    for name, text in FILES.items():
        text = text.replace("by: [source]", "by: [source, region]")
        text = text.replace("source: {}", "source: {}\n      region: {}")
        text = text.replace("subject: account", f"subject: {subject}")
        (folder / name).write_text(text + (more if name == "all.yml" else ""), encoding="utf-8")
    leads = [
        {
            "lead_id": f"{week}-{source}-{region}-{number}",
            "came_on": MONDAY + dt.timedelta(days=7 * week + number % 7),
            "signed": number < signed,
            "source": source,
            "region": region,
            "email": "someone@example.com",
            "loaded_at": NOW.replace(tzinfo=None),
        }
        for week, source, region, count, signed in rows
        for number in range(count)
    ]
    (folder / "data").mkdir(exist_ok=True)
    pq.write_table(pa.Table.from_pylist(leads), folder / "data" / "leads.parquet")
    return open_workspace(folder, clock=lambda: NOW)


def mixed() -> Rows:
    """Paid leads, of which fewer sign, go from half to two thirds; inside, nothing changes."""
    found: Rows = []
    for week in range(8):
        paid = 50 if week < 4 else 100
        found += [(week, "paid", region, paid, paid // 5) for region in ("north", "south")]
        found += [(week, "organic", region, 50, 30) for region in ("north", "south")]
    return found


@pytest.fixture
def moved(tmp_path: Path) -> Opened:
    return company(tmp_path, mixed())


def test_a_change_of_mix_is_told_from_a_change_inside(moved: Opened) -> None:
    """By hand: 0.4 becomes 1/3; paid, at 0.2, goes from 1/2 to 2/3 of leads."""
    answer = explain(moved, "conversion", before=BEFORE, after=AFTER, viewer=OWNER)
    assert math.isclose(answer.figure_before, 0.4)
    assert math.isclose(answer.figure_after, 1 / 3)
    by_source = answer.splits[0]
    assert math.isclose(by_source.mix, 1 / 3 - 0.4)
    assert abs(by_source.rate) < 1e-12
    paid = next(row for row in by_source.rows if row.segment == "paid")
    assert (paid.weight_before, paid.weight_after) == (100, 200)
    assert math.isclose(paid.pull, (2 / 3 - 1 / 2) * (0.2 - (0.4 + 1 / 3) / 2))
    assert answer.reason == "mix"
    assert answer.headline == "Conversion fell with the mix of sources, not inside them"


def test_effects_add_up_to_the_change_with_either_method(moved: Opened) -> None:
    for method in ("shapley", "lmdi"):
        answer = explain(
            moved, "conversion", before=BEFORE, after=AFTER, method=method, viewer=OWNER
        )
        steps = math.fsum(step.effect for step in answer.tree.steps)
        assert abs(steps - answer.change) <= 1e-9
        for split in answer.splits:
            assert abs(math.fsum(row.effect for row in split.rows) - answer.change) <= 1e-9


def test_the_dimension_that_did_not_move_is_said_to_have_stayed(moved: Opened) -> None:
    answer = explain(moved, "conversion", before=BEFORE, after=AFTER, viewer=OWNER)
    assert "Mix of regions" in [one.label for one in answer.unchanged]


def test_every_figure_in_the_paragraph_points_to_its_evidence(moved: Opened) -> None:
    answer = explain(moved, "conversion", before=BEFORE, after=AFTER, viewer=OWNER)
    parts = {"figures", "tree", "where", "events", *(f"by-{s.dimension}" for s in answer.splits)}
    for phrase in answer.paragraph:
        told = any(char.isdigit() for char in phrase.text)
        compared = phrase.text.strip().startswith("(")  # the names of the windows
        assert not told or compared or phrase.evidence in parts, phrase


def test_no_word_claims_a_cause(moved: Opened) -> None:
    answer = explain(moved, "conversion", before=BEFORE, after=AFTER, viewer=OWNER)
    said = f"{answer.headline} {answer.text}".lower()
    assert not [word for word in CAUSAL if word in said]


def test_one_segment_that_fell_is_named(tmp_path: Path) -> None:
    rows = [
        (week, source, "north", 200, 40 if source == "paid" and week >= 4 else 100)
        for week in range(8)
        for source in ("paid", "organic", "referral")
    ]
    answer = explain(
        company(tmp_path, rows), "conversion", before=BEFORE, after=AFTER, viewer=OWNER
    )
    assert answer.reason == "segment"
    assert "paid" in answer.headline
    assert "inside them; paid went from 50.0% to 20.0%." in answer.text
    row = next(row for row in answer.splits[0].rows if row.segment == "paid")
    assert row.stands_out
    assert not any(r.stands_out for r in answer.splits[0].rows if r.segment != "paid")


def test_one_segment_is_named_though_another_dimension_shifted_a_little(tmp_path: Path) -> None:
    """A bit of mix in a dimension that tells nothing once hid the segment that told all."""
    rows: Rows = []
    for week in range(8):
        late = week >= 4
        for source in ("paid", "organic"):
            signed = 0.2 if source == "paid" and late else 0.5
            north, south = (110, 90) if late else (100, 100)
            rows.append((week, source, "north", north, round(north * signed * 1.1)))
            rows.append((week, source, "south", south, round(south * signed * 0.9)))
    answer = explain(
        company(tmp_path, rows), "conversion", before=BEFORE, after=AFTER, viewer=OWNER
    )
    assert answer.reason == "segment"
    assert "paid" in answer.headline
    assert answer.split is not None
    assert answer.split.dimension == "source"


def test_the_sides_of_a_ratio_are_no_steps_that_carry_its_change(tmp_path: Path) -> None:
    """With more cases both sides grow: "leads carry 99 % of the fall" said nothing."""
    rows: Rows = []
    for week in range(8):
        late = week >= 4
        for source in ("paid", "organic"):
            for region in ("north", "south"):
                rows.append((week, source, region, 200 if late else 100, 60 if late else 50))
    answer = explain(
        company(tmp_path, rows), "conversion", before=BEFORE, after=AFTER, viewer=OWNER
    )
    assert answer.tree.sides
    assert answer.reason != "step"
    assert "Down the tree" not in answer.text


def test_a_reversal_is_flagged(tmp_path: Path) -> None:
    """Both sources sign more often, and the total falls: Simpson."""
    rows: Rows = []
    for week in range(8):
        late = week >= 4
        rows.append((week, "paid", "north", 400 if late else 100, 88 if late else 20))
        rows.append((week, "organic", "north", 100 if late else 400, 62 if late else 240))
    answer = explain(
        company(tmp_path, rows), "conversion", before=BEFORE, after=AFTER, viewer=OWNER
    )
    assert answer.change < 0
    assert answer.splits[0].reversal
    check = next(check for check in answer.checks if check.name == "simpson")
    assert not check.passed
    assert "moved the other way" in answer.headline


def test_a_new_segment_is_pure_mix(tmp_path: Path) -> None:
    rows = [(week, "paid", "north", 100, 50) for week in range(8)]
    rows += [(week, "partner", "north", 100, 10) for week in range(4, 8)]
    answer = explain(
        company(tmp_path, rows), "conversion", before=BEFORE, after=AFTER, viewer=OWNER
    )
    row = next(row for row in answer.splits[0].rows if row.segment == "partner")
    assert row.figure_before is None
    assert row.rate == 0
    assert abs(math.fsum(r.effect for r in answer.splits[0].rows) - answer.change) <= 1e-9


def test_groups_below_the_floor_are_one_group_and_effects_still_add_up(tmp_path: Path) -> None:
    """Whole months, so that only the small groups themselves are kept back."""
    rows: Rows = []
    for week in range(-1, 12):
        rows.append((week, "paid", "north", 140, 70 if week < 4 else 35))
        rows.append((week, "organic", "north", 140, 70))
    rows += [(0, "fax", "north", 3, 1), (6, "fax", "north", 4, 4), (1, "telex", "north", 14, 2)]
    workspace = company(tmp_path, rows, subject="contact")
    answer = explain(workspace, "conversion", before="2026-01", after="2026-02", viewer=OWNER)
    split = answer.splits[0]
    names = [row.segment for row in split.rows]
    assert "fax" not in names
    assert split.kept_back >= 1
    rest = next(row for row in split.rows if row.kept_back)
    assert rest.least_n is None or rest.least_n >= 10
    assert abs(math.fsum(row.effect for row in split.rows) - answer.change) <= 1e-9


def test_windows_that_overlap_or_are_turned_round_are_refused(moved: Opened) -> None:
    with pytest.raises(RequestError, match="overlap"):
        explain(moved, "conversion", before=AFTER, after=BEFORE, viewer=OWNER)
    with pytest.raises(RequestError, match="ends before it begins"):
        explain(moved, "conversion", before="2026-W05..2026-W02", after=AFTER, viewer=OWNER)


def test_one_named_window_takes_the_stretch_beside_it(moved: Opened) -> None:
    answer = explain(moved, "conversion", after="2026-02", viewer=OWNER)
    assert (answer.before.start, answer.before.end) == (dt.date(2026, 1, 1), dt.date(2026, 1, 31))
    assert answer.before.label == "January 2026"


def test_a_window_without_rows_is_undefined_by_name(moved: Opened) -> None:
    with pytest.raises(Undefined) as caught:
        explain(moved, "conversion", before="2025-01", after="2026-01", viewer=OWNER)
    assert "January 2025" in caught.value.why


def test_an_unknown_method_is_refused(moved: Opened) -> None:
    with pytest.raises(UsageError, match="shaply"):
        explain(moved, "conversion", method="shaply", viewer=OWNER)  # type: ignore[arg-type]


def test_without_points_the_windows_must_be_named(moved: Opened) -> None:
    with pytest.raises(RequestError, match="nothing is computed"):
        explain(moved, "conversion", viewer=OWNER)


def test_a_signal_dates_its_own_windows(tmp_path: Path) -> None:
    """Eight weeks fell by ten points: they are held against the weeks before them."""
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    answer = explain(workspace, "conversion", viewer=OWNER)
    assert answer.after.start == dt.date(2026, 8, 31)
    assert answer.after.periods == 8
    assert answer.before.end == dt.date(2026, 8, 30)
    assert answer.reason != "routine"
    assert [(one.before, one.after, one.chosen) for one in answer.choices] == [
        ("2026-W10..2026-W35", "2026-W36..2026-W43", True),
        ("2025-W43", "2026-W43", False),
        ("2024-W44..2025-W43", "2025-W44..2026-W43", False),
    ]
    assert answer.choices[0].why == "a signal lasts since 31 August"


def test_a_routine_kpi_has_nothing_to_explain_and_shows_its_figures(tmp_path: Path) -> None:
    workspace = ferry(tmp_path)
    workspace.refresh()
    answer = explain(workspace, "conversion", viewer=OWNER)
    assert answer.headline == "Routine: nothing to explain"
    assert answer.tree.steps
    assert answer.splits[0].rows


def test_answers_are_kept_for_one_viewer_and_one_run(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    workspace = ferry(tmp_path, fallen=8)
    workspace.refresh()
    asked: list[str] = []
    real = why.at_once

    def counted(*args: object, **more: object) -> object:
        asked.append("fetch")
        return real(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(why, "at_once", counted)
    first = explain(workspace, "conversion", viewer=OWNER)
    once = len(asked)
    assert once > 0
    assert explain(workspace, "conversion", viewer=OWNER) is first
    assert len(asked) == once
    explain(workspace, "conversion", viewer=Viewer("someone", frozenset({"viewer"})))
    assert len(asked) == 2 * once
    workspace.refresh()
    explain(workspace, "conversion", viewer=OWNER)
    assert len(asked) == 3 * once


def test_an_event_is_a_candidate_by_its_date_and_no_more(tmp_path: Path) -> None:
    more = """
events:
  campaign: {label: Big campaign, from: 2026-02-02, kind: campaign, kpis: [conversion]}
  later: {label: Much later, from: 2026-06-01, kpis: [conversion]}
"""
    workspace = company(tmp_path, mixed(), more=more)
    answer = explain(workspace, "conversion", before=BEFORE, after=AFTER, viewer=OWNER)
    assert [one.label for one in answer.candidates] == ["Big campaign"]
    assert "cannot tell" in answer.text


def test_a_sum_is_explained_per_period(tmp_path: Path) -> None:
    """Windows of four and of two weeks: 200 leads a week become 300, all of it from paid."""
    more = """
  volume:
    metric: leads
    objective: grow
    owners: [{team: marketing, lever: leads}, {team: sales, lever: customers}]
    by: [source]
    signal: {grain: week}
"""
    workspace = company(tmp_path, mixed(), more=more)
    answer = explain(workspace, "volume", before=BEFORE, after="2026-W06..2026-W07", viewer=OWNER)
    assert (answer.figure_before, answer.figure_after, answer.per) == (200, 300, "week")
    rows = {row.segment: row.rate for row in answer.splits[0].rows}
    assert rows == {"paid": 100, "organic": 0}
    assert answer.tree.reason
