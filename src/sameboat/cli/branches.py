"""Draw the tree as text: one line per node, one below it per link where there is more to say."""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Iterator
from typing import Any

from sameboat.charts.figures import Figures, full_day
from sameboat.cli.ledger import LOCALE, MARKS
from sameboat.cli.printing import plain
from sameboat.questions.plain import json_text
from sameboat.questions.tree.answer import Branch, KpiNode, Tree

STEP = "  "


def draw(tree: Tree) -> str:
    """The whole tree as lines."""
    return "\n".join(plain(line) for line in _lines(tree))


def as_json(tree: Tree) -> str:
    """The tree as a JSON object, each edge with what is declared and what is seen."""
    said = json.loads(json_text(dataclasses.asdict(tree)))
    return json.dumps(said, indent=1, ensure_ascii=False)


def _lines(tree: Tree) -> Iterator[str]:
    yield tree.headline
    yield ""
    yield tree.mission or tree.company
    for objective in tree.objectives:
        term = f" ({objective.horizon} term)" if objective.horizon else ""
        yield f"{STEP}{objective.label}{term}{'' if objective.kpis else ': no KPI yet'}"
        for kpi in objective.kpis:
            yield from _kpi(kpi)


def _kpi(kpi: KpiNode) -> Iterator[str]:
    mark = MARKS.get(kpi.verdict.state, "□")
    yield f"{STEP * 2}{mark} {kpi.label}: {_figure(kpi.value, kpi.unit)}, {kpi.verdict.words}"
    if kpi.steward:
        yield f"{STEP * 4}steward: {kpi.steward}"
    if kpi.checked is not None:
        yield f"{STEP * 4}= {kpi.checked.formula}: {_sum_words(kpi.branches, kpi)}"
    if not kpi.branches:
        yield f"{STEP * 4}no lever is named yet"
    for branch in kpi.branches:
        yield from _branch(branch, 3)


def _sum_words(branches: tuple[Branch, ...], kpi: KpiNode) -> str:
    checked = kpi.checked
    assert checked is not None
    if checked.holds is None:
        return f"not checked: {checked.reason}"
    grain = checked.grain.replace("_", " ")
    if checked.holds:
        return f"adds up in {checked.periods} {grain}s"
    worst = checked.worst
    assert worst is not None
    figures = Figures(kpi.unit, LOCALE)
    return (
        f"does not add up in {len(checked.differences)} of {checked.periods} {grain}s; "
        f"{full_day(worst.period, LOCALE)}: {figures.full(worst.stated)} stated, "
        f"{figures.full(worst.recomputed)} recomputed"
    )


def _branch(branch: Branch, depth: int) -> Iterator[str]:
    node, edge = branch.node, branch.edge
    line = "──" if edge.is_arithmetic else "╌╌"
    teams = ", ".join(label for _, label in branch.teams)
    who = f" ({teams})" if teams else ""
    words = f"{_figure(node.value, node.unit)} by {node.grain.replace('_', ' ')}"
    yield f"{STEP * depth}{line} {node.label}{who}: {words}, {node.verdict.words}"
    yield f"{STEP * (depth + 2)}{_known(branch)}"
    if node.tables:
        yield f"{STEP * (depth + 2)}from {', '.join(table.table for table in node.tables)}"
    for below in branch.branches:
        yield from _branch(below, depth + 2)


def _known(branch: Branch) -> str:
    """What is declared of a link and what is seen, in one line."""
    edge = branch.edge
    parts: list[str] = [edge.evidence]
    if edge.review_by is not None:
        day = full_day(edge.review_by, LOCALE)
        parts.append(f"past its review of {day}" if branch.expired else f"review by {day}")
    if branch.expected:
        lag = f" after {edge.lag}" if edge.lag is not None and edge.lag.count else ""
        parts.append(f"expected {branch.expected}{lag}")
    parts.append(_seen(branch))
    return "; ".join(part for part in parts if part)


def _seen(branch: Branch) -> str:
    observed: Any = branch.observed
    if observed is None or observed.value is None:
        return branch.judgement.words[:1].lower() + branch.judgement.words[1:]
    seen = branch.seen or "no clear movement"
    return (
        f"seen {seen}: {observed.value:.2f} ({observed.low:.2f} to {observed.high:.2f}) over "
        f"{observed.n} {observed.grain.replace('_', ' ')}s; {branch.judgement.words.lower()}"
    )


def _figure(value: float | None, unit: str | None) -> str:
    return "–" if value is None else Figures(unit, LOCALE).short(value)
