"""Scenario sliders: what moves a KPI, how far it may be moved, and how sure its effect is."""

from __future__ import annotations

import datetime as dt
import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Literal

import numpy as np
import numpy.typing as npt

from sameboat.analysis.scenarios import LEVELS, Mover, Scenario, Spread, Way, limits_of, step_of
from sameboat.errors import UsageError, did_you_mean
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Evidence, Simple
from sameboat.questions.ahead import Ahead
from sameboat.questions.bounds import COUNTED, bounds_of
from sameboat.questions.kpi import Page
from sameboat.questions.outlook.drivers import Chain, Link, chains_of, latest_of, longer
from sameboat.questions.outlook.leaves import Arithmetic, Known
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.wanted import own_grain
from sameboat.store.packing import PackedSeries
from sameboat.units import Unit, format_value

Floats = npt.NDArray[np.float64]

FINEST_SHARE = 0.001
"""A percentage is written with one decimal: finer steps would not be seen."""

RELATIVE = re.compile(r"[+\-−](\d+(?:\.\d+)?)\s*%")
"""A change by a share of the present value: `+10%`."""


@dataclass(frozen=True)
class Slider:
    """Something that moves the KPI: its value now and as moved here, in its own unit.

    It may be moved from `low` to `high`; `least` to `most` is what its own history has seen.
    `gives` is what a tenth more adds to the KPI once it is felt, in the KPI's unit, between
    `gives_low` and `gives_high` 19 times in 20; of a part of the formula these are one. It is
    felt from the period that begins on `felt`. `said` is how the effect is known: `exact`,
    `owner`, `alone` (an owner without a range) or `record`, of `n` periods. `clear` says whether
    the range has one sign, `against` whether that is not the declared one; `expired` whether its
    evidence was to be looked at again. `through` are the metrics on the way.
    """

    metric: str
    label: str
    unit: str | None
    grain: str
    now: float
    value: float
    low: float
    high: float
    step: float
    least: float
    most: float
    kind: Literal["arithmetic", "influence"]
    evidence: Evidence
    said: Literal["exact", "owner", "alone", "record"]
    gives: float = 0.0
    gives_low: float = 0.0
    gives_high: float = 0.0
    lag: str | None = None
    felt: dt.date | None = None
    n: int = 0
    clear: bool = True
    against: bool = False
    expired: bool = False
    through: tuple[str, ...] = ()

    @property
    def change(self) -> float | None:
        """By how much it is moved, as a share of its value now; None from 0."""
        return (self.value - self.now) / abs(self.now) if self.now else None

    @property
    def moved(self) -> bool:
        return self.value != self.now


@dataclass(frozen=True)
class Unmoved:
    """A driver without a slider, and why: nothing says how much it gives."""

    metric: str
    label: str
    evidence: Evidence
    reason: str


def sliders_of(
    page: Page, ahead: Ahead, arithmetic: Arithmetic, known: Known, *, today: dt.date
) -> tuple[Scenario | None, tuple[Slider, ...], tuple[Unmoved, ...]]:
    """The KPI's future with all that moves it, a slider for each, and what has none.

    Without a forecast there is nothing to move.
    """
    if ahead.found is None:
        return None, (), ()
    project, kpi = page.project, page.kpi
    leaves = tuple(leaf.metric for leaf in arithmetic.leaves)
    chains, blind = chains_of(project, kpi, leaves, known, grain=arithmetic.grain, today=today)
    found = [*_parts(project, arithmetic), *_influences(project, page.grain, chains, known)]
    first = Period.holding(ahead.periods[0], page.grain, reckoning_of(project))
    movers = tuple(
        Mover(one.metric, one.now, one.low, one.high,
              tuple(_ways(project, one, leaves, chains, first)))
        for one in found
    )  # fmt: skip
    expression = arithmetic.expression
    factor = longer(project, kpi.metric, arithmetic.grain, page.grain)
    if expression is not None and factor != 1:
        expression = ("*", expression, factor)
    scenario = Scenario(
        tuple(Spread.of(ahead.found.paths[:, at], LEVELS) for at in range(len(ahead.periods))),
        movers, expression, tuple(leaf.now for leaf in arithmetic.leaves), ahead.aim, ahead.bounds,
    )  # fmt: skip
    level = float(ahead.values[~np.isnan(ahead.values)][-1])
    sliders = tuple(
        _told(one, mover, scenario, level, first)
        for one, mover in zip(found, movers, strict=True)
    )  # fmt: skip
    return scenario, sliders, tuple(_unmoved(project, link) for link in blind)


def value_asked(asked: float | str, one: Slider) -> float:
    """The value that a setting means: a number in the driver's unit, or a change such as `+10%`.

    Of a percentage, `12%` is .12. Raises UsageError for text that is no number (`wrong-type`) and
    for what lies outside the limits (`outside-limits`).
    """
    value = _number(asked, one)
    if not math.isfinite(value):
        raise _no_number(asked, one)
    slack = 1e-9 * max(abs(one.low), abs(one.high))
    if not one.low - slack <= value <= one.high + slack:
        low, high = (format_value(end, one.unit) for end in (one.low, one.high))
        raise UsageError(
            "outside-limits",
            f"{one.metric} may be moved from {low} to {high}, not to "
            f"{format_value(value, one.unit)}",
            hint="What lies far beyond its own history cannot be told from it.",
        )
    return min(max(value, one.low), one.high)


def settings_asked(
    asked: Mapping[str, float | str], sliders: Sequence[Slider], unmoved: Sequence[Unmoved]
) -> dict[str, float]:
    """By driver the value that it is moved to. Raises UsageError (`unknown-driver` too)."""
    known = {one.metric: one for one in sliders}
    found = {}
    for name, value in asked.items():
        if name not in known:
            why = next((one.reason for one in unmoved if one.metric == name), None)
            listed = ", ".join(known) or "nothing"
            raise UsageError(
                "unknown-driver",
                f"{name!r} is nothing that this KPI can be moved by here"
                + (f": {why}" if why else ""),
                hint=did_you_mean(name, known) or f"It can be moved by {listed}.",
            )
        found[name] = value_asked(value, known[name])
    return found


def asked_settings(texts: Sequence[str]) -> dict[str, float | str]:
    """By driver the value that texts such as `leads=120` ask for.

    Raises UsageError (`wrong-type`) for a text without both, or a driver that is set twice.
    """
    found: dict[str, float | str] = {}
    for text in texts:
        name, _, value = (part.strip() for part in text.partition("="))
        if not (name and value):
            hint = "Write driver=value, such as leads=120 or leads=+10%."
            raise UsageError("wrong-type", f"{text!r} sets nothing", hint=hint)
        if name in found:
            raise UsageError("wrong-type", f"{name!r} is set twice", hint="Set it once.")
        found[name] = value
    return found


def _number(asked: float | str, one: Slider) -> float:
    if isinstance(asked, bool) or not isinstance(asked, float | int | str):
        raise _no_number(asked, one)
    if not isinstance(asked, str):
        return float(asked)
    text = asked.strip().replace("−", "-")
    relative = RELATIVE.fullmatch(text)
    if relative is not None:
        share = float(relative[1]) / 100
        return one.now + abs(one.now) * (share if text[0] == "+" else -share)
    percent = text.endswith("%")
    if percent and not _is_percent(one.unit):
        raise _no_number(asked, one)
    try:
        value = float(text.removesuffix("%"))
    except ValueError:
        raise _no_number(asked, one) from None
    return value / 100 if percent else value


def _is_percent(unit: str | None) -> bool:
    try:
        return Unit.parse(unit).kind == "percent"
    except UsageError:
        return False


def _no_number(asked: object, one: Slider) -> UsageError:
    now = format_value(one.now, one.unit)
    return UsageError(
        "wrong-type", f"{asked!r} is no value of {one.metric}",
        hint=f"It is {now} now. Write a number in that unit, or a change such as +10%.",
    )  # fmt: skip


# ── what there is to move ────────────────────────────────────────────────────────────────────


def _parts(project: Project, arithmetic: Arithmetic) -> Iterator[Slider]:
    """A slider for each leaf of the formula."""
    for leaf in arithmetic.leaves:
        yield _slider(
            project, leaf.metric, leaf.now, leaf.history, arithmetic.grain,
            kind="arithmetic", evidence="arithmetic", said="exact",
        )  # fmt: skip


def _influences(
    project: Project, watch: str, chains: Sequence[Chain], known: Known
) -> Iterator[Slider]:
    """A slider for each driver whose present value is recorded, as its first way is known."""
    seen = set()
    for chain in chains:
        link = chain.links[0]
        if chain.driver in seen:
            continue
        seen.add(chain.driver)
        grains = (link.grain or own_grain(project, chain.driver, watch),)
        points = latest_of(chain.driver, grains, known)
        if points is None:
            continue
        history = _complete(points)
        now = float(history[~np.isnan(history)][-1])
        assert link.size is not None
        sizes = [one.size for one in chain.links if one.size is not None]
        weakest = "record" if any(s.said == "record" for s in sizes) else link.size.said
        yield replace(
            _slider(
                project, chain.driver, now, history, points.grain,
                kind="influence", evidence=link.evidence, said=weakest,
            ),
            lag=_lag(chain), n=min((s.n for s in sizes if s.n), default=0),
            clear=all(s.clear for s in sizes), against=any(s.against for s in sizes),
            expired=any(one.expired for one in chain.links),
            through=tuple(project.metrics[one.parent].title for one in chain.links[:-1]),
        )  # fmt: skip


def _slider(
    project: Project, metric: str, now: float, history: Floats, grain: str, *,
    kind: Literal["arithmetic", "influence"], evidence: Evidence, said: str,
) -> Slider:  # fmt: skip
    declared = project.metrics[metric]
    bounds = bounds_of(project, metric, history) or (None, None)
    low, high = limits_of(history, now, bounds)
    step = step_of(low, high)
    if isinstance(declared, Simple) and declared.agg in COUNTED:
        step = max(step, 1.0)
    elif _is_percent(declared.unit) and high - low >= 10 * FINEST_SHARE:
        step = max(step, FINEST_SHARE)
    known = history[~np.isnan(history)]
    return Slider(
        metric, declared.title, declared.unit, grain, now, now,
        min(_round_to(low, step, up=True), now), max(_round_to(high, step, up=False), now), step,
        float(known.min()), float(known.max()), kind, evidence, said,  # type: ignore[arg-type]
    )  # fmt: skip


def _round_to(value: float, step: float, *, up: bool) -> float:
    """The next multiple of a step inside the limits."""
    count = value / step
    whole = math.ceil(count - 1e-9) if up else math.floor(count + 1e-9)
    return float(f"{whole * step:.12g}")


def _complete(points: PackedSeries) -> Floats:
    end = int(np.flatnonzero(points.complete & ~np.isnan(points.values))[-1]) + 1
    return np.where(points.complete, points.values, np.nan)[:end]


def _lag(chain: Chain) -> str | None:
    said = [str(link.lag) for link in chain.links if link.lag is not None]
    return " and ".join(said) or None


def _ways(
    project: Project, one: Slider, leaves: tuple[str, ...], chains: Sequence[Chain], first: Period
) -> Iterator[Way]:
    """How a driver reaches the KPI: as a leaf, and by every chain that begins at it."""
    if one.kind == "arithmetic":
        yield Way(leaves.index(one.metric), 0, (1.0,))
    for chain in chains:
        if chain.driver != one.metric:
            continue
        grain = chain.links[0].grain
        longer_by = 1.0 if grain is None else longer(project, one.metric, one.grain, grain)
        draws = tuple(float(f"{draw * longer_by:.7g}") for draw in chain.draws())
        leaf = leaves.index(chain.ends_at) if chain.ends_at in leaves else None
        yield Way(leaf, chain.felt(project, first), draws)


def _told(one: Slider, mover: Mover, scenario: Scenario, level: float, first: Period) -> Slider:
    """The slider with what a tenth more gives, and from when on."""
    tenth = abs(one.now) / 10 or (one.high - one.low) / 10
    gives, low, high = scenario.effect(one.metric, one.now + tenth, level)
    period = first
    for _ in range(min((way.lag for way in mover.ways), default=0)):
        period = period.next()
    return replace(one, gives=gives, gives_low=low, gives_high=high, felt=period.start)


def _unmoved(project: Project, link: Link) -> Unmoved:
    return Unmoved(
        link.child, project.metrics[link.child].title, link.evidence, link.reason or "not known"
    )
