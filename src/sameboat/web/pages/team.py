"""Teams: our levers on shared KPIs. A KPI is never a team's own."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from sameboat.charts.figures import full_day
from sameboat.questions.teams import Team
from sameboat.questions.tree.answer import Tree
from sameboat.web.site import site_of
from sameboat.web.tree_boxes import WORDS, figure

router = APIRouter()


def _about(tree: Tree) -> dict[str, object]:
    return {
        "company": tree.company, "demo": tree.demo, "section": "teams",
        "minimum_group": tree.minimum_group, "definitions": tree.definitions,
    }  # fmt: skip


@router.get("/teams")
def teams_page(request: Request) -> Response:
    """Every team, with how many levers it pulls on how many shared KPIs."""
    site = site_of(request)
    found = site.answers.teams(site.workspace, viewer=site.viewer(request))
    shown = {**_about(found.tree), "teams": found.teams}
    return site.page(request, "teams.html", shown, reader=site.reader(request))


@router.get("/teams/{team}")
def team_page(request: Request, team: str) -> Response:
    """One team's levers on shared KPIs, who owns these with it, and where it came from."""
    site = site_of(request)
    reader = site.reader(request)
    found = site.answers.team(site.workspace, team, viewer=site.viewer(request))
    locale = reader.locale
    shown = {
        **_about(found.tree), "team": found, "history": history_words(found, locale),
        "evidence": WORDS,
        "figure": lambda value, unit: figure(value, unit, locale),
    }  # fmt: skip
    return site.page(request, "team.html", shown, reader=reader)


def history_words(team: Team, locale: str) -> str:
    """Since when there is the team, and until when there was."""
    parts = []
    if team.since:
        parts.append(f"since {full_day(team.since, locale)}")
    if team.until:
        parts.append(f"until {full_day(team.until, locale)}")
    words = ", ".join(parts)
    return words[:1].upper() + words[1:]
