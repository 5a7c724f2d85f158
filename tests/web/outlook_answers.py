"""An outlook as the question answers it, made by hand."""

from __future__ import annotations

import datetime as dt

from sameboat.questions.outlook.answer import Need, Outlook, Slider
from sameboat.questions.series import Chance, Series, TargetPath

MONTHS = tuple(dt.date(2025 + month // 12, month % 12 + 1, 1) for month in range(21))


def outlook() -> Outlook:
    """A KPI with 21 months behind it and three ahead."""
    return Outlook(
        company="Harbourline",
        kpi="conversion",
        label="Trial conversion",
        unit="percent",
        good="up",
        grain="month",
        series=Series(
            "conversion", "Trial conversion", "percent", "month", MONTHS,
            tuple(0.05 + 0.001 * (at % 5) for at in range(21)), complete=(True,) * 21,
        ),
        target=TargetPath(0.06, dt.date(2026, 12, 31), ((dt.date(2026, 1, 1), 0.05),), 0.055),
        chance=Chance(0.17),
        periods=tuple(dt.date(2026, month, 1) for month in (10, 11, 12)),
        mean=(0.052, 0.053, 0.054),
        lower={80: (0.049, 0.048, 0.047), 95: (0.047, 0.045, 0.043)},
        upper={80: (0.055, 0.058, 0.061), 95: (0.057, 0.061, 0.065)},
        at_target=2,
        method="Middle of exponential smoothing on three scales, without a season",
        reason=None,
        notes=("fewer than two seasons: the time of the year is not known",),
        needs=(
            Need("paid", "Paid trials", "count", 52.0, 60.0, 40.0, 64.0, 0.0005),
            Need("trials", "Trials", "count", 1000.0, 867.0, 900.0, 1200.0, -0.0005),
            Need("rest", "The rest", "count", 1.0, None, 0.5, 2.0, 0.0),
        ),
        needs_reason=None,
        sliders=(
            Slider("paid", "Paid trials", "count", 52.0, 0.1, 0.0005, 0.0005, 0.0005,
                   "arithmetic", "arithmetic: all else as it is now"),
        ),
        with_sliders=Chance(0.48),
        shift=(0.005, 0.004, 0.006),
        refreshed_at=dt.datetime(2026, 10, 26, 6, 10, tzinfo=dt.UTC),
        minimum_group=10,
        definitions="abc1234",
    )  # fmt: skip
