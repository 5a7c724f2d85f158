"""Print how long it takes to load and to check projects of 1,000 and 5,000 metrics.

The files are what people write: a flow mapping a line, a filter, a unit and a direction.
"""

from __future__ import annotations

import statistics
import tempfile
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import yaml

from sameboat.project.check import check
from sameboat.project.load import load

ROUNDS = 9
REACH = {1_000: 0.150}
ROOT = """\
name: benchmark
tables:
  deals:
    file: deals.csv
    subject: account
    time: closed
    entities: {deal: {type: primary, expr: id}}
    dimensions: {closed: {type: time, grain: day}, stage: {}}
"""
METRIC = (
    "  metric_{0}: {{type: simple, table: deals, agg: sum, expr: amount_{1}, "
    "filter: \"stage = 'Won'\", unit: GBP, good: up}}\n"
)


def metrics(count: int) -> str:
    """A file of so many metrics."""
    lines = (METRIC.format(at, at % 50) for at in range(count))
    return "metrics:\n" + "".join(lines)


def median(call: Callable[[], object]) -> float:
    """The median seconds of several calls, the first left out."""
    call()
    taken: list[float] = []
    for _ in range(ROUNDS):
        started = time.perf_counter()
        call()
        taken.append(time.perf_counter() - started)
    return statistics.median(taken)


def main() -> None:
    """Measure and print."""
    for count, files in ((1_000, 1), (1_000, 20), (5_000, 1)):
        with tempfile.TemporaryDirectory() as name:
            folder = Path(name)
            (folder / "sameboat.yml").write_text(ROOT, encoding="utf-8")
            for file in range(files):
                start = file * count // files
                lines = metrics(count).splitlines(keepends=True)[1:]
                part = "".join(lines[start : start + count // files])
                (folder / f"metrics_{file}.yml").write_text(f"metrics:\n{part}", encoding="utf-8")
            text = metrics(count)
            compose = median(partial(yaml.compose, text, Loader=yaml.CSafeLoader))
            loading = median(partial(load, folder))
            project = load(folder)
            checking = median(partial(check, project))
            reach = f"reach {REACH[count]:.3f} s" if count in REACH else ""
            print(
                f"{count:5} metrics in {files:2} files: load {loading:.3f} s {reach:14}"
                f" check {checking:.3f} s   (PyYAML's compose alone {compose:.3f} s)"
            )


if __name__ == "__main__":
    main()
