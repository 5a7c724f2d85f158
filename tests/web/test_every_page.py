"""What holds for every page: safe, whole, in the reader's language and theme; and assets."""

from __future__ import annotations

import datetime as dt
import gzip
from dataclasses import replace

import pytest

from sameboat.project.viewer import OWNER
from sameboat.questions.series import Chance
from sameboat.web.assets import read_assets
from tests.web.conftest import Client, House, page
from tests.web.reading import Node, read

HOSTILE = "</script><img src=x onerror=alert(1)>\"'&{{7*7}}"
PAGES = (
    "/", "/kpi/conversion", "/search", "/search?q=reply", "/how-to-read", "/tour", "/nope",
    "/kpi/nope", "/kpi/conversion/why", "/tree/conversion/why", "/health",
    "/kpi/conversion/outlook", "/tree", "/tree/replies", "/tree/nope", "/teams",
    "/teams/sales", "/teams/nope",
)  # fmt: skip


def assert_nothing_inline(tree: Node) -> None:
    for node in tree.walk():
        assert node.tag != "style"
        assert "style" not in node.attributes, node
        assert not [name for name in node.attributes if name.startswith("on")], node
        if node.tag == "script":
            assert node.get("src").startswith("/assets/")
            assert not node.text
        for name in ("href", "src", "action", "formaction", "data-twin"):
            value = node.attributes.get(name)
            if value is not None and name != "data-twin":
                assert value.startswith(("/", "#")), (node.tag, value)
                assert not value.startswith("//")


@pytest.mark.parametrize("path", PAGES)
def test_pages_are_well_formed_and_hold_nothing_inline_or_outside(
    inside: Client, path: str
) -> None:
    tree = page(inside, path)
    assert_nothing_inline(tree)
    ids = [node.get("id") for node in tree.walk() if node.get("id")]
    assert len(ids) == len(set(ids))
    for node in tree.walk():
        for name in ("aria-labelledby", "for", "data-twin"):
            if node.get(name):
                assert node.get(name) in ids, (node.tag, name, node.get(name))
    assert len(tree.all("h1")) == 1
    assert len(tree.all("main")) == 1
    assert tree.one("html").get("lang") == "en-GB"


def test_the_sign_in_page_holds_nothing_inline(outside: Client) -> None:
    assert_nothing_inline(page(outside))


def test_no_link_is_dead(inside: Client) -> None:
    """Every address that a page links to answers."""
    waiting, seen = ["/"], set()
    while waiting:
        path = waiting.pop()
        if path in seen or path.startswith("#"):
            continue
        seen.add(path)
        asked = path.partition("#")[0]
        answer = inside.get(asked)
        known = asked.startswith("/kpi/") and asked != "/kpi/conversion"
        known |= asked.startswith("/metric/")  # of a project on disk: see test_retire
        assert answer.status_code == 200 or known, path
        if answer.headers["content-type"].startswith("text/html"):
            waiting += [link.get("href") for link in read(answer.text).all("a")]
    assert "/how-to-read#keys" in seen


def test_every_chart_has_a_sentence_or_is_said_in_words_beside(inside: Client) -> None:
    for path in ("/", "/kpi/conversion", "/tree"):
        for chart in page(inside, path).all("svg", "chart"):
            named = chart.get("role") in ("img", "group") and len(chart.get("aria-label")) > 20
            assert named or chart.get("aria-hidden") == "true"


def test_hostile_names_are_text_everywhere(inside: Client, house: House) -> None:
    """Company, mission, labels, reasons, units, teams, events, SQL: none becomes markup."""
    board, kpi = house.board, house.kpis["conversion"]
    pull = replace(board.rows[0].pulls[0], team_label=HOSTILE, lever_label=HOSTILE)
    rows = tuple(
        replace(
            row, label=HOSTILE, why=HOSTILE, note=HOSTILE, unit=HOSTILE, pulls=(pull,),
            verdict=replace(row.verdict, words=f"Signal: {HOSTILE}"),
            chance=Chance(None, HOSTILE), series=replace(row.series, unit=HOSTILE, label=HOSTILE),
        )
        for row in board.rows
    )  # fmt: skip
    decision = board.decision and replace(
        board.decision, title=HOSTILE, summary=HOSTILE, kpi_label=HOSTILE, unit=HOSTILE
    )
    house.board = replace(
        board, company=HOSTILE, mission=HOSTILE, headline=HOSTILE, rows=rows, decision=decision,
        period=HOSTILE, definitions=HOSTILE,
    )  # fmt: skip
    house.kpis["conversion"] = replace(
        kpi, company=HOSTILE, label=HOSTILE, objective_label=HOSTILE, unit=HOSTILE, why=HOSTILE,
        since=HOSTILE, steward=HOSTILE, period=HOSTILE,
        series=replace(kpi.series, unit=HOSTILE, label=HOSTILE),
        happenings=tuple(replace(h, label=HOSTILE, note=HOSTILE) for h in kpi.happenings),
        levers=tuple(replace(lever, pull=pull, unit=HOSTILE) for lever in kpi.levers[:1]),
        guardrails=tuple(replace(rail, label=HOSTILE, limit=HOSTILE) for rail in kpi.guardrails),
        segments=tuple(replace(one, dimension=HOSTILE, value=HOSTILE) for one in kpi.segments),
        definition=replace(kpi.definition, sql=HOSTILE, description=HOSTILE, gaming=HOSTILE,
                           sources=(HOSTILE,), file=HOSTILE, numerator=HOSTILE),
    )  # fmt: skip
    for path in ("/", "/kpi/conversion", "/search?q=%3Cscript%3E", "/search"):
        tree = page(inside, path)
        assert_nothing_inline(tree)
        assert not tree.all("img")
        assert "49" not in tree.one("title").text
    assert HOSTILE in page(inside, "/kpi/conversion").one("pre").text


def test_questions_are_asked_with_the_sessions_viewer_and_the_moment(
    inside: Client, house: House
) -> None:
    inside.get("/kpi/conversion?as_known_at=2026-10-01T09:00")
    assert house.asked[-1] == (
        "conversion", OWNER, dt.datetime(2026, 10, 1, 9, tzinfo=dt.UTC),
    )  # fmt: skip
    assert "As it was known at" in inside.get("/?as_known_at=2026-10-01").text


def test_a_moment_that_is_none_is_refused_with_its_code(inside: Client) -> None:
    answer = inside.get("/?as_known_at=yesterday")
    assert answer.status_code == 400
    assert "request-invalid" in answer.text


@pytest.mark.parametrize(
    ("language", "value", "lang"),
    [("de-DE", "4,1", "en"), ("en-US", "4.1", "en-US"), ("xx;q=9", "4.1", "en-GB"),
     ("fr;q=0.2, de;q=0.9", "4,1", "en"), ("*", "4.1", "en-GB"), (",;q=,=", "4.1", "en-GB")],
)  # fmt: skip
def test_numbers_follow_the_browsers_language(
    inside: Client, language: str, value: str, lang: str
) -> None:
    tree = read(inside.get("/", headers={"accept-language": language}).text)
    assert tree.all("p", "val")[0].text.startswith(value)
    assert tree.one("html").get("lang") == lang


def test_the_theme_is_known_before_the_first_paint(inside: Client) -> None:
    assert "data-theme" not in page(inside).one("html").attributes
    answer = inside.post("/theme", data={"theme": "dark", "back": "/kpi/conversion"})
    assert answer.headers["location"] == "/kpi/conversion"
    assert page(inside).one("html").get("data-theme") == "dark"


@pytest.mark.parametrize(
    "back",
    ["//attacker.example", "https://attacker.example", "/\\attacker.example", "", "x", "/\t/x"],
)
def test_the_way_back_never_leads_out_of_the_app(inside: Client, back: str) -> None:
    answer = inside.post("/theme", data={"theme": "dark", "back": back})
    assert answer.headers["location"] == "/"


def test_an_unknown_theme_is_not_kept(inside: Client) -> None:
    inside.post("/theme", data={"theme": "x onload=y", "back": "/"})
    inside.cookies.set("sameboat_theme", '"><script>')
    assert "data-theme" not in page(inside).one("html").attributes


def test_assets_are_kept_forever_under_the_name_of_their_content(outside: Client) -> None:
    for asset in read_assets().values():
        answer = outside.get(asset.url)
        assert answer.content == asset.content
        assert "immutable" in answer.headers["cache-control"]
        again = outside.get(asset.url, headers={"if-none-match": answer.headers["etag"]})
        assert again.status_code == 304
        assert not again.content
        assert outside.get(asset.url.replace(asset.hash, "0" * 12)).status_code == 404


@pytest.mark.parametrize("name", ["../app.py", "..%2fapp.py", "built", "", "app.css%00"])
def test_nothing_but_assets_is_served_as_an_asset(outside: Client, name: str) -> None:
    assert outside.get(f"/assets/000000000000/{name}").status_code in (404, 401)


def test_script_and_style_of_any_page_fit_into_60_kb() -> None:
    assets = read_assets()
    sizes = {name: len(gzip.compress(assets[name].content)) for name in ("app.css", "app.js")}
    assert sum(sizes.values()) <= 60_000, sizes
