"""Tree: how do our levers reach the mission?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from fastapi import APIRouter, Request
from markupsafe import Markup
from starlette.responses import Response

from sameboat.charts.figures import full_day
from sameboat.charts.tree import tree_chart
from sameboat.errors import RequestError
from sameboat.questions.tree.answer import ObjectiveNode, Tree
from sameboat.web.display import moment
from sameboat.web.site import site_of
from sameboat.web.tree_boxes import evidence_counts, limbs, link_rows, says

router = APIRouter()

MOST_LEVERS = 20
"""With more of them the drawing is folded per objective."""


@dataclass(frozen=True)
class Drawing:
    """One drawn part of the tree; `head` is None for the whole."""

    chart: Markup
    head: str | None
    open: bool
    levers: int


@router.get("/tree")
def tree_page(request: Request) -> Response:
    """The tree drawn, as a list, and how well each link is known."""
    site = site_of(request)
    reader = site.reader(request)
    tree = site.answers.tree(
        site.workspace, viewer=site.viewer(request), as_known_at=reader.as_known_at
    )
    locale, now = reader.locale, site.now()
    shown: dict[str, object] = {
        "tree": tree, "company": tree.company, "demo": tree.demo, "section": "tree",
        "minimum_group": tree.minimum_group, "definitions": tree.definitions,
        "drawings": drawings(tree, locale),
        "links": link_rows(tree, locale, now.date()),
        "counts": evidence_counts(tree.branches),
        "says": lambda branch: says(branch, locale),
        "refreshed": f"Refreshed {moment(tree.refreshed_at, locale, now)}"
        if tree.refreshed_at else "",
    }  # fmt: skip
    return site.page(request, "tree.html", shown, reader=reader)


@router.get("/tree/{metric}")
def lever_page(request: Request, metric: str) -> Response:
    """One metric of the tree: its figure, how it is computed, and what it stands under."""
    site = site_of(request)
    reader = site.reader(request)
    tree = site.answers.tree(
        site.workspace, viewer=site.viewer(request), as_known_at=reader.as_known_at
    )
    found = [branch for branch in tree.branches if branch.node.metric == metric]
    if not found:
        raise RequestError("unknown-metric", f"{metric!r} is no metric of the tree.")
    locale, now = reader.locale, site.now()
    rows = link_rows(tree, locale, now.date())
    href = f"/tree/{metric}"
    node = found[0].node
    shown: dict[str, object] = {
        "tree": tree, "company": tree.company, "demo": tree.demo, "section": "tree",
        "minimum_group": tree.minimum_group, "definitions": tree.definitions, "node": node,
        "teams": list(dict.fromkeys(team for one in found for team in one.teams)),
        "up": [row for row in rows if row.child_href == href],
        "down": [row for row in rows if row.parent_href == href],
        "period": full_day(node.period, locale) if node.period else None,
    }  # fmt: skip
    return site.page(request, "lever.html", shown, reader=reader)


def drawings(tree: Tree, locale: str) -> tuple[Drawing, ...]:
    """The tree in one drawing, or one per objective where there are many levers.

    Objectives with something that needs a look are open; where nothing does, the first is.
    """
    if not tree.kpis:
        return ()
    if len(tree.levers) <= MOST_LEVERS:
        chart = tree_chart(
            limbs(tree.objectives, locale), mission=tree.mission or None,
            sentence=sentence(tree.objectives),
        )  # fmt: skip
        return (Drawing(Markup(chart), None, True, len(tree.levers)),)
    loud = {one.name for one in tree.objectives if _loud(one)}
    first = tree.objectives[0].name
    return tuple(
        Drawing(
            Markup(tree_chart(limbs([one], locale), mission=None, sentence=sentence([one]))),
            one.label, one.name in loud or (not loud and one.name == first), one.levers,
        )
        for one in tree.objectives
    )  # fmt: skip


def _loud(objective: ObjectiveNode) -> bool:
    return any(
        kpi.verdict.state == "worse"
        or any(branch.node.verdict.state == "worse" for branch in kpi.branches)
        for kpi in objective.kpis
    )


def sentence(objectives: Sequence[ObjectiveNode]) -> str:
    """The drawing in one sentence, for those who do not see it."""
    kpis = [kpi for one in objectives for kpi in one.kpis]
    levers = {branch.edge.child for kpi in kpis for branch in kpi.branches if branch.edge.teams}
    return (
        f"KPI tree: {_number(len(objectives), 'objective')}, {_number(len(kpis), 'shared KPI')}, "
        f"{_number(len(levers), 'lever')}; the same as a list below."
    )


def _number(count: int, noun: str) -> str:
    return f"{count} {noun}{'' if count == 1 else 's'}"
