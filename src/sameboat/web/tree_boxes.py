"""The tree's answer as boxes and rows in the reader's words."""

from __future__ import annotations

import datetime as dt
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from sameboat.charts.figures import Figures, full_day
from sameboat.charts.tree_values import Bough, Box, Limb, Twig
from sameboat.questions.series import Verdict
from sameboat.questions.tree.answer import Branch, KpiNode, Node, ObjectiveNode, Tree

WORDS = {
    "arithmetic": "adds up by arithmetic",
    "experiment": "shown by experiment",
    "observational": "observed together",
    "belief": "belief, not yet tested",
}
"""What each grade of evidence means, beside a name."""

STATES = {
    "agrees": "routine", "holds": "routine", "unclear": "too-few", "too-few": "too-few",
    "unchecked": "too-few", "disagrees": "worse", "broken": "worse", "expired": "stale",
}  # fmt: skip
"""Under which shape what the data say of an edge is shown."""


@dataclass(frozen=True)
class LinkRow:
    """One row of "How well do we know our levers?"."""

    parent: str
    child: str
    child_href: str
    parent_href: str | None
    evidence: str
    source: str | None
    review: str
    overdue: bool
    expected: str
    size: str | None
    seen: str
    interval: str | None
    verdict: Verdict
    detail: str | None


# ── boxes ────────────────────────────────────────────────────────────────────────────────────


def limbs(objectives: Sequence[ObjectiveNode], locale: str) -> tuple[Limb, ...]:
    """The objectives with their KPIs and levers, ready to be drawn."""
    return tuple(
        Limb(
            Box(
                f"objective:{one.name}", one.label, horizon_words(one),
                title=one.statement or one.label,
            ),
            tuple(_bough(kpi, locale) for kpi in one.kpis),
        )
        for one in objectives
    )  # fmt: skip


def horizon_words(objective: ObjectiveNode) -> str:
    """`short term`, or that nothing serves it yet."""
    if not objective.kpis:
        return "no KPI yet"
    return f"{objective.horizon} term" if objective.horizon else ""


def _bough(kpi: KpiNode, locale: str) -> Bough:
    words = f"{figure(kpi.value, kpi.unit, locale)} · {short_verdict(kpi.verdict)}"
    title = f"{kpi.label}: {figure(kpi.value, kpi.unit, locale)}. {kpi.verdict.words}"
    box = Box(
        f"kpi:{kpi.kpi}", kpi.label, figure=words, state=kpi.verdict.state,
        href=f"/kpi/{kpi.kpi}", title=title,
    )  # fmt: skip
    return Bough(box, tuple(_twig(branch, locale, kpi.kpi) for branch in kpi.branches))


def _twig(branch: Branch, locale: str, place: str) -> Twig:
    node = branch.node
    value = figure(node.value, node.unit, locale)
    state = node.verdict.state
    teams = ", ".join(label for _, label in branch.teams)
    if state == "worse" and node.verdict.words.endswith("not declared"):
        state, value = "routine", f"{value}, signal"
    said = f"{value}, {state}" if state in ("worse", "better", "stale") else value
    key = f"lever:{node.metric}" if branch.edge.teams else f"{place}:{node.metric}"
    alone = "a part of it" if branch.edge.is_arithmetic else "no team"
    judged = f"{node.verdict.words}. {branch.judgement.words}."
    box = Box(
        key, node.label, teams or alone,
        said, state, f"/tree/{node.metric}",
        f"{node.label}: {value} by {grain_words(node)}. {judged}",
    )  # fmt: skip
    hot = state == "worse" or branch.judgement.state in ("broken", "disagrees")
    return Twig(
        box, pill_word(branch), branch.edge.is_arithmetic, hot and bool(branch.edge.teams),
        tuple(_twig(one, locale, f"{place}:{node.metric}") for one in branch.branches),
    )  # fmt: skip


def pill_word(branch: Branch) -> str:
    """The evidence in one word; for arithmetic whether it was held against the data."""
    if branch.expired:
        return (
            f"{branch.edge.evidence} ?" if branch.edge.evidence != "observational" else "observed ?"
        )
    return {"broken": "does not add up", "unchecked": "unchecked"}.get(
        branch.judgement.state, branch.edge.evidence
    )


def figure(value: float | None, unit: str | None, locale: str) -> str:
    """A node's figure; a dash where there is none."""
    return "–" if value is None else Figures(unit, locale).short(value)


def grain_words(node: Node) -> str:
    return node.grain.replace("_", " ")


def short_verdict(verdict: Verdict) -> str:
    """A verdict in the few words of a box."""
    return {
        "worse": "signal, worse", "better": "signal, better", "routine": "routine",
        "short": "short of target", "stale": "stale", "too-few": "too few to say",
        "incomplete": "not complete yet",
    }.get(verdict.state, "undefined")  # fmt: skip


def says(branch: Branch, locale: str) -> str:
    """What stands beside a lever in the list: who, how much, how well it is known."""
    node = branch.node
    value = figure(node.value, node.unit, locale)
    if node.verdict.state in ("worse", "better"):
        value += f", {node.verdict.state}"
    parts = [", ".join(label for _, label in branch.teams), f"{value} by {grain_words(node)}"]
    parts.append(WORDS[branch.edge.evidence])
    if branch.expired:
        parts.append("past its review")
    return " · ".join(part for part in parts if part)


# ── how well levers are known ────────────────────────────────────────────────────────────────


def evidence_counts(branches: Sequence[Branch]) -> str:
    """How many links of each grade there are."""
    counts = Counter(branch.edge.evidence for branch in branches)
    return " · ".join(
        f"{counts[grade]} {grade}"
        for grade in ("arithmetic", "experiment", "observational", "belief")
        if counts[grade]
    )


def link_rows(tree: Tree, locale: str, today: dt.date) -> tuple[LinkRow, ...]:
    """Every link with what is expected and what is seen; those that need a look first."""
    owner = {kpi.metric: kpi for kpi in tree.kpis}
    order = {"disagrees": 0, "broken": 0}
    rows = []
    for branch in tree.branches:
        parent = owner.get(branch.edge.parent)
        rank = order.get(branch.judgement.state, 1 if branch.expired else 2)
        rows.append((rank, link_row(branch, parent, _label(tree, branch), locale)))
    return tuple(row for _, row in sorted(rows, key=lambda pair: pair[0]))


def _label(tree: Tree, branch: Branch) -> str:
    names = {one.node.metric: one.node.label for one in tree.branches}
    names |= {kpi.metric: kpi.label for kpi in tree.kpis}
    return names.get(branch.edge.parent, branch.edge.parent)


def link_row(branch: Branch, parent: KpiNode | None, label: str, locale: str) -> LinkRow:
    """One link in words."""
    edge, judged = branch.edge, branch.judgement
    state = (
        "expired"
        if branch.expired and judged.state not in ("disagrees", "broken")
        else judged.state
    )
    words = "Stale: review the evidence" if state == "expired" else judged.words
    return LinkRow(
        parent=label,
        child=branch.node.label,
        child_href=f"/tree/{branch.node.metric}",
        parent_href=f"/kpi/{parent.kpi}" if parent else f"/tree/{edge.parent}",
        evidence=edge.evidence,
        source=edge.source,
        review=review_words(branch, locale),
        overdue=branch.expired,
        expected=expected_words(branch),
        size=size_words(branch, parent.unit if parent else None, locale),
        seen=seen_words(branch),
        interval=interval_words(branch, locale),
        verdict=Verdict(STATES[state], words),  # type: ignore[arg-type]
        detail=difference_words(branch, parent.unit if parent else None, locale),
    )


def review_words(branch: Branch, locale: str) -> str:
    """By when the evidence is to be looked at again, and that the day has passed."""
    due = branch.edge.review_by
    if due is None:
        return "no date" if not branch.edge.is_arithmetic else "at every refresh"
    day = full_day(due, locale)
    return f"Expired {day}" if branch.expired else day


def expected_words(branch: Branch) -> str:
    """Which way the parent is said to go when the lever rises, and after how long."""
    if branch.expected is None:
        return "adds up" if branch.edge.is_arithmetic else "not said"
    lag = branch.edge.lag
    after = f" after {lag}" if lag is not None and lag.count else ""
    return f"{branch.expected}{after}"


def size_words(branch: Branch, unit: str | None, locale: str) -> str | None:
    """The declared size: how much of the parent goes with how much of the lever."""
    per = branch.edge.per
    if per is None:
        return None
    child, parent = Figures(branch.node.unit, locale), Figures(unit, locale)
    words = f"{child.change(per.change)} goes with {parent.change(per.gives)}"
    if per.low is not None and per.high is not None:
        words += f" ({parent.change(per.low)} to {parent.change(per.high)})"
    return words


def seen_words(branch: Branch) -> str:
    """Which way the figures moved; never more than that."""
    observed = branch.observed
    if branch.checked is not None and branch.checked.holds is not None and observed is None:
        return "adds up" if branch.checked.holds else "differs"
    if observed is None or observed.value is None:
        return "not known"
    return branch.seen or "no clear movement"


def interval_words(branch: Branch, locale: str) -> str | None:
    """The relation with its interval and from how many periods."""
    one = branch.observed
    if one is None or one.value is None or one.low is None or one.high is None:
        return None
    plain = Figures(None, locale)
    value, low, high = (plain.full(round(each, 2)) for each in (one.value, one.low, one.high))
    return f"{value} ({low} to {high}), {one.n} {one.grain.replace('_', ' ')}s"


def difference_words(branch: Branch, unit: str | None, locale: str) -> str | None:
    """Where arithmetic does not hold: the worst period with the size of the difference."""
    checked = branch.checked
    worst = checked.worst if checked is not None else None
    if checked is None or worst is None:
        return None
    figures = Figures(unit, locale)
    return (
        f"{full_day(worst.period, locale)}: {figures.full(worst.stated)} stated, "
        f"{figures.full(worst.recomputed)} by {checked.formula}"
    )
