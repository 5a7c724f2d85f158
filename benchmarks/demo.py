"""Print how long `sameboat demo` takes until its board answers: made new, and made already.

The clock runs from the start of the process to the last byte of the board's page.
"""

from __future__ import annotations

import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import httpx

ROUNDS = 5
REACH = 5.0
PROGRAM = "from sameboat.cli import main; main()"


def seconds(folder: Path) -> float:
    """How long one start takes until the whole board has come."""
    started = time.perf_counter()
    words = ["demo", "--project", str(folder), "--port", "0", "--no-browser"]
    server = subprocess.Popen(
        [sys.executable, "-c", PROGRAM, *words],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    )
    try:
        assert server.stdout is not None
        address = server.stdout.readline().strip()
        httpx.get(address, follow_redirects=True, timeout=60).raise_for_status()
        return time.perf_counter() - started
    finally:
        server.terminate()
        server.wait()


def main() -> None:
    """Measure and print."""
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place) / "harbourline"
        print(f"made new, computed, shown   {seconds(folder):.1f} s")
        again = [seconds(folder) for _ in range(ROUNDS)]
        print(
            f"made already, shown         {statistics.median(again):.1f} s  reach {REACH:.0f} s"
            f"   (median of {ROUNDS})"
        )


if __name__ == "__main__":
    main()
