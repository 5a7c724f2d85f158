"""How long the board's page takes at the server: 50 KPIs × 3 years of weekly points.

Prints the first rendering of an app (nothing kept), the later ones with the same numbers, and
those after a refresh that changed one KPI, beside the target of 30 ms; and the page of one KPI.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import random
import statistics
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import httpx

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sameboat.project.viewer import OWNER
from sameboat.questions.board import Board, BoardRow
from sameboat.questions.series import Phase
from sameboat.web.app import create_app
from sameboat.web.site import Answers
from tests.web import answers

KPIS, WEEKS, ROUNDS = 50, 156, 40
TARGET = 30.0
HOST = "127.0.0.1:8000"


def board(seed: int = 1) -> Board:
    """A board of 50 KPIs with 156 weekly points each; another seed changes the last one."""
    mock = answers.board()
    rows = [_row(number, mock.rows[number % 3], seed=7 + number) for number in range(KPIS - 1)]
    return replace(mock, rows=(*rows, _row(KPIS - 1, mock.rows[0], seed=1000 + seed)))


def _row(number: int, like: BoardRow, *, seed: int) -> BoardRow:
    rng = random.Random(seed)
    values = tuple(0.05 + rng.gauss(0, 0.002) for _ in range(WEEKS))
    series = answers.series(
        f"kpi_{number}", like.label, "percent", "week", values,
        phases=(Phase(0, WEEKS - 1, 0.05, 0.044, 0.056),),
    )  # fmt: skip
    return replace(like, kpi=f"kpi_{number}", unit="percent", value=values[-1], series=series)


async def milliseconds(client: httpx.AsyncClient, path: str) -> float:
    """One request, in process."""
    start = time.perf_counter()
    answer = await client.get(path)
    took = (time.perf_counter() - start) * 1000
    assert answer.status_code == 200, answer.status_code
    return took


async def measure() -> None:
    """Ask and print."""
    now = dt.datetime(2026, 10, 26, 7, 30, tzinfo=dt.UTC)
    shown: list[Callable[[], Board]] = [board]
    app = create_app(
        lambda: None, viewer_of=lambda session: OWNER, now=lambda: now, token="token", port=8000,
        answers=Answers(
            lambda workspace, *, viewer, as_known_at=None: shown[0](),
            lambda workspace, name, *, viewer, as_known_at=None: answers.kpi(),
        ),
    )  # fmt: skip
    transport = httpx.ASGITransport(app=app)
    async with httpx.AsyncClient(transport=transport, base_url=f"http://{HOST}") as client:
        await client.get("/?token=token")
        await client.get("/how-to-read")  # the templates that all pages share are compiled
        made = board()  # the time to make the answer itself is not the page's
        shown[0] = lambda: made
        first = await milliseconds(client, "/")
        again = [await milliseconds(client, "/") for _ in range(ROUNDS)]
        changed: list[float] = []
        for round_ in range(ROUNDS):
            fresh = board(round_ + 2)
            shown[0] = lambda fresh=fresh: fresh
            changed.append(await milliseconds(client, "/"))
        kpi = [await milliseconds(client, "/kpi/conversion") for _ in range(ROUNDS)]
        size = len((await client.get("/")).content)
    print(f"board page, {KPIS} KPIs × {WEEKS} weekly points ({size / 1000:.0f} kB)")
    for name, took in (("same numbers", again), ("one KPI changed, all read anew", changed)):
        worst = statistics.quantiles(took, n=20)[-1]
        median = statistics.median(took)
        print(f"  {name}: median {median:.1f} ms, 95 % {worst:.1f} ms   (target {TARGET:.0f} ms)")
    print(f"  first page of the process: {first:.0f} ms")
    print(f"page of one KPI, 104 points: median {statistics.median(kpi):.1f} ms")


if __name__ == "__main__":
    asyncio.run(measure())
