"""Whether a lever still moves its KPI."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sameboat.analysis.goodhart import decoupling, false_discoveries, rolling_relation
from sameboat.errors import UsageError

LENGTH, WINDOW = 104, 26


def related(
    seed: int, *, until: int = LENGTH, after: float = 0.0, lag: int = 0, rho: float = 0.3
) -> tuple[np.ndarray, np.ndarray]:
    """A lever, and a KPI that follows it until a point and by `after` from then on."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(size=LENGTH + lag)
    lever = np.zeros(LENGTH + lag)
    for at in range(LENGTH + lag):
        lever[at] = rho * lever[at - 1] * (at > 0) + steps[at]
    strength = np.where(np.arange(LENGTH) < until, 1.0, after)
    kpi = strength * lever[:LENGTH] + 0.5 * rng.normal(size=LENGTH)
    return lever[lag:], kpi


def test_a_lever_that_moves_its_kpi_is_not_found() -> None:
    lever, kpi = related(1, lag=4)
    found = decoupling(lever, kpi, lag=4, window=WINDOW, moves="same")
    assert found.finding == "moves-with"
    assert found.now.low > 0
    assert not found.found
    assert found.p_value == 1
    assert found.since is None


def test_a_lever_that_no_longer_moves_its_kpi_is_found_with_the_point() -> None:
    lever, kpi = related(2, until=LENGTH - WINDOW)
    found = decoupling(lever, kpi, lag=0, window=WINDOW, moves="same")
    assert found.finding == "decoupled"
    assert found.before.low > 0 > found.now.low
    assert found.p_value < 0.01
    assert found.since == pytest.approx(LENGTH - WINDOW, abs=4)


def test_a_relation_that_turned_round_is_named() -> None:
    lever, kpi = related(3, until=LENGTH - WINDOW, after=-1.0)
    assert decoupling(lever, kpi, lag=0, window=WINDOW, moves="same").finding == "reversed"


def test_a_lever_that_improves_while_its_kpi_stays_flat_is_found() -> None:
    rng = np.random.default_rng(4)
    lever = rng.normal(size=LENGTH)
    lever[-WINDOW:] += np.linspace(0, 8, WINDOW)
    kpi = rng.normal(size=LENGTH)
    found = decoupling(lever, kpi, lag=0, window=WINDOW, moves="same")
    assert found.finding == "improves-alone"
    assert found.lever_moved > 3
    assert abs(found.kpi_moved) < 2
    down = decoupling(-lever, kpi, lag=0, window=WINDOW, moves="opposite", lever_good="down")
    assert down.finding == "improves-alone"


def test_a_lever_that_takes_its_kpi_along_is_not_found() -> None:
    lever, kpi = related(5)
    rise = np.concatenate([np.zeros(LENGTH - WINDOW), np.linspace(0, 8, WINDOW)])
    assert decoupling(lever + rise, kpi + rise, lag=0, window=WINDOW, moves="same").finding == (
        "moves-with"
    )


def test_the_predicted_direction_counts() -> None:
    lever, kpi = related(6)
    assert decoupling(lever, -kpi, lag=0, window=WINDOW, moves="opposite").finding == "moves-with"
    assert decoupling(lever, -kpi, lag=0, window=WINDOW, moves="same").finding != "moves-with"


def test_what_rises_together_is_not_called_related() -> None:
    rng = np.random.default_rng(7)
    rise = np.linspace(0, 20, LENGTH)
    found = decoupling(
        rise + rng.normal(size=LENGTH), rise + rng.normal(size=LENGTH), lag=0, window=WINDOW,
        moves="same",
    )  # fmt: skip
    assert found.finding == "unclear"


def test_false_findings_are_rare() -> None:
    """Of 400 unrelated or related pairs with memory, at most one in 25 is found."""
    found = 0
    for seed in range(200):
        rng = np.random.default_rng(seed)
        lever, kpi = related(seed, rho=0.6)
        other = rng.normal(size=LENGTH).cumsum() * 0.1 + rng.normal(size=LENGTH)
        for y in (kpi, other):
            found += decoupling(lever, y, lag=0, window=WINDOW, moves="same").found
    assert found <= 16


def test_planted_partings_are_mostly_found() -> None:
    """Of 100 relations that end with the window, four in five are found."""
    found = sum(
        decoupling(*related(seed, until=LENGTH - WINDOW, rho=0.5), lag=0, window=WINDOW,
                   moves="same").found
        for seed in range(100)
    )  # fmt: skip
    assert found >= 80


def test_the_rolling_relation_ends_with_the_one_now() -> None:
    lever, kpi = related(8, lag=3)
    found = decoupling(lever, kpi, lag=3, window=WINDOW, moves="same")
    rolling, low, high = rolling_relation(lever, kpi, lag=3, window=WINDOW, moves="same")
    assert rolling.size == LENGTH
    assert np.isnan(rolling[: WINDOW + 2]).all()
    assert rolling[-1] == pytest.approx(found.now.value)
    assert (low[-1], high[-1]) == pytest.approx((found.now.low, found.now.high))


@pytest.mark.parametrize("kind", ["constant", "missing", "short"])
def test_what_says_nothing_is_not_found(kind: str) -> None:
    rng = np.random.default_rng(9)
    lever, kpi = rng.normal(size=40), rng.normal(size=40)
    if kind == "constant":
        kpi[:] = 3.0
    elif kind == "missing":
        kpi[:] = math.nan
    else:
        kpi[-20:] = math.nan
    found = decoupling(lever, kpi, lag=0, window=20, moves="same")
    assert not found.found
    assert found.finding in ("unclear", "too-few")
    assert found.why


@pytest.mark.parametrize(
    "asked",
    [
        {"lever": [1.0] * 30, "kpi": [1.0] * 29},
        {"lag": -1},
        {"window": 5},
        {"window": 28, "lag": 4},
        {"moves": "up"},
        {"lever": [["a"]]},
    ],
)
def test_a_question_that_does_not_fit_is_refused(asked: dict[str, object]) -> None:
    wanted = {"lever": [1.0] * 30, "kpi": [2.0] * 30, "lag": 0, "window": 20, "moves": "same"}
    given_ = {**wanted, **asked}
    lever, kpi = given_.pop("lever"), given_.pop("kpi")
    with pytest.raises(UsageError):
        decoupling(lever, kpi, **given_)  # type: ignore[arg-type]


@settings(max_examples=40)
@given(
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=30, max_size=30),
    st.lists(st.one_of(st.none(), st.floats(-1e9, 1e9)), min_size=30, max_size=30),
)
def test_any_two_series_have_an_answer(lever: list[float | None], kpi: list[float | None]) -> None:
    found = decoupling(lever, kpi, lag=2, window=12, moves="same")
    assert 0 <= found.p_value <= 1
    assert found.found == (found.p_value < 1)


def test_findings_are_corrected_for_their_number() -> None:
    """By hand for four: limits .05·k / (4·(1 + 1/2 + 1/3 + 1/4)) = .006, .012, .018, .024."""
    assert false_discoveries([0.005, 0.011, 0.5, 0.03]).tolist() == [True, True, False, False]
    assert false_discoveries([]).tolist() == []
