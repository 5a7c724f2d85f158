"""What localisation says of odd input: a named reason, or a bounded and honest answer."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.analysis.localisation import LARGEST, Localisation, search
from sameboat.errors import SameboatError, Undefined, UsageError

GRID = np.indices((10, 6)).reshape(2, -1)
PLACES = {"a": GRID[0], "b": GRID[1]}
DRAWN = np.random.default_rng(3)
EXPECTED = DRAWN.gamma(2, 50, 60)
ACTUAL = EXPECTED * (1 + DRAWN.normal(0, 0.05, 60))
Figures = np.ndarray


def with_one(array: Figures, value: float) -> Figures:
    out = array.astype(float)
    out[3] = value
    return out


def is_whole(found: Localisation) -> None:
    """Every figure is finite, and what is explained is the sum of the causes' effects."""
    assert all(math.isfinite(cause.effect) and cause.score > 0 for cause in found.causes)
    told = math.fsum(cause.effect for cause in found.causes)
    assert found.explained == pytest.approx(told, rel=1e-9, abs=1e-300)
    assert math.isfinite(found.total - found.explained)


@pytest.mark.parametrize("value", [math.inf, -math.inf, 1e300, -1e100])
@pytest.mark.parametrize("ratio", [False, True])
def test_an_endless_figure_is_named_and_not_left_out(value: float, ratio: bool) -> None:
    """It was left out in silence, and the total was that of the others."""
    odd = with_one(ACTUAL, value)
    sides = ((odd, ACTUAL), (EXPECTED, EXPECTED)) if ratio else (odd, EXPECTED)
    with pytest.raises(Undefined) as caught:
        search(dimensions=PLACES, actual=sides[0], expected=sides[1])
    assert caught.value.code == "figure-not-finite"


def test_figures_with_an_imaginary_part_are_refused() -> None:
    with pytest.raises(UsageError, match="numbers"):
        search(dimensions=PLACES, actual=ACTUAL + 1j, expected=EXPECTED)


@pytest.mark.parametrize("scale", [1e-90, 1e-9, 1.0, 1e9, 1e90])
def test_the_unit_does_not_matter(scale: float) -> None:
    actual = ACTUAL.copy()
    actual[GRID[0] == 4] *= 0.3
    found = search(dimensions=PLACES, actual=actual * scale, expected=EXPECTED * scale)
    assert [cause.where for cause in found.causes] == [{"a": "4"}]
    assert found.causes[0].effect == pytest.approx(
        scale * (actual - EXPECTED)[GRID[0] == 4].sum(), rel=1e-9
    )


def test_the_rounding_of_large_figures_is_no_move_of_everything() -> None:
    """A move of one part in 10^16 ended in a division by zero."""
    found = search(
        dimensions=PLACES, actual=np.full(60, 2.0**53), expected=np.full(60, 2.0**53 - 1)
    )
    assert found.causes == ()
    assert found.total == 60


@pytest.mark.parametrize(
    ("actual", "expected", "change"),
    [(EXPECTED * 0, EXPECTED, -1.0), (EXPECTED, EXPECTED * 0, math.inf), (-ACTUAL, ACTUAL, -1.0)],
    ids=["all gone", "all new", "all turned"],
)
def test_all_rows_that_go_come_or_turn_are_one_move(
    actual: Figures, expected: Figures, change: float
) -> None:
    found = search(dimensions=PLACES, actual=actual, expected=expected)
    assert [cause.where for cause in found.causes] == [{}]
    assert found.causes[0].change == change
    assert found.explained == pytest.approx(found.total, rel=1e-9)


@pytest.mark.parametrize("side", [0, 1])
def test_a_rate_without_cases_on_one_side_says_nothing_of_its_row(side: int) -> None:
    cases = [ACTUAL * 10, EXPECTED * 10]
    cases[side] = with_one(cases[side], 0.0)
    numerators = [0.3 * ACTUAL * 10, 0.3 * EXPECTED * 10]
    found = search(
        dimensions=PLACES, actual=(numerators[0], cases[0]), expected=(numerators[1], cases[1])
    )
    is_whole(found)
    assert found.causes == ()


def test_rates_that_share_no_row_cannot_be_compared() -> None:
    with pytest.raises(Undefined, match="no row"):
        search(dimensions={"a": ["x", "y"]}, actual=([1, 0], [2, 0]), expected=([0, 1], [0, 2]))


def test_exact_figures_of_which_some_moved_are_a_cause() -> None:
    """Where most rows are exactly as expected, one value that halved was taken for noise."""
    actual = np.where(GRID[0] == 2, EXPECTED / 2, EXPECTED)
    (cause,) = search(dimensions=PLACES, actual=actual, expected=EXPECTED).causes
    assert cause.where == {"a": "2"}
    assert cause.change == pytest.approx(-0.5)


def test_rows_of_one_place_are_judged_together() -> None:
    """Rows may repeat their values: thirty customers of a region are thirty rows."""
    actual = np.r_[np.full(30, 5.0), np.full(30, 10.0)]
    (cause,) = search(
        dimensions={"region": ["UK"] * 30 + ["DE"] * 30}, actual=actual, expected=np.full(60, 10.0)
    ).causes
    assert cause.where == {"region": "UK"}
    assert (cause.effect, cause.leaves) == (-150.0, 30)


@pytest.mark.parametrize("value", ["", "é", "日本", "(no value)", None, math.nan])
def test_any_value_may_be_the_place_of_a_cause(value: object) -> None:
    """Empty and missing values are told apart; a missing one is called '(no value)'."""
    values = [value, "x", "y", "z", "u", "v"]
    places: list[object] = [values[at] for at in GRID[1]]
    actual = ACTUAL.copy()
    actual[GRID[1] == 0] *= 0.4
    found = search(dimensions={"a": GRID[0], "b": places}, actual=actual, expected=EXPECTED)
    name = value if isinstance(value, str) else "(no value)"
    assert [cause.where for cause in found.causes] == [{"b": name}]


def test_values_that_are_called_alike_are_one_place() -> None:
    """1 and '1', or a missing value and the text '(no value)', cannot be told apart in an answer:
    the cause holds both."""
    places = [[1, "1", "x", "y", None, "(no value)"][at] for at in GRID[1]]
    actual = ACTUAL.copy()
    actual[GRID[1] < 2] *= 0.4
    (cause,) = search(
        dimensions={"a": GRID[0], "b": places}, actual=actual, expected=EXPECTED
    ).causes
    assert (cause.where, cause.leaves) == ({"b": "1"}, 20)


@pytest.mark.parametrize("kind", [np.int8, np.uint8, np.int64, np.uint64, str, object])
@pytest.mark.parametrize("count", [2, 40, 300])
def test_columns_of_any_kind_are_read_alike(kind: type, count: int) -> None:
    """Whole numbers and texts are read by faster ways than lists: the answers are the same."""
    rng = np.random.default_rng([5, count])
    values = rng.integers(0, min(count, 120 if kind in (np.int8, np.uint8) else count), 2_000)
    expected = rng.gamma(2, 50, 2_000)
    actual = expected * (1 + rng.normal(0, 0.05, 2_000))
    actual[values == 1] *= 0.2
    plain, fast = (
        search(dimensions={"a": column}, actual=actual, expected=expected)
        for column in ([str(one) for one in values.tolist()], values.astype(kind))
    )
    assert [cause.where for cause in fast.causes] == [{"a": "1"}]
    assert [cause.where for cause in plain.causes] == [{"a": "1"}]
    assert fast.causes[0].effect == pytest.approx(plain.causes[0].effect, rel=1e-12)


FIGURE = st.one_of(
    st.floats(-1e9, 1e9), st.sampled_from([0.0, 1.0, -1.0, 1e-300, 1e99, -1e99, math.nan])
)
VALUE = st.one_of(st.none(), st.text(max_size=3), st.integers(-2, 2), st.just(math.nan))
DRAW: dict[str, Callable[[int], st.SearchStrategy[list[float]]]] = {
    "figures": lambda rows: st.lists(FIGURE, min_size=rows, max_size=rows),
    "cases": lambda rows: st.lists(
        st.sampled_from([0.0, 1.0, 3.0, 1e6, math.nan]), min_size=rows, max_size=rows
    ),
}


def told(places: dict[str, list[object]], sides: list[object]) -> Localisation | SameboatError:
    try:
        return search(dimensions=places, actual=sides[0], expected=sides[1])  # type: ignore[arg-type]
    except SameboatError as error:
        return error


@settings(max_examples=30)
@given(st.data())
def test_whatever_comes_in_is_told_or_refused(data: st.DataObject) -> None:
    """Amounts and rates, missing and huge, places empty and repeated: the answer is finite and its
    effects are those of rows that exist, or there is a reason with a code."""
    rows = data.draw(st.integers(1, 30))
    places = {
        name: data.draw(st.lists(VALUE, min_size=rows, max_size=rows))
        for name in ("a", "b")[: data.draw(st.integers(1, 2))]
    }
    ratio = data.draw(st.booleans())
    sides = []
    for _ in range(2):
        side = data.draw(DRAW["figures"](rows))
        sides.append((side, data.draw(DRAW["cases"](rows))) if ratio else side)
    found = told(places, sides)
    if isinstance(found, SameboatError):
        assert found.code in ("undefined", "figure-not-finite")
        return
    is_whole(found)
    assert len(found.causes) <= 20
    assert all(1 <= cause.leaves <= rows for cause in found.causes)
    assert abs(found.total) < 10 * rows * LARGEST
    if not ratio:
        old, new = (np.array(side) for side in (sides[1], sides[0]))
        known = ~np.isnan(old + new)
        assert found.total == pytest.approx(math.fsum((new - old)[known].tolist()), rel=1e-9)
