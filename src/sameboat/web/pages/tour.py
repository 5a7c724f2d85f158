"""The tour of the demo company: the first ten minutes, with its own figures."""

from __future__ import annotations

import datetime as dt
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Annotated
from urllib.parse import quote

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response
from starlette.routing import Match

from sameboat.charts.figures import Figures, full_day
from sameboat.errors import SameboatError
from sameboat.project.viewer import Viewer
from sameboat.questions.board import Board, BoardRow, OpenDecision
from sameboat.questions.kpi import KpiAnswer
from sameboat.questions.why.parts import Explanation
from sameboat.web.gate import is_local_path
from sameboat.web.reader import TOUR_COOKIE
from sameboat.web.site import Site, site_of

router = APIRouter()

YEAR = 365 * 24 * 3600
LATER = "sameboat demo --later"
INIT = "sameboat init my_project --from FILES"
LeadsTo = Callable[[str], bool]


@dataclass(frozen=True)
class Step:
    """One step: what is to be seen there, in a few sentences, and the way to it."""

    title: str
    says: tuple[str, ...]
    href: str | None = None
    link: str | None = None
    command: str | None = None  # what to type in the terminal instead


@dataclass(frozen=True)
class Seen:
    """The answers that the steps speak of."""

    board: Board
    before: Board | None  # as it was known at the run before the last one
    row: BoardRow
    kpi: KpiAnswer
    why: Explanation | None = None  # of the row, where it can be told
    apart: Explanation | None = None  # of a routine number in which a segment stands apart

    @property
    def decision(self) -> OpenDecision | None:
        """The decision that waits, or that waited at the run before."""
        return self.board.decision or (self.before.decision if self.before else None)

    @property
    def is_decided(self) -> bool:
        """Whether the decision of the run before is no longer open."""
        return self.board.decision is None and self.decision is not None


@router.get("/tour")
def tour_page(request: Request) -> Response:
    """Every step that can be taken now; only the demo has a tour."""
    site = site_of(request)
    reader = site.reader(request)
    board = site.answers.board(site.workspace, viewer=site.viewer(request))
    if not board.demo or not board.rows:
        return RedirectResponse("/", status_code=303)
    seen = _seen(site, request, board)
    shown: dict[str, object] = {
        "company": board.company, "demo": True, "minimum_group": board.minimum_group,
        "definitions": board.definitions, "section": "guide",
        "steps": tuple(steps(seen, _leads_to(request), reader.locale)),
    }  # fmt: skip
    return site.page(request, "tour.html", shown, reader=reader)


@router.post("/tour/{wish}")
def hide_or_show(wish: str, back: Annotated[str, Form(max_length=500)] = "/tour") -> Response:
    """Keep in a cookie whether pages offer the tour, and go back."""
    answer = RedirectResponse(back if is_local_path(back) else "/", status_code=303)
    if wish == "hide":
        answer.set_cookie(
            TOUR_COOKIE, "hidden", max_age=YEAR, path="/", samesite="strict", httponly=True
        )
    elif wish == "show":
        answer.delete_cookie(TOUR_COOKIE, path="/", samesite="strict", httponly=True)
    return answer


def steps(seen: Seen, leads_to: LeadsTo, locale: str) -> Iterator[Step]:
    """The steps in order; one whose page this version does not have is left out.

    A link carries the step's number, so that the page behind it can offer the next one.
    """
    number = 0
    for step in _all_steps(seen, leads_to, locale):
        if step.href is not None and not leads_to(step.href):
            continue
        number += 1
        yield Step(step.title, step.says, _numbered(step.href, number), step.link, step.command)


def _all_steps(seen: Seen, leads_to: LeadsTo, locale: str) -> Iterator[Step]:
    kpi = f"/kpi/{quote(seen.row.kpi, safe='')}"
    yield _signal(seen, kpi, locale)
    yield _why(seen, f"{kpi}/why", locale)
    if seen.apart is not None:
        yield _stands_apart(seen.apart, locale)
    if seen.decision is not None:
        page = f"/proposals/{quote(seen.decision.proposal, safe='')}"
        page = page if leads_to(page) else ""
        yield _decide(seen, seen.decision, page, locale)
        yield _later(seen, seen.decision, page, locale)
    yield Step(
        "Flip the incentive plan",
        ("Replay past deals under the sales plan: what it paid, and what those deals were worth.",),
        "/incentives", "See what the plan rewards",
    )  # fmt: skip
    yield Step(
        "Start with your own files",
        (
            (
                f"Everything in {seen.board.company} is text files over raw tables. Name some CSV "
                "files of yours: tables, keys, joins and first metrics are found, columns about "
                "persons are left out."
            ),
        ),
        command=INIT,
    )


def _signal(seen: Seen, href: str, locale: str) -> Step:
    row = seen.row
    value = _figure(row.value, row.unit, locale)
    others = len(seen.board.rows) - 1
    return Step(
        "The one number that needs you" if row.verdict.state == "worse" else "Read a number",
        (
            f"{row.label} stands at {value}. {row.verdict.words}."
            + (f" {row.why}" if row.why else ""),
            (f"The chart shows the limits within which it moves on its own; {others} other numbers "
            "were judged by the same rules."),
        ),
        href, f"Open {row.label}",
    )  # fmt: skip


def _why(seen: Seen, href: str, locale: str) -> Step:
    says = [f"Why did {seen.row.label} move? Its change is split down the tree, exactly."]
    worst = _worst_segment(seen.kpi)
    if seen.why is not None:
        says.append(f"{seen.why.headline}.")
    elif worst is not None:
        says.append(worst(locale))
    return Step("Why it moved", tuple(says), href, "See why")


def _worst_segment(kpi: KpiAnswer) -> Callable[[str], str] | None:
    """The segment that stands worst, as a sentence."""
    told = [(s.figure, s.n, s.value) for s in kpi.segments if s.figure is not None]
    if not told:
        return None
    figure, n, name = (max if kpi.good == "down" else min)(told, key=lambda one: one[0])

    def sentence(locale: str) -> str:
        of = f" of {n:,}" if n is not None else ""
        return f"Worst of its segments: {name}, at {_figure(figure, kpi.unit, locale)}{of}."

    return sentence


def _stands_apart(why: Explanation, locale: str) -> Step:
    """What no signal tells: a number that does not move, and a segment that always differs."""
    one = why.apart[0]
    figure, others = (_figure(v, why.unit, locale) for v in (one.figure_after, one.others_after))
    under = next((below.label for below in why.under if below.kind == "driver"), None)
    says = [
        f"{why.label} is routine: it does not move, and so no signal will fire.",
        (
            f"Ask why all the same. By {one.label.lower()}, {one.segment} stands at {figure} and "
            f"all others at {others}, and it was so before."
        ),
    ]
    if under is not None:
        says.append(f"From there the page leads on to {under}, which is declared to influence it.")
    return Step(
        "Routine, and still uneven", tuple(says),
        f"/kpi/{quote(why.kpi, safe='')}/why#apart", "See who stands apart",
    )  # fmt: skip


def _decide(seen: Seen, decision: OpenDecision, page: str, locale: str) -> Step:
    figures = Figures(decision.unit, locale)
    says = (
        f"{decision.title} {decision.summary}".strip(),
        f"A decision is a prediction: {decision.kpi_label} {figures.change(decision.effect)}"
        + (f" by {full_day(decision.by, locale)}" if decision.by else "")
        + f", {decision.confidence:.0%} range {figures.change_bare(decision.low)} to "
        f"{figures.change(decision.high)}; chance that it helps {decision.chance_helps:.0%}.",
    )
    before = seen.before.refreshed_at if seen.before else None
    fallback = f"/?as_known_at={_moment(before)}#decision" if seen.is_decided and before else ""
    return Step("What was decided" if seen.is_decided else "The decision that waits", says,
                page or fallback or "/#decision", "See the prediction")  # fmt: skip


def _later(seen: Seen, decision: OpenDecision, page: str, locale: str) -> Step:
    title = "Twelve weeks later: prediction against actual"
    before = seen.before
    if not seen.is_decided or before is None or before.refreshed_at is None:
        return Step(
            title,
            (
                (
                    "Stop the server with Ctrl-C and jump: the decision is taken, its prediction "
                    f"of {Figures(decision.unit, locale).change(decision.effect)} is frozen, and "
                    "twelve more weeks of data show what came of it."
                ),
            ),
            command=LATER,
        )
    then = next((row for row in before.rows if row.kpi == decision.kpi), None)
    now = next((row for row in seen.board.rows if row.kpi == decision.kpi), None)
    figures = Figures(decision.unit, locale)
    says = [f"Predicted: {figures.change(decision.effect)}."]
    if then is not None and now is not None and then.value is not None and now.value is not None:
        says.append(
            f"{decision.kpi_label} stood at {figures.full(then.value)} on "
            f"{full_day(before.refreshed_at.date(), locale)} and stands at "
            f"{figures.full(now.value)} now: {figures.change(now.value - then.value)}."
        )
        says.append("Not all of that is the decision's: what else moved must be taken off.")
    href = page or f"/?as_known_at={_moment(before.refreshed_at)}"
    return Step(title, tuple(says), href, "See it" if page else "See the board as it was known")


def _seen(site: Site, request: Request, board: Board) -> Seen:
    row, viewer = board.rows[0], site.viewer(request)
    before = _before(site, board, viewer)
    kpi = site.answers.kpi(site.workspace, row.kpi, viewer=viewer)
    return Seen(
        board, before, row, kpi, _why_of(site, row, viewer), _uneven(site, board, viewer)
    )  # fmt: skip


def _why_of(site: Site, row: BoardRow, viewer: Viewer) -> Explanation | None:
    """Why a number moved, between the windows that its chart tells; None where it tells none."""
    try:
        return site.answers.why(
            site.workspace, row.kpi, before=None, after=None, method="shapley", viewer=viewer
        )
    except SameboatError:
        return None


def _uneven(site: Site, board: Board, viewer: Viewer) -> Explanation | None:
    """Why of the first routine number in which a segment stands on the bad side, always."""
    for row in board.rows:
        if row.verdict.state not in ("routine", "short"):
            continue
        why = _why_of(site, row, viewer)
        if why is not None and why.reason == "apart" and why.apart[0].worse is not False:
            return why
    return None


def _before(site: Site, board: Board, viewer: Viewer) -> Board | None:
    """The board at the moment of the run before the last; None where there was none."""
    moment = board.refreshed_at
    if moment is None:
        return None
    known = None
    for back in (dt.timedelta(seconds=1), dt.timedelta(0)):  # the last run before, then its moment
        try:
            known = site.answers.board(site.workspace, viewer=viewer, as_known_at=moment - back)
        except SameboatError:  # nothing was known before the first run
            return None
        if not known.rows or known.refreshed_at is None:
            return None
        moment = known.refreshed_at
    return known


def _leads_to(request: Request) -> LeadsTo:
    """Whether a path has a page in this app."""
    routes = request.app.routes

    def leads_to(href: str) -> bool:
        path = href.partition("#")[0].partition("?")[0]
        scope = {"type": "http", "path": path, "method": "GET", "root_path": "", "headers": []}
        return any(route.matches(scope)[0] == Match.FULL for route in routes)

    return leads_to


def _numbered(href: str | None, number: int) -> str | None:
    if href is None:
        return None
    path, hash, anchor = href.partition("#")
    return f"{path}{'&' if '?' in path else '?'}tour={number}{hash}{anchor}"


def _moment(at: dt.datetime | None) -> str:
    return quote(at.isoformat(), safe="") if at else ""


def _figure(value: float | None, unit: str | None, locale: str) -> str:
    return "no value" if value is None else Figures(unit, locale).full(value)
