"""The documentation is true: its examples run, its generated pages are up to date."""

from __future__ import annotations

import runpy
from collections.abc import Callable
from pathlib import Path

import pytest
from _pytest.mark import ParameterSet

from sameboat.cli import COMMANDS
from sameboat.errors import CODES
from tests.docs.console import Command, NewFile, examples, follow, run

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").rglob("*.md")])
WITH_EXAMPLES = [page for page in PAGES if any(examples(page.read_text(encoding="utf-8")))]


@pytest.fixture(scope="module")
def reference() -> dict[str, Callable[[], str]]:
    pages: dict[str, Callable[[], str]] = runpy.run_path(str(ROOT / "tools" / "reference.py"))[
        "PAGES"
    ]
    return pages


LONG = {"docs/how-to/demo.md": "it makes the demo company twice; tests/demo holds its claims"}
"""Pages that are followed in the slow lane alone, and why."""


def _examples() -> list[ParameterSet]:
    named = [(page.relative_to(ROOT).as_posix(), page) for page in WITH_EXAMPLES]
    return [
        pytest.param(page, id=name, marks=pytest.mark.slow if name in LONG else ())
        for name, page in named
    ]


@pytest.mark.parametrize("page", _examples())
def test_a_reader_who_follows_the_page_sees_what_it_shows(
    page: Path, tmp_path: Path, programs: Path | None
) -> None:
    """Every console block runs in order in one folder, with the output that the page promises."""
    wrong = follow(page.read_text(encoding="utf-8"), tmp_path, programs)
    assert not wrong, "\n\n".join(wrong)


@pytest.mark.parametrize(
    "name", ["errors.md", "cli.md", "format.md", "functions.md", "templates.md"]
)
def test_a_generated_page_is_up_to_date(name: str, reference: dict[str, Callable[[], str]]) -> None:
    """`make docs` writes it anew."""
    page = ROOT / "docs" / "reference" / name
    assert page.read_text(encoding="utf-8") == reference[name](), "run `make docs`"


def test_every_error_code_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "errors.md").read_text(encoding="utf-8")
    assert [code for code in CODES if f"| `{code}` |" not in text] == []


def test_every_command_is_documented() -> None:
    text = (ROOT / "docs" / "reference" / "cli.md").read_text(encoding="utf-8")
    assert [name for name in COMMANDS if f"\n## sameboat {name}\n" not in text] == []


def test_every_benchmark_is_listed_with_what_it_measures() -> None:
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    scripts = sorted(path.name for path in (ROOT / "benchmarks").glob("*.py"))
    assert [name for name in scripts if f"| [{name}]({name}) |" not in text] == []


def test_every_page_is_reached_from_the_index() -> None:
    """A page that no other page links to would never be read."""
    text = (ROOT / "docs" / "README.md").read_text(encoding="utf-8")
    pages = [page.relative_to(ROOT / "docs").as_posix() for page in (ROOT / "docs").rglob("*.md")]
    assert [page for page in pages if page != "README.md" and f"({page})" not in text] == []


def test_every_link_between_pages_leads_somewhere() -> None:
    """A relative link names a file that is there."""
    import re

    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\(([^)#\s]+)", page.read_text(encoding="utf-8"))
        if "://" not in target and not (page.parent / target).exists()
    ]
    assert broken == []


@pytest.mark.parametrize(
    "text", ["sameboat qurey", "cd / && sameboat check", "X=1 sameboat schema | head -c 300"]
)
def test_a_warm_start_changes_nothing(text: str, tmp_path: Path, programs: Path | None) -> None:
    """What the program says and its exit code are those of a process that began from nothing."""
    assert run(text, tmp_path, programs) == run(text, tmp_path, None)


def test_the_reader_of_examples_finds_what_is_wrong(tmp_path: Path) -> None:
    """An output that differs and an exit code that differs are both reported, with their line."""
    page = (
        "```text file=a/b.txt\nhello\n```\n"
        "```console\n$ cd a\n$ cat b.txt\nhello\n$ cat \\\n> b.txt\ngood bye\n```\n"
        "```console exit=3\n$ exit 3\n```\n"
        "```console\n$ exit 4\n```\n"
        "```sh\nnot run\n```\n"
    )
    found = list(examples(page))
    assert found[0] == NewFile(2, "a/b.txt", "hello\n")
    assert found[3] == Command(8, "cat \\\nb.txt", "good bye", 0)
    wrong = follow(page, tmp_path)
    assert [text.split(":")[0] for text in wrong] == ["line 8", "line 16"]
