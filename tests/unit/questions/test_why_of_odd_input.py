"""Why, of input that is not as one would like it: a named reason, or an exact answer."""

from __future__ import annotations

import math
from pathlib import Path
from typing import Any

import pytest

from sameboat.errors import Undefined
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.why.answer import explain
from sameboat.questions.why.parts import Explanation, Split
from tests.unit.questions.odd import AFTER, BEFORE, NOW, day, deal, odd, usual


def ask(workspace: Opened, metric: str, **more: Any) -> Explanation:
    asked = {"before": BEFORE, "after": AFTER, **more}
    return explain(workspace, f"k_{metric}", viewer=OWNER, **asked)


def figures(answer: Explanation) -> tuple[float, float]:
    return round(answer.figure_before, 9), round(answer.figure_after, 9)


def by_region(answer: Explanation) -> Split:
    [split] = answer.splits
    return split


def adds_up(answer: Explanation) -> bool:
    steps = math.fsum(step.effect for step in answer.tree.steps)
    rows = math.fsum(row.effect for row in by_region(answer).rows)
    scale = 1e-9 * max(abs(answer.figure_before), abs(answer.figure_after), 1.0)
    split = not by_region(answer).rows or abs(rows - answer.change) <= scale
    return split and (not answer.tree.steps or abs(steps - answer.change) <= scale)


def of(metric: str, split: str | None, tree: str | None, *values: float) -> Any:
    return pytest.param(metric, values, split, tree, id=metric)


@pytest.mark.parametrize(
    ("metric", "values", "split", "tree"),
    [
        # ten of 20 each month; in February the northern ten are 30 instead of 20
        of("profit", None, None, 400, 500),
        of("days", "the median of the whole does not follow", "a median is taken", 5, 4),
        of("visitors", None, "not computed from other", 40, 40),
        of("return", None, None, 2, 2.5),
        of("closing", None, None, 0.5, 0.5),
        of("won", None, "not computed from other", 0.5, 0.5),
        # 13 promoters and 7 detractors; then 10 of 10 in the north, 6 and 4 in the south
        of("nps", None, "counted from answers", 30, 60),
        of("kept", None, "not computed from other", 1, 0.9),
        of("index", "an index does not add up", "ask why of its parts: profit and days", 100, 125),
    ],
)
def test_each_kind_of_metric_is_split_exactly_or_says_why_not(
    tmp_path: Path, metric: str, values: tuple[float, float], split: str | None, tree: str | None
) -> None:
    answer = ask(odd(tmp_path), metric)
    assert figures(answer) == values
    assert adds_up(answer)
    told = by_region(answer)
    assert bool(told.rows) == (split is None)
    assert split is None or split in (told.reason or "")
    assert bool(answer.tree.steps) == (tree is None)
    assert tree is None or tree in (answer.tree.reason or "")


def test_a_score_of_too_few_answers_is_none(tmp_path: Path) -> None:
    """Twenty answers a month; the score needs 25."""
    odd(tmp_path)
    text = (tmp_path / "sameboat.yml").read_text(encoding="utf-8")
    text = text.replace("scale: [0, 10], unit", "scale: [0, 10], minimum_responses: 25, unit")
    (tmp_path / "sameboat.yml").write_text(text, encoding="utf-8")
    workspace = open_workspace(tmp_path, clock=lambda: NOW)
    with pytest.raises(Undefined, match="too few"):
        ask(workspace, "nps")


def test_a_new_and_a_vanished_segment_are_pure_mix(tmp_path: Path) -> None:
    """The south is gone in February and the west is new: neither has a rate to compare."""
    rows = [
        row for row in usual()["deals"] if row["closed_on"].month == 1 or row["region"] == "north"
    ]
    rows += [deal(day(2, 3), "west", 50, deal_id=900 + n) for n in range(10)]
    answer = ask(odd(tmp_path, deals=rows), "return")
    told = {row.segment: row for row in by_region(answer).rows}
    assert set(told) == {"north", "south", "west"}
    assert (told["south"].figure_before, told["south"].figure_after) == (2, None)
    assert (told["west"].figure_before, told["west"].figure_after) == (None, 5)
    assert told["south"].rate == told["west"].rate == 0
    assert adds_up(answer)


def test_a_segment_without_a_denominator_leaves_the_split_out_and_says_so(tmp_path: Path) -> None:
    """Deals in the south in February, and no visits there: no share of them, 20 of 20 in all."""
    visits = [r for r in usual()["visits"] if r["visited_on"].month == 1 or r["region"] == "north"]
    answer = ask(odd(tmp_path, visits=visits), "closing")
    assert figures(answer) == (0.5, 1.0)
    assert "nothing to divide by" in (by_region(answer).reason or "")
    assert not by_region(answer).rows
    assert adds_up(answer)


def test_a_window_without_a_denominator_is_undefined_by_name(tmp_path: Path) -> None:
    visits = [row for row in usual()["visits"] if row["visited_on"].month == 1]
    with pytest.raises(Undefined, match="February 2026") as caught:
        ask(odd(tmp_path, visits=visits), "closing")
    assert "no denominator" in caught.value.why


def test_a_window_without_any_data_is_undefined_by_name(tmp_path: Path) -> None:
    with pytest.raises(Undefined, match="June 2025"):
        ask(odd(tmp_path), "return", before="2025-06")


def test_a_tree_that_is_undefined_in_one_period_says_so_and_the_rest_stands(tmp_path: Path) -> None:
    """No deal in January: profit is 0 then, and profit per deal has nothing to divide by."""
    rows = [row for row in usual()["deals"] if row["closed_on"].month == 2]
    answer = ask(odd(tmp_path, deals=[*rows, deal(day(3, 1), "north", 1)]), "closing")
    assert figures(answer) == (0, 0.5)
    assert adds_up(answer)


def test_a_leaf_without_a_value_in_one_period_is_named(tmp_path: Path) -> None:
    """January has a deal that has cost nothing: profit over cost has no value there."""
    rows = [row for row in usual()["deals"] if row["closed_on"].month == 2]
    free = [deal(day(1, 3), "north", 10, cost=0.0, deal_id=1)]
    with pytest.raises(Undefined, match="January 2026"):
        ask(odd(tmp_path, deals=[*free, *rows]), "return")


@pytest.mark.parametrize("method", ["shapley", "lmdi"])
def test_negative_values_are_split_exactly_or_the_method_says_why_not(
    tmp_path: Path, method: str
) -> None:
    """A loss of 400 becomes a profit of 100; logarithms have no word for that."""
    rows = [
        {**row, "profit": -20.0} if row["closed_on"].month == 1
        else {**row, "profit": 20.0 if row["region"] == "north" else -10.0}
        for row in usual()["deals"]
    ]  # fmt: skip
    answer = ask(odd(tmp_path, deals=rows), "profit", method=method)
    assert figures(answer) == (-400, 100)
    assert adds_up(answer)
    told = {row.segment: row.rate for row in by_region(answer).rows}
    assert told == {"north": 400, "south": 100}
    assert answer.tree.steps or answer.tree.reason
    if method == "shapley":
        effects = {step.name: step.effect for step in answer.tree.steps}
        assert effects == pytest.approx({"deals": 0, "profit_each": 500})


def test_a_window_that_is_not_complete_is_marked_in_words_and_checks(tmp_path: Path) -> None:
    """It is the second of March."""
    rows = [*usual()["deals"], deal(day(3, 1), "north", 5, deal_id=999)]
    answer = ask(odd(tmp_path, deals=rows), "profit", before="2026-02", after="2026-03")
    assert "March 2026 is not complete yet" in answer.text
    assert [check.words for check in answer.checks if check.name == "complete"] == [
        "March 2026 is not complete yet"
    ]
    whole = ask(odd(tmp_path), "profit")
    assert "not complete" not in whole.text
    assert not [check for check in whole.checks if check.name == "complete"]


def test_a_share_whose_wait_is_not_over_is_not_complete(tmp_path: Path) -> None:
    """Visits of February may still close until 20 March."""
    answer = ask(odd(tmp_path), "won")
    assert "February 2026 is not complete yet" in answer.text
    assert "January" not in [check.words for check in answer.checks if check.name == "complete"]
