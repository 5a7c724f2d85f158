"""The health of a tiny company: what its files break, what it costs to measure, what is known."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

from sameboat.actions.count_uses import count_uses
from sameboat.actions.propose import propose
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.questions.health import Health, headline
from tests.unit.questions.ferry import FILES, NOW, ferry, reopen


def test_before_a_refresh_the_files_alone_are_judged(tmp_path: Path) -> None:
    """The lever of Sales is an output: one principle is broken, the others are said in words."""
    found = ferry(tmp_path).health()
    [row] = found.rows
    cells = {cell.principle: cell for cell in row.cells}
    assert [name for name, cell in cells.items() if not cell.kept] == ["cross-functional"]
    assert cells["cross-functional"].codes == ("lever-not-input",)
    assert cells["aligned"].words == "Serves “Grow”"
    assert cells["balanced"].words == "One guardrail; short-term"
    assert found.headline == "0 of 1 KPIs keep the principles; Conversion needs a look."
    assert found.tables == ()
    assert found.refreshed_at is None
    assert found.unused.metrics is None
    assert found.decoupled is None


def test_a_breach_of_another_kpi_or_table_is_in_no_row(tmp_path: Path) -> None:
    """It is told in the list, where it belongs to nobody's number."""
    ferry(tmp_path).close()
    with (tmp_path / "sameboat.yml").open("a", encoding="utf-8") as file:
        file.write("objectives:\n  idle: {statement: Nobody serves this.}\n")
    found = reopen(tmp_path).health()
    assert "orphan-objective" in {one.code for one in found.breaches}
    assert not any("orphan-objective" in cell.codes for cell in found.rows[0].cells)


def test_what_is_allowed_is_shown_with_its_reason(tmp_path: Path) -> None:
    ferry(tmp_path).close()
    text = FILES["all.yml"].replace(
        "owners: [", "# allow: lever-not-input until 2026-12-31: Sales looks for one\n    owners: ["
    )
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    found = reopen(tmp_path).health()
    assert found.breaches == ()
    [allowed] = found.allowed
    assert (allowed.reason, allowed.until) == ("Sales looks for one", dt.date(2026, 12, 31))
    assert found.headline == "The one KPI keeps the principles."


def test_after_a_refresh_tables_and_burden_are_told(tmp_path: Path) -> None:
    """Three metrics are watched; one decision was taken by them in the last twelve months."""
    workspace = ferry(tmp_path)
    workspace.refresh()
    decided(workspace.store, at="2026-09-01T10:00:00Z")
    decided(workspace.store, at="2025-09-01T10:00:00Z")
    found = workspace.health()
    [table] = found.tables
    assert (table.table, table.fresh, table.words) == (
        "leads",
        True,
        "fresh, and passed its checks",
    )
    assert table.rows == 10_400
    assert (found.burden.watched, found.burden.decisions) == (3, 1)
    assert found.burden.metrics_per_decision == 3
    assert found.burden.minutes_per_figure is None
    assert found.burden.figures == 3
    workspace.close()


def decided(store: object, *, at: str) -> None:
    """A decided proposal in the record."""
    propose(
        store,  # type: ignore[arg-type]
        actor=OWNER_ACTOR,
        proposal={
            "id": f"p_{at[:4]}_{at[5:7]}1",
            "title": "More crews",
            "kpi": "conversion",
            "predicts": {"effect": 0.1, "low": 0.0, "high": 0.2, "by": "2027-01-01"},
            "decided": {"at": at, "verdict": "fund"},
        },
        now=NOW,
    )


def test_a_late_table_comes_first_with_its_day(tmp_path: Path) -> None:
    workspace = ferry(tmp_path, loaded_at=NOW - dt.timedelta(days=5))
    workspace.refresh()
    [table] = workspace.health().tables
    assert (table.fresh, table.words) == (False, "late: last loaded on 21 Oct 2026")
    workspace.close()


def test_unused_metrics_are_known_after_ninety_days(tmp_path: Path) -> None:
    """Only what was counted for so long is judged; what is asked for on that day is in use."""
    workspace = ferry(tmp_path)
    workspace.refresh()
    count_uses(workspace, {("conversion", "page"): 1})
    workspace.close()
    young = reopen(tmp_path, now=NOW + dt.timedelta(days=89))
    assert young.health().unused.metrics is None
    young.close()
    old = reopen(tmp_path, now=NOW + dt.timedelta(days=91))
    assert [name for name, _ in old.health().unused.metrics or ()] == [
        "leads", "customers", "conversion",
    ]  # fmt: skip
    count_uses(old, {("conversion", "board"): 1})
    assert old.health().unused.metrics == ()
    old.close()


def test_the_headline_names_few_and_counts_many() -> None:
    assert headline(()) == "No KPI is shared yet."


def test_an_answer_is_a_frozen_value(tmp_path: Path) -> None:
    """Asked twice it is the same."""
    workspace = ferry(tmp_path)
    first: Health = workspace.health()
    assert first == workspace.health()
    workspace.close()
