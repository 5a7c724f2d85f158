"""An outlook as the question answers it, made by hand."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from sameboat.analysis.scenarios import LEVELS, Aim, Mover, Scenario, Spread, Way, draws_of
from sameboat.questions.outlook.answer import Need, Needs, Outlook, Slider, Unmoved
from sameboat.questions.outlook.sliders import settings_asked
from sameboat.questions.series import Chance, Series, TargetPath

MONTHS = tuple(dt.date(2025 + month // 12, month % 12 + 1, 1) for month in range(21))
MIDDLES = (0.052, 0.053, 0.054)


def scenario() -> Scenario:
    """Three months ahead; paid trials of trials, and replies that are felt after a month."""
    draws = np.random.default_rng(1).standard_normal(2_000)
    ahead = [middle + 0.003 * (1 + at) * draws for at, middle in enumerate(MIDDLES)]
    said = tuple(draws_of(0.02, -0.01, 0.05, seed=4).tolist())
    return Scenario(
        tuple(Spread.of(one, LEVELS) for one in ahead),
        (
            Mover("paid", 52.0, 40.0, 70.0, (Way(0, 0, (1.0,)),)),
            Mover("trials", 1000.0, 900.0, 1200.0, (Way(1, 0, (1.0,)),)),
            Mover("replies", 0.6, 0.3, 0.9, (Way(None, 1, said),)),
        ),
        ("/", ("x", 0), ("x", 1)), (52.0, 1000.0),
        Aim(0.06, "up", Spread.of(ahead[2]), 2, 2), (0.0, 1.0),
    )  # fmt: skip


def outlook(settings: Mapping[str, float | str] | None = None) -> Outlook:
    """A KPI with 21 months behind it and three ahead, its drivers where they are asked to be."""
    model = scenario()
    found = Outlook(
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
        chance=Chance(model.chance),
        periods=tuple(dt.date(2026, month, 1) for month in (10, 11, 12)),
        mean=MIDDLES,
        lower={80: (0.049, 0.048, 0.047), 95: (0.047, 0.045, 0.043)},
        upper={80: (0.055, 0.058, 0.061), 95: (0.057, 0.061, 0.065)},
        at_target=2,
        method="Middle of exponential smoothing on three scales, without a season",
        reason=None,
        notes=("fewer than two seasons: the time of the year is not known",),
        needs=(
            Need("paid", "Paid trials", "count", 52.0, 60.0, 40.0, 64.0, 0.0005, "month",
                 3, 12, 0.31, 55.9),
            Need("trials", "Trials", "count", 1000.0, 867.0, 900.0, 1200.0, -0.0005, "month",
                 0, 12, 0.05, 931.0),
            Need("rest", "The rest", "count", 1.0, None, 0.5, 2.0, 0.0, "month", 0, 12),
        ),
        needs_reason=None,
        needed=Needs((), None, 0.06, 0.074),
        sliders=(
            Slider("paid", "Paid trials", "count", "month", 52.0, 52.0, 40.0, 70.0, 1.0, 40.0,
                   64.0, "arithmetic", "arithmetic", "exact", 0.0052, 0.0052, 0.0052),
            Slider("trials", "Trials", "count", "month", 1000.0, 1000.0, 900.0, 1200.0, 5.0,
                   900.0, 1200.0, "arithmetic", "arithmetic", "exact", -0.0047, -0.0047, -0.0047),
            Slider("replies", "Replies within an hour", "percent", "month", 0.6, 0.6, 0.3, 0.9,
                   0.005, 0.4, 0.7, "influence", "observational", "record", 0.0012, -0.0006,
                   0.003, "1 month", dt.date(2026, 11, 1), 21, False),
        ),
        unmoved=(Unmoved("tone", "Tone of the mails", "belief",
                         "nobody says how much, and 3 of the 10 periods needed have both"),),
        with_sliders=None,
        shift=None,
        refreshed_at=dt.datetime(2026, 10, 26, 6, 10, tzinfo=dt.UTC),
        minimum_group=10,
        definitions="abc1234",
        scenario=model,
    )  # fmt: skip
    if not settings:
        return found
    values = settings_asked(settings, found.sliders, found.unmoved)
    moved = model.moved(values)
    return replace(
        found,
        sliders=tuple(replace(one, value=values.get(one.metric, one.now)) for one in found.sliders),
        moved=moved,
        with_sliders=Chance(moved.chance),
        shift=(moved.shift, moved.shift_low, moved.shift_high),
    )
