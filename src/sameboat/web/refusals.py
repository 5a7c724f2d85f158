"""How a page and how an address of the API says that something went wrong."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, Response

from sameboat.errors import (
    AccessError,
    Finding,
    ProjectError,
    RequestError,
    SameboatError,
    StoreError,
    Undefined,
    UsageError,
    WarehouseError,
)
from sameboat.web.pages.sign_in import ask_for_token
from sameboat.web.reader import Reader, reader_of
from sameboat.web.site import site_of

LOG = logging.getLogger("sameboat.web")

API = "/api/"

STATUS: tuple[tuple[type[SameboatError], int], ...] = (
    (AccessError, 403),
    (RequestError, 400),
    (UsageError, 400),
    (Undefined, 422),  # asked rightly, and there is no figure: the reason is the answer
    (ProjectError, 400),  # lines that somebody proposed, and that would break the project
    (StoreError, 503),
    (WarehouseError, 503),
)

CHANGED = frozenset({"record-changed", "record-exists"})
UNREADABLE = frozenset({"file-unreadable"})

WORDS = {
    "host-not-allowed": (
        "The server answers under 127.0.0.1 and localhost only.",
        "Open the address that the terminal printed.",
    ),
    "foreign-origin": (
        "This change was not asked for by one of the server’s own pages.",
        "Go back to the page and try again there.",
    ),
    "sign-in-needed": (
        "There is no open session.",
        "Open the address that the terminal printed.",
    ),
    "page-not-found": ("There is no page at this address.", "The board leads to every page."),
    "method-not-allowed": ("This address is not asked in this way.", "Open it as a page."),
    "request-invalid": (
        "What was sent is not what this address takes.",
        "Go back to the page and try again there.",
    ),
    "internal-error": (
        "Something failed that should not have.",
        "The terminal that runs the server says more. Nothing was changed.",
    ),
}

TITLES = {
    400: "This cannot be asked like this",
    401: "Sign in first",
    403: "This is not allowed",
    404: "There is nothing at this address",
    405: "This cannot be asked like this",
    409: "Somebody else was there first",
    422: "There is no figure to tell of",
    500: "Something went wrong",
    503: "The numbers cannot be read just now",
}

PLAIN_READER = Reader("en-GB", None)


def install(app: FastAPI) -> None:
    """Answer every error in one of the two shapes."""

    @app.exception_handler(SameboatError)
    def of_sameboat(request: Request, error: SameboatError) -> Response:
        return answer(request, status_of(error), error.findings)

    @app.exception_handler(HTTPException)
    def of_http(request: Request, error: HTTPException) -> Response:
        other = "internal-error" if error.status_code >= 500 else "request-invalid"
        codes = {404: "page-not-found", 405: "method-not-allowed"}
        return refuse(request, error.status_code, codes.get(error.status_code, other))

    @app.exception_handler(RequestValidationError)
    def of_form(request: Request, error: RequestValidationError) -> Response:
        if is_api(request):
            return answer(request, 400, [_of_part(one) for one in error.errors()])
        return refuse(request, 400, "request-invalid")

    @app.exception_handler(Exception)
    def of_anything(request: Request, error: Exception) -> Response:
        LOG.error("%s %s failed", request.method, request.scope["path"], exc_info=error)
        return refuse(request, 500, "internal-error")


def status_of(error: SameboatError) -> int:
    """The HTTP status of an error; by its code 404 what does not exist, 409 what changed."""
    if error.code.startswith("unknown-"):
        return 404
    if error.code in CHANGED:
        return 409
    if error.code in UNREADABLE:
        return 503
    return next((status for kind, status in STATUS if isinstance(error, kind)), 500)


def refuse(request: Request, status: int, code: str) -> Response:
    """The answer to a request that is turned away, by its code."""
    if code == "sign-in-needed" and not is_api(request):
        return ask_for_token(request, code, status=status)
    message, hint = WORDS[code]
    return answer(request, status, (Finding(code, message, hint=hint),))


def answer(request: Request, status: int, findings: Sequence[Finding]) -> Response:
    """The findings as a page, or as JSON for the API."""
    if is_api(request):
        return JSONResponse(error_json(findings), status_code=status)
    site = site_of(request)
    try:
        reader = reader_of(request, zone=None)
    except SameboatError:
        reader = PLAIN_READER
    title = TITLES.get(status) or TITLES[500 if status >= 500 else 400]
    shown = {"findings": findings, "title": title, "next": _next(status)}
    return site.page(request, "error.html", shown, reader=reader, status=status)


def _of_part(error: Mapping[str, Any]) -> Finding:
    """What is wrong with one part of a request, without what was sent."""
    where = ".".join(str(step) for step in error["loc"][1:]) or "the body"
    return Finding("request-invalid", f"{where}: {error['msg']}")


def error_json(findings: Sequence[Finding]) -> dict[str, object]:
    """The one JSON shape of an error: the first finding, and all of them."""
    return {"error": {**_finding(findings[0]), "findings": [_finding(one) for one in findings]}}


def is_api(request: Request) -> bool:
    """Whether the address belongs to the API."""
    path: str = request.scope["path"]
    return path.startswith(API)


def _finding(finding: Finding) -> dict[str, object]:
    return {
        "code": finding.code,
        "message": finding.message,
        "where": str(finding.where) if finding.where else None,
        "hint": finding.hint,
        "severity": finding.severity,
    }


def _next(status: int) -> str:
    if status == 503:
        return "Nothing was lost. Mend what is named above and load the page again."
    if status == 500:
        return "Load the page again. If it fails again, the code above helps to find out why."
    return "Nothing was changed."
