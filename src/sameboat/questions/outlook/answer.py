"""Will we make it? A forecast, the chance to hit the target, and what would have to be true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sameboat.analysis.scenarios import Moved, Scenario
from sameboat.errors import UsageError
from sameboat.project.viewer import Viewer
from sameboat.questions.ahead import Ahead, look_ahead
from sameboat.questions.judging import plain_series
from sameboat.questions.kept import Kept, state_of
from sameboat.questions.kpi import Page
from sameboat.questions.outlook.drivers import wanted_ends
from sameboat.questions.outlook.leaves import arithmetic_of, wanted_parts
from sameboat.questions.outlook.needs import Need, Needs, needs_of
from sameboat.questions.outlook.sliders import Slider, Unmoved, settings_asked, sliders_of
from sameboat.questions.series import Chance, Series, TargetPath
from sameboat.questions.targets import target_of, target_series
from sameboat.questions.workspace import Workspace
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey, last_run, many
from sameboat.store.runs import RunRecord

__all__ = ["Milestone", "Need", "Needs", "Outlook", "Slider", "Unmoved", "outlook"]


@dataclass(frozen=True)
class Milestone:
    """A value that is due on a day before the target's, and the chance to be there by then."""

    by: dt.date
    value: float
    chance: float


@dataclass(frozen=True)
class Outlook:
    """What may become of a KPI; figures in its unit, one per period ahead, oldest first.

    `lower` and `upper` hold the ends of the 80 and 95 % intervals. `at_target` is the place of
    the target's period, None where it lies beyond those shown. Without a forecast, `reason` says
    why. `chance` is of what was recorded; `with_sliders` of what the sliders say, None where none
    is moved, `moved` the future then, and `shift` what they add at the end with its 95 % range.
    `nearest` is the chance to be at the target by the last period that anything can be said of,
    where its own lies beyond. `scenario` is what the sliders are reckoned by. `stale_since`:
    nothing is said of the chance while the source is late.
    """

    company: str
    kpi: str
    label: str
    unit: str | None
    good: str | None
    grain: str
    series: Series
    target: TargetPath | None
    chance: Chance
    periods: tuple[dt.date, ...]
    mean: tuple[float, ...]
    lower: Mapping[int, tuple[float, ...]]
    upper: Mapping[int, tuple[float, ...]]
    at_target: int | None
    method: str | None
    reason: str | None
    notes: tuple[str, ...]
    needs: tuple[Need, ...]
    needs_reason: str | None
    sliders: tuple[Slider, ...]
    with_sliders: Chance | None
    shift: tuple[float, float, float] | None
    refreshed_at: dt.datetime | None
    minimum_group: int
    definitions: str
    demo: bool = False
    stale_since: dt.date | None = None
    unmoved: tuple[Unmoved, ...] = ()
    moved: Moved | None = None
    needed: Needs | None = None
    milestones: tuple[Milestone, ...] = ()
    nearest: Milestone | None = None
    known: float | None = None
    """Of a target over a sum or mean, what has come of it already."""
    scenario: Scenario | None = None


def outlook(
    workspace: Workspace,
    name: str,
    *,
    viewer: Viewer,
    horizon: int | None = None,
    settings: Mapping[str, float | str] | None = None,
    as_known_at: dt.datetime | None = None,
) -> Outlook:
    """The forecast of a KPI from the points of the last refresh, or of one known in the past.

    It reaches to the target's date, or over `horizon` periods. `settings` move what moves it: by
    driver the value that it is to have, in its unit, or a text such as `+10%`. What was reckoned
    is kept for one state of definitions and data, and for one viewer's rights.

    Raises RequestError (`unknown-kpi`), UsageError for a horizon below 1, an unknown driver
    (`unknown-driver`), a value that is none (`wrong-type`) or beyond its limits
    (`outside-limits`), Undefined where the formula has no value there (`scenario-undefined`).
    """
    if horizon is not None and horizon < 1:
        raise UsageError("wrong-type", f"a horizon has one period or more, not {horizon}")
    page = Page.of(workspace, name, viewer=viewer, as_known_at=as_known_at)
    kpi, good = page.kpi, page.metric.good
    points = page.points(kpi.metric, page.grain)
    named = target_series(page.project, kpi)
    due = page.points(*named) if named else None
    target = target_of(page.project, kpi, page.last_day(points), due)
    run = last_run(page.workspace.record, as_known_at=as_known_at)
    empty = _empty(page, target, run)
    if points is None or run is None:
        return _with_settings(empty, settings or {}, None)
    key = (*state_of(page.workspace, run, viewer), name, horizon, as_known_at, target)
    known = _KEPT.get(key, lambda: _reckoned(page, points, target, horizon))
    ahead = known.ahead
    is_over_all = target is not None and target.over != "last" and ahead.aim is not None
    answer = replace(
        empty,
        series=plain_series(points, label=empty.label, unit=empty.unit),
        chance=ahead.chance(target, good), reason=ahead.reason, notes=ahead.notes,
        needs=known.needs.leaves, needs_reason=known.needs.reason, needed=known.needs,
        sliders=known.sliders, unmoved=known.unmoved, milestones=known.milestones,
        nearest=known.nearest, known=ahead.aim.known if is_over_all and ahead.aim else None,
        scenario=known.scenario,
    )  # fmt: skip
    if answer.stale_since is not None:
        answer = replace(answer, chance=Chance(None, "until the source is back"))
    return _with_settings(_drawn(answer, ahead, horizon), settings or {}, known)


def _empty(page: Page, target: TargetPath | None, run: RunRecord | None) -> Outlook:
    """What can be said before anything was computed."""
    project, kpi, metric = page.project, page.kpi, page.metric
    label = kpi.label or metric.title
    return Outlook(
        company=project.root.title, kpi=kpi.name, label=label, unit=metric.unit,
        good=metric.good if isinstance(metric.good, str) else None,
        grain=page.grain, series=Series(kpi.metric, label, metric.unit, page.grain, (), ()),
        target=target, chance=Chance(None, "not computed yet"), periods=(), mean=(), lower={},
        upper={}, at_target=None, method=None, reason="not computed yet", notes=(), needs=(),
        needs_reason="not computed yet", sliders=(), with_sliders=None, shift=None,
        refreshed_at=run.finished_at if run else None,
        minimum_group=project.root.privacy.minimum_group, definitions=project.digest[:7],
        demo="demo" in project.root.tags, stale_since=page.stale(kpi.metric),
    )  # fmt: skip


# ── what is reckoned once ────────────────────────────────────────────────────────────────────


@dataclass(frozen=True, eq=False)
class _Reckoned:
    """Everything of an outlook that no slider changes."""

    ahead: Ahead
    needs: Needs
    scenario: Scenario | None
    sliders: tuple[Slider, ...]
    unmoved: tuple[Unmoved, ...]
    milestones: tuple[Milestone, ...]
    nearest: Milestone | None


_KEPT: Kept[_Reckoned] = Kept(64)


def _reckoned(
    page: Page, points: PackedSeries, target: TargetPath | None, horizon: int | None
) -> _Reckoned:
    project, kpi, good = page.project, page.kpi, page.metric.good
    ahead = look_ahead(project, kpi, points, target, horizon=horizon)
    wanted = {*wanted_parts(project, kpi, page.grain), *wanted_ends(project, kpi)}
    keys = [SeriesKey.of(metric, grain) for metric, grain in wanted]
    known = {**page.known, **many(page.workspace.record, keys, as_known_at=page.as_known_at)}
    arithmetic = arithmetic_of(project, kpi, points, known)
    needs = needs_of(project, ahead, arithmetic, target, good)
    scenario, sliders, unmoved = sliders_of(
        page, ahead, arithmetic, known, today=page.workspace.now.date()
    )
    milestones, nearest = _on_the_way(ahead, target, good)
    if ahead.found is not None:  # megabytes, and nothing asks for them any more
        ahead = replace(ahead, found=replace(ahead.found, paths=ahead.found.paths[:0]))
    return _Reckoned(ahead, needs, scenario, sliders, unmoved, milestones, nearest)


def _on_the_way(
    ahead: Ahead, target: TargetPath | None, good: object
) -> tuple[tuple[Milestone, ...], Milestone | None]:
    """The steps that are due before the target's date, and the last day that can be told of."""
    if target is None or good not in ("up", "down") or not ahead.periods or target.over != "last":
        return (), None
    starts = [*ahead.periods]
    steps = []
    if target.kind == "steps":
        due = {day: value for day, value in target.path if day <= (target.by or day)}
        for day, value in due.items():
            place = sum(1 for start in starts if start <= day) - 1
            chance = ahead.chance_at(place, value, str(good))
            if place >= 0 and chance is not None and (place < len(starts) - 1 or not ahead.too_far):
                steps.append(Milestone(day, value, chance))
    nearest = None
    if ahead.too_far is not None:
        last = len(starts) - 1
        chance = ahead.chance_at(last, target.value, str(good))
        if chance is not None:
            nearest = Milestone(starts[last], target.value, chance)
    return tuple(steps), nearest


# ── what is shown ────────────────────────────────────────────────────────────────────────────


def _drawn(answer: Outlook, ahead: Ahead, horizon: int | None) -> Outlook:
    """The answer with the periods of the forecast that were asked for."""
    found = ahead.found
    if found is None:
        return answer
    shown = slice(0, horizon)
    at = ahead.at_target
    return replace(
        answer,
        periods=ahead.periods[shown],
        mean=tuple(found.mean[shown].tolist()),
        lower={level: tuple(found.lower[level][shown].tolist()) for level in found.lower},
        upper={level: tuple(found.upper[level][shown].tolist()) for level in found.upper},
        at_target=at if at is not None and (horizon is None or at < horizon) else None,
        method=found.method,
    )


def _with_settings(
    answer: Outlook, settings: Mapping[str, float | str], known: _Reckoned | None
) -> Outlook:
    """The answer with its sliders moved, and what that makes of the forecast."""
    if not settings:
        return answer
    if known is None or known.scenario is None:
        raise UsageError(
            "nothing-to-move", f"without a forecast nothing can be moved: {answer.reason}",
            hint="A refresh computes the points, and a few complete periods are needed.",
        )  # fmt: skip
    values = settings_asked(settings, answer.sliders, answer.unmoved)
    sliders = tuple(replace(one, value=values.get(one.metric, one.value)) for one in answer.sliders)
    answer = replace(answer, sliders=sliders)
    if not any(one.moved for one in sliders):
        return answer
    moved = known.scenario.moved({one.metric: one.value for one in sliders if one.moved})
    after = answer.chance if moved.chance is None else Chance(moved.chance)
    if answer.stale_since is not None:
        after = answer.chance
    shift = (moved.shift, moved.shift_low, moved.shift_high)
    return replace(answer, with_sliders=after, moved=moved, shift=shift)
