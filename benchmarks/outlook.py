"""How long an outlook takes: 3 years of weeks, a formula of two leaves and two influences.

Prints the first answer, the kept one, the kept one with drivers moved, the first and a later page
with sliders, and what the board's cards add to a refresh of as many KPIs.
"""

from __future__ import annotations

import asyncio
import datetime as dt
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from sameboat.project.viewer import OWNER
from sameboat.questions import cards
from sameboat.questions.opened import Opened, open_workspace
from sameboat.questions.outlook.answer import outlook
from sameboat.web.app import create_app
from tests.unit.questions.ferry import FILES, write_leads

WEEKS, KPIS, ROUNDS = 156, 8, 15
NOW = dt.datetime(2026, 10, 26, 6, 10, tzinfo=dt.UTC)
FIRST = dt.date(2026, 10, 26) - dt.timedelta(weeks=WEEKS)


def company(folder: Path) -> Opened:
    """A company of KPIs alike, each its own series, that ends on a Monday."""
    (folder / "sameboat.yml").write_text(FILES["sameboat.yml"], encoding="utf-8")
    text = FILES["all.yml"]
    head, tail = text.split("kpis:")
    rng = np.random.default_rng(3)
    write_leads(folder, rng.integers(40, 60, WEEKS).tolist(), first=FIRST, loaded_at=NOW)
    metrics, kpis = "", ""
    for number in range(KPIS):
        where = f"signed = true and lead_id % {number + 2} = 0"
        metrics += (
            f'  part_{number}: {{type: simple, table: leads, agg: count, filter: "{where}"}}\n'
        )
        metrics += (
            f"  share_{number}: {{type: ratio, numerator: part_{number}, denominator: leads, "
            "unit: percent, good: up}\n"
        )
        kpis += tail.replace("  conversion:", f"  kpi_{number}:").replace(
            "metric: conversion", f"metric: share_{number}"
        )
    drivers = "drivers:\n" + "".join(
        f"  - {{metric: share_{n}, influenced_by: part_{(n + 1) % KPIS}, moves: same, "
        "lag: 4 weeks, evidence: observational}\n"
        for n in range(KPIS)
    )
    (folder / "all.yml").write_text(head + metrics + "kpis:" + kpis + drivers, encoding="utf-8")
    return open_workspace(folder, clock=lambda: NOW)


def milliseconds(call: Callable[[], object]) -> float:
    """One call."""
    start = time.perf_counter()
    call()
    return (time.perf_counter() - start) * 1000


def main() -> None:
    """Print every figure with its middle and its largest."""
    with tempfile.TemporaryDirectory() as name:
        workspace = company(Path(name))
        spent: list[float] = []
        real = cards.look_ahead

        def timed(*given: object, **named: object) -> object:
            start = time.perf_counter()
            found = real(*given, **named)  # type: ignore[arg-type]
            spent.append((time.perf_counter() - start) * 1000)
            return found

        cards.look_ahead = timed  # type: ignore[assignment]
        whole = milliseconds(workspace.refresh)
        again = milliseconds(workspace.refresh)
        assert len(spent) == KPIS, "the second refresh forecasts nothing anew"
        cards.look_ahead = real
        print(f"refresh of {KPIS} KPIs, {WEEKS} weeks    {whole:8.0f} ms")
        print(f"  of that the cards' forecasts  {sum(spent):8.0f} ms, {max(spent):.0f} at most")
        print(f"refresh where nothing changed   {again:8.0f} ms")
        names = [f"kpi_{number}" for number in range(KPIS)]
        first = [milliseconds(lambda n=n: outlook(workspace, n, viewer=OWNER)) for n in names]
        kept = [milliseconds(lambda n=n: outlook(workspace, n, viewer=OWNER)) for n in names * 4]
        part = {n: next(iter(outlook(workspace, n, viewer=OWNER).sliders)) for n in names}
        moved = [
            milliseconds(
                lambda n=n: outlook(
                    workspace, n, viewer=OWNER, settings={s.metric: s.high for s in (part[n],)}
                )
            )
            for n in names * 2
        ]
        show("outlook, first", first)
        show("outlook, kept", kept)
        show("outlook, kept, a driver moved", moved)
        show("page with sliders, kept", asyncio.run(pages(workspace)))


async def pages(workspace: Opened) -> list[float]:
    """The page over an app, in process."""
    import httpx

    app = create_app(
        lambda: workspace, viewer_of=lambda session: OWNER, now=lambda: NOW, token="t", port=8000
    )
    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(app=app), base_url="http://127.0.0.1:8000"
    ) as client:
        await client.get("/?token=t")
        took = []
        for _ in range(ROUNDS):
            start = time.perf_counter()
            answer = await client.get("/kpi/kpi_1/outlook")
            took.append((time.perf_counter() - start) * 1000)
            assert answer.status_code == 200, answer.status_code
        print(f"  the page has {len(answer.content) / 1024:.0f} KB")
        return took[1:]


def show(what: str, took: list[float]) -> None:
    """One line: the middle of the times, and the longest."""
    print(f"{what:32}{statistics.median(took):8.1f} ms, {max(took):.1f} at most")


if __name__ == "__main__":
    main()
