"""Coming in by the token of the terminal, and leaving."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from starlette.responses import RedirectResponse, Response

from sameboat.web.gate import is_local_path
from sameboat.web.reader import THEME_COOKIE, THEMES
from sameboat.web.site import site_of

router = APIRouter()

YEAR = 365 * 24 * 3600
WORDS = {
    "sign-in-needed": (
        "Sign in with the token from the terminal",
        (
            "The address that the terminal printed signs this browser in. Open it, or paste its "
            "token here. A token works once; sameboat serve prints a new one when it starts."
        ),
    ),
    "token-not-valid": (
        "That token does not work",
        (
            "It is wrong, was used already, or is more than an hour old. Stop the server and "
            "start it again: sameboat serve prints a new one."
        ),
    ),
}


@router.get("/sign-in")
def sign_in_page(request: Request) -> Response:
    """The form for the token."""
    return ask_for_token(request, "sign-in-needed", status=200)


@router.post("/sign-in")
def sign_in(request: Request, token: Annotated[str, Form(max_length=500)] = "") -> Response:
    """A session for the right token."""
    return enter(request, token)


def enter(request: Request, token: str) -> Response:
    """To the board with a new session's cookie, or the form again."""
    site = site_of(request)
    session = site.doors.exchange(token)
    if session is None:
        return ask_for_token(request, "token-not-valid", status=401)
    answer = RedirectResponse("/", status_code=303)
    answer.set_cookie(
        site.cookie, session, max_age=int(site.doors.lasts.total_seconds()), path="/",
        httponly=True, samesite="strict",
    )  # fmt: skip
    return answer


def ask_for_token(request: Request, code: str, *, status: int) -> Response:
    """The form for the token with the reason why it is asked for."""
    site = site_of(request)
    title, words = WORDS[code]
    shown = {"title": title, "words": words}
    return site.page(request, "sign_in.html", shown, reader=site.reader(request), status=status)


@router.post("/sign-out")
def sign_out(request: Request) -> Response:
    """Close the session on the server and forget its cookie."""
    site = site_of(request)
    site.doors.close(request.cookies.get(site.cookie))
    answer = RedirectResponse("/sign-in", status_code=303)
    answer.delete_cookie(site.cookie, path="/", httponly=True, samesite="strict")
    return answer


@router.post("/theme")
def choose_theme(
    theme: Annotated[str, Form(max_length=10)] = "",
    back: Annotated[str, Form(max_length=500)] = "/",
) -> Response:
    """Keep light or dark in a cookie and go back to the page."""
    answer = RedirectResponse(back if is_local_path(back) else "/", status_code=303)
    if theme in THEMES:
        answer.set_cookie(THEME_COOKIE, theme, max_age=YEAR, path="/", samesite="strict")
    return answer
