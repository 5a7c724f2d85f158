"""The split of a change over a tree's leaves, and into mix and rate."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from sameboat.analysis.decomposition import mix_and_rate, tree_effects
from sameboat.errors import Undefined, UsageError

FORMULAS: dict[str, Callable[..., float]] = {
    "a * b * c": lambda a, b, c: a * b * c,
    "a + b - c": lambda a, b, c: a + b - c,
    "a / (b + c)": lambda a, b, c: a / (b + c),
    "a * b / (a + c)": lambda a, b, c: a * b / (a + c),
    "(a + b) * (a - c) / b": lambda a, b, c: (a + b) * (a - c) / b,
    "max(a, b) - min(b, c) * sqrt(a)": lambda a, b, c: max(a, b) - min(b, c) * math.sqrt(a),
    "a ** 2 / (b * c)": lambda a, b, c: a**2 / (b * c),
    "-a * -b + 3 / c": lambda a, b, c: a * b + 3 / c,
    "ln(a * b) + exp(c / 100)": lambda a, b, c: math.log(a * b) + math.exp(c / 100),
}


def by_orders(formula: Callable[..., float], old: list[float], new: list[float]) -> list[float]:
    """The Shapley values by the definition: the mean over all orders."""
    effects = [0.0] * len(old)
    orders = list(itertools.permutations(range(len(old))))
    for order in orders:
        at = list(old)
        for leaf in order:
            before = formula(*at)
            at[leaf] = new[leaf]
            effects[leaf] += (formula(*at) - before) / len(orders)
    return effects


@pytest.mark.parametrize("text", FORMULAS)
@given(st.lists(st.floats(0.1, 100), min_size=6, max_size=6))
def test_shapley_equals_the_mean_over_all_orders(text: str, figures: list[float]) -> None:
    old, new = figures[:3], figures[3:]
    names = ("a", "b", "c")
    found = tree_effects(
        text, dict(zip(names, old, strict=True)), dict(zip(names, new, strict=True))
    )
    size = max(abs(effect) for effect in found.effects.values()) + abs(found.before)
    for name, wanted in zip(names, by_orders(FORMULAS[text], old, new), strict=True):
        assert found.effects[name] == pytest.approx(wanted, rel=1e-9, abs=1e-9 * (1 + size))
    assert abs(found.residual) <= 1e-9 * (1 + size)


@given(
    st.lists(st.lists(st.floats(0.1, 50), min_size=4, max_size=4), min_size=3, max_size=3),
    st.lists(st.lists(st.floats(0.1, 50), min_size=4, max_size=4), min_size=3, max_size=3),
    st.sampled_from(["shapley", "lmdi"]),
)
def test_effects_of_segments_are_those_of_each_segment_added_up(
    old: list[list[float]], new: list[list[float]], method: str
) -> None:
    names = ("a", "b", "c")
    whole = tree_effects(
        "a * b / c", dict(zip(names, old, strict=True)), dict(zip(names, new, strict=True)),
        method=method,
    )  # fmt: skip
    parts = [
        tree_effects(
            "a * b / c",
            {name: old[at][segment] for at, name in enumerate(names)},
            {name: new[at][segment] for at, name in enumerate(names)},
            method=method,
        )
        for segment in range(4)
    ]
    for name in names:
        summed = math.fsum(part.effects[name] for part in parts)
        assert whole.effects[name] == pytest.approx(summed, rel=1e-7, abs=1e-7)
    assert abs(whole.residual) <= 1e-9 * (1 + abs(whole.before) + abs(whole.after))


def test_a_ratio_of_sums_adds_up_where_the_tree_says_so() -> None:
    old = {"won": [10.0, 90.0], "leads": [100.0, 300.0]}
    new = {"won": [20.0, 80.0], "leads": [300.0, 200.0]}
    found = tree_effects("sum(won) / sum(leads)", old, new)
    assert found.before == pytest.approx(0.25)
    assert found.after == pytest.approx(0.2)
    plain = tree_effects("won / leads", {"won": 100, "leads": 400}, {"won": 100, "leads": 500})
    assert found.effects["leads"] == pytest.approx(plain.effects["leads"])
    assert found.effects["won"] == pytest.approx(0.0, abs=1e-12)


def test_a_tree_of_equations_is_split_down_to_its_leaves() -> None:
    old = {"leads": 100.0, "rate": 0.2, "size": 50.0}
    new = {"leads": 120.0, "rate": 0.3, "size": 40.0}
    nested = tree_effects("revenue = deals * size\ndeals = leads * rate", old, new)
    assert nested.effects == tree_effects("leads * rate * size", old, new).effects


@pytest.mark.parametrize("count", [40, 300])
def test_a_wide_tree_is_split_exactly(count: int) -> None:
    rng = np.random.default_rng(1)
    names = [f"x{at}" for at in range(count)]
    halves = names[: count // 2], names[count // 2 :]
    text = f"({' + '.join(halves[0])}) * ({' + '.join(halves[1])})"
    old, new = rng.uniform(1, 2, count), rng.uniform(1, 2, count)
    found = tree_effects(
        text, dict(zip(names, old, strict=True)), dict(zip(names, new, strict=True))
    )
    sums = [half.sum() for half in (old[: count // 2], old[count // 2 :], new[: count // 2],
                                    new[count // 2 :])]  # fmt: skip
    for at, name in enumerate(names):  # of two factors each leaf meets the other's mean
        other = (sums[1] + sums[3]) / 2 if at < count // 2 else (sums[0] + sums[2]) / 2
        assert found.effects[name] == pytest.approx((new[at] - old[at]) * other, rel=1e-9)
    assert found.exact
    assert abs(found.residual) <= 1e-9 * abs(found.after)


def test_a_tree_too_entangled_to_walk_is_drawn_and_says_how_sure_it_is() -> None:
    names = [f"x{at}" for at in range(20)]
    text = f"1 / ({' + '.join(names)})"
    old = dict.fromkeys(names, 1.0)
    new = {name: 1.0 + (at < 10) for at, name in enumerate(names)}
    found = tree_effects(text, old, new)
    assert not found.exact
    assert abs(found.residual) <= 1e-9
    for at, name in enumerate(names):  # the first ten are alike, the others did not move
        wanted = found.total / 10 if at < 10 else 0.0
        assert abs(found.effects[name] - wanted) <= 4 * found.errors[name] + 1e-12


def test_a_leaf_that_grows_from_nothing_made_the_whole_change() -> None:
    found = tree_effects("a * b", {"a": 0, "b": 5}, {"a": 3, "b": 7}, method="lmdi")
    assert found.effects == {"a": 21.0, "b": 0.0}


def test_logarithmic_means_split_sums_of_products() -> None:
    old, new = {"a": 2.0, "b": 3.0, "c": 4.0}, {"a": 5.0, "b": 2.0, "c": 4.0}
    found = tree_effects("(a + b) * c - a / b", old, new, method="lmdi")
    assert abs(found.residual) <= 1e-12
    assert found.effects["c"] == 0.0


@pytest.mark.parametrize(
    ("text", "old", "new", "method", "why"),
    [
        ("a / b", {"a": 1, "b": 0}, {"a": 1, "b": 2}, "shapley", "no value before"),
        ("a / b", {"a": 1, "b": 2}, {"a": 1, "b": 0}, "shapley", "no value after"),
        ("a / (b - c)", {"a": 1, "b": 2, "c": 1}, {"a": 1, "b": 3, "c": 2}, "shapley",
         "on the way.*b before, c after"),
        ("a", {"a": math.nan}, {"a": 1}, "shapley", "'a' has no value before"),
        ("a / (b + c)", {"a": 1, "b": 2, "c": 1}, {"a": 1, "b": 3, "c": 2}, "lmdi",
         "a sum in a denominator"),
        ("a * b", {"a": 1, "b": -2}, {"a": 1, "b": 2}, "lmdi", "one sign"),
        ("sum(a) / sum(b)", {"a": 1, "b": 2}, {"a": 1, "b": 2}, "lmdi", "one sum of products"),
        ("max(a, b)", {"a": 1, "b": 2}, {"a": 1, "b": 2}, "lmdi", "max"),
        ("a - b", {"a": 1, "b": 2}, {"a": 5, "b": 2}, "lmdi-multiplicative", "above 0"),
    ],
)  # fmt: skip
def test_what_cannot_be_split_says_why(
    text: str, old: dict[str, float], new: dict[str, float], method: str, why: str
) -> None:
    with pytest.raises(Undefined, match=why):
        tree_effects(text, old, new, method=method)


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "empty"),
        ("a +", "cannot be read"),
        ("a.b", "no arithmetic"),
        ("__import__('os')", "not a function"),
        ("a if b else c", "no arithmetic"),
        ("a = b\nb = a", "stands on itself"),
        ("a = b\na = c", "two equations"),
        ("a\nb", "needs a name"),
        ("sqrt(a, b)", "1 argument"),
        ("True + a", "no arithmetic"),
        ("(" * 300 + "a" + ")" * 300, "cannot be read|deeper"),
        ("-" * 280 + "a", "deeper"),
        ("a" * 60_000, "long"),
    ],
)
def test_text_that_is_no_tree_is_refused(text: str, why: str) -> None:
    with pytest.raises(UsageError, match=why):
        tree_effects(text, {"a": 1, "b": 1, "c": 1}, {"a": 1, "b": 1, "c": 1})


def test_a_leaf_without_a_figure_is_named() -> None:
    with pytest.raises(UsageError, match=r"'leads' has no figure after.*Did you mean 'lead'"):
        tree_effects("leads", {"leads": 1}, {"lead": 1})


def test_segments_that_stay_apart_are_an_error() -> None:
    with pytest.raises(UsageError, match="sum"):
        tree_effects("sum(a) * b", {"a": [1, 2], "b": [1, 2]}, {"a": [1, 2], "b": [1, 3]})


def test_leaves_of_different_lengths_are_an_error() -> None:
    with pytest.raises(UsageError, match="different numbers"):
        tree_effects("a * b", {"a": [1, 2], "b": [1, 2, 3]}, {"a": [1, 2], "b": [1, 2, 3]})


# ── mix and rate ─────────────────────────────────────────────────────────────────────────────

SEGMENT = st.tuples(st.floats(0, 100), st.floats(0.5, 100))


@given(
    st.dictionaries(st.sampled_from("abcdef"), SEGMENT, min_size=1),
    st.dictionaries(st.sampled_from("abcdef"), SEGMENT, min_size=1),
)
def test_mix_and_rate_add_up_to_the_whole_change(
    old: dict[str, tuple[float, float]], new: dict[str, tuple[float, float]]
) -> None:
    found = mix_and_rate(old, new)
    ratio = [
        sum(part[0] for part in side.values()) / sum(part[1] for part in side.values())
        for side in (old, new)
    ]
    size = max(1.0, *ratio, *(abs(part) for part in found.mix.values()))
    assert found.total == pytest.approx(ratio[1] - ratio[0], abs=1e-9 * size)
    assert abs(found.residual) <= 1e-9 * size
    pulled = math.fsum(found.pull.values())
    assert pulled == pytest.approx(math.fsum(found.mix.values()), abs=1e-9 * size)
    for name in set(old) ^ set(new):
        assert found.rate[name] == 0.0


@given(st.dictionaries(st.sampled_from("abc"), SEGMENT, min_size=1), st.floats(0.1, 10))
def test_a_change_of_size_alone_moves_nothing(
    shares: dict[str, tuple[float, float]], factor: float
) -> None:
    grown = {name: (one * factor, other * factor) for name, (one, other) in shares.items()}
    found = mix_and_rate(shares, grown)
    assert all(abs(effect) <= 1e-9 * 200 for effect in (*found.mix.values(), *found.rate.values()))


def test_an_ordinary_change_is_no_reversal() -> None:
    found = mix_and_rate({"a": (10, 100), "b": (30, 100)}, {"a": (20, 100), "b": (40, 100)})
    assert not found.reversal
    assert found.rate == pytest.approx({"a": 0.05, "b": 0.05})


def test_one_segment_that_moves_with_the_whole_is_no_reversal() -> None:
    found = mix_and_rate({"a": (90, 100), "b": (10, 100)}, {"a": (19, 20), "b": (5, 180)})
    assert found.total < 0 < found.rate["a"]
    assert not found.reversal


@pytest.mark.parametrize(
    ("old", "error"),
    [
        ({"a": (1, 0)}, UsageError),
        ({"a": (1, -2)}, UsageError),
        ({"a": (0, 0)}, Undefined),
        ({}, Undefined),
        ({"a": (math.nan, 1)}, Undefined),
        ({"a": 3}, UsageError),
    ],
)
def test_shares_that_are_none_are_refused(old: dict[str, object], error: type[Exception]) -> None:
    with pytest.raises(error):
        mix_and_rate(old, {"a": (1, 2)})  # type: ignore[arg-type]


def test_a_figure_of_no_size_is_not_split_by_zero() -> None:
    found = tree_effects("a * b", {"a": 0, "b": 0}, {"a": 0, "b": 0}, method="lmdi")
    assert found.effects == {"a": 0.0, "b": 0.0}
    assert found.total == 0
