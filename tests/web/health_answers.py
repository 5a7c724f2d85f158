"""A company's health as an answer: one principle broken, one breach allowed, one table late."""

from __future__ import annotations

import datetime as dt

from sameboat.project.principles.granularity import hypergranularity
from sameboat.project.principles.rule import PRINCIPLES
from sameboat.questions.health import (
    Breach,
    Burden,
    Cell,
    Health,
    KpiHealth,
    TableHealth,
    Unused,
)

LOADED = dt.datetime(2026, 10, 26, 5, 52, tzinfo=dt.UTC)


def health() -> Health:
    """Two KPIs, of which one is past its review."""
    kept = tuple(Cell(name, True, f"Keeps {name}") for name in PRINCIPLES)
    late = Cell(
        "trust", False, "An edge that was to be looked at again by now", ("past-review",),
        "warning",
    )  # fmt: skip
    noise = Cell("outcomes", False, "A target in the noise", ("target-inside-noise",), "notice")
    return Health(
        company="Harbourline", demo=True, minimum_group=10, definitions="v41",
        headline="1 of 2 KPIs keep the principles; Conversion needs a look.",
        principles=PRINCIPLES,
        rows=(KpiHealth("conversion", "Conversion", (*kept[:2], noise, kept[3], late)),
              KpiHealth("conversion", "Retention", kept)),
        breaches=(
            Breach("past-review", "trust", "warning", "A review is due.",
                   "The effect of 'posts' was to be reviewed by 2026-09-30.", "Look again.",
                   "kpis.yml:44"),
            Breach("target-inside-noise", "outcomes", "notice", "A target in the noise.",
                   "The target lies inside its routine variation.", None, None),
        ),
        allowed=(
            Breach("one-owner", "cross-functional", "warning", "One owner.", "It has one owner.",
                   None, "kpis.yml:3", "the team is new", dt.date(2027, 1, 31)),
        ),
        granularity=hypergranularity(kpis=7, watched=35, figures=29.3, loose=9, live=78),
        burden=Burden(29.3, 40.4, 35, 2),
        unused=Unused(90, dt.date(2026, 5, 4), (("ideas", "Ideas"),)),
        tables=(
            TableHealth("projects", "Project closures", LOADED, 1314, False,
                        "late: last loaded on 23 Oct 2026"),
            TableHealth("leads", "Leads", LOADED, 152034, True, "fresh, and passed its checks"),
        ),
        refreshed_at=LOADED,
    )  # fmt: skip
