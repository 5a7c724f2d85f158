"""The question why: its windows, how its figures are read, and everything fetched of them."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass

from sameboat.analysis.decomposition import Method
from sameboat.compiler.source import coarseness
from sameboat.errors import SameboatError, Undefined
from sameboat.periods import Period
from sameboat.project.declared import Project
from sameboat.project.model import Kpi, Metric, Ratio
from sameboat.project.viewer import Viewer
from sameboat.project.vocabulary import TEAM_VIEWS
from sameboat.questions.beginnings import PART
from sameboat.questions.kpi_parts import KpiAnswer
from sameboat.questions.privacy import subject_floor
from sameboat.questions.reckoning import reckoning_of
from sameboat.questions.wanted import adds_up, finest_grain, tables_of
from sameboat.questions.why.branches import (
    TreePlan,
    dimension_label,
    split_tree,
    tree_plan,
    whole_only,
)
from sameboat.questions.why.fetched import Found, at_once
from sameboat.questions.why.figures import Asked, Figure, Grouped, Measure, measure
from sameboat.questions.why.parts import (
    Localised,
    Split,
    Tree,
    Window,
)
from sameboat.questions.why.splits import (
    Sides,
    localised,
    seen_share,
    split_by,
    telling,
    with_rest,
)
from sameboat.questions.why.subjects import Subject, counts_by_period, subject_of
from sameboat.questions.why.windows import is_unfinished, windows
from sameboat.questions.workspace import Workspace, local_now
from sameboat.store.points import last_run

MOST_DIMENSIONS = 12
"""Dimensions that are shown: of more, those that tell most."""

MOST_ASKED = 200
"""Dimensions that are looked at to choose those."""

LESS = f"their segments depart less from their share of the change than those of {MOST_DIMENSIONS}"
"""Why a dimension that was looked at is not shown."""

MOST_CROSSED = 5
"""Dimensions whose combinations are searched together: those that tell most."""

MOST_COMBINATIONS = 200_000
"""How many combinations these may have at most; a dimension of too many values is left out."""

SEEN = 0.9
"""The share of all cases that must lie in groups that may be shown for a search to be whole."""

Windows = tuple[Window, Window]

CASES_EACH = 10
"""Cases for each combination, on average, from three dimensions on: fewer tell only noise."""


@dataclass(frozen=True)
class Question:
    """What is asked, of which windows, and how the KPI and its tree are read."""

    workspace: Workspace
    viewer: Viewer
    page: KpiAnswer
    kpi: Kpi
    metric: Metric
    read: Measure
    plan: TreePlan
    before: Window
    after: Window
    floor: int
    named: bool  # the windows were asked for, not told by the chart
    subject: Subject

    @classmethod
    def of(
        cls, workspace: Workspace, name: str, before: str | None, after: str | None, viewer: Viewer
    ) -> Question:
        project = workspace.project
        subject = subject_of(workspace, name, viewer=viewer)
        kpi, page = subject.kpi, subject.page
        metric = project.metric(kpi.metric)
        finest = finest_grain(project, metric.name)
        today = local_now(workspace).date()
        old, new = windows(project, page, before=before, after=after, finest=finest, today=today)
        for window in (old, new):
            _refuse_unknown(project, page, metric.name, window)
        floor = max((subject_floor(project, t) for t in tables_of(project, metric.name)), default=0)
        return cls(
            workspace, viewer, page, kpi, metric, measure(project, metric),
            tree_plan(project, metric), old, new, floor, bool(before or after), subject,
        )  # fmt: skip

    @property
    def project(self) -> Project:
        return self.workspace.project

    def asked(
        self, by: tuple[str, ...], measures: tuple[Measure, ...] = (),
        windows: Windows | None = None,
    ) -> Asked:  # fmt: skip
        old, new = windows or (self.before, self.after)
        unique = tuple({one.metric: one for one in measures or (self.read,)}.values())
        return Asked(unique, by, old, new)

    def ask_all(self, asked: Sequence[Asked]) -> list[Found]:
        return at_once(self.workspace, asked, viewer=self.viewer)

    def whole(self, found: Grouped) -> tuple[Figure, Figure]:
        """The KPI in both windows. Raises Undefined where it has no value in one."""
        sides = []
        for side, window in ((found.before, self.before), (found.after, self.after)):
            figure = side.get(())
            if figure is None or not math.isfinite(figure.value):
                raise Undefined(
                    "undefined",
                    f"{self.page.label} has no value in {window.label!r} "
                    f"({window.start} to {window.end}): no denominator, no rows, or too few cases",
                )
            sides.append(figure)
        return sides[0], sides[1]

    def first(self) -> tuple[Found, list[Found]]:
        """The whole of the KPI and of its tree's leaves, and with it the same of each dimension.

        All of it is one request where the leaves are of the KPI's own tables and there are few
        dimensions; else the dimensions are asked when it is known what of them is needed. Under a
        floor they are, too: who is around a group is counted once more for each leaf.
        """
        measures = (self.read, *self.plan.measures.values())
        tables = set(tables_of(self.project, self.metric.name))
        alike = not self.floor and all(
            one.adds_over_time == self.read.adds_over_time
            and set(tables_of(self.project, one.metric)) == tables
            for one in measures
        )
        few = self.kpi.by[:MOST_ASKED] if len(self.kpi.by) <= MOST_DIMENSIONS else ()
        sets = [(one,) for one in few] if alike else []
        found, *others = self.ask_all([self.asked(by, measures) for by in ((), *sets)])
        return found, [] if any(map(_failed, others)) else others

    def by_dimension(
        self, whole: tuple[Figure, Figure], rate: Measure | None, known: Sequence[Found] = ()
    ) -> tuple[dict[str, dict[str, Grouped]], tuple[Split, ...]]:
        """Per dimension the groups of the KPI and of its tree's largest rate, and the split.

        `known` has these, where they came with the whole. Of more dimensions than are shown, all
        are asked of the KPI alone first; those are shown in which a segment departs most from its
        share of the change.
        """
        asked = self.kpi.by[:MOST_ASKED]
        many = len(asked) > MOST_DIMENSIONS
        groups: dict[str, dict[str, Grouped]] = {}
        splits: dict[str, Split] = {}
        answers = known or self._groups(asked, None if many else rate)
        for dimension, found in zip(asked, answers, strict=True):
            label = dimension_label(self.project, dimension)
            if isinstance(found, SameboatError):
                splits[dimension] = Split(dimension, label, "ratio", reason=found.why)
                continue
            if not self.subject.declared and _is_one(found[self.metric.name]):
                continue
            groups[dimension] = found
            splits[dimension] = split_by(
                dimension, label, self.read, whole, found[self.metric.name],
                weight_label=self.cases, names=self._names(dimension), floor=self.floor,
                periods=(self.before.periods, self.after.periods), repeated=self.repeated(),
                whole_only=whole_only(self.metric),
            )  # fmt: skip
        if many:
            change = whole[1].value - whole[0].value
            order = sorted(splits, key=lambda name: -telling(splits[name], change))
            shown = [name for name in splits if name in order[:MOST_DIMENSIONS]]
            groups = {name: groups[name] for name in shown if name in groups}
            if rate is not None:
                again = self._groups(tuple(groups), rate)
                groups |= {
                    name: found
                    for name, found in zip(groups, again, strict=True)
                    if not isinstance(found, SameboatError)
                }
            for name in set(order) - set(shown):
                splits[name] = self._not_shown(name, LESS)
        left = f"only the first {MOST_ASKED} dimensions are looked at"
        return groups, (
            *splits.values(),
            *(self._not_shown(name, left) for name in self.kpi.by[MOST_ASKED:]),
        )

    def _not_shown(self, dimension: str, reason: str) -> Split:
        label = dimension_label(self.project, dimension)
        return Split(dimension, label, "ratio", reason=reason, beyond=True)

    def _groups(self, dimensions: tuple[str, ...], rate: Measure | None) -> list[Found]:
        """What each dimension has of the KPI and of a rate; of the KPI alone where it must be."""
        found: list[Found] = []
        measures = (self.read,) if rate is None else (self.read, rate)
        if rate is None or rate.adds_over_time == self.read.adds_over_time:
            found = self.ask_all([self.asked((one,), measures) for one in dimensions])
        lacking = [n for n in range(len(dimensions)) if not found or _failed(found[n])]
        if rate is not None and lacking:
            again = self.ask_all([self.asked((dimensions[n],)) for n in lacking])
            found = found or [SameboatError("undefined", "not asked yet")] * len(dimensions)
            for number, one in zip(lacking, again, strict=True):
                found[number] = one
        return found

    def unfinished(self) -> tuple[Window, ...]:
        """The windows whose last period has not ended, or not settled, in the data."""
        run = last_run(self.workspace.record)
        tables = tables_of(self.project, self.metric.name)
        loads = [run.tables[t].loaded_at for t in tables if run and t in run.tables]
        now = min([self.workspace.now, *(moment for moment in loads if moment is not None)])
        return tuple(
            window
            for window in (self.before, self.after)
            if is_unfinished(self.project, self.metric.name, window, now)
        )

    def repeated(self) -> tuple[int, int] | None:
        """How often each window counts the same cases: once a period where rows are by period."""
        apart = any(counts_by_period(self.project, one) for one in self.subject.tables)
        return (self.before.periods, self.after.periods) if apart else None

    def totals(self, found: Found) -> dict[str, tuple[Figure, Figure]] | str:
        """The tree's leaves in both windows, or why one of them has no figure."""
        figures = {}
        for name in self.plan.measures:
            grouped = groups_of(found, name)
            old, new = grouped.before.get(()), grouped.after.get(())
            if old is None or new is None:
                lacking = self.before if old is None else self.after
                return f"{self.project.metrics[name].title} has no value in {lacking.label!r}"
            figures[name] = (old, new)
        return figures

    def tree(
        self,
        figures: dict[str, tuple[Figure, Figure]] | str,
        groups: Mapping[str, Mapping[str, Grouped]],
        whole: tuple[Figure, Figure],
        method: Method,
    ) -> Tree:
        if isinstance(figures, str):
            return Tree(self.plan.shown, method, reason=figures)
        sides: dict[str, dict[str, Sides]] = {}
        for dimension, found in groups.items():
            sides[dimension] = {}
            for name, grouped in found.items():
                if name not in figures:
                    continue
                try:
                    amounts = self.plan.measures[name].kind == "sum"
                    sides[dimension][name], _ = with_rest(
                        figures[name], grouped, floor=self.floor, amounts=amounts
                    )
                except ValueError:
                    continue
        periods = (self.before.periods, self.after.periods)
        return split_tree(
            self.project, self.plan, whole, figures, sides, periods=periods, method=method
        )

    def places(
        self,
        whole: tuple[Figure, Figure],
        groups: Mapping[str, Mapping[str, Grouped]],
        splits: tuple[Split, ...],
        best: Split | None,
    ) -> Localised:
        """The search over combinations: all dimensions, or as many as may be shown together."""
        names = self._to_cross(whole, groups, splits)
        if self.read.kind == "value" or not names:
            why = "there are no segments" if not names else whole_only(self.metric)
            return Localised(names, reason=why)
        total = whole[1].value - whole[0].value
        weighty = (
            self.read.kind == "ratio" and best is not None and (abs(best.mix) > 0.5 * abs(total))
        )
        by, found, pair, searched = self._crossed(whole, names)
        if found is None:
            return Localised(names, reason="its combinations could not be counted")
        spoken = {name: self._names(name) for name in by}
        return localised(self.read, pair, found, by_weight=weighty, names=spoken, searched=searched)

    def _to_cross(
        self,
        whole: tuple[Figure, Figure],
        groups: Mapping[str, Mapping[str, Grouped]],
        splits: tuple[Split, ...],
    ) -> tuple[str, ...]:
        """The dimensions that tell most, in that order; as many as have few enough combinations."""
        change = whole[1].value - whole[0].value
        known = {split.dimension: telling(split, change) for split in splits if split.rows}
        order = sorted(groups, key=lambda name: -known.get(name, -1.0))
        chosen: list[str] = []
        count = 1
        cases = min(one.n or math.inf for one in whole)
        for name in order:
            found = groups[name][self.metric.name]
            values = len({*found.before, *found.after}) + found.kept_back
            most = MOST_COMBINATIONS if len(chosen) < 2 else cases / CASES_EACH
            few = not found.folded and count * max(values, 1) <= min(most, MOST_COMBINATIONS)
            if len(chosen) < MOST_CROSSED and few:
                chosen.append(name)
                count *= max(values, 1)
        return tuple(chosen)

    def _crossed(
        self, whole: tuple[Figure, Figure], names: tuple[str, ...]
    ) -> tuple[tuple[str, ...], Grouped | None, tuple[Figure, Figure], str | None]:
        """The finest combination of dimensions of which most cases may be shown."""
        own = (self.before, self.after)
        inner = self._whole_months()
        finest: list[tuple[tuple[str, ...], Windows]] = [(names, inner or own)]
        if len(names) > 2:
            finest += [(two, inner or own) for two in itertools.combinations(names, 2)]
        best: tuple[float, tuple[str, ...], Grouped, tuple[Figure, Figure], str | None] | None
        best = None
        for tries in (finest, [(names, own)] if inner else []):
            for by, pair, base, found in self._tried(tries, whole):
                searched = None if pair == own else f"{_months(pair[1])} against {_months(pair[0])}"
                seen = seen_share(base, found, self.read.kind)
                if best is None or seen > best[0]:
                    best = seen, by, found, base, searched
                if seen >= SEEN:
                    return by, found, base, searched
        if best is None:
            return names, None, whole, None
        return best[1:]

    def _tried(
        self, tries: Sequence[tuple[tuple[str, ...], Windows]], whole: tuple[Figure, Figure]
    ) -> Iterator[tuple[tuple[str, ...], Windows, tuple[Figure, Figure], Grouped]]:
        """Combinations over their windows, as far as they can be counted, with their wholes."""
        own = (self.before, self.after)
        others = list(dict.fromkeys(pair for _, pair in tries if pair != own))
        asked = [self.asked((), windows=pair) for pair in others]
        asked += [self.asked(by, windows=pair) for by, pair in tries]
        answers = self.ask_all(asked)
        wholes = {own: whole}
        for pair, found in zip(others, answers[: len(others)], strict=True):
            with suppress(SameboatError):  # the windows themselves are tried then
                wholes[pair] = self.whole(groups_of(found, self.metric.name))
        for (by, pair), found in zip(tries, answers[len(others) :], strict=True):
            if pair in wholes and not isinstance(found, SameboatError):
                yield by, pair, wholes[pair], found[self.metric.name]

    def _whole_months(self) -> tuple[Window, Window] | None:
        """The whole months inside both windows: groups of cut months may rarely be shown."""
        if not self.floor or coarseness(self.before.grain) >= coarseness("month"):
            return None
        found = []
        for window in (self.before, self.after):
            reckoning = reckoning_of(self.project)
            month = Period.holding(window.start, "month", reckoning)
            if month.start < window.start:
                month = month.next()
            months = []
            while month.end <= window.end:
                months.append(month)
                month = month.next()
            if not months:
                return None
            found.append(Window(months[0].start, months[-1].end, "", len(months), "month"))
        return found[0], found[1]

    @property
    def per(self) -> str | None:
        return self.before.grain.replace("_", " ") if self.read.kind == "sum" else None

    @property
    def means(self) -> str | None:
        """The periods whose mean stands for a window of several, where nothing else can."""
        several = max(self.before.periods, self.after.periods) > 1
        grain = self.before.grain.replace("_", " ")
        return grain if self.read.kind == "value" and several else None

    @property
    def cases(self) -> str | None:
        """What a ratio's denominator counts, in words."""
        if not isinstance(self.metric, Ratio):
            return None
        below = self.project.metrics.get(self.metric.denominator.metric)
        return below.title.lower() if below else None

    def _names(self, dimension: str) -> dict[str, str]:
        """What values are called, where that is not what they are: teams have titles."""
        if dimension.rpartition("__")[2] not in TEAM_VIEWS:
            return {}
        return {name: team.title for name, team in self.project.teams.items()}


def _refuse_unknown(project: Project, page: KpiAnswer, metric: str, window: Window) -> None:
    """Nothing; a window of which a tenth of a period or more lies before the first row is refused.

    Of a count that would be 0, and the mean of all periods would be too low. Raises Undefined.
    """
    series = page.series
    if series.metric != metric or not series.periods or not adds_up(project, metric):
        return
    reckoning = reckoning_of(project)
    opening = Period.holding(window.start, window.grain, reckoning)
    missing = (series.periods[0] - window.start).days
    if missing <= 0 or missing * PART < (opening.end - opening.start).days + 1:
        return
    first = Period.holding(series.periods[0], series.grain, reckoning).label()
    part = "has no value in" if window.end < series.periods[0] else "is known for a part only of"
    raise Undefined(
        "undefined",
        f"{page.label} {part} {window.label!r} ({window.start} to {window.end}): "
        f"its first rows are of {_lowered(first)}",
    )


def _lowered(label: str) -> str:
    """A period's label inside a sentence: only that of a week begins with a plain word."""
    return f"the w{label[1:]}" if label.startswith("Week") else label


def groups_of(found: Found, metric: str) -> Grouped:
    """The groups of a metric. Raises the error that stands for them."""
    if isinstance(found, SameboatError):
        raise found
    return found[metric]


def _failed(found: Found) -> bool:
    return isinstance(found, SameboatError)


def _is_one(found: Grouped) -> bool:
    """Whether a dimension has one value only, which tells nothing apart."""
    return len({*found.before, *found.after}) < 2 and not found.kept_back


def _months(window: Window) -> str:
    first, last = f"{window.start:%B}", f"{window.end:%B %Y}"
    return last if window.periods == 1 else f"{first} to {last}"
