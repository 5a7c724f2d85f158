"""How to read the charts and the verdicts."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import Response

from sameboat.questions.series import Verdict
from sameboat.web.site import site_of

router = APIRouter()

VERDICTS = (
    (Verdict("worse", "Signal, worse: 8 weeks below centre"),
     "A rule fired and it hurts the mission. Ask why."),
    (Verdict("better", "Signal, better: 9 weeks above centre"),
     "A rule fired and it helps. Ask what to keep."),
    (Verdict("routine", "Routine: no action"), "Inside its limits. Nothing to explain."),
    (Verdict("short", "Routine, short of target"),
     "Inside its limits, and the target is not. Change the process, not the pressure."),
    (Verdict("stale", "Stale since 26 Oct: not judged"),
     "The source is late. The last known value stays, the verdict does not."),
    (Verdict("too-few", "Too few to say: n = 7"),
     "Under 8 points, limits that leave nothing out, or a group under the floor."),
    (Verdict("incomplete", "Not complete yet: ends Sunday"), "The period is still open."),
    (Verdict("undefined", "Undefined: no denominator"), "Nothing to divide by: not 0%."),
)  # fmt: skip


@router.get("/how-to-read")
def how_to_read_page(request: Request) -> Response:
    """Verdicts, marks and keys, explained."""
    site = site_of(request)
    shown = {"section": "guide", "verdicts": VERDICTS}
    return site.page(request, "how_to_read.html", shown, reader=site.reader(request))
