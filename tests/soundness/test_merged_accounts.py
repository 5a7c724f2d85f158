"""Customers that become others, beside figures counted by hand: neither lost nor new."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

import sameboat
from sameboat.errors import Finding, RequestError
from sameboat.project.viewer import OWNER
from sameboat.questions.checking import check_workspace
from sameboat.questions.opened import open_workspace

PROJECT = """\
format: 1
name: merged
tables:
  months:
    file: months.csv
    subject: account
    time: month
    entities: {account: {type: foreign, expr: account}}
    dimensions: {month: {type: time, grain: month}, plan: {}}
  moves:
    file: moves.csv
    subject: account
    dimensions: {moved_on: {type: time, grain: day}}
metrics:
"""
MERGED = "merged: {table: moves, from: old, to: new, on: moved_on}, "
METHODS = ("nrr", "grr", "logo", "expansion", "contraction", "churn")
PROJECT += "".join(
    f"  {method}{tail}: {{type: retention, table: months, entity: account, amount: paid, "
    f"{more}method: {method}}}\n"
    for method in METHODS
    for tail, more in (("", MERGED), ("_2m", f"{MERGED}over: 2 months, "), ("_plain", ""))
)

Row = tuple[str, int, int, str]  # account, month of 2026, paid, plan


def check_folder(folder: Path) -> tuple[Finding, ...]:
    """What `check` finds in the company that the last answer was asked of."""
    with closing(open_workspace(folder)) as project:
        return check_workspace(project, viewer=OWNER)


def answer(folder: Path, rows: list[Row], moves: list[str], *metrics: str, **asked: Any) -> Any:
    """The figures of metrics over these months and moves (`old,new,day`)."""
    (folder / "sameboat.yml").write_text(PROJECT, encoding="utf-8")
    lines = [f"{a},2026-{m:02}-01,{paid},{plan}" for a, m, paid, plan in rows]
    (folder / "months.csv").write_text("\n".join(["account,month,paid,plan", *lines]))
    (folder / "moves.csv").write_text("\n".join(["old,new,moved_on", *moves]))
    project = sameboat.open(str(folder))
    asked = {"group_by": ["metric_time__month"], **asked}
    try:
        table = project.query(list(metrics), **asked)
    finally:
        project.close()
    return {
        tuple(str(row[name])[:7] for name in table.column_names[: len(asked["group_by"])]): tuple(
            None if row[m] is None else round(row[m], 9) for m in metrics
        )
        for row in table.to_pylist()
    }


def paid(*rows: tuple[str, int, int]) -> list[Row]:
    """Months of accounts that are all of one plan."""
    return [(account, month, amount, "basic") for account, month, amount in rows]


NEW_NAME = paid(("a", 1, 100), ("b", 1, 300), ("new", 2, 110), ("b", 2, 300))


def test_an_account_under_a_new_name_is_neither_lost_nor_new(tmp_path: Path) -> None:
    """a pays 100 in January and, as `new`, 110 in February: 410 of 400, both customers kept."""
    found = answer(tmp_path, NEW_NAME, ["a,new,2026-02-01"], *METHODS)
    assert found == {("2026-02",): (410 / 400, 1.0, 1.0, 10 / 400, 0.0, 0.0)}


def test_without_the_table_of_moves_it_would_be_churn(tmp_path: Path) -> None:
    """The same months, told nothing: a is lost, and `new` never enters."""
    found = answer(tmp_path, NEW_NAME, ["a,new,2026-02-01"], *(f"{m}_plain" for m in METHODS))
    assert found == {("2026-02",): (300 / 400, 0.75, 0.5, 0.0, 0.0, 100 / 400)}


def test_two_of_one_cohort_that_merge_are_one_customer(tmp_path: Path) -> None:
    """a and b pay 100 and 300; b alone pays 390 after: 10 less, of one customer that stayed."""
    rows = paid(("a", 1, 100), ("b", 1, 300), ("c", 1, 100), ("b", 2, 390))
    found = answer(tmp_path, rows, ["a,b,2026-02-10"], *METHODS)
    # the cohort: a and b as one with 400, c with 100 that is lost
    assert found == {("2026-02",): (0.78, 0.78, 0.5, 0.0, 0.02, 0.2)}


def test_chains_lead_to_the_last_one(tmp_path: Path) -> None:
    """a becomes b in February and b becomes c in March: over two months a is c."""
    rows = paid(("a", 1, 100), ("b", 2, 100), ("c", 3, 120), ("z", 1, 1), ("z", 3, 1))
    moves = ["b,c,2026-03-01", "a,b,2026-02-01"]
    assert answer(tmp_path, rows, moves, "nrr", "nrr_2m", "logo_2m") == {
        ("2026-02",): (round(100 / 101, 9), None, None),
        ("2026-03",): (1.2, round(121 / 101, 9), 1.0),
    }


def test_a_merger_in_the_middle_of_a_month_adds_both_bills_of_it(tmp_path: Path) -> None:
    """a pays 40 until 12 February, b 360 that month: as one they pay 400 as before, then 400."""
    rows = paid(("a", 1, 100), ("b", 1, 300), ("a", 2, 40), ("b", 2, 360), ("b", 3, 400))
    assert answer(tmp_path, rows, ["a,b,2026-02-12"], *METHODS) == {
        ("2026-02",): (1.0, 1.0, 1.0, 0.0, 0.0, 0.0),
        ("2026-03",): (1.0, 1.0, 1.0, 0.0, 0.0, 0.0),
    }


def test_a_later_merger_does_not_rewrite_the_past(tmp_path: Path) -> None:
    """a is lost in February; that it is said to be b from April on does not bring it back."""
    rows = paid(("a", 1, 100), ("b", 1, 100), ("b", 2, 100), ("b", 3, 100), ("b", 4, 100))
    found = answer(tmp_path, rows, ["a,b,2026-04-02"], "nrr", "logo")
    assert found["2026-02",] == (0.5, 0.5)
    assert found["2026-04",] == (1.0, 1.0)


def test_a_merged_customer_has_the_segment_of_the_one_that_lives_on(tmp_path: Path) -> None:
    """By plan, and filtered by plan, the whole customer counts where b is."""
    rows = [
        ("a", 1, 100, "basic"), ("b", 1, 300, "large"), ("c", 1, 50, "basic"),
        ("b", 2, 400, "large"), ("c", 2, 25, "basic"),
    ]  # fmt: skip
    moves = ["a,b,2026-02-10"]
    by = {"group_by": ["metric_time__month", "plan"]}
    assert answer(tmp_path, rows, moves, "nrr", "logo", **by) == {
        ("2026-02", "basic"): (0.5, 1.0),
        ("2026-02", "large"): (1.0, 1.0),
    }
    for plan, wanted in (("basic", 0.5), ("large", 1.0)):
        found = answer(tmp_path, rows, moves, "nrr", where=[f"plan = '{plan}'"])
        assert found == {("2026-02",): (wanted,)}


def test_the_parts_add_up_with_mergers(tmp_path: Path) -> None:
    """nrr = 1 + expansion - contraction - churn, whoever became whom."""
    rows = paid(
        ("a", 1, 10), ("b", 1, 20), ("c", 1, 30), ("d", 1, 40), ("b", 2, 50), ("d", 2, 5),
        ("e", 2, 9), ("b", 3, 20), ("e", 3, 12),
    )  # fmt: skip
    found = answer(tmp_path, rows, ["a,b,2026-02-01", "d,e,2026-03-01"], *METHODS)
    assert set(found) == {("2026-02",), ("2026-03",)}
    for nrr, grr, _, expansion, contraction, churn in found.values():
        assert nrr == pytest.approx(1 + expansion - contraction - churn)
        assert grr == pytest.approx(1 - contraction - churn)


@pytest.mark.parametrize(
    "moves",
    [
        ["a,b,2026-02-01", "b,a,2026-03-01"],
        ["a,a,2026-02-01"],
        ["a,b,2026-02-01", "a,c,2026-02-01"],
        ["a,b,2026-02-01", "b,c,2026-02-02", "c,a,2026-02-03"],
    ],
)
def test_circles_and_two_successors_are_refused(tmp_path: Path, moves: list[str]) -> None:
    """Who such an account is now would be a guess."""
    with pytest.raises(RequestError) as refused:
        answer(tmp_path, NEW_NAME, moves, "nrr")
    assert refused.value.code == "merge-faulty"
    found = [f for f in check_folder(tmp_path) if f.code == "merge-faulty"]
    assert [str(f.where) for f in found] == ["sameboat.yml:15:72"]  # once for the table


def test_a_table_of_mergers_that_leaves_nothing_open_passes_the_check(tmp_path: Path) -> None:
    answer(tmp_path, NEW_NAME, ["a,b,2026-02-01", "b,c,2026-03-01"], "nrr")
    assert "merge-faulty" not in [f.code for f in check_folder(tmp_path)]


def test_a_filter_on_time_shows_the_month_that_it_names(tmp_path: Path) -> None:
    """It once chose the cohort's start: asked for February, March was shown."""
    rows = paid(("a", 1, 100), ("a", 2, 50), ("a", 3, 100))
    for metric in ("nrr", "nrr_plain"):
        asked = {"where": ["metric_time__month = '2026-02-01'"]}
        found = answer(tmp_path, rows, ["x,y,2026-01-01"], metric, **asked)
        assert found == {("2026-02",): (0.5,)}
