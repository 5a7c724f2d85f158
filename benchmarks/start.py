"""Print how long `import sameboat` and `sameboat --help` take above Python's own start.

Each figure is the median of interleaved fresh processes, so that a busy moment of the machine
falls on all of them alike.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import time
from importlib.metadata import distribution
from pathlib import Path

from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROUNDS = 15
COMMANDS = {
    "python": [sys.executable, "-c", "pass"],
    "import": [sys.executable, "-c", "import sameboat"],
    "--help": [sys.executable, "-c", "from sameboat.cli import main; main(['--help'])"],
}
REACH = {"import": 0.15, "--help": 0.30}
PUBLISHED = {
    "import": "sidemantic 0.45, MetricFlow 5.1 (measured elsewhere)",
    "--help": "MetricFlow 10.2 per query",
}
CORE_MEGABYTES = 650


def seconds(command: list[str]) -> float:
    """How long one fresh process takes."""
    started = time.perf_counter()
    subprocess.run(command, stdout=subprocess.DEVNULL, check=True)
    return time.perf_counter() - started


def core_packages() -> set[str]:
    """The names of Sameboat's own requirements and of theirs, without the tools of its makers."""
    found: set[str] = set()
    waiting = ["sameboat"]
    while waiting:
        name = canonicalize_name(waiting.pop())
        if name in found:
            continue
        found.add(name)
        for line in distribution(name).requires or []:
            wanted = Requirement(line)
            if not wanted.marker or wanted.marker.evaluate({"extra": ""}):
                waiting.append(wanted.name)
    return found


def core_megabytes() -> float:
    """The size of the core's packages without byte-compiled files."""
    total = 0
    for name in core_packages():
        files = [Path(str(file.locate())) for file in distribution(name).files or []]
        total += sum(
            file.stat().st_size for file in files if file.suffix != ".pyc" and file.exists()
        )
    return total / 1e6


def main() -> None:
    """Measure and print."""
    taken: dict[str, list[float]] = {name: [] for name in COMMANDS}
    for command in COMMANDS.values():
        seconds(command)  # the first run byte-compiles
    for _ in range(ROUNDS):
        for name, command in COMMANDS.items():
            taken[name].append(seconds(command))
    bare = statistics.median(taken["python"])
    print(f"python's own start        {bare:.3f} s  (median of {ROUNDS})")
    for name, limit in REACH.items():
        above = statistics.median(taken[name]) - bare
        print(f"{name:8} above that      {above:.3f} s  reach {limit:.2f} s   {PUBLISHED[name]}")
    print(f"installed core            {core_megabytes():.0f} MB  reach {CORE_MEGABYTES} MB")


if __name__ == "__main__":
    main()
