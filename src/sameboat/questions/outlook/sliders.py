"""Scenario sliders: what a change of a KPI's parts or levers would add, and how sure that is."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np

from sameboat.errors import UsageError, did_you_mean
from sameboat.questions.ahead import Ahead, chance_in, unknown
from sameboat.questions.kpi import Page
from sameboat.questions.outlook.needs import Need
from sameboat.questions.series import Chance, TargetPath
from sameboat.store.packing import PackedSeries

FURTHEST = 0.5
"""The largest change of a slider, as a share of the present value."""

Z95 = 1.959964
"""The 97.5 % point of the normal distribution: a declared range is one of 95 %."""


@dataclass(frozen=True)
class Slider:
    """Something that moves the KPI, and by how much it is moved here, as a share of now.

    `per_percent` is what one percent more adds to the KPI, in its unit, with the 95 % range
    `low` to `high`. Of a part of the formula these are one: arithmetic is exact. `basis` says
    which it is, and by what evidence.
    """

    metric: str
    label: str
    unit: str | None
    now: float
    change: float
    per_percent: float
    low: float
    high: float
    kind: Literal["arithmetic", "influence"]
    basis: str


def sliders_of(
    page: Page, points: PackedSeries, needs: Sequence[Need], settings: Mapping[str, float]
) -> tuple[Slider, ...]:
    """Every slider of a KPI, moved as the settings say.

    Raises UsageError for a metric that has none, or a change beyond half.
    """
    found = {one.metric: one for one in (*_levers(page), *_parts(needs))}
    for name, change in settings.items():
        if name not in found:
            raise UsageError(
                "unknown-slider", f"{name!r} is no slider of this KPI",
                hint=did_you_mean(name, found),
            )  # fmt: skip
        if not abs(change) <= FURTHEST:
            raise UsageError("wrong-type", f"a slider moves by {FURTHEST:.0%} at most")
    return tuple(replace(one, change=float(settings.get(name, 0.0))) for name, one in found.items())


def moved(
    ahead: Ahead, sliders: Sequence[Slider], target: TargetPath | None, good: object
) -> tuple[Chance, tuple[float, float, float]]:
    """The chance with the sliders as they are, and what they add with its 95 % range.

    What is not known of an influence is drawn anew in every sample path, so that the chance bears
    it. Influences are taken to add up, and to have had their effect by the target's date.
    """
    rng = np.random.default_rng(0)
    count = ahead.found.paths.shape[0] if ahead.found is not None else 2_000
    added = np.zeros(count)
    for one in sliders:
        percent = 100 * one.change
        if not percent:
            continue
        draws = rng.standard_normal(count)
        spread = np.where(draws < 0, one.per_percent - one.low, one.high - one.per_percent)
        added += percent * (one.per_percent + draws * spread / Z95)
    low, middle, high = np.quantile(added, (0.025, 0.5, 0.975))
    shift = (float(middle), float(low), float(high))
    reason = unknown(target, good)
    if target is None or reason is not None:
        return Chance(None, reason), shift
    if ahead.found is None or ahead.at_target is None:
        return Chance(None, ahead.reason or "the target's date has passed"), shift
    told = ahead.found.paths[:, ahead.at_target] + added
    return Chance(chance_in(told, target.value, str(good))), shift


def _parts(needs: Sequence[Need]) -> Iterator[Slider]:
    for one in needs:
        each = one.elasticity
        yield Slider(
            one.metric, one.label, one.unit, one.now, 0.0, each, each, each, "arithmetic",
            "arithmetic: all else as it is now",
        )  # fmt: skip


def _levers(page: Page) -> Iterator[Slider]:
    """Levers whose owner says how much a change gives, and whose present value is recorded."""
    for owner in page.kpi.owners:
        effect = owner.effect
        if owner.lever is None or effect is None or effect.per is None or not effect.per.change:
            continue
        declared = page.project.metrics.get(owner.lever)
        now = _latest(page, owner.lever)
        if declared is None or now is None or now == 0:
            continue
        per = effect.per
        ends = sorted(
            abs(now) / 100 / per.change * (per.gives if end is None else end)
            for end in (per.low, per.high)
        )
        each = abs(now) / 100 / per.change * per.gives
        basis = f"influence: {effect.evidence}"
        if per.low is None or per.high is None:
            basis += ", without a range"
        yield Slider(
            owner.lever, declared.title, declared.unit, now, 0.0, each, min(ends[0], each),
            max(ends[1], each), "influence", basis,
        )  # fmt: skip


def _latest(page: Page, metric: str) -> float | None:
    for key, series in page.known.items():
        if key.metric == metric:
            known = np.flatnonzero(series.complete & ~np.isnan(series.values))
            return float(series.values[known[-1]]) if known.size else None
    return None
