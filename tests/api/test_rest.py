"""The questions over HTTP, over a real project on disk."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from sameboat.api import rest
from sameboat.project.viewer import OWNER
from sameboat.questions.opened import Opened
from sameboat.web.app import create_app
from tests.unit.questions.ferry import NOW, ferry
from tests.web.conftest import OWN, PORT, TOKEN, Client

ROUTES = tuple(
    (route.path, method)
    for router in rest.ROUTERS
    for route in router.routes
    if isinstance(route, APIRoute)
    for method in sorted(route.methods)
)
ADDRESSES = tuple(dict.fromkeys(path for path, _ in ROUTES))
READING = tuple(path for path, method in ROUTES if method == "GET")
CHANGING = tuple(path for path, method in ROUTES if method == "POST")


def filled(path: str) -> str:
    """An address with names that are there."""
    named = path.replace("{name}", "conversion").replace("{team}", "sales")
    named = named.replace("{metric}", "leads")
    return named.replace("{id}", "d_2026_001" if "disputes" in path else "1")


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Opened]:
    opened = ferry(tmp_path_factory.mktemp("ferry"))
    opened.refresh()
    yield opened
    opened.close()


@pytest.fixture
def app(project: Opened) -> FastAPI:
    return create_app(
        lambda: project, viewer_of=lambda session: OWNER, now=lambda: NOW, token=TOKEN, port=PORT,
        addresses=rest.ROUTERS,
    )  # fmt: skip


@pytest.fixture
def client(app: FastAPI) -> Client:
    return Client(app).sign_in()


@pytest.mark.parametrize("path", ADDRESSES)
def test_no_address_answers_the_anonymous(app: FastAPI, path: str) -> None:
    """Whatever the method, the answer is the one shape of errors and holds nothing else."""
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        answer = Client(app).ask(method, filled(path), headers=OWN)
        assert answer.status_code == 401
        assert answer.json()["error"]["code"] == "sign-in-needed"


@pytest.mark.parametrize("path", [path for path in ADDRESSES if path not in CHANGING])
def test_addresses_that_change_nothing_only_read(client: Client, path: str) -> None:
    answer = client.post(filled(path))
    assert answer.status_code == 405
    assert answer.json()["error"]["code"] == "method-not-allowed"


def test_what_can_be_changed_is_what_is_meant() -> None:
    assert set(CHANGING) == {
        "/api/v1/signals/{id}/acknowledge", "/api/v1/disputes", "/api/v1/disputes/{id}/answer",
    }  # fmt: skip
    assert {method for _, method in ROUTES} == {"GET", "POST"}


def test_a_foreign_host_is_turned_away(app: FastAPI) -> None:
    answer = Client(app, host="evil.example:8791").get("/api/v1/board")
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "host-not-allowed"


def test_the_board_says_what_python_says(client: Client, project: Opened) -> None:
    answer = client.get("/api/v1/board")
    assert answer.headers["content-type"] == "application/json"
    (row,) = answer.json()["data"]["rows"]
    (mine,) = project.board().rows
    assert row["kpi"] == "conversion"
    assert row["value"] == mine.value
    assert row["verdict"]["words"] == mine.verdict.words


def test_a_kpi_comes_with_its_line_over_time(client: Client, project: Opened) -> None:
    found = client.get("/api/v1/kpis/conversion").json()["data"]
    mine = project.kpi("conversion")
    assert found["series"]["values"] == list(mine.series.values)
    assert found["series"]["periods"][0] == mine.series.periods[0].isoformat()
    assert [row["pull"]["team"] for row in found["levers"]] == ["marketing", "sales"]


@pytest.mark.parametrize(
    "path", [path for path in READING if path != "/api/v1/sql" and "{id}" not in path]
)
def test_every_address_answers_with_json(client: Client, path: str) -> None:
    asked = filled(path) + ("?metric=leads" if path.endswith("/query") else "")
    answer = client.get(asked)
    assert answer.status_code == 200, answer.text
    assert answer.headers["content-type"] == "application/json"
    assert answer.json()
    assert "@example.com" not in answer.text


def test_why_and_outlook_say_what_python_says(client: Client, project: Opened) -> None:
    found = client.get("/api/v1/kpis/conversion/why").json()["data"]
    mine = project.explain("conversion")
    assert found["headline"] == mine.headline
    assert [step["effect"] for step in found["tree"]["steps"]] == [
        step.effect for step in mine.tree.steps
    ]
    assert client.get("/api/v1/kpis/conversion/why?method=guess").status_code == 400
    lever = client.get("/api/v1/kpis/leads/why").json()["data"]
    assert (lever["kpi"], lever["is_kpi"]) == ("leads", False)
    assert lever["figure_after"] == project.explain("leads").figure_after
    ahead = client.get("/api/v1/kpis/conversion/outlook").json()["data"]
    assert ahead["kpi"] == "conversion"
    assert ahead["chance"]["value"] == project.forecast("conversion").chance.value


def test_a_phase_is_a_patch_and_nothing_is_written(client: Client, project: Opened) -> None:
    assert client.get("/api/v1/kpis/conversion/phases").json()["data"]["patch"] is None
    asked = "/api/v1/kpis/conversion/phases?since=2026-06-08"
    assert client.get(asked).status_code == 400
    found = client.get(f"{asked}&why=Paid+social").json()["data"]
    assert found["patch"].startswith("diff --git a/all.yml b/all.yml")
    assert found["locked"]["written"] is False
    assert "Paid social" not in (project.project.folder / "all.yml").read_text(encoding="utf-8")


def test_an_outlook_may_have_its_drivers_moved(client: Client, project: Opened) -> None:
    path = "/api/v1/kpis/conversion/outlook"
    found = client.get(f"{path}?set=customers%3D%2B10%25&set=leads=90&horizon=4").json()["data"]
    mine = project.forecast("conversion", settings={"customers": "+10%", "leads": 90}, horizon=4)
    assert mine.moved is not None
    assert mine.moved.chance is not None
    assert found["moved"]["chance"] == mine.moved.chance
    assert len(found["mean"]) == 4
    for query, status, code in (
        ("set=customer=55", 404, "unknown-driver"),
        ("set=customers=5000", 400, "outside-limits"),
        ("set=customers=many", 400, "wrong-type"),
        ("set=customers", 400, "wrong-type"),
        ("set=leads=90&set=leads=91", 400, "wrong-type"),
        ("horizon=0", 400, "request-invalid"),
    ):
        refused = client.get(f"{path}?{query}")
        assert (refused.status_code, refused.json()["error"]["code"]) == (status, code), query
        assert refused.json()["error"]["findings"][0]["hint"] or code == "request-invalid"


def test_a_kpi_that_is_none_is_not_found(client: Client) -> None:
    answer = client.get("/api/v1/kpis/convrsion")
    assert answer.status_code == 404
    assert answer.json()["error"]["code"] == "unknown-kpi"
    assert "conversion" in json.dumps(answer.json())


def test_a_query_has_the_rows_that_python_has(client: Client, project: Opened) -> None:
    asked = "metric=conversion&metric=leads&by=metric_time__month,source"
    refused = client.get(f"/api/v1/query?{asked}")
    assert refused.status_code in (400, 404)
    asked = asked.replace(",source", "&by=source")
    found = client.get(f"/api/v1/query?{asked}&from=2026-08&to=2026-09&order_by=-leads").json()
    table = project.query(
        ["conversion", "leads"], group_by=["metric_time__month", "source"], start="2026-08",
        end="2026-09", order_by=["-leads"],
    )  # fmt: skip
    assert [column["name"] for column in found["columns"]] == table.column_names
    assert [row[2:] for row in found["data"]] == [
        [row["conversion"], row["leads"]] for row in table.to_pylist()
    ]
    assert "leads" in found["about"]["metrics"]


def test_what_is_undefined_says_why_row_by_row(client: Client) -> None:
    found = client.get("/api/v1/query?metric=conversion&where=source%20%3D%20%27none%27").json()
    assert found["data"] in ([], [[None]])
    if found["data"]:
        assert found["columns"][0]["reasons"] == ["no denominator"]


def test_the_sql_is_that_of_python(client: Client, project: Opened) -> None:
    found = client.get("/api/v1/sql?metric=leads&by=metric_time__week&dialect=spark").json()
    assert found["data"] == project.sql(["leads"], group_by=["metric_time__week"], dialect="spark")


@pytest.mark.parametrize(
    "asked",
    [
        "metric=leads&by=email",
        "metric=leads&where=1%20%3D%201%3B%20drop%20table%20leads",
        "metric=leads&where=source%20in%20(select%20email%20from%20leads)",
        "metric=lead%00s",
        "metric=leads&from=yesterday",
        "metric=leads&limit=-1",
        "metric=leads&limit=many",
        "metric=leads&as_known_at=soon",
        "metric=leads&rates=never",
    ],
)
def test_what_cannot_be_asked_is_refused_in_one_shape(client: Client, asked: str) -> None:
    answer = client.get(f"/api/v1/query?{asked}")
    assert answer.status_code in (400, 404), answer.text
    error = answer.json()["error"]
    assert error["code"]
    assert error["message"]
    assert "@example.com" not in answer.text


def test_the_description_names_every_address(client: Client) -> None:
    found = client.get("/api/v1/openapi.json").json()
    assert set(found["paths"]) == set(ADDRESSES)
    for path, method in ROUTES:
        told = found["paths"][path][method.lower()]
        assert told["description"]
        assert all(named["in"] != "body" for named in told.get("parameters", ()))


def test_the_description_names_parameters_exactly(client: Client) -> None:
    """Who asks and of what is no parameter; a moment of the past is one where it is honoured."""
    paths = client.get("/api/v1/openapi.json").json()["paths"]

    def named(path: str, method: str = "get") -> list[str]:
        return [one["name"] for one in paths[f"/api/v1{path}"][method].get("parameters", ())]

    assert named("/board") == ["as_known_at"]
    assert named("/kpis/{name}") == ["name", "as_known_at"]
    assert named("/kpis/{name}/why") == ["name", "before", "after", "method"]
    assert named("/kpis/{name}/outlook") == ["name", "set", "horizon", "as_known_at"]
    assert named("/health") == []
    assert named("/signals") == ["status", "as_known_at"]
    assert named("/signals/{id}/acknowledge", "post") == ["id"]
    assert named("/metrics/{metric}/retirement") == ["metric", "day", "replaced_by"]
    sent = paths["/api/v1/signals/{id}/acknowledge"]["post"]["requestBody"]["content"]
    assert set(sent) == {"application/json"}


def test_the_teams_are_those_of_python(client: Client, project: Opened) -> None:
    found = client.get("/api/v1/teams").json()["data"]
    mine = project.teams()
    assert [row["team"] for row in found["teams"]] == [row.team for row in mine.teams]


def test_metrics_come_with_their_version_and_definition(client: Client, project: Opened) -> None:
    found = {row["name"]: row for row in client.get("/api/v1/metrics").json()["data"]}
    assert set(found) == set(project.project.metrics)
    assert found["conversion"]["version"] == 2
    assert found["conversion"]["definition"]
