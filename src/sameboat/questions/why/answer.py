"""Why did it move? A KPI's change between two stretches of time, taken apart in exact parts."""

from __future__ import annotations

import datetime as dt
import math
from dataclasses import replace

from sameboat.analysis.decomposition import Method
from sameboat.errors import UsageError, did_you_mean
from sameboat.project.viewer import Viewer
from sameboat.questions.grounds import locks
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.series import Series, Verdict
from sameboat.questions.why.apart import standing_apart
from sameboat.questions.why.branches import (
    rate_to_split,
)
from sameboat.questions.why.checked import answer_checks
from sameboat.questions.why.choices import choices
from sameboat.questions.why.everywhere import everywhere
from sameboat.questions.why.figures import Figure
from sameboat.questions.why.parts import (
    Candidate,
    Explanation,
    Split,
    Unchanged,
    Under,
    best_of,
)
from sameboat.questions.why.question import Question, groups_of
from sameboat.questions.why.remembered import ANSWERS, key_of
from sameboat.questions.why.words import (
    Told,
    headline,
    paragraph,
    unchanged_mix,
    within,
)
from sameboat.questions.workspace import Workspace
from sameboat.units import format_value

METHODS: tuple[Method, ...] = ("shapley", "lmdi")

NEAR = {"day": 14, "week": 28, "month": 62}
"""Days before a window within which what was declared to begin is a candidate."""


def explain(
    workspace: Workspace,
    kpi: str,
    *,
    before: str | None = None,
    after: str | None = None,
    method: Method = "shapley",
    viewer: Viewer,
) -> Explanation:
    """Why a KPI moved between two windows: by its tree, its segments, and in words.

    `kpi` may also be a metric that stands under one, such as a lever, a guardrail or a part of a
    tree: it is split by the `by:` of KPIs over its tables and by what these declare.
    `before` and `after` name a period (`2026-Q2`, `2026-W19`) or a range (`2026-W10..2026-W35`);
    without them the signal's stretch is held against the baseline that it left, and without a
    signal the last period against those before it. `method` is `shapley` or `lmdi`. Answers are
    kept for one state of definitions and data, and for one viewer's rights.

    Raises RequestError for what cannot be asked, Undefined where the KPI has no value in a window.
    """
    if method not in METHODS:
        hint = did_you_mean(str(method), METHODS)
        raise UsageError("wrong-type", f"{method!r} is not a method of splitting", hint=hint)
    if kpi not in workspace.project.metrics:
        workspace.project.kpi(kpi)
    key = key_of(workspace, (kpi, before or "", after or "", method), viewer)
    known = ANSWERS.get(key)
    if known is None:
        known = _answer(Question.of(workspace, kpi, before, after, viewer), method)
        ANSWERS.put(key, known)
    return known


# ── the answer ──────────────────────────────────────────────────────────────────────────────────


def _answer(asked: Question, method: Method) -> Explanation:
    """Everything fetched, then taken apart, then put into words."""
    found, known = asked.first()
    whole = asked.whole(groups_of(found, asked.metric.name))
    totals = asked.totals(found)
    groups, splits = asked.by_dimension(whole, rate_to_split(asked.plan, totals, method), known)
    tree = asked.tree(totals, groups, whole, method)
    best = best_of(splits, whole[1].value - whole[0].value)
    places = asked.places(whole, groups, splits, best)
    apart = standing_apart(
        splits, whole, periods=(asked.before.periods, asked.after.periods),
        repeated=asked.repeated() is not None, good=asked.page.good,
    )  # fmt: skip
    routine = _routine(asked, whole)
    moved = everywhere(splits, places, whole[0].value, whole[1].value)
    told = Told(
        label=asked.page.label, unit=asked.metric.unit, figure_before=whole[0].value,
        figure_after=whole[1].value, before=asked.before, after=asked.after, per=asked.per,
        tree=tree, split=best, splits=splits, places=places,
        candidates=_candidates(asked), routine=routine,
        case_label=asked.cases, unjudged=_unjudged(asked), unfinished=asked.unfinished(),
        apart=apart, means=asked.means, everywhere=None if routine else moved,
    )  # fmt: skip
    if routine and within(told) is None:
        told = replace(told, places=replace(places, places=(), reason="nowhere: it is routine"))
    said, reason = headline(told)
    return Explanation(
        kpi=asked.kpi.name, label=asked.page.label, metric=asked.metric.name,
        unit=asked.metric.unit, good=asked.page.good, headline=said, reason=reason,
        paragraph=paragraph(told), verdict=_verdict(asked, told), before=asked.before,
        after=asked.after, figure_before=whole[0].value, figure_after=whole[1].value,
        per=asked.per, means=asked.means, tree=tree, splits=splits, places=told.places,
        candidates=told.candidates,
        unchanged=_unchanged(asked, splits, best), checks=answer_checks(told),
        company=asked.page.company, minimum_group=asked.page.minimum_group,
        definitions=asked.page.definitions, demo=asked.page.demo, watched=asked.page.watched,
        cases=asked.cases, is_kpi=asked.subject.declared,
        parts=tuple(step.name for step in tree.steps if step.name in asked.project.metrics),
        series=asked.page.series, apart=apart, under=_under(asked), everywhere=told.everywhere,
        choices=choices(
            asked.page, reckoning_of(asked.project), locks(asked.project, asked.kpi),
            before=asked.before, after=asked.after, told=not asked.named,
        ),
    )  # fmt: skip


# ── words and companions ────────────────────────────────────────────────────────────────────────


def _routine(asked: Question, whole: tuple[Figure, Figure]) -> bool:
    """Whether the change is within what routine variation gives.

    Where the windows are the chart's own, its verdict says so. Of windows that were asked
    for, the means are compared by the spread that the chart's limits stand for; where the
    chart watches another metric or other periods, nothing is said.
    """
    series = asked.page.series
    if asked.page.verdict.is_signal and _holds_signal(asked, series):
        return False
    if not asked.named and asked.page.verdict.state in ("routine", "short"):
        return True
    phase = next(
        (p for p in reversed(series.phases) if series.periods[p.first] <= asked.after.end), None
    )
    if phase is None or series.metric != asked.metric.name:
        return False
    low, high = phase.likely or (phase.lower, phase.upper)
    spread = (high - low) / 6
    if asked.before.grain != series.grain or spread <= 0:
        return False
    among = math.sqrt(1 / asked.before.periods + 1 / asked.after.periods)
    return abs(whole[1].value - whole[0].value) <= 3 * spread * among


def _unjudged(asked: Question) -> str | None:
    """Why nothing says whether the change is routine; None where something does."""
    series, verdict = asked.page.series, asked.page.verdict
    if not asked.named:
        judged = verdict.is_signal or verdict.state in ("routine", "short")
        return None if judged else _lowered(verdict.words)
    if series.metric != asked.metric.name:
        return f"the chart watches {asked.page.watched or series.label}"
    if asked.before.grain != series.grain:
        return f"the chart is of {series.grain}s"
    return None if series.phases else "the chart has no limits yet"


def _holds_signal(asked: Question, series: Series) -> bool:
    """Whether a point that a rule singled out lies in the second window."""
    days = (series.periods[signal.index] for signal in series.signals)
    return any(asked.after.start <= day <= asked.after.end for day in days)


def _verdict(asked: Question, told: Told) -> Verdict:
    """The change as a verdict: worse or better by which way is good."""
    went = f"{told.figure(told.figure_before)} → {told.figure(told.figure_after)}"
    if told.routine:
        return Verdict("routine", f"Routine: {went}")
    if told.change == 0 or asked.page.good not in ("up", "down"):
        return Verdict("routine", went)
    better = (told.change > 0) == (asked.page.good == "up")
    return Verdict("better", f"Better: {went}") if better else Verdict("worse", f"Worse: {went}")


def _candidates(asked: Question) -> tuple[Candidate, ...]:
    """Events and versions of the definition that began in the second window or just before."""
    near = dt.timedelta(days=NEAR.get(asked.after.grain, 92))
    found = []
    for event in asked.project.events.values():
        if event.kpis and not asked.subject.concerned & set(event.kpis):
            continue
        if asked.before.start <= event.from_ <= asked.after.end:
            words = event.description or (event.kind or "").replace("_", " ")
            late = event.from_ >= asked.after.start - near
            found.append((not late, Candidate(event.title, event.from_, "event", words)))
    for change in asked.page.series.breaks:
        if asked.before.start < change.at <= asked.after.end:
            words = change.why or "another version of the definition"
            found.append((False, Candidate(change.label, change.at, "definition", words)))
    order = sorted(found, key=lambda one: (one[0], abs((one[1].at - asked.after.start).days)))
    return tuple(one for _, one in order)


def _unchanged(
    asked: Question, splits: tuple[Split, ...], best: Split | None
) -> tuple[Unchanged, ...]:
    """Levers whose verdict is routine, and dimensions whose mix stayed."""
    found = {}
    for row in asked.page.levers:
        if row.verdict.state in ("routine", "short") and row.pull.lever:
            figure = format_value(row.value, row.unit)
            found[row.pull.lever] = Unchanged(
                row.pull.lever_label or row.pull.lever, figure, row.verdict, row.pull.lever
            )
    quiet = Verdict("routine", "Hardly moved")
    mixes = (Unchanged(label, words, quiet) for label, words in unchanged_mix(splits, best))
    return (*found.values(), *mixes)


def _under(asked: Question) -> tuple[Under, ...]:
    """What is declared to influence the figure: the tree's drivers first, then teams' levers."""
    project = asked.project
    drivers = (one for one in project.drivers if one.metric == asked.metric.name)
    names = dict.fromkeys(one.influenced_by for one in drivers)
    levers = dict.fromkeys(row.pull.lever for row in asked.page.levers)
    return tuple(
        Under(name, project.metrics[name].title, "driver" if name in names else "lever")
        for name in (*names, *(lever for lever in levers if lever not in names))
        if name and name in project.metrics
    )


def _lowered(words: str) -> str:
    return words[:1].lower() + words[1:]


__all__ = ["METHODS", "Explanation", "explain"]
