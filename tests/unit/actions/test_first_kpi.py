"""The example KPI of a first project has a figure wherever the data hold one."""

from __future__ import annotations

import datetime as dt
from pathlib import Path

import pytest

from sameboat.actions.start import start
from sameboat.project.viewer import OWNER_ACTOR
from sameboat.questions.opened import open_workspace

TODAY = dt.date(2026, 2, 1)


def tickets(first: dt.date, states: str, step: int = 3) -> str:
    """One ticket every few days, each with the state whose letter stands there."""
    words = {"s": "solved", "c": "cancelled", "o": "open"}
    rows = [
        f"{number},{first + dt.timedelta(days=step * number)},{words[letter]}"
        for number, letter in enumerate(states)
    ]
    return "\n".join(["machine_ticket_id,created_at,status", *rows]) + "\n"


def begun(folder: Path, text: str) -> tuple[str, str, bool, object]:
    """What init chose, and the value that the first board shows once the # are taken away."""
    (folder / "machine_tickets.csv").write_text(text, encoding="utf-8")
    made = start(folder / "first", [folder / "machine_tickets.csv"], actor=OWNER_ACTOR, today=TODAY)
    root = folder / "first" / "sameboat.yml"
    lines = root.read_text("utf-8").splitlines()
    at = lines.index("# teams: {sales: {}, support: {}}")
    until = next(line for line in range(at, len(lines)) if not lines[line].strip())
    lines[at:until] = [line.removeprefix("# ") for line in lines[at:until]]
    root.write_text("\n".join(lines) + "\n", encoding="utf-8")
    clock = dt.datetime.combine(TODAY, dt.time(12), dt.UTC)
    project = open_workspace(folder / "first", clock=lambda: clock)
    try:
        project.refresh()
        [row] = project.board().rows
        series = project.kpi(made.first.metric).series
    finally:
        project.close()
    whole = [v for v, done in zip(series.values, series.complete, strict=True) if done]
    assert row.kpi == made.first.metric
    return made.first.metric, made.first.grain, made.first.ended, whole[-1]


def test_data_that_ended_long_ago_are_judged_as_of_their_end(tmp_path: Path) -> None:
    """Ten tickets of September 2020: of the last whole month, August, half were solved."""
    found = begun(tmp_path, tickets(dt.date(2020, 6, 1), "sc" * 16))
    assert found == ("solved_share_of_machine_tickets", "month", True, 0.5)
    text = (tmp_path / "first" / "sameboat.yml").read_text("utf-8")
    assert "\nas_of: 2020-09-03T00:00:00Z\n" in text


def test_data_that_go_on_are_judged_as_of_today(tmp_path: Path) -> None:
    """The line waits as a comment, and the last whole month is that before today."""
    found = begun(tmp_path, tickets(dt.date(2025, 11, 1), "ssc" * 10))
    text = (tmp_path / "first" / "sameboat.yml").read_text("utf-8")
    assert "\n# as_of: 2026-01-28T00:00:00Z\n" in text
    assert found[:3] == ("solved_share_of_machine_tickets", "month", False)
    assert found[3] == pytest.approx(2 / 3)


def test_a_share_without_a_denominator_gives_way_to_a_quarter_that_has_one(
    tmp_path: Path,
) -> None:
    """Nothing was finished in the last month, which would stand there as undefined."""
    ended_in_autumn = tickets(dt.date(2025, 10, 1), "sccs" + "o" * 32, step=3)
    found = begun(tmp_path, ended_in_autumn)
    assert found[:3] == ("solved_share_of_machine_tickets", "quarter", False)
    assert found[3] == 0.5


def test_where_no_share_has_a_figure_rows_are_counted(tmp_path: Path) -> None:
    found = begun(tmp_path, tickets(dt.date(2025, 1, 1), "sc" + "o" * 128))
    assert found[:3] == ("machine_tickets", "month", False)
    assert found[3] == 8  # 2, 5 … 23 January


def test_where_nothing_has_a_figure_the_file_says_so(tmp_path: Path) -> None:
    """Rows about persons below the floor: the first board keeps them back, and says why."""
    people = "".join(f"{n},2025-{n + 1:02d}-03,ann{n}@x.org\n" for n in range(9))
    (tmp_path / "customers.csv").write_text("customer_id,created_at,email\n" + people)
    made = start(tmp_path / "p", [tmp_path / "customers.csv"], actor=OWNER_ACTOR, today=TODAY)
    assert not made.first.shown
    text = (tmp_path / "p" / "sameboat.yml").read_text("utf-8")
    assert "# None of the first metrics has a figure in the last whole month" in text


def test_days_to_come_are_no_end_of_the_data(tmp_path: Path) -> None:
    """A plan that reaches into the autumn is no record of what happened until today."""
    (tmp_path / "shifts.csv").write_text(tickets(dt.date(2025, 11, 1), "sc" * 60), "utf-8")
    made = start(tmp_path / "p", [tmp_path / "shifts.csv"], actor=OWNER_ACTOR, today=TODAY)
    assert (made.first.as_of, made.first.ended, made.first.shown) == (None, False, False)


def test_where_data_ended_a_quarter_before_their_end_is_taken_too(tmp_path: Path) -> None:
    """Nothing was finished in August 2020; of the four tickets of June half were solved."""
    found = begun(tmp_path, tickets(dt.date(2020, 6, 1), "sccs" + "o" * 32))
    assert found == ("solved_share_of_machine_tickets", "quarter", True, 0.5)


def test_a_sum_of_nothing_is_no_figure_to_begin_with(tmp_path: Path) -> None:
    """Nothing was charged in January, but in the quarter before."""
    days = [dt.date(2025, 8, 1) + dt.timedelta(days=3 * number) for number in range(60)]
    rows = [
        f"{number},{day},{'0.00' if day.year == 2026 else f'{100 + number}.50'}"
        for number, day in enumerate(days)
    ]
    (tmp_path / "invoices.csv").write_text(
        "\n".join(["invoice_id,issued_on,amount", *rows]) + "\n", encoding="utf-8"
    )
    made = start(tmp_path / "p", [tmp_path / "invoices.csv"], actor=OWNER_ACTOR, today=TODAY)
    assert (made.first.metric, made.first.grain, made.first.shown) == (
        "invoice_amount",
        "quarter",
        True,
    )
