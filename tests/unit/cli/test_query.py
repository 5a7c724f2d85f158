"""The options of `sameboat query` become one request, and its answer goes to standard output."""

from __future__ import annotations

import datetime as dt
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pyarrow as pa
import pytest

import sameboat
from sameboat import cli
from sameboat.actions import count_uses

ANSWER = pa.table({"metric_time__month": [dt.date(2026, 1, 1)], "win_rate": [0.25]})


class Asked:
    """A workspace that writes down what it is asked."""

    def __init__(self) -> None:
        self.requests: list[dict[str, Any]] = []
        self.counted: list[dict[tuple[str, str], int]] = []
        self.folder: str | None = None
        calendar = SimpleNamespace(timezone="Europe/London")
        self.project = SimpleNamespace(root=SimpleNamespace(calendar=calendar))

    def query(self, **request: Any) -> pa.Table:
        self.requests.append(request)
        return ANSWER

    def sql(self, **request: Any) -> str:
        self.requests.append(request)
        return "SELECT 1"


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> Asked:
    workspace = Asked()

    def opened(folder: str) -> Asked:
        workspace.folder = folder
        return workspace

    def counted(_workspace: Asked, shown: dict[tuple[str, str], int]) -> bool:
        workspace.counted.append(shown)
        return True

    monkeypatch.setattr(sameboat, "open", opened)
    monkeypatch.setattr(count_uses, "count_uses", counted)
    return workspace


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    (tmp_path / "sameboat.yml").write_text("format: 1\n", encoding="utf-8")
    (tmp_path / "deep" / "deeper").mkdir(parents=True)
    monkeypatch.chdir(tmp_path / "deep" / "deeper")
    return tmp_path


def test_what_was_asked_for_is_counted_and_sql_is_not(asked: Asked, project: Path) -> None:
    """By metric or saved query, and never by whom; SQL that was only written is no use."""
    assert cli.run(["query", "a", "b", "--by", "x"]) == 0
    assert cli.run(["query", "--saved-query", "board_month"]) == 0
    assert cli.run(["query", "a", "--sql"]) == 0
    assert asked.counted == [{("a", "query"): 1, ("b", "query"): 1}, {("board_month", "query"): 1}]


PLAIN: dict[str, Any] = {
    "metrics": [],
    "group_by": [],
    "where": [],
    "order_by": [],
    "start": None,
    "end": None,
    "limit": None,
    "saved_query": None,
    "min_max_only": False,
    "ungrouped": False,
    "currency": None,
    "rates": None,
}


def test_the_example_of_the_interface_is_understood(
    asked: Asked, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """The command as the fixed interface shows it, from a folder inside the project."""
    words = (
        "query win_rate won_revenue --by metric_time__month,account__region "
        "--from 2026-01-01 --to 2026-06-30 --order-by -win_rate --limit 20 --format csv"
    ).split()
    assert cli.run([*words, "--where", "account__segment = 'SMB'"]) == 0
    assert asked.requests == [
        PLAIN
        | {
            "metrics": ["win_rate", "won_revenue"],
            "group_by": ["metric_time__month", "account__region"],
            "where": ["account__segment = 'SMB'"],
            "start": "2026-01-01",
            "end": "2026-06-30",
            "order_by": ["-win_rate"],
            "limit": 20,
        }
    ]
    assert asked.folder == str(project)
    assert capsys.readouterr().out == "metric_time__month,win_rate\n2026-01-01,0.25\n"


def test_options_may_be_repeated_and_may_hold_several_names(asked: Asked, project: Path) -> None:
    words = "query a --by x,y --by z --where p --where q --order-by x --order-by=-y,z"
    assert cli.run(words.split()) == 0
    request = asked.requests[0]
    assert request["group_by"] == ["x", "y", "z"]
    assert request["where"] == ["p", "q"]
    assert request["order_by"] == ["x", "-y", "z"]


def test_a_filter_with_a_comma_is_one_filter(asked: Asked, project: Path) -> None:
    assert cli.run(["query", "a", "--where", "stage in ('Won', 'Lost')"]) == 0
    assert asked.requests[0]["where"] == ["stage in ('Won', 'Lost')"]


def test_flags_and_a_saved_query_are_passed_on(asked: Asked, project: Path) -> None:
    words = "query --saved-query board_month --min-max-only --ungrouped --by x"
    assert cli.run(words.split()) == 0
    assert asked.requests == [
        PLAIN
        | {
            "saved_query": "board_month",
            "min_max_only": True,
            "ungrouped": True,
            "group_by": ["x"],
        }
    ]


def test_sql_is_printed_and_nothing_runs(
    asked: Asked, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["query", "a", "--sql", "--dialect", "spark"]) == 0
    assert asked.requests == [PLAIN | {"metrics": ["a"], "dialect": "spark"}]
    assert capsys.readouterr().out == "SELECT 1\n"


@pytest.mark.parametrize("words", ["--dialect spark", "--sql --as-known-at 2026-05-04"])
def test_options_that_do_not_go_together_are_wrong_use(
    words: str, asked: Asked, project: Path
) -> None:
    """Nothing runs in another engine's dialect, and SQL has no past."""
    assert cli.run(["query", "a", *words.split()]) == 2
    assert asked.requests == []


@pytest.mark.parametrize(
    ("text", "moment"),
    [
        ("2026-05-04", "2026-05-04T23:59:59.999999+01:00"),
        ("2026-01-04T09:30", "2026-01-04T09:30:00+00:00"),
        ("2026-01-04 09:30:00+02:00", "2026-01-04T09:30:00+02:00"),
    ],
)
def test_a_past_moment_is_one_of_the_projects_zone(
    text: str, moment: str, asked: Asked, project: Path
) -> None:
    """A day means its end, like every end in a request."""
    assert cli.run(["query", "a", "--as-known-at", text]) == 0
    assert asked.requests[0]["as_known_at"].isoformat() == moment


def test_a_moment_that_is_none_is_wrong_use(
    asked: Asked, project: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert cli.run(["query", "a", "--as-known-at", "yesterday"]) == 2
    assert capsys.readouterr().err.startswith("wrong-type  'yesterday' is not a time.")
    assert asked.requests == []


def test_a_named_project_wins_over_the_folder_around(
    asked: Asked, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A named folder needs no sameboat.yml: a folder of dbt files is a project too."""
    other = tmp_path_factory.mktemp("other")
    assert cli.run(["query", "a", "--project", str(other)]) == 0
    assert asked.folder == str(other)


@pytest.mark.parametrize("name", ["missing", "sameboat.yml"])
def test_a_named_project_must_be_a_folder(name: str, asked: Asked, project: Path) -> None:
    assert cli.run(["query", "a", "--project", str(project / name)]) == 2
    assert asked.requests == []
