"""The board in the terminal says what the page says, in words first."""

from __future__ import annotations

import csv
import datetime as dt
import io
import json

import click
import pytest

from sameboat.cli import ledger
from sameboat.questions.board import Board, BoardRow, OpenDecision
from sameboat.questions.series import Chance, Pull, Series, TargetPath, Verdict

WEEKS = tuple(dt.date(2026, 1, 5) + dt.timedelta(weeks=week) for week in range(30))
PULLS = (
    Pull("marketing", "Marketing", "right_fit", "right-fit share of leads"),
    Pull("sales", "Sales", None, None),
)


def series(*values: float | None) -> Series:
    return Series("conversion", "Conversion", "percent", "week", WEEKS[: len(values)], values)


CONVERSION = BoardRow(
    kpi="conversion",
    label="Lead-to-customer conversion",
    unit="percent",
    good="up",
    verdict=Verdict("worse", "Signal, worse: 8 weeks below centre"),
    why="Leads are up 38%, new customers are flat.",
    value=0.041,
    value_reason=None,
    note="5.3% centre until Aug",
    series=series(*[0.05 + step / 1000 for step in range(26)]),
    target=TargetPath(0.06, dt.date(2027, 6, 30), (), 0.055),
    chance=Chance(0.09),
    pulls=PULLS,
)
SUCCESS = BoardRow(
    kpi="success",
    label="Project success",
    unit="percent",
    good="up",
    verdict=Verdict("too-few", "Too few to say: n = 7"),
    why=None,
    value=None,
    value_reason="too few",
    note=None,
    series=series(),
    target=None,
    chance=Chance(None, "too few points"),
    pulls=(),
)
DECISION = OpenDecision(
    proposal="p1",
    title="Fund the campaign?",
    closes=dt.date(2026, 10, 30),
    kpi="conversion",
    kpi_label="conversion",
    unit="percent",
    effect=0.005,
    low=-0.001,
    high=0.009,
    confidence=0.8,
    by=dt.date(2027, 3, 31),
    chance_helps=0.93,
    summary="£40k of the growth pool.",
)


def board(*rows: BoardRow, decision: OpenDecision | None = None) -> Board:
    return Board(
        company="Harbourline",
        mission="Every crossing leaves on time.",
        headline="Conversion needs you.",
        rows=rows,
        decision=decision,
        period="Week to Sunday 25 October 2026",
        refreshed_at=dt.datetime(2026, 10, 26, 6, 10),
        tables_fresh=11,
        tables_total=12,
        minimum_group=10,
        definitions="v41",
        demo=True,
    )


def drawn(*rows: BoardRow, width: int, decision: OpenDecision | None = None) -> str:
    return click.unstyle(ledger.draw(board(*rows, decision=decision), width=width))


@pytest.mark.parametrize("width", [40, 60, 80, ledger.WIDE, 140, 200])
def test_the_board_fits_its_width_and_loses_no_word(width: int) -> None:
    """At any width every word of verdict, value, target, chance and lever is there."""
    text = drawn(CONVERSION, SUCCESS, width=width, decision=DECISION)
    assert max(map(len, text.splitlines())) <= width
    assert all(line == line.rstrip() for line in text.splitlines())
    words = " ".join(text.split())
    for said in ("Signal,", "worse:", "4.1%", "6.0%", "5.5%", "9%", "right-fit", "Sales", "n = 7"):
        assert said in words


def test_a_wide_row_begins_with_the_verdict_in_words() -> None:
    lines = drawn(CONVERSION, width=140).splitlines()
    first = next(index for index, line in enumerate(lines) if line.startswith("◆"))
    assert lines[first].startswith("◆ Signal, worse: 8 weeks below centre")
    assert lines[first + 1].startswith("Lead-to-customer conversion")


def test_a_narrow_block_names_what_it_shows() -> None:
    assert (
        "◆ Signal, worse: 8 weeks below centre\n"
        "  Lead-to-customer conversion: 4.1%\n"
        "  Leads are up 38%, new customers are flat.\n"
        "  5.3% centre until Aug\n"
        "  ▁▁▂▂▂▂▃▃▃▄▄▄▄▅▅▅▅▆▆▆▇▇▇▇██\n"
        "  Target: 6.0% by Jun 2027, path now 5.5%, chance 9%\n"
        "  Marketing: right-fit share of leads\n"
        "  Sales\n"
    ) in drawn(CONVERSION, width=80)


def test_what_is_unknown_is_said_and_never_drawn_as_zero() -> None:
    text = drawn(SUCCESS, width=80)
    assert "□ Too few to say: n = 7" in text
    assert "Project success: too few" in text
    assert "Target: no target" in text
    assert "0.0%" not in text


def test_the_headline_stands_above_the_rows_and_the_floor_below() -> None:
    text = drawn(CONVERSION, width=100)
    assert text.index("Conversion needs you.") < text.index("Signal, worse")
    said = " ".join(text.split())
    assert said.endswith("10 people are never shown; no number is about a person. Definitions v41.")
    assert "refreshed 26 Oct 2026, 06:10 · 11 of 12 tables fresh" in text


def test_the_open_decision_is_a_prediction() -> None:
    """Which KPI, how much, by when, how sure, in one sentence."""
    text = " ".join(drawn(CONVERSION, width=100, decision=DECISION).split())
    assert "Open decision, closes 30 Oct 2026 Fund the campaign?" in text
    assert (
        "Predicted for conversion by 31 Mar 2027: +0.5 points, 80% range −0.1 points to "
        "+0.9 points; chance that it helps 93%."
    ) in text


def test_a_board_without_kpis_says_what_to_do() -> None:
    assert "No shared KPI is declared yet: add one under `kpis:`." in drawn(width=80)


def test_a_gap_in_the_points_stays_a_gap() -> None:
    assert ledger.sparkline(series(None, 1.0, None, 2.0), 10) == " ▁ █"
    assert ledger.sparkline(series(3.0, 3.0), 10) == "▄▄"
    assert ledger.sparkline(series(None, None), 10) == ""


def test_colour_is_there_for_signals_and_only_repeats_the_words() -> None:
    coloured = ledger.draw(board(CONVERSION), width=80)
    assert "\x1b[38;5;166m" in coloured
    assert click.unstyle(coloured) == drawn(CONVERSION, width=80)


def test_no_colour_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_COLOR", "1")
    assert ledger.colour_wanted() is False
    monkeypatch.delenv("NO_COLOR")
    assert ledger.colour_wanted() is None


def test_text_of_the_project_cannot_steer_the_terminal() -> None:
    import dataclasses

    row = dataclasses.replace(CONVERSION, label="\x1b[2Jowned", why="a\x07b")
    assert "\x1b[2J" not in ledger.draw(board(row), width=140)
    assert "\x07" not in ledger.draw(board(row), width=80)


def test_json_holds_the_whole_answer() -> None:
    """Programs get every field, dates in ISO form and no NaN."""
    told = json.loads(ledger.as_json(board(CONVERSION, SUCCESS, decision=DECISION)))
    assert told["rows"][0]["verdict"] == {
        "state": "worse",
        "words": "Signal, worse: 8 weeks below centre",
    }
    assert told["rows"][0]["target"]["by"] == "2027-06-30"
    assert told["rows"][1]["value"] is None
    assert told["refreshed_at"] == "2026-10-26T06:10:00"
    assert told["decision"]["closes"] == "2026-10-30"


def test_csv_has_one_row_per_kpi_with_numbers_as_they_are() -> None:
    out = io.StringIO()
    ledger.write_rows(board(CONVERSION, SUCCESS), out)
    first, second = csv.DictReader(io.StringIO(out.getvalue()))
    assert (first["kpi"], first["verdict"], first["value"]) == ("conversion", "worse", "0.041")
    assert (first["target"], first["target_by"], first["chance"]) == ("0.06", "2027-06-30", "0.09")
    assert first["owners"] == "Marketing: right-fit share of leads; Sales"
    assert (second["value"], second["reason"], second["target"]) == ("", "too few", "")
