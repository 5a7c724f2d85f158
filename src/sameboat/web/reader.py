"""How the reader wants pages: the locale of the browser, light or dark, a past moment."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from functools import lru_cache

from babel import Locale, UnknownLocaleError
from starlette.requests import Request

from sameboat.errors import RequestError

DEFAULT_LOCALE = "en-GB"
THEMES = ("light", "dark")
THEME_COOKIE = "sameboat_theme"
TOUR_COOKIE = "sameboat_tour"
MOST_STEPS = 20
MOST_WISHES = 10


@dataclass(frozen=True)
class Reader:
    """What a page needs to know of its reader."""

    locale: str
    theme: str | None
    as_known_at: dt.datetime | None = None
    tour_hidden: bool = False
    tour_step: int | None = None  # of the demo's tour, where a page was opened from it

    @property
    def language(self) -> str:
        """The language of the page: its words are English whatever the numbers look like."""
        return self.locale if self.locale.split("-")[0] == "en" else "en"


def reader_of(request: Request, *, zone: dt.tzinfo | None) -> Reader:
    """The reader behind a request; a moment without a zone is in the server's."""
    theme = request.cookies.get(THEME_COOKIE)
    return Reader(
        locale=locale_of(request.headers.get("accept-language", "")[:500]),
        theme=theme if theme in THEMES else None,
        as_known_at=_moment(request.query_params.get("as_known_at"), zone),
        tour_hidden=request.cookies.get(TOUR_COOKIE) == "hidden",
        tour_step=_step(request.query_params.get("tour")),
    )


@lru_cache(maxsize=256)
def locale_of(accept_language: str) -> str:
    """The first locale of the browser's list that CLDR knows, by preference.

    >>> locale_of("de-CH, fr;q=0.9"), locale_of("xx, en-US;q=0.5"), locale_of("")
    ('de-CH', 'en-US', 'en-GB')
    """
    for tag in _wishes(accept_language):
        try:
            locale = Locale.parse(tag, sep="-")
        except (UnknownLocaleError, ValueError, TypeError):
            continue
        if tag.lower() == "en":
            return DEFAULT_LOCALE
        return str(locale).replace("_", "-")
    return DEFAULT_LOCALE


def _wishes(accept_language: str) -> list[str]:
    wishes: list[tuple[float, int, str]] = []
    for place, part in enumerate(accept_language.split(",")[:MOST_WISHES]):
        tag, _, weight = part.strip().partition(";")
        try:
            quality = float(weight.strip().removeprefix("q=")) if weight else 1.0
        except ValueError:
            continue
        if tag and tag != "*" and quality > 0:
            wishes.append((-quality, place, tag.strip()))
    return [tag for _, _, tag in sorted(wishes)]


def _step(text: str | None) -> int | None:
    """A step's number; anything else is none."""
    number = int(text) if text and text.isascii() and text.isdigit() and len(text) < 4 else 0
    return number if 0 < number <= MOST_STEPS else None


def _moment(text: str | None, zone: dt.tzinfo | None) -> dt.datetime | None:
    if not text:
        return None
    try:
        moment = dt.datetime.fromisoformat(text)
    except ValueError:
        raise RequestError(
            "request-invalid", f"as_known_at={text!r} is not a time",
            hint="Write it as 2026-10-26T06:10 or 2026-10-26.",
        ) from None  # fmt: skip
    return moment if moment.tzinfo else moment.replace(tzinfo=zone or dt.UTC)
