"""Derive the factors of the process chart, and print what they promise beside the classic limits.

    .venv/bin/python benchmarks/signals.py            the promise, exact and simulated
    .venv/bin/python benchmarks/signals.py --table    the table of `sameboat.analysis.limits` anew
    .venv/bin/python benchmarks/signals.py --frontier how soon any rule could find one far point
    .venv/bin/python benchmarks/signals.py --kinds    what it helps to know of a figure
    .venv/bin/python benchmarks/signals.py --boards   many series at once

The next twelve points after a baseline of k points are judged by three rules at once. How often
any of them fires is computed exactly, for normal points: given how far the baseline's mean and
spread are off, the points are independent, so the chance of silence is a product of small
matrices over the state (length of the run, which of the last two points lay near a limit); that
chance is then averaged over the known distributions of the baseline's mean and spread.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.sparse import csr_matrix
from scipy.special import ndtr, stdtrit

from sameboat.analysis.false_signals import survivors
from sameboat.analysis.limits import factors
from sameboat.analysis.signals import xmr

Array = NDArray[np.float64]

AHEAD = 12
RUN = 8
NEAR = 2 / 3
LIMITS_SHARE = 0.018  # of false alarms in the next twelve points: beyond or twice near a limit
RUN_SHARE = 0.014  # and what the run rule adds
OUTLIER_SHARE = 0.0002  # chance that an undisturbed baseline loses a point as an outlier
USUAL_EXTENT = 0.8  # how often an undisturbed baseline's farthest point stays inside the limits

CLASSIC = {8: 0.205, 12: 0.149, 24: 0.091, 52: 0.058}
REACH_POWER = {8: 0.65, 12: 0.80, 24: 0.93, 52: 0.97}
COUNTS = (
    *range(8, 31), 32, 34, 36, 39, 42, 46, 52, 58, 66, 78, 92, 120, 160, 240, 480, 1000, 100_000,
)  # fmt: skip


@dataclass(frozen=True)
class Factors:
    """How far, in baseline standard deviations, each rule reaches from the baseline's mean."""

    points: int
    limit: float
    guard: float
    outlier: float
    extent: float


# ── the exact chance of an alarm ─────────────────────────────────────────────────────────────


@lru_cache
def moves(run: int) -> tuple[int, tuple[csr_matrix, ...]]:
    """The states without alarm and, per zone of a point, which state leads to which.

    A state is (signed length of the run, side of the last point if near a limit, same of the
    point before). Zones: near the upper limit, above the guard, middle, below it, near the lower.
    """
    zones = (2, 1, 0, -1, -2)
    index = {(0, 0, 0): 0}
    waiting = [(0, 0, 0)]
    edges: list[list[tuple[int, int]]] = [[] for _ in zones]
    while waiting:
        state = waiting.pop()
        length, last, before = state
        for zone, found in zip(zones, edges, strict=True):
            side = (zone > 0) - (zone < 0)
            longer = length + side if length * side > 0 else side
            close = side if abs(zone) == 2 else 0
            if abs(longer) >= run or (close and close in (last, before)):
                continue
            after = (longer, close, last)
            if after not in index:
                index[after] = len(index)
                waiting.append(after)
            found.append((index[after], index[state]))
    size = len(index)
    matrices = []
    for found in edges:
        rows, columns = np.array(found).T
        matrices.append(csr_matrix((np.ones(len(found)), (rows, columns)), shape=(size, size)))
    return size, tuple(matrices)


def mistakes(points: int) -> tuple[Array, Array, Array]:
    """Where a baseline's mean lies, how large its spread comes out, and how likely that is."""
    freedom = points - 1
    off = 1 / np.sqrt(2 * freedom)
    spread = np.linspace(max(1e-3, 1 - 6.5 * off), 1 + 8 * off, 40)
    density = (freedom - 1) * np.log(spread) - freedom * spread**2 / 2
    likely = np.exp(density - density.max())
    mean = np.linspace(-6, 6, 25)
    share = np.exp(-(mean**2) / 2)
    means, spreads = np.meshgrid(mean / np.sqrt(points), spread)
    weight = np.outer(likely / likely.sum(), share / share.sum())
    return means.ravel(), spreads.ravel(), weight.ravel()


def alarm(points: int, limit: float, guard: float, *, shift: float = 0.0, run: int = RUN) -> float:
    """Chance that any rule fires within the next twelve points, moved by `shift` sigmas."""
    mean, spread, weight = mistakes(points)
    near = NEAR * limit
    guard = min(guard, near)

    def above(at: float) -> Array:
        return np.asarray(ndtr(shift - mean - at * spread))

    def below(at: float) -> Array:
        return np.asarray(ndtr(mean - shift - at * spread))

    zones = (
        above(near) - above(limit),
        above(guard) - above(near),
        1 - above(guard) - below(guard),
        below(guard) - below(near),
        below(near) - below(limit),
    )
    size, matrices = moves(run)
    silent = np.zeros((size, len(weight)))
    silent[0] = 1
    for _ in range(AHEAD):
        silent = sum((m @ silent) * p for m, p in zip(matrices, zones, strict=True))
    return float(1 - silent.sum(axis=0) @ weight)


# ── the factors ──────────────────────────────────────────────────────────────────────────────


def farthest(points: int, chance: float) -> float:
    """How far the farthest point of a normal sample lies, exceeded so often (Grubbs 1969)."""
    t = stdtrit(points - 2, 1 - chance)
    return float((points - 1) / np.sqrt(points) * np.sqrt(t**2 / (points - 2 + t**2)))


def solved(by: Callable[[float], float], low: float, high: float) -> float:
    return float(brentq(by, low, high, xtol=1e-7))


def derive(points: int) -> Factors:
    """The factors of one baseline length."""
    never = AHEAD + 1
    limit = solved(lambda at: alarm(points, at, 0.0, run=never) - LIMITS_SHARE, 2.0, 20.0)
    both = LIMITS_SHARE + RUN_SHARE
    guard = solved(lambda at: alarm(points, limit, at) - both, -0.5, NEAR * limit)
    usual = farthest(points, 1 - USUAL_EXTENT ** (1 / points))
    outlier = farthest(points, OUTLIER_SHARE / (2 * points))
    return Factors(points, limit, guard, outlier, limit / usual)


def print_table() -> None:
    """The rows of `sameboat.analysis.limits`."""
    for points in COUNTS:
        row = derive(points)
        figures = ", ".join(f"{x:.4f}" for x in (row.limit, row.guard, row.outlier, row.extent))
        print(f"    ({points}, {figures}),")


# ── the whole function, simulated ────────────────────────────────────────────────────────────


def autoregressive(rng: np.random.Generator, size: int, memory: float) -> Array:
    noise = rng.standard_normal(size + 50) * np.sqrt(1 - memory**2)
    out = np.zeros(size + 50)
    for at in range(1, size + 50):
        out[at] = memory * out[at - 1] + noise[at]
    return out[50:]


def strays(rng: np.random.Generator, size: int) -> Array:
    """Normal noise of which one point in twenty has four times the spread."""
    return np.asarray(rng.standard_normal(size) * np.where(rng.random(size) < 0.05, 4.0, 1.0))


def moving_mean(rng: np.random.Generator, size: int) -> Array:
    """Noise that each point shares with the next."""
    noise = rng.standard_normal(size + 1)
    return np.asarray((noise[1:] + 0.6 * noise[:-1]) / np.sqrt(1.36))


def shapes(rng: np.random.Generator) -> dict[str, Callable[[int], Array]]:
    """Kinds of noise; the last six were not drawn while the limits were set."""
    return {
        "normal": rng.standard_normal,
        "uniform": lambda size: rng.uniform(-1, 1, size) * np.sqrt(3),
        "t(5)": lambda size: rng.standard_t(5, size) / np.sqrt(5 / 3),
        "t(3)": lambda size: rng.standard_t(3, size) / np.sqrt(3),
        "Laplace": lambda size: rng.laplace(size=size) / np.sqrt(2),
        "gamma(4)": lambda size: (rng.gamma(4, size=size) - 4) / 2,
        "gamma(2)": lambda size: (rng.gamma(2, size=size) - 2) / np.sqrt(2),
        "exponential": lambda size: rng.exponential(size=size) - 1,
        "lognormal .5": lambda size: np.exp(0.5 * rng.standard_normal(size)),
        "lognormal 1": lambda size: np.exp(rng.standard_normal(size)),
        "AR(1) .3": lambda size: autoregressive(rng, size, 0.3),
        "AR(1) .6": lambda size: autoregressive(rng, size, 0.6),
        "Poisson 3": lambda size: rng.poisson(3, size).astype(float),
        # not drawn while the limits were set:
        "logistic": lambda size: rng.logistic(size=size),
        "Weibull .8": lambda size: rng.weibull(0.8, size),
        "strays": lambda size: strays(rng, size),
        "negative binomial": lambda size: rng.negative_binomial(3, 0.3, size).astype(float),
        "AR(1) .2": lambda size: autoregressive(rng, size, 0.2),
        "moving mean": lambda size: moving_mean(rng, size),
    }


def fired(values: Array, baseline: int | None, first: int, **told: Any) -> bool:
    """Whether the chart has a signal at or after the point `first`; `told` is what it knows."""
    chart = xmr(values, baseline=baseline, **told)
    return any(signal.index >= first for signal in chart.signals)


def classic(values: Array, baseline: int) -> bool:
    """Whether a point lies beyond 2.66 mean moving ranges, without any further rule."""
    first = values[:baseline]
    reach = 2.66 * np.abs(np.diff(first)).mean()
    return bool((np.abs(values[baseline:] - first.mean()) > reach).any())


def raised(draw: Callable[[int], Array], points: int, times: int) -> tuple[float, float]:
    """How often the classic limits raise a false alarm, and how often these."""
    samples = [draw(points + AHEAD) for _ in range(times)]
    return (
        float(np.mean([classic(values, points) for values in samples])),
        float(np.mean([fired(values, points, points) for values in samples])),
    )


def power(points: int, times: int, rng: np.random.Generator) -> Iterator[float]:
    """How often a lasting shift of 3 and of 1.5 sigma is found, and one point 6 sigma away."""
    for shift in (3.0, 1.5):
        samples = rng.standard_normal((times, points + AHEAD))
        samples[:, points:] += shift
        yield float(np.mean([fired(values, points, points) for values in samples]))
    samples = rng.standard_normal((times, points + AHEAD))
    samples[:, points + 5] += 6
    yield float(np.mean([fired(values, points, points) for values in samples]))


def main(times: int = 1000) -> None:
    print(f"Any signal in the {AHEAD} points after a baseline of normal points, exactly")
    print("baseline   classic   if normal   in use   3-sigma shift found: reach, in use")
    for points, before in CLASSIC.items():
        row, used = derive(points), factors(points)
        false = alarm(points, row.limit, row.guard)
        wide = alarm(points, used.limit, used.guard)
        strong = alarm(points, used.limit, used.guard, shift=3.0)
        print(
            f"{points:8}   {before:7.3f}   {false:9.3f}   {wide:6.3f}"
            f"   {REACH_POWER[points]:25.2f}  {strong:.3f}"
        )
    print(f"\nThe whole function, {times} simulated series each: classic, these")
    print(f"{'noise':20}" + "".join(f"{points:>8} points" for points in CLASSIC))
    for name, draw in shapes(np.random.default_rng(20261122)).items():
        pairs = [raised(draw, points, times) for points in CLASSIC]
        shown = "".join(f"    {one:.3f} {other:.3f}" for one, other in pairs)
        print(f"{name:20}{shown}", flush=True)
    rng = np.random.default_rng(20261123)
    columns = zip(*(power(points, times, rng) for points in CLASSIC), strict=True)
    for what, column in zip(("shift of 3", "shift of 1.5", "one point at 6"), columns, strict=True):
        print(f"found: {what:18}" + "".join(f"{share:>11.3f}    " for share in column))


# ── how far any rule could get ───────────────────────────────────────────────────────────────

BINS = 12
TRIED = np.linspace(3, 30, 136)


def looks(values: Array, points: int) -> tuple[Array, Array, Array]:
    """Of each row its baseline's L-kurtosis and farthest point, and the farthest point after."""
    base = values[:, :points]
    middle, spread = base.mean(axis=1, keepdims=True), base.std(axis=1, ddof=1, keepdims=True)
    ordered = np.sort((base - middle) / spread, axis=1)
    rank = np.arange(points, dtype=float)
    first = (ordered * rank).mean(axis=1) / (points - 1)
    weight = rank * (rank - 1)
    second = (ordered * weight).mean(axis=1) / ((points - 1) * (points - 2))
    weight = weight * (rank - 2)
    third = (ordered * weight).mean(axis=1) / ((points - 1) * (points - 2) * (points - 3))
    kurtosis = (20 * third - 30 * second + 12 * first) / (2 * first)
    after = np.abs((values[:, points:] - middle) / spread).max(axis=1)
    return kurtosis, np.maximum(ordered[:, -1], -ordered[:, 0]), after


def frontier(points: int, series: int, rng: np.random.Generator, most: float = 0.042) -> float:
    """How often one point 6 sigma away is found at best among normal ones, by a limit of its own
    for each look of the baseline, if t noise with 3 degrees may raise so many alarms by points."""
    normal = rng.standard_normal((series, points + AHEAD))
    normal[:, points + 5] += 6
    seen = looks(normal, points)
    tailed = looks(rng.standard_t(3, (series, points + AHEAD)), points)
    edges = [
        np.quantile(np.concatenate(pair), np.linspace(0, 1, BINS + 1)[1:-1])
        for pair in zip(seen[:2], tailed[:2], strict=True)
    ]

    def beyond(of: tuple[Array, Array, Array]) -> Array:
        """The share of all rows in each bin whose farthest point lies beyond each limit."""
        places = [np.searchsorted(edge, one) for edge, one in zip(edges, of, strict=False)]
        limits = np.searchsorted(TRIED, of[2])
        counts = np.zeros((BINS * BINS, TRIED.size + 1))
        np.add.at(counts, (places[0] * BINS + places[1], limits), 1)
        return np.asarray(counts[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:] / series)

    found, alarms = beyond(seen), beyond(tailed)
    rows = np.arange(BINS * BINS)
    for price in np.geomspace(0.05, 100, 400):
        best = np.argmax(found - price * alarms, axis=1)
        if alarms[rows, best].sum() <= most:
            return float(found[rows, best].sum())
    return 0.0


# ── what is known of a figure ────────────────────────────────────────────────────────────────

ABOVE_0: dict[str, Any] = {"bounds": (0.0, None)}
EVENTS: dict[str, Any] = {"counts": True}
CASES = 100


def kinds(rng: np.random.Generator) -> dict[str, tuple[Callable[[int], Array], dict[str, Any]]]:
    """Noise of figures that cannot be negative, counts and shares, and what is told of them."""

    def scattered(size: int) -> Array:
        """Counts around 50 with twice the spread of chance."""
        return rng.negative_binomial(50 / 3, 1 / 4, size).astype(float)

    def uneven(size: int) -> Array:
        """Shares of 100 cases, around .3, that vary by as much again as by chance."""
        share = 0.3 + np.sqrt(0.3 * 0.7 / CASES) * rng.standard_normal(size)
        return np.asarray(rng.binomial(CASES, np.clip(share, 0, 1)) / CASES)

    return {
        "normal, spread .2": (lambda n: np.abs(1 + 0.2 * rng.standard_normal(n)), ABOVE_0),
        "t(3), spread .2": (
            lambda n: np.abs(1 + 0.2 / np.sqrt(3) * rng.standard_t(3, n)), ABOVE_0
        ),
        "gamma(4)": (lambda n: rng.gamma(4, size=n), ABOVE_0),
        "gamma(2)": (lambda n: rng.gamma(2, size=n), ABOVE_0),
        "exponential": (lambda n: rng.exponential(size=n), ABOVE_0),
        "lognormal .5": (lambda n: np.exp(0.5 * rng.standard_normal(n)), ABOVE_0),
        "lognormal 1": (lambda n: np.exp(rng.standard_normal(n)), ABOVE_0),
        "Weibull .8": (lambda n: rng.weibull(0.8, n), ABOVE_0),
        "Poisson 3": (lambda n: rng.poisson(3, n).astype(float), EVENTS),
        "Poisson 50": (lambda n: rng.poisson(50, n).astype(float), EVENTS),
        "counts, spread 2x": (scattered, EVENTS),
        "steady counts": (lambda n: np.round(400 + 5 * rng.standard_normal(n)), EVENTS),
        "shares of 100": (lambda n: rng.binomial(CASES, 0.3, n) / CASES, {"n": CASES}),
        "shares, spread 1.4x": (uneven, {"n": CASES}),
        "t(3) like counts": (
            lambda n: np.maximum(0, np.round(50 + np.sqrt(50 / 3) * rng.standard_t(3, n))), EVENTS
        ),
    }  # fmt: skip


def told_of(told: dict[str, Any], size: int) -> dict[str, Any]:
    return {what: np.full(size, given) if what == "n" else given for what, given in told.items()}


def known(series: int) -> None:
    """Print false alarms, limits and what is found of single points, without and with knowing."""
    print(f"what it helps to know of a figure; {series} series each, without and with:")
    print("share of false alarms; lower and upper limit; found of single points six standard")
    print("deviations above, and as far below or a twentieth of the level")
    for at, name in enumerate(kinds(np.random.default_rng(0))):
        draw, told = kinds(np.random.default_rng([20261124, at]))[name]
        usual = draw(100_000)
        level, spread = usual.mean(), usual.std()
        far = level + 6 * spread, max(level - 6 * spread, level / 20)
        for points in CLASSIC:
            samples = [draw(points + AHEAD) for _ in range(series)]
            for given in ({}, told_of(told, points + AHEAD)):
                alarms, lines, found = [], [], []
                for values in samples:
                    chart = xmr(values, baseline=points, **given)
                    alarms.append(any(signal.index >= points for signal in chart.signals))
                    lines.append((chart.lower[-1], chart.upper[-1]))
                    found.append((far[0] > chart.upper[-1], far[1] < chart.lower[-1]))
                low, high = np.nanmedian(lines, axis=0)
                up, down = np.mean(found, axis=0)
                print(
                    f"{name if points == 8 and not given else '':20} {points:3}"
                    f" {'told' if given else 'not':5} {np.mean(alarms):.3f}"
                    f"   {low:8.2f} {high:8.2f}   {up:.2f} {down:.2f}",
                    flush=True,
                )


# ── many series at once ──────────────────────────────────────────────────────────────────────

MIXED = (
    "normal", "t(5)", "t(3)", "Laplace", "exponential", "lognormal .5", "AR(1) .3", "Poisson 3",
)  # fmt: skip
BOARDS = 1000
WEEKS, MOVED = 64, 2.5  # the shift in standard deviations, over the last twelve weeks


def chance(values: Array) -> float:
    """The chance of the signal that a series shows, NaN without one."""
    chart = xmr(values)
    found = chart.chance if chart.verdict == "signal" else None
    return float("nan") if found is None else found


def drawn(draw: Callable[[int], Array], moved: bool, series: int) -> Array:
    """The chances of so many series of one kind of noise, each of unit spread."""
    out = np.empty(series)
    for at in range(series):
        values = draw(WEEKS)
        values = (values - values.mean()) / values.std()
        values[-AHEAD:] += MOVED * moved
        out[at] = chance(values)
    return out


def shares(chances: Array, moved: int) -> tuple[float, float, float]:
    """Of a board's signals: the share that is chance, of all and of those that survive, and how
    many of the first `moved` KPIs survive. A board without signals has a share of 0."""
    kept = np.array(survivors([None if np.isnan(one) else float(one) for one in chances]).kept)
    found = ~np.isnan(chances)
    return (
        float(found[moved:].sum() / max(1, found.sum())),
        float(kept[moved:].sum() / max(1, kept.sum())),
        float(kept[:moved].mean()) if moved else float("nan"),
    )


def print_board(kpis: int, moved: int, noise: str, figures: Sequence[tuple[float, ...]]) -> None:
    every, kept, found = np.mean(figures, axis=0)
    print(f"{kpis:4} {moved:5} {noise:24} {every:.3f} {kept:11.3f} {found:25.3f}", flush=True)


def boards(series: int) -> None:
    """Print how many signals of drawn boards are chance, before and after the many are counted.

    The KPIs of a board are drawn from so many series of each kind, a fifth of them moved or none
    (of an eighth as many).
    """
    print("boards: share of signals that are chance; with none moved: boards that show any")
    print("KPIs moved noise                      all   surviving   moved KPIs that survive")
    rng = np.random.default_rng(20261125)
    pools = {
        (name, moved): drawn(shapes(rng)[name], moved, series // 8 if moved else series)
        for name in MIXED
        for moved in (False, True)
    }
    for noise, kinds in (("normal", MIXED[:1]), ("mixed", MIXED)):
        for kpis in (7, 50, 200):
            for moved in (0, max(1, kpis // 5)):
                figures = []
                for _ in range(BOARDS):
                    first = int(rng.integers(len(kinds)))
                    places = rng.random(kpis)
                    chances = []
                    for at, place in enumerate(places):
                        pool = pools[kinds[(at + first) % len(kinds)], at < moved]
                        chances.append(pool[int(place * pool.size)])
                    figures.append(shares(np.array(chances), moved))
                print_board(kpis, moved, noise, figures)
    for name in MIXED:
        pool = pools[name, False]
        told = " ".join(f"{np.mean(pool <= at) / at:.2f}" for at in (0.05, 0.01, 0.002))
        print(f"a chance of at most .05, .01, .002 is met so many times as often: {name:14} {told}")
    together(series, rng)


def together(series: int, rng: np.random.Generator) -> None:
    """Print the same for boards whose KPIs rise and fall together (half of their variance)."""
    for moved in (0, 10):
        figures = []
        for _ in range(max(20, series // 100)):
            common = rng.standard_normal(WEEKS)
            chances = []
            for at in range(50):
                values = np.sqrt(0.5) * (common + rng.standard_normal(WEEKS))
                values[-AHEAD:] += MOVED * (at < moved)
                chances.append(chance(values))
            figures.append(shares(np.array(chances), moved))
        print_board(50, moved, "normal, rising together", figures)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--table", action="store_true", help="the table of the limits anew")
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--frontier", action="store_true", help="how far any rule could get")
    parser.add_argument("--kinds", action="store_true", help="what it helps to know of a figure")
    parser.add_argument("--boards", action="store_true", help="many series at once")
    given = parser.parse_args()
    if given.table:
        print_table()
    elif given.frontier:
        rng = np.random.default_rng(20261126)
        for points in CLASSIC:
            print(f"{points:3} points: {frontier(points, 40_000, rng):.2f}", flush=True)
    elif given.kinds:
        known(given.series)
    elif given.boards:
        boards(given.series)
    else:
        main(given.series)
