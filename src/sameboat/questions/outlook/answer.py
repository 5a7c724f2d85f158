"""Will we make it? A forecast, the chance to hit the target, and what would have to be true."""

from __future__ import annotations

import datetime as dt
from collections.abc import Mapping
from dataclasses import dataclass, replace

from sameboat.errors import UsageError
from sameboat.project.viewer import Viewer
from sameboat.questions.ahead import Ahead, look_ahead
from sameboat.questions.judging import plain_series
from sameboat.questions.kpi import Page
from sameboat.questions.outlook.needs import Need, needs_of
from sameboat.questions.outlook.sliders import Slider, moved, sliders_of
from sameboat.questions.series import Chance, Series, TargetPath
from sameboat.questions.targets import target_of, target_series
from sameboat.questions.workspace import Workspace
from sameboat.store.points import last_run

__all__ = ["Need", "Outlook", "Slider", "outlook"]


@dataclass(frozen=True)
class Outlook:
    """What may become of a KPI; figures in its unit, one per period ahead, oldest first.

    `lower` and `upper` hold the ends of the 80 and 95 % intervals. `at_target` is the place of
    the target's period. Without a forecast, `reason` says why. `chance` is of what was recorded;
    `with_sliders` of what the sliders say, None where none is moved, and `shift` what they add at
    the end. `stale_since`: nothing is said of the chance while the source is late.
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


def outlook(
    workspace: Workspace,
    name: str,
    *,
    viewer: Viewer,
    horizon: int | None = None,
    settings: Mapping[str, float] | None = None,
    as_known_at: dt.datetime | None = None,
) -> Outlook:
    """The forecast of a KPI from the points of the last refresh, or of one known in the past.

    It reaches to the target's date, or over `horizon` periods. `settings` move the sliders: by
    metric, by how much it changes, as a share of its present value.

    Raises RequestError (`unknown-kpi`), UsageError for a horizon below 1 or an unknown slider.
    """
    if horizon is not None and horizon < 1:
        raise UsageError("wrong-type", f"a horizon has one period or more, not {horizon}")
    page = Page.of(workspace, name, viewer=viewer, as_known_at=as_known_at)
    project, kpi, metric = page.project, page.kpi, page.metric
    points = page.points(kpi.metric, page.grain)
    good = metric.good if isinstance(metric.good, str) else None
    named = target_series(project, kpi)
    target = target_of(project, kpi, page.last_day(points), page.points(*named) if named else None)
    run = last_run(page.workspace.record, as_known_at=as_known_at)
    label = kpi.label or metric.title
    empty = Outlook(
        company=project.root.title, kpi=kpi.name, label=label, unit=metric.unit, good=good,
        grain=page.grain, series=Series(kpi.metric, label, metric.unit, page.grain, (), ()),
        target=target, chance=Chance(None, "not computed yet"), periods=(), mean=(), lower={},
        upper={}, at_target=None, method=None, reason="not computed yet", notes=(), needs=(),
        needs_reason="not computed yet", sliders=(), with_sliders=None, shift=None,
        refreshed_at=run.finished_at if run else None,
        minimum_group=project.root.privacy.minimum_group, definitions=project.digest[:7],
        demo="demo" in project.root.tags, stale_since=page.stale(kpi.metric),
    )  # fmt: skip
    if points is None:
        return empty
    ahead = look_ahead(project, kpi, points, target, horizon=horizon)
    needs, needs_reason = needs_of(page, ahead, target)
    sliders = sliders_of(page, points, needs, settings or {})
    return _with_forecast(
        replace(
            empty,
            series=plain_series(points, label=label, unit=metric.unit),
            chance=ahead.chance(target, metric.good),
            reason=ahead.reason, at_target=ahead.at_target, notes=ahead.notes,
            needs=needs, needs_reason=needs_reason, sliders=sliders,
        ),
        ahead,
        metric.good,
    )  # fmt: skip


def _with_forecast(answer: Outlook, ahead: Ahead, good: object) -> Outlook:
    """The answer with what the forecast says, and with what the sliders make of it."""
    if answer.stale_since is not None:
        answer = replace(answer, chance=Chance(None, "until the source is back"))
    found = ahead.found
    if found is None:
        return answer
    levels = tuple(found.lower)
    answer = replace(
        answer,
        periods=ahead.periods,
        mean=tuple(found.mean.tolist()),
        lower={level: tuple(found.lower[level].tolist()) for level in levels},
        upper={level: tuple(found.upper[level].tolist()) for level in levels},
        method=found.method,
    )
    if all(slider.change == 0 for slider in answer.sliders):
        return answer
    after, shift = moved(ahead, answer.sliders, answer.target, good)
    if answer.stale_since is not None:
        after = answer.chance
    return replace(answer, with_sliders=after, shift=shift)
