"""A KPI fed by a table that fails its checks is stale everywhere, with the reason."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from sameboat.questions.audit import Audit
from sameboat.questions.checks.data import tables_behind
from sameboat.questions.opened import Opened
from sameboat.questions.wanted import tables_of
from sameboat.store.points import last_run
from tests.unit.questions.ferry import FILES, NOW, ferry, reopen

DAY = dt.timedelta(days=1)


def repeat_rows(folder: Path, count: int) -> None:
    """Load the last rows of the leads a second time."""
    file = folder / "data" / "leads.parquet"
    leads = pq.read_table(file)
    pq.write_table(pa.concat_tables([leads, leads.slice(leads.num_rows - count)]), file)


@pytest.fixture
def failing(tmp_path: Path) -> Opened:
    """The company after a load that brought three leads twice."""
    ferry(tmp_path).close()
    repeat_rows(tmp_path, 3)
    return reopen(tmp_path)


def test_the_kpi_is_stale_on_board_and_page_with_the_reason(failing: Opened) -> None:
    done = failing.refresh()
    board, page = failing.board(), failing.kpi("conversion")
    failing.close()
    (row,) = board.rows
    assert [f.code for f in done.findings] == ["entity-duplicated"]
    assert row.verdict.words == "Stale since 26 Oct: not judged"
    assert row.why is not None
    assert row.why.startswith("Leads failed a check of its data: entity 'lead' (lead_id)")
    assert "3 keys in 6 rows" in row.why
    assert page.verdict == row.verdict
    assert page.why == row.why
    assert {lever.verdict.state for lever in page.levers} == {"stale"}
    assert [(g.verdict.state, g.holds) for g in page.guardrails] == [("stale", None)]
    assert board.headline == "Nothing needs you. One is stale."
    assert (board.tables_fresh, board.tables_total) == (0, 1)


def test_it_is_stale_since_the_first_refresh_that_met_it(failing: Opened, tmp_path: Path) -> None:
    """A later refresh on the same rows does not make the fault younger."""
    failing.refresh()
    failing.close()
    later = reopen(tmp_path, now=NOW + DAY)
    later.refresh()
    (row,) = later.board().rows
    later.close()
    assert row.stale_since == NOW.date()


def test_it_is_judged_again_when_the_rows_are_mended(failing: Opened, tmp_path: Path) -> None:
    failing.refresh()
    failing.close()
    mended = ferry(tmp_path)
    done = mended.refresh()
    (row,) = mended.board().rows
    run = last_run(mended.store)
    mended.close()
    assert done.findings == ()
    assert row.stale_since is None
    assert row.verdict.state in ("routine", "short")
    assert run is not None
    assert run.tables["leads"].failing_since is None


def test_rows_that_passed_are_not_asked_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They are where the rows or the definitions change, or where they failed."""
    asked: list[str] = []
    ask = Audit.ask
    monkeypatch.setattr(
        Audit, "ask", lambda audit, sql: asked.append(audit.name) or ask(audit, sql)
    )

    def refreshed() -> list[str]:
        asked.clear()
        workspace = reopen(tmp_path)
        workspace.refresh()
        workspace.close()
        return list(asked)

    ferry(tmp_path).close()
    assert refreshed() == ["leads"]
    assert refreshed() == []
    repeat_rows(tmp_path, 3)
    assert refreshed() == ["leads", "leads"]  # the scan, and how often the key repeats
    assert refreshed() == ["leads", "leads"], "rows that fail are told again"
    ferry(tmp_path).close()
    assert refreshed() == ["leads"]
    text = FILES["all.yml"].replace("label: Marketing", "label: Brand")
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    assert refreshed() == ["leads"]


def test_warnings_do_not_make_a_kpi_stale(tmp_path: Path) -> None:
    """One lead in a thousand with an unknown team is told by `check`, and the KPI stays judged."""
    ferry(tmp_path).close()
    file = tmp_path / "data" / "leads.parquet"
    leads = pq.read_table(file)
    teams = ["nobody" if n % 1000 == 0 else "sales" for n in range(leads.num_rows)]
    pq.write_table(leads.append_column("team", pa.array(teams)), file)
    text = FILES["all.yml"].replace("      source: {}", "      source: {}\n      team: {}")
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    workspace = reopen(tmp_path)
    done = workspace.refresh()
    (row,) = workspace.board().rows
    workspace.close()
    assert done.findings == ()
    assert row.stale_since is None


SOURCES = """
tables:
  sources:
    file: data/sources.csv
    subject: none
    entities: {source: {type: primary, expr: source}}
    dimensions: {channel: {}}
  raw:
    file: data/raw.csv
    subject: none
    entities: {source: {type: primary, expr: source}}
  kept:
    sql: "select source, kind from {{ table('raw') }}"
    subject: none
    entities: {source: {type: unique, expr: source}}
    dimensions: {kind: {}}
"""


def test_joined_tables_and_the_sources_of_sql_tables_count_too(tmp_path: Path) -> None:
    """A KPI shown by a segment of another table is stale when that one's key repeats."""
    ferry(tmp_path).close()
    (tmp_path / "sources.yml").write_text(SOURCES, encoding="utf-8")
    text = FILES["all.yml"].replace("by: [source]", "by: [source__channel, source__kind]")
    text = text.replace(
        "{lead: {type: primary, expr: lead_id}}",
        "{lead: {type: primary, expr: lead_id}, source: {type: foreign, expr: source}}",
    ).replace("      source: {}\n", "")
    (tmp_path / "all.yml").write_text(text, encoding="utf-8")
    (tmp_path / "data" / "raw.csv").write_text("source,kind\npaid,a\norganic,b\n", encoding="utf-8")
    sources = tmp_path / "data" / "sources.csv"
    sources.write_text("source,channel\npaid,ads\norganic,web\n", encoding="utf-8")
    workspace = reopen(tmp_path)
    kpi = workspace.project.kpis["conversion"]
    assert tables_of(workspace.project, kpi.metric) == ("leads",)
    assert tables_behind(workspace, kpi) == {"leads", "sources", "raw", "kept"}
    assert workspace.refresh().findings == ()
    workspace.close()
    sources.write_text("source,channel\npaid,ads\npaid,tv\norganic,web\n", encoding="utf-8")
    workspace = reopen(tmp_path)
    workspace.refresh()
    (row,) = workspace.board().rows
    workspace.close()
    assert row.why is not None
    assert row.why.startswith("Sources failed a check of its data")
