"""The arithmetic behind a KPI down to its leaves, each with its history and its latest figure."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from sameboat.analysis.scenarios import Expression
from sameboat.errors import SameboatError
from sameboat.project.check import arithmetic
from sameboat.project.declared import Project
from sameboat.project.formula import Binary, Literal, Name, Node, Unary, names, parse
from sameboat.project.model import Derived, Kpi, Ratio
from sameboat.questions.arithmetic import evaluate
from sameboat.questions.versions import breaks_of
from sameboat.questions.wanted import grain_of_sum
from sameboat.store.packing import PackedSeries
from sameboat.store.points import SeriesKey

Floats = npt.NDArray[np.float64]
Known = Mapping[SeriesKey, PackedSeries]
History = Callable[[str], Floats | None]

NEAR = 0.02
"""How far, as a share, the formula may lie from the figure and still be taken for it."""

DEEPEST = 6
"""How many formulas are put into each other."""


@dataclass(frozen=True, eq=False)
class Leaf:
    """A part of the formula that is not made of others: its complete figures, oldest first."""

    metric: str
    label: str
    unit: str | None
    now: float
    history: Floats


@dataclass(frozen=True, eq=False)
class Arithmetic:
    """A KPI as a formula of its leaves at one grain; `stated` is its own latest figure there.

    Where there is none, `reason` says why.
    """

    grain: str
    formula: Node | None = None
    leaves: tuple[Leaf, ...] = ()
    stated: float = float("nan")
    reason: str | None = None

    @property
    def expression(self) -> Expression | None:
        """The formula as scenarios take it, leaves by their places."""
        if self.formula is None:
            return None
        return _expression(self.formula, {leaf.metric: at for at, leaf in enumerate(self.leaves)})

    def gives(self, values: Mapping[str, Floats | float]) -> Floats:
        """The KPI with some leaves at other values; NaN where the formula has none."""
        assert self.formula is not None
        now = {leaf.metric: np.asarray(leaf.now) for leaf in self.leaves}
        return evaluate(self.formula, {**now, **{k: np.asarray(v) for k, v in values.items()}})


def wanted_parts(project: Project, kpi: Kpi, grain: str) -> Iterator[tuple[str, str]]:
    """The series that `arithmetic_of` reads: every part at the KPI's grain and that of sums."""
    for name in (kpi.metric, *_parts(project, kpi.metric)):
        yield name, grain
        yield name, _coarse(project, kpi)


def arithmetic_of(project: Project, kpi: Kpi, points: PackedSeries, known: Known) -> Arithmetic:
    """The formula of a KPI with its leaves, at its own grain or at that of the recorded parts.

    A part with a formula of its own is replaced by it where its parts are recorded, too, and
    give its figure.
    """
    text = _formula(project, kpi.metric)
    if text is None:
        return Arithmetic(points.grain, reason="it has no formula of other metrics")
    found = Arithmetic(points.grain, reason="its parts are not recorded for the latest period")
    for grain in dict.fromkeys((points.grain, _coarse(project, kpi))):
        whole = points if grain == points.grain else known.get(SeriesKey.of(kpi.metric, grain))
        if whole is None or not whole.complete.any():
            continue
        tried = _at_grain(project, text, whole, known)
        if tried.reason is None:
            return tried
        found = tried
    return found


def _at_grain(project: Project, node: Node, whole: PackedSeries, known: Known) -> Arithmetic:
    end = int(np.flatnonzero(whole.complete)[-1]) + 1
    since = max((c.index for c in breaks_of(project, whole) if c.index < end), default=0)
    period, stated = whole.periods[end - 1], float(whole.values[end - 1])
    if np.isnan(stated):
        reasons = whole.reasons or ()
        why = (reasons[end - 1] if len(reasons) >= end else None) or "no value"
        return Arithmetic(whole.grain, reason=f"it has no latest figure: {why}")

    def history(metric: str) -> Floats | None:
        own = _side(project, whole, metric)
        if own is None:
            series = known.get(SeriesKey.of(metric, whole.grain))
            own = None if series is None else _beside(whole, series)
        if own is None or np.isnan(own[end - 1]):
            return None
        # where the KPI has no figure, its parts are not of a period that can be compared
        return np.where(np.isnan(whole.values), np.nan, own)[since:end]

    grown = _grown(project, node, history)
    listed = tuple(dict.fromkeys(name.text for name in names(grown)))
    held = {name: history(name) for name in listed}
    histories = {name: one for name, one in held.items() if one is not None}
    if len(histories) < len(listed):
        day = period.item()
        missing = next(name for name in listed if name not in histories)
        label = project.metrics[missing].title if missing in project.metrics else missing
        why = f"{label} is not recorded for the {whole.grain.replace('_', ' ')} of {day:%d %b %Y}"
        return Arithmetic(whole.grain, reason=why)
    leaves = tuple(
        Leaf(
            name, project.metrics[name].title if name in project.metrics else name,
            project.metrics[name].unit if name in project.metrics else None,
            float(one[-1]), one,
        )
        for name, one in histories.items()
    )  # fmt: skip
    found = Arithmetic(whole.grain, grown, leaves, stated)
    made = float(found.gives({}))
    if not np.isfinite(made):
        return Arithmetic(whole.grain, reason="its formula has no value now")
    if abs(made - stated) > NEAR * max(abs(stated), 1e-12):
        return Arithmetic(whole.grain, reason="its formula does not give the figure recorded")
    return found


def _grown(project: Project, node: Node, history: History) -> Node:
    """The formula with parts replaced by their own formulas, where these hold."""
    formulas = {one.driver.metric: one.formula for one in arithmetic(project)}
    moved = {one.metric for one in project.drivers if one.influenced_by is not None}
    for _ in range(DEEPEST):
        before = node
        for name in tuple(dict.fromkeys(one.text for one in names(node))):
            inner = formulas.get(name)
            if inner is None or name in moved or not _holds(inner, name, history):
                continue
            node = _with(node, name, inner)
        if node == before:
            break
    return node


def _holds(formula: Node, name: str, history: History) -> bool:
    """Whether the parts of a formula are recorded and give its figure."""
    stated = history(name)
    found = {one.text: history(one.text) for one in names(formula)}
    parts = {part: one for part, one in found.items() if one is not None}
    if stated is None or name in parts or len(parts) < len(found):
        return False
    try:
        made = np.broadcast_to(evaluate(formula, parts), stated.shape)
    except SameboatError:
        return False
    return bool(abs(made[-1] - stated[-1]) <= NEAR * max(abs(stated[-1]), 1e-12))


def _with(node: Node, name: str, inner: Node) -> Node:
    match node:
        case Name(text) if text == name:
            return inner
        case Unary(operator, of):
            return Unary(operator, _with(of, name, inner))
        case Binary(operator, left, right):
            return Binary(operator, _with(left, name, inner), _with(right, name, inner))
    return node


def _expression(node: Node, places: Mapping[str, int]) -> Expression:
    match node:
        case Name(text):
            return ("x", places[text])
        case Literal(value):
            return float(value)  # type: ignore[arg-type]
        case Unary("-", of):
            return ("-", 0.0, _expression(of, places))
        case Binary(operator, left, right):
            return (operator, _expression(left, places), _expression(right, places))
    raise SameboatError("expression-not-allowed", "a scenario takes + - * / and numbers only")


def _formula(project: Project, name: str) -> Node | None:
    """The arithmetic of a metric: a declared edge, else its own definition; None without."""
    metric = project.metrics[name]
    text = next((d.equals for d in project.drivers if d.metric == name and d.equals), None)
    if text is None and isinstance(metric, Ratio):
        sides = (metric.numerator, metric.denominator)
        same = sides[0].metric == sides[1].metric
        text = None if same else f"{sides[0].metric} / {sides[1].metric}"
    if text is None and isinstance(metric, Derived) and not metric.metrics:
        text = metric.expr
    if text is None:
        return None
    try:
        node = parse(text)
        evaluate(node, {one.text: np.array(1.0) for one in names(node)})
    except SameboatError:
        return None  # more than arithmetic
    return node


def _parts(project: Project, metric: str) -> tuple[str, ...]:
    """Every metric that stands in the formula, or in a formula of one that does."""
    formulas = {one.driver.metric: one.formula for one in arithmetic(project)}
    own = _formula(project, metric)
    waiting = [] if own is None else [one.text for one in names(own)]
    found: dict[str, None] = {}
    while waiting:
        name = waiting.pop(0)
        if name in found or name not in project.metrics:
            continue
        found[name] = None
        if name in formulas:
            waiting += [one.text for one in names(formulas[name])]
    return tuple(found)


def _coarse(project: Project, kpi: Kpi) -> str:
    return grain_of_sum(project, (kpi.metric, *_parts(project, kpi.metric)))


def _side(project: Project, whole: PackedSeries, metric: str) -> Floats | None:
    """The numerator or denominator of a ratio, as it was recorded with it."""
    own = project.metrics[whole.metric]
    if isinstance(own, Ratio):
        if metric == own.numerator.metric and whole.numerator is not None:
            return np.asarray(whole.numerator)
        if metric == own.denominator.metric and whole.denominator is not None:
            return np.asarray(whole.denominator)
    return None


def _beside(points: PackedSeries, series: PackedSeries) -> Floats:
    at = {day: index for index, day in enumerate(series.periods.tolist())}
    places = [at.get(day) for day in points.periods.tolist()]
    return np.array([np.nan if i is None else float(series.values[i]) for i in places])
