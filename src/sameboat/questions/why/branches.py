"""The change of a KPI split down its arithmetic tree, its largest step into mix and rate."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from sameboat.analysis.decomposition import Method, TreeEffects, mix_and_rate, tree_effects
from sameboat.analysis.identities import Identity, Operation, identity, leaves
from sameboat.errors import SameboatError
from sameboat.project.check import Arithmetic, arithmetic
from sameboat.project.declared import Project
from sameboat.project.model import Derived, Index, Metric, Ratio, Simple, Survey
from sameboat.questions.sentences import listed
from sameboat.questions.why.figures import Figure, Key, Measure, formula_of, measure
from sameboat.questions.why.parts import Step, Tree

SHARE, RATE = "__share_of_segments", "__rate_in_segments"
WORTH_A_LOOK = 0.3
"""The part of the change that a rate must carry to be looked at by segments."""

WORTH_SPLITTING = 0.25
"""The part of a step that its mix must carry to be shown apart."""

Sides = tuple[Mapping[Key, Figure], Mapping[Key, Figure]]


@dataclass(frozen=True)
class TreePlan:
    """What a tree is made of: its text as equations, and how each leaf is read.

    `own` says that the leaves are the two sides of the KPI's own ratio. Without a text there is
    no tree, and `reason` says why.
    """

    shown: str | None
    text: str | None
    measures: Mapping[str, Measure]
    own: tuple[str, str] | None = None
    reason: str | None = None


def tree_plan(project: Project, metric: Metric) -> TreePlan:
    """The tree of a metric: what a driver declares of it, else its own formula."""
    declared = {one.driver.metric: one for one in arithmetic(project)}
    if metric.name in declared:
        text, shown = _equations(declared[metric.name].driver.equals or "", declared), None
        shown = declared[metric.name].driver.equals
        try:
            names = leaves(identity(text))
        except SameboatError as error:
            return TreePlan(shown, None, {}, reason=error.why)
        unknown = [name for name in names if name not in project.metrics]
        if not unknown:
            read = {name: measure(project, project.metrics[name]) for name in names}
            return TreePlan(shown, text, read)
    if isinstance(metric, Ratio):
        above, below = metric.numerator.metric, metric.denominator.metric
        if above == below:
            above = f"{above}_counted"
        return TreePlan(f"{above} / {below}", f"{above} / {below}", {}, own=(above, below))
    formula = formula_of(metric)
    if isinstance(metric, Derived) and formula is not None:
        names = leaves(formula)
        if names and all(name in project.metrics for name in names):
            read = {name: measure(project, project.metrics[name]) for name in names}
            return TreePlan(metric.expr, spelled(formula), read)
    if isinstance(metric, Derived):
        return TreePlan(metric.expr, None, {}, reason=_not_read(metric))
    return TreePlan(None, None, {}, reason=_alone(metric))


def _not_read(metric: Derived) -> str:
    """Why a formula is not split."""
    try:
        identity(metric.expr)
    except SameboatError as error:
        return error.why.removeprefix("the tree cannot be read: ")
    return "its inputs are filtered or moved in time, so that they are no figures of their own"


def _alone(metric: Metric) -> str:
    """Why a metric has no tree of its own."""
    match metric:
        case Index():
            names = listed([part.metric for part in metric.parts])
            return f"it is an index; ask why of its parts: {names}"
        case Survey():
            return "it is counted from answers, not computed from other metrics"
        case Simple(agg="median" | "percentile"):
            return f"a {metric.agg} is taken from single rows, not computed from other metrics"
    return "it is not computed from other metrics"


def whole_only(metric: Metric) -> str:
    """Why a metric's segments do not add up to the whole."""
    match metric:
        case Index():
            return "an index does not add up over segments"
        case Simple(agg="median" | "percentile" | "min" | "max" as agg):
            return f"the {agg} of the whole does not follow from those of its segments"
        case Derived():
            return "its formula is not one fraction or sum, so its segments do not add up"
    return "its segments do not add up to the whole"


def _equations(top: str, declared: Mapping[str, Arithmetic]) -> str:
    """A formula with the declared formulas of its parts as further equations."""
    found: dict[str, str] = {}
    waiting = [top]
    while waiting:
        for name in leaves(identity(waiting.pop())):
            if name in declared and name not in found:
                found[name] = declared[name].driver.equals or ""
                waiting.append(found[name])
    lines = [f"the_figure = {top}", *(f"{name} = {text}" for name, text in found.items())]
    return "\n".join(lines) if found else top


def spelled(tree: Identity) -> str:
    """A tree as text that reads back the same."""
    if not isinstance(tree, Operation):
        return repr(getattr(tree, "value", None)) if hasattr(tree, "value") else tree.name
    parts = [spelled(part) for part in tree.parts]
    if tree.name == "negative":
        return f"(-{parts[0]})"
    if len(parts) == 2 and not tree.name.isalpha():
        return f"({parts[0]} {tree.name} {parts[1]})"
    return f"{tree.name}({', '.join(parts)})"


def split_tree(
    project: Project,
    plan: TreePlan,
    whole: tuple[Figure, Figure],
    figures: Mapping[str, tuple[Figure, Figure]],
    groups: Mapping[str, Mapping[str, Sides]],
    *,
    periods: tuple[int, int],
    method: Method,
) -> Tree:
    """The steps from the figure before to the figure after.

    `figures` has each leaf in both windows, `groups` per dimension and leaf its segments with
    the rest among them. The largest step that is a rate is split into the mix of the dimension
    that moved it most and the rate within.
    """
    if plan.text is None:
        return Tree(plan.shown, method, reason=plan.reason)
    change = whole[1].value - whole[0].value
    if plan.own is not None:
        values = _own_sides(plan.own, whole, periods)
    else:
        values = {name: (pair[0].value, pair[1].value) for name, pair in figures.items()}
    try:
        found = _effects(plan.text, values, method)
    except SameboatError as error:
        return Tree(plan.shown, method, reason=error.why)
    steps = [_leaf_step(project, name, effect, values) for name, effect in found.effects.items()]
    steps, exact = _with_mix(project, plan, values, found, groups, steps, method)
    rest = change - math.fsum(step.effect for step in steps)
    if abs(rest) > 1e-9 * max(abs(whole[0].value), abs(whole[1].value), 1e-12):
        steps.append(Step("not_explained", "Not explained", "rest", rest))
    left = math.fsum([change, *(-step.effect for step in steps)])
    return Tree(
        plan.shown, method, tuple(steps), left, rest if steps[-1].kind == "rest" else 0.0, exact,
        sides=plan.own is not None,
    )  # fmt: skip


def rate_to_split(
    plan: TreePlan, figures: Mapping[str, tuple[Figure, Figure]] | str, method: Method
) -> Measure | None:
    """The rate whose step is the largest, where it is worth looking at by segments; else None."""
    rates = [name for name, read in plan.measures.items() if read.kind == "ratio"]
    if plan.text is None or isinstance(figures, str) or not rates:
        return None
    values = {name: (pair[0].value, pair[1].value) for name, pair in figures.items()}
    try:
        found = _effects(plan.text, values, method)
    except SameboatError:
        return None
    name = max(rates, key=lambda one: abs(found.effects[one]))
    worth = abs(found.effects[name]) >= WORTH_A_LOOK * abs(found.total)
    return plan.measures[name] if worth else None


def _own_sides(
    names: tuple[str, str], whole: tuple[Figure, Figure], periods: tuple[int, int]
) -> dict[str, tuple[float, float]]:
    """Both sides of a ratio per period, so that windows of different lengths can be compared."""
    old, new = (
        (one.numerator / count, one.denominator / count)
        for one, count in zip(whole, periods, strict=True)
    )
    return {names[0]: (old[0], new[0]), names[1]: (old[1], new[1])}


def _effects(text: str, values: Mapping[str, tuple[object, object]], method: Method) -> TreeEffects:
    old = {name: pair[0] for name, pair in values.items()}
    new = {name: pair[1] for name, pair in values.items()}
    return tree_effects(text, old, new, method=method)  # type: ignore[arg-type]


def _leaf_step(
    project: Project, name: str, effect: float, values: Mapping[str, tuple[float, float]]
) -> Step:
    metric = project.metrics.get(name)
    before, after = values[name]
    label = metric.title if metric else name.replace("_", " ").capitalize()
    return Step(name, label, "leaf", effect, before, after, metric.unit if metric else None)


# ── the largest step, by mix and rate ────────────────────────────────────────────────────────


def _with_mix(
    project: Project,
    plan: TreePlan,
    values: Mapping[str, tuple[float, float]],
    found: TreeEffects,
    groups: Mapping[str, Mapping[str, Sides]],
    steps: list[Step],
    method: Method,
) -> tuple[list[Step], bool]:
    """The steps with the largest rate among them in two: its mix and what happened inside."""
    rates = [name for name, read in plan.measures.items() if read.kind == "ratio"]
    rates = [name for name in rates if any(name in known for known in groups.values())]
    if not rates:
        return steps, found.exact
    name = max(rates, key=lambda one: abs(found.effects[one]))
    if abs(found.effects[name]) < WORTH_A_LOOK * abs(found.total):
        return steps, found.exact
    chosen = _dimension(name, groups)
    if chosen is None:
        return steps, found.exact
    dimension, sides = chosen
    try:
        finer = _effects(*_by_segment(plan.text or "", name, values, sides, method), method)
    except SameboatError:
        return steps, found.exact
    if not math.isclose(finer.total, found.total, rel_tol=1e-6, abs_tol=1e-12):
        return steps, found.exact
    place = next(at for at, step in enumerate(steps) if step.name == name)
    old = steps[place]
    others = {step.name: finer.effects[step.name] for step in steps if step.name != name}
    steps = [
        Step(s.name, s.label, s.kind, others.get(s.name, s.effect), s.before, s.after, s.unit)
        for s in steps
    ]
    spoken = dimension_label(project, dimension).lower()
    steps[place : place + 1] = [
        Step(f"{name}.mix", f"Mix of {plural(spoken)}", "mix", finer.effects[name + SHARE],
             dimension=dimension),
        Step(f"{name}.rate", f"{old.label} inside each {spoken}", "rate",
             finer.effects[name + RATE], old.before, old.after, old.unit, dimension),
    ]  # fmt: skip
    return steps, finer.exact


def _dimension(name: str, groups: Mapping[str, Mapping[str, Sides]]) -> tuple[str, Sides] | None:
    """The dimension whose mix moved a rate most, if that is a good part of its change."""
    best: tuple[float, str, Sides] | None = None
    for dimension, known in groups.items():
        if name not in known:
            continue
        try:
            split = mix_and_rate(*(_pairs(side) for side in known[name]))
        except SameboatError:
            continue
        mix = math.fsum(split.pull.values())
        if abs(mix) >= WORTH_SPLITTING * abs(split.total) and (best is None or abs(mix) > best[0]):
            best = abs(mix), dimension, known[name]
    return None if best is None else best[1:]


def _pairs(side: Mapping[Key, Figure]) -> dict[str, tuple[float, float]]:
    return {" · ".join(key): (one.numerator, one.denominator) for key, one in side.items()}


def _by_segment(
    text: str,
    name: str,
    values: Mapping[str, tuple[float, float]],
    sides: Sides,
    method: Method,
) -> tuple[str, dict[str, tuple[object, object]]]:
    """The tree with a rate as the sum over segments of share × rate, and its leaves."""
    keys = list(dict.fromkeys([*sides[0], *sides[1]]))
    shares, rates = [], []
    for mine, other in (sides, sides[::-1]):
        total = math.fsum(one.denominator for one in mine.values())
        shares.append(np.array([mine[k].denominator / total if k in mine else 0.0 for k in keys]))
        rates.append(np.array([(mine.get(k) or other[k]).value for k in keys]))
    inner = f"{name}{SHARE} * {name}{RATE}"
    line = inner if method == "lmdi" else f"sum({inner})"
    top = text if "the_figure =" in text else f"the_figure = {text}"
    found: dict[str, tuple[object, object]] = {k: v for k, v in values.items() if k != name}
    found[name + SHARE], found[name + RATE] = (shares[0], shares[1]), (rates[0], rates[1])
    return f"{top}\n{name} = {line}", found


def plural(noun: str) -> str:
    """A dimension's name for several of its values.

    >>> plural("source"), plural("country"), plural("vessels")
    ('sources', 'countries', 'vessels')
    """
    if noun.endswith("s"):
        return noun
    if noun.endswith("y") and noun[-2:-1] not in "aeiou":
        return noun[:-1] + "ies"
    return noun + "s"


def dimension_label(project: Project, name: str) -> str:
    """A dimension as people call it: its label, else its name in words, without its path."""
    last = name.rpartition("__")[2]
    for table in project.tables.values():
        found = table.dimensions.get(last)
        if found is not None and found.label:
            return found.label
    return last.replace("_", " ").capitalize()
