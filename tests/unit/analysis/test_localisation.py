"""The search for the combinations of values that account for a change."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import assume, given, settings
from hypothesis import strategies as st

from sameboat.analysis.localisation import localise, search
from sameboat.errors import Undefined, UsageError

Arrays = dict[str, np.ndarray]


def cube(*sizes: int) -> Arrays:
    """Every combination of values: a1…, b1…, one row each."""
    grid = np.indices(sizes).reshape(len(sizes), -1)
    return {
        name: np.array([f"{name}{value + 1}" for value in grid[at]])
        for at, (name, _) in enumerate(zip("abcdefgh", sizes, strict=False))
    }


def within(dimensions: Arrays, **where: str) -> np.ndarray:
    return np.logical_and.reduce([dimensions[name] == value for name, value in where.items()])


def noisy(size: int, level: float = 0.05, seed: int = 1) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    expected = rng.gamma(2, 50, size)
    return expected * (1 + rng.normal(0, level, size)), expected


def test_one_cause_is_named_with_its_effect() -> None:
    dimensions = cube(6, 5, 4)
    actual, expected = noisy(120)
    inside = within(dimensions, a="a2", c="c3")
    actual[inside] *= 0.5
    (cause,) = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert cause.where == {"a": "a2", "c": "c3"}
    assert cause.effect == pytest.approx((actual - expected)[inside].sum())
    assert cause.leaves == 5
    assert cause.change == pytest.approx(-0.5, abs=0.08)
    assert cause.score > 0


def test_several_causes_of_different_sizes_are_found_at_once() -> None:
    dimensions = cube(8, 7, 6)
    actual, expected = noisy(336)
    planted = [{"a": "a1"}, {"b": "b3", "c": "c2"}, {"a": "a5", "b": "b6", "c": "c6"}]
    for where, factor in zip(planted, (0.7, 1.6, 0.2), strict=True):
        actual[within(dimensions, **where)] *= factor
    found = search(dimensions=dimensions, actual=actual, expected=expected)
    assert sorted(map(str, (cause.where for cause in found.causes))) == sorted(map(str, planted))
    assert found.total == pytest.approx(actual.sum() - expected.sum())
    assert found.explained == pytest.approx(sum(cause.effect for cause in found.causes))
    assert all(cause.score > 0 for cause in found.causes)


def test_a_move_of_everything_has_no_place() -> None:
    dimensions = cube(6, 5, 4)
    actual, expected = noisy(120)
    (cause,) = localise(dimensions=dimensions, actual=actual * 0.6, expected=expected)
    assert cause.where == {}


def test_a_move_of_everything_does_not_hide_what_fell_further() -> None:
    """All leaves fell by 6 %; two segments by far more. Before, 'everything' swallowed them."""
    dimensions = cube(10, 8, 6)
    actual, expected = noisy(480, 0.08)
    actual *= 0.94
    planted = [{"a": "a2", "b": "b3"}, {"c": "c5"}]
    for where in planted:
        actual[within(dimensions, **where)] *= 0.5
    found = search(dimensions=dimensions, actual=actual, expected=expected)
    everything, *others = found.causes
    assert everything.where == {}
    assert everything.change == pytest.approx(-0.06, abs=0.01)
    assert everything.effect == pytest.approx(-0.06 * expected.sum(), rel=0.2)
    assert sorted(map(str, (cause.where for cause in others))) == sorted(map(str, planted))
    inside = within(dimensions, c="c5")
    assert next(c for c in others if "c" in c.where).change == pytest.approx(-0.53, abs=0.02)
    assert found.explained == pytest.approx(found.total, rel=0.03)
    assert inside.sum() == 80


def test_two_large_causes_are_not_told_as_a_move_of_everything() -> None:
    """Half of all leaves halve, by two values of one dimension: two causes, and no exception."""
    dimensions = cube(4, 10, 8)
    rng = np.random.default_rng(7)
    expected = rng.gamma(0.5, 6, 320)
    fallen = within(dimensions, a="a1") | within(dimensions, a="a2")
    actual = rng.poisson(np.where(fallen, expected / 4, expected)).astype(float)
    found = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert {tuple(cause.where.items()) for cause in found} == {(("a", "a1"),), (("a", "a2"),)}


def test_parts_that_fall_unevenly_are_one_cause_all_the_same() -> None:
    dimensions = cube(6, 5, 4)
    actual, expected = noisy(120, 0.01)
    inside = within(dimensions, a="a4")
    actual[inside] *= np.random.default_rng(3).normal(0.5, 0.1, inside.sum())
    (cause,) = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert cause.where == {"a": "a4"}


def test_most_of_a_dimension_may_have_moved() -> None:
    dimensions = cube(10, 8, 5)
    actual, expected = noisy(400)
    for value in ("c1", "c2", "c4"):
        actual[within(dimensions, c=value)] *= 0.5
    found = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert {cause.where.get("c") for cause in found} == {"c1", "c2", "c4"}
    assert all(len(cause.where) == 1 for cause in found)


def test_noise_alone_has_no_cause() -> None:
    """Of 36 cubes of noise, relative and counted, at most one raises a false alarm."""
    dimensions = cube(8, 7, 6, 5)
    alarms = 0
    for seed in range(18):
        actual, expected = noisy(1680, 0.1, seed)
        counts = np.random.default_rng(seed).poisson(expected / 5)
        alarms += bool(localise(dimensions=dimensions, actual=actual, expected=expected))
        alarms += bool(localise(dimensions=dimensions, actual=counts, expected=expected / 5))
    assert alarms <= 1


@pytest.mark.parametrize("kind", ["shares", "small counts", "spread counts"])
def test_noise_of_other_forms_has_no_cause_either(kind: str) -> None:
    """Errors exact in shares of the expected, counts of one or two, and counts that scatter more
    than counts do: of 12 cubes each at most one raises a false alarm."""
    dimensions = cube(8, 7, 6, 5)
    alarms = 0
    for seed in range(12):
        rng = np.random.default_rng([seed, 5])
        expected = rng.gamma(2, 50, 1680)
        if kind == "shares":
            actual = expected * (1 + rng.normal(0, 0.2, 1680))
        elif kind == "small counts":
            expected = expected / 80
            actual = rng.poisson(expected).astype(float)
        else:
            actual = rng.poisson(expected / 5 * rng.gamma(8, 1 / 8, 1680)).astype(float)
            expected = expected / 5
        alarms += bool(localise(dimensions=dimensions, actual=actual, expected=expected))
    assert alarms <= 1


def test_counts_scatter_by_their_root() -> None:
    """A small segment that doubles by chance is no cause; a large one that loses a tenth is."""
    dimensions = cube(10, 10)
    expected = np.full(100, 4.0)
    expected[within(dimensions, a="a1") | within(dimensions, a="a2")] = 40_000.0
    actual = np.random.default_rng(5).poisson(expected).astype(float)
    actual[within(dimensions, a="a1", b="b1")] *= 0.9
    (cause,) = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert cause.where == {"a": "a1", "b": "b1"}


def test_a_ratio_falls_where_its_rate_falls() -> None:
    dimensions = cube(6, 5, 4)
    rng = np.random.default_rng(2)
    cases = rng.integers(200, 900, 120).astype(float)
    rates = np.where(within(dimensions, b="b2", c="c1"), 0.15, 0.3)
    won = rng.binomial(cases.astype(int), rates).astype(float)
    found = search(
        dimensions=dimensions, actual=(won, cases * 1.0), expected=(0.3 * 500 * np.ones(120),
        np.full(120, 500.0)),
    )  # fmt: skip
    (cause,) = found.causes
    assert cause.where == {"b": "b2", "c": "c1"}
    inside = within(dimensions, b="b2", c="c1")
    assert cause.effect == pytest.approx((won - 0.3 * cases)[inside].sum() / cases.sum())
    assert found.total == pytest.approx(won.sum() / cases.sum() - 0.3)


def test_a_new_and_a_vanished_segment_are_causes() -> None:
    dimensions = cube(8, 6)
    actual, expected = noisy(48)
    new, gone = within(dimensions, a="a1", b="b1"), within(dimensions, a="a2", b="b2")
    expected[new], actual[gone] = 0.0, 0.0
    found = localise(dimensions=dimensions, actual=actual, expected=expected)
    by_where = {tuple(cause.where.values()): cause for cause in found}
    assert set(by_where) == {("a1", "b1"), ("a2", "b2")}
    assert by_where["a1", "b1"].change == math.inf
    assert by_where["a2", "b2"].change == -1.0


def test_the_order_of_rows_and_names_does_not_matter() -> None:
    dimensions = cube(6, 5, 4)
    actual, expected = noisy(120)
    actual[within(dimensions, a="a2", c="c3")] *= 0.5
    order = np.random.default_rng(4).permutation(120)
    turned = {name: dimensions[name][order] for name in reversed(dimensions)}
    plain = localise(dimensions=dimensions, actual=actual, expected=expected)
    mixed = localise(dimensions=turned, actual=actual[order], expected=expected[order])
    assert [cause.where for cause in plain] == [cause.where for cause in mixed]
    assert [cause.effect for cause in plain] == pytest.approx([cause.effect for cause in mixed])


def test_many_dimensions_are_searched_within_bounds() -> None:
    rng = np.random.default_rng(6)
    count = 4_000
    dimensions = {f"d{at}": rng.integers(0, 5, count).astype(str) for at in range(200)}
    actual, expected = noisy(count)
    actual[(dimensions["d7"] == "2") & (dimensions["d90"] == "1")] *= 0.3
    found = search(dimensions=dimensions, actual=actual, expected=expected)
    assert found.causes[0].where == {"d7": "2", "d90": "1"}
    assert found.combinations <= 256
    assert found.skipped > 0


def test_a_dimension_of_very_many_values_is_bounded() -> None:
    count = 100_000
    dimensions = {
        "account": np.arange(count).astype(str),
        "region": np.array(["UK", "DE", "FR", "NL"])[np.arange(count) % 4],
    }
    actual, expected = noisy(count)
    actual[dimensions["region"] == "FR"] *= 0.8
    found = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert found[0].where == {"region": "FR"}


@pytest.mark.parametrize(
    "figures",
    [
        lambda n: (np.full(n, 7.0), np.full(n, 7.0)),  # constant, nothing moved
        lambda n: (np.zeros(n) + (np.arange(n) == 0), np.zeros(n) + (np.arange(n) == 0)),
        lambda n: (-np.arange(n, dtype=float), -np.arange(n, dtype=float)),
    ],
)
def test_where_nothing_moved_there_is_no_cause(
    figures: Callable[[int], tuple[np.ndarray, np.ndarray]],
) -> None:
    actual, expected = figures(20)
    dimensions = {"a": np.array(list("abcde") * 4)}
    assert localise(dimensions=dimensions, actual=actual, expected=expected) == ()


def test_figures_below_zero_are_compared_too() -> None:
    dimensions = cube(8, 6)
    actual, expected = noisy(48)
    inside = within(dimensions, a="a3")
    expected[inside] *= -1
    actual[inside] *= -3
    found = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert [cause.where for cause in found] == [{"a": "a3"}]
    assert found[0].effect < 0


def test_figures_on_both_sides_of_zero_that_shrink_alike_are_one_cause() -> None:
    dimensions = cube(8, 6, 5)
    rng = np.random.default_rng(3)
    expected = rng.normal(50, 80, 240)
    actual = expected * (1 + rng.normal(0, 0.05, 240))
    actual[within(dimensions, a="a3")] *= 0.4
    found = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert [cause.where for cause in found] == [{"a": "a3"}]


def test_a_dimension_of_one_value_places_nothing() -> None:
    dimensions = {**cube(6, 5, 4), "plan": np.full(120, "A")}
    actual, expected = noisy(120)
    actual[within(dimensions, a="a2", c="c3")] *= 0.5
    (cause,) = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert cause.where == {"a": "a2", "c": "c3"}


def test_many_dimensions_of_very_many_values_are_not_crossed_in_vain() -> None:
    """Two of them name each row already: nothing is learnt from three."""
    rng = np.random.default_rng(4)
    dimensions = {f"d{at}": rng.integers(0, 5_000, 5_000) for at in range(8)}
    actual, expected = noisy(5_000)
    found = search(dimensions=dimensions, actual=actual, expected=expected)
    assert found.combinations <= 1 + 8 + 28 + 8  # of 256
    assert found.causes == ()


def test_missing_figures_and_values_are_kept_apart() -> None:
    dimensions: dict[str, list[object]] = {"a": ["x", None, "y", "z"] * 12, "b": [1, 2, 3] * 16}
    actual, expected = noisy(48)
    inside = np.array([value is None for value in dimensions["a"]])
    actual[inside] *= 0.4
    actual[0] = math.nan
    (cause,) = localise(dimensions=dimensions, actual=actual, expected=expected)
    assert cause.where == {"a": "(no value)"}


@pytest.mark.parametrize(
    ("asked", "error"),
    [
        ({"dimensions": {"a": ["x"]}, "actual": [1, 2], "expected": [1, 2]}, UsageError),
        ({"dimensions": {"a": ["x"]}, "actual": [1], "expected": [1, 2]}, UsageError),
        ({"dimensions": {"a": ["x"]}, "actual": ["y"], "expected": [1]}, UsageError),
        ({"dimensions": {"a": ["x"]}, "actual": [[1]], "expected": [1]}, UsageError),
        ({"dimensions": {"a": ["x"]}, "actual": ([1], [2]), "expected": [1]}, UsageError),
        ({"dimensions": {"a": ["x"]}, "actual": ([1], [-2]), "expected": ([1], [2])}, UsageError),
        ({"dimensions": {"a": ["x"]}, "actual": ([1], [0]), "expected": ([1], [2])}, Undefined),
        ({"dimensions": {"a": ["x"]}, "actual": [0], "expected": [0]}, Undefined),
        ({"dimensions": {"a": ["x"]}, "actual": [math.nan], "expected": [1]}, Undefined),
        ({"dimensions": {"a": []}, "actual": [], "expected": []}, Undefined),
        ({"dimensions": {}, "actual": [1], "expected": [1]}, UsageError),
        ({"dimensions": {"a": [{1}]}, "actual": [1], "expected": [1]}, UsageError),
        ({"dimensions": {"a": [["x", "y"]]}, "actual": [1], "expected": [1]}, UsageError),
        ({"dimensions": {"a": "x"}, "actual": 1, "expected": 2}, UsageError),
        (
            {"dimensions": {"a": ["x"]}, "actual": ([1], [2], [3]), "expected": ([1], [2], [3])},
            UsageError,
        ),
    ],
)
def test_what_cannot_be_compared_says_so(asked: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error) as caught:
        localise(**asked)  # type: ignore[arg-type]
    assert caught.value.why  # type: ignore[attr-defined]


@settings(max_examples=60)
@given(st.data())
def test_any_figures_have_an_answer(data: st.DataObject) -> None:
    """Whatever the rows, causes come back whose effects are those of rows they do not share."""
    sizes = data.draw(st.lists(st.integers(1, 4), min_size=1, max_size=4))
    dimensions = cube(*sizes)
    count = math.prod(sizes)
    figures = st.lists(st.floats(-1e6, 1e6), min_size=count, max_size=count)
    actual, expected = np.array(data.draw(figures)), np.array(data.draw(figures))
    assume(bool(np.any(np.abs(actual) + np.abs(expected) > 1e-99)))
    found = search(dimensions=dimensions, actual=actual, expected=expected)
    taken, size = np.zeros(count, dtype=bool), np.abs(actual) + np.abs(expected)
    for cause in found.causes:
        inside = np.ones(count, dtype=bool)
        for name, value in cause.where.items():
            inside &= dimensions[name] == value
        fresh = inside & ~taken & (size > max(2e-100, 1e-12 * size.max()))
        assert cause.effect == pytest.approx((actual - expected)[fresh].sum(), abs=1e-3)
        taken |= inside
    assert all(one.where != other.where for one, other in itertools.combinations(found.causes, 2))
