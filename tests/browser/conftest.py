"""A real Chromium on a real server over the mock's answers."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from sameboat.web.server import LOOPBACK, bind, server
from tests.web.conftest import House

ARGS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
PATIENCE = 30.0  # seconds for the server to start or stop, and for a page to become as expected
TOKEN = "browser-token"

expect.set_options(timeout=PATIENCE * 1000)


@dataclass
class Served:
    """A running server, its answers, and a browser that signed in."""

    address: str
    house: House
    browser: Browser
    state: dict[str, object] = field(default_factory=dict)

    @contextmanager
    def page(self, width: int = 1280, theme: str = "light", **more: object) -> Iterator[Watched]:
        """A page of that width, signed in, whose complaints fail the test when it closes."""
        context: BrowserContext = self.browser.new_context(
            viewport={"width": width, "height": 900}, color_scheme=theme, locale="en-GB",
            storage_state=self.state, **more,  # type: ignore[arg-type]
        )  # fmt: skip
        watched = Watched(context.new_page(), self.address)
        try:
            yield watched
            assert not watched.complaints
            assert not watched.outside
        finally:
            context.close()


class Watched:
    """A page that notes errors, warnings of the policy, and requests to anywhere else."""

    def __init__(self, page: Page, address: str) -> None:
        self.page = page
        self.address = address
        self.complaints: list[str] = []
        self.outside: list[str] = []
        page.on("console", lambda message: self._note(message.type, message.text))
        page.on("pageerror", lambda error: self.complaints.append(str(error)))
        page.on("request", lambda request: self._asked(request.url))

    def open(self, path: str) -> Page:
        """The page at a path, loaded."""
        answer = self.page.goto(self.address + path)
        assert answer is not None
        assert answer.ok, answer.status
        return self.page

    def _note(self, kind: str, text: str) -> None:
        if kind in ("error", "warning"):
            self.complaints.append(text)

    def _asked(self, url: str) -> None:
        if not url.startswith((self.address, "data:")):
            self.outside.append(url)


@pytest.fixture(scope="module")
def browser(chromium: str) -> Iterator[Browser]:
    """One Chromium per file of tests: its event loop must not outlive them."""
    with sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=chromium, args=ARGS)
        yield started
        started.close()


@pytest.fixture(scope="module")
def served(browser: Browser) -> Iterator[Served]:
    """The mock's answers behind a server on a free port."""
    with serving(House(), browser) as running:
        yield running


@contextmanager
def serving(house: House, browser: Browser) -> Iterator[Served]:
    """A server over a house's answers while the block lasts."""
    bound = bind(0)
    port = bound.getsockname()[1]
    is_ready = threading.Event()
    running = server(house.app(token=TOKEN, port=port), ready=is_ready.set)
    thread = threading.Thread(target=lambda: running.run(sockets=[bound]), daemon=True)
    thread.start()
    assert is_ready.wait(PATIENCE)
    address = f"http://{LOOPBACK}:{port}"
    try:
        yield Served(address, house, browser, _signed_in(browser, address))
    finally:
        running.should_exit = True
        thread.join(PATIENCE)


def _signed_in(browser: Browser, address: str) -> dict[str, object]:
    context = browser.new_context()
    try:
        page = context.new_page()
        page.goto(f"{address}/?token={TOKEN}")
        assert page.url == f"{address}/"
        return dict(context.storage_state())
    finally:
        context.close()
