"""Nobody comes in without a session, under a foreign name, or from a foreign page."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from sameboat.web.gate import OPEN_PATHS, POLICY
from tests.web.conftest import HOST, OWN, PORT, TOKEN, Client, House

OPEN_TO_ALL = {"/sign-in", "/healthz", "/favicon.ico", "/assets/{digest}/{name}"}
CHANGING = ("POST", "PUT", "PATCH", "DELETE")


def routes(app: FastAPI) -> Iterator[tuple[str, str]]:
    """Every method and path of the app, those of included routers too."""
    waiting = list(app.router.routes)
    while waiting:
        route = waiting.pop()
        inner = getattr(route, "original_router", None)
        if inner is not None:
            waiting += inner.routes
        elif isinstance(route, APIRoute):
            yield from ((method, route.path) for method in route.methods)
        else:
            raise AssertionError(f"a route of an unknown kind: {route}")


def test_the_list_of_routes_is_complete(house: House) -> None:
    paths = {path for _, path in routes(house.app())}
    assert {"/", "/kpi/{name}", "/kpi/{name}.csv", "/search", "/sign-out", "/theme"} <= paths
    assert paths >= OPEN_TO_ALL


def test_every_route_but_the_open_ones_denies_the_anonymous(house: House) -> None:
    """Whatever the method: without a session the answer is 401 and holds nothing of the company."""
    app = house.app()
    client = Client(app)
    for method, path in routes(app):
        if path in OPEN_TO_ALL:
            continue
        asked = path.replace("{name}", "conversion")
        answer = client.ask(method, asked, headers=OWN)
        assert answer.status_code == 401, (method, path)
        assert "Harbourline" not in answer.text, (method, path)
    assert not house.asked


@pytest.mark.parametrize(
    "path",
    ["/no-such-page", "/kpi/x", "/docs", "/redoc", "/openapi.json", "/assets", "/sign-in/",
     "/assets/../", "/%61ssets/../kpi/conversion", "/healthz/../", "//sign-in", "/SIGN-IN"],
)  # fmt: skip
def test_an_address_that_only_looks_open_is_denied(outside: Client, path: str) -> None:
    answer = outside.get(path)
    assert answer.status_code in (401, 404)
    assert "Harbourline" not in answer.text


def test_documentation_pages_of_the_framework_do_not_exist(inside: Client) -> None:
    for path in ("/docs", "/redoc", "/openapi.json"):
        assert inside.get(path).status_code == 404


def test_the_token_opens_one_session_and_no_second_one(house: House) -> None:
    app = house.app()
    first, second = Client(app), Client(app)
    answer = first.get(f"/?token={TOKEN}")
    assert answer.status_code == 303
    assert answer.headers["location"] == "/"
    assert first.get("/").status_code == 200
    again = second.get(f"/?token={TOKEN}")
    assert again.status_code == 401
    assert "That token does not work" in again.text
    assert second.get("/").status_code == 401


@pytest.mark.parametrize("wrong", ["", "x", TOKEN + "x", TOKEN[:-1], "é", "0" * 10_000])
def test_a_wrong_token_opens_nothing_and_does_not_use_up_the_right_one(
    outside: Client, wrong: str
) -> None:
    assert outside.get("/", params={"token": wrong}).status_code == 401
    assert outside.get("/", params={"token": TOKEN}).status_code == 303


def test_a_head_request_does_not_use_up_the_token(outside: Client) -> None:
    """Programs that look at links before people open them ask with HEAD."""
    assert outside.ask("HEAD", f"/?token={TOKEN}").status_code == 401
    assert outside.get(f"/?token={TOKEN}").status_code == 303


def test_the_token_ends_after_an_hour(house: House) -> None:
    client = Client(house.app())
    house.clock.at += dt.timedelta(hours=1)
    assert client.get(f"/?token={TOKEN}").status_code == 401


def test_a_server_without_a_token_lets_nobody_in(house: House) -> None:
    assert Client(house.app(token="")).get("/?token=").status_code == 401


def test_the_token_can_be_pasted_into_the_form(outside: Client) -> None:
    assert outside.post("/sign-in", data={"token": "wrong"}).status_code == 401
    assert outside.post("/sign-in", data={"token": TOKEN}).status_code == 303
    assert outside.get("/").status_code == 200


def test_the_session_cookie_is_out_of_reach_for_scripts_and_other_sites(outside: Client) -> None:
    cookie = outside.get(f"/?token={TOKEN}").headers["set-cookie"]
    assert cookie.startswith(f"sameboat_session_{PORT}=")
    assert "HttpOnly" in cookie
    assert "SameSite=strict" in cookie
    assert "Path=/" in cookie
    assert "Max-Age=43200" in cookie
    assert TOKEN not in cookie


def test_a_session_ends_after_twelve_hours(house: House, inside: Client) -> None:
    assert inside.get("/").status_code == 200
    house.clock.at += dt.timedelta(hours=12)
    assert inside.get("/").status_code == 401


def test_after_signing_out_the_old_cookie_is_worthless(inside: Client) -> None:
    kept = dict(inside.cookies)
    assert inside.post("/sign-out").status_code == 303
    inside.cookies.update(kept)
    assert inside.get("/").status_code == 401


def test_a_session_named_by_the_client_is_not_taken(outside: Client) -> None:
    outside.cookies.set(f"sameboat_session_{PORT}", "chosen-by-an-attacker")
    assert outside.get("/").status_code == 401
    outside.get(f"/?token={TOKEN}")
    names = [cookie.value for cookie in outside.cookies.jar if cookie.domain == "127.0.0.1"]
    assert "chosen-by-an-attacker" not in names


@pytest.mark.parametrize(
    "host",
    ["attacker.example", f"attacker.example:{PORT}", "127.0.0.1", "127.0.0.1:80", "localhost:9999",
     f"127.0.0.1.attacker.example:{PORT}", f"127.0.0.2:{PORT}", "", f"{HOST}@attacker.example"],
)  # fmt: skip
def test_a_foreign_host_name_is_refused(inside: Client, host: str) -> None:
    """DNS rebinding: a name of the attacker that now leads to this machine."""
    answer = inside.get("/", headers={"host": host})
    assert answer.status_code == 400
    assert "Harbourline" not in answer.text


@pytest.mark.parametrize("host", [HOST, f"localhost:{PORT}", f"[::1]:{PORT}", f"LOCALHOST:{PORT}"])
def test_the_names_of_this_machine_are_served(inside: Client, host: str) -> None:
    assert inside.get("/", headers={"host": host}).status_code == 200


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"origin": "http://attacker.example"},
        {"origin": "null"},
        {"origin": f"https://{HOST}"},
        {"origin": "http://127.0.0.1:9999"},
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {**OWN, "sec-fetch-site": "cross-site"},
        {"origin": "http://attacker.example", "sec-fetch-site": "same-origin"},
    ],
)
@pytest.mark.parametrize("path", ["/sign-out", "/theme", "/sign-in"])
def test_a_change_asked_for_by_a_foreign_page_is_refused(
    inside: Client, headers: dict[str, str], path: str
) -> None:
    assert inside.ask("POST", path, headers=headers).status_code == 403
    assert inside.get("/").status_code == 200


def test_every_answer_carries_the_protecting_headers(inside: Client, outside: Client) -> None:
    answers = [
        inside.get("/"), inside.get("/kpi/conversion"), inside.get("/kpi/conversion.csv"),
        inside.get("/nope"), inside.get("/healthz"), outside.get("/"), outside.get("/sign-in"),
        inside.get("/", headers={"host": "x"}), inside.post("/theme", headers={}),
        inside.get("/favicon.ico"),
    ]  # fmt: skip
    for answer in answers:
        assert answer.headers["content-security-policy"] == POLICY
        assert answer.headers["x-content-type-options"] == "nosniff"
        assert answer.headers["referrer-policy"] == "same-origin"
        assert answer.headers["cross-origin-opener-policy"] == "same-origin"
        assert answer.headers["cross-origin-resource-policy"] == "same-origin"
        assert "camera=()" in answer.headers["permissions-policy"]


def test_the_policy_allows_nothing_inline_and_nothing_from_elsewhere() -> None:
    assert "unsafe" not in POLICY
    assert "http" not in POLICY
    assert "default-src 'none'" in POLICY
    assert "frame-ancestors 'none'" in POLICY


def test_pages_are_never_kept_by_the_browser(inside: Client) -> None:
    for path in ("/", "/kpi/conversion", "/kpi/conversion.csv"):
        assert inside.get(path).headers["cache-control"] == "no-store"


def test_the_health_check_tells_nothing(outside: Client) -> None:
    assert outside.get("/healthz").json() == {"ok": True}


def test_open_paths_are_the_three_that_are_meant() -> None:
    assert {"/sign-in", "/healthz", "/favicon.ico"} == OPEN_PATHS


def test_a_body_larger_than_any_form_is_refused(inside: Client) -> None:
    for length, status in ((200_000, 413), (2_000, 400)):
        answer = inside.post("/theme", data={"theme": "x" * length})
        assert answer.status_code == status
        assert "xxxx" not in answer.text
