"""What every test may ask for: the shared real data, a browser, golden files."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from hypothesis import settings

from tests.docs.warm import warm_programs
from tests.made_once import MadeOnce, of_this_run

settings.register_profile("repeatable", derandomize=True, deadline=None)
settings.register_profile("random", deadline=None)
settings.load_profile("repeatable")  # the same examples each time; the slow lane draws new ones

ROOT = Path(__file__).resolve().parent.parent
CHROMIUM = "/usr/bin/chromium"


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of real data beside the repository; a test that needs it is skipped without."""
    folder = Path(os.environ.get("SAMEBOAT_SHARED", ROOT.parent / "shared"))
    if not (folder / "data").is_dir():
        pytest.skip(f"no shared data in {folder}: set SAMEBOAT_SHARED to their folder")
    return folder


@pytest.fixture(scope="session")
def chromium() -> str:
    """The path of a Chromium; `make test` installs one where it may."""
    for name in (
        os.environ.get("SAMEBOAT_CHROMIUM"),
        CHROMIUM,
        "chromium-browser",
        "google-chrome",
    ):
        if name and (found := shutil.which(name)):
            return found
    pytest.skip("no Chromium found: install it or name it with SAMEBOAT_CHROMIUM")


@pytest.fixture(scope="session")
def made_once(pytestconfig: pytest.Config, tmp_path_factory: pytest.TempPathFactory) -> MadeOnce:
    """Folders that one process of a test run makes for all of them."""
    return of_this_run(pytestconfig, tmp_path_factory)


@pytest.fixture(scope="session")
def programs() -> Iterator[Path | None]:
    """A folder with a `sameboat` that need not import everything anew for each command."""
    with (
        tempfile.TemporaryDirectory(prefix="sameboat-") as folder,
        warm_programs(Path(folder)) as found,
    ):
        yield found


@pytest.fixture
def golden() -> Callable[[Path, str], None]:
    """Compare a text with a file of expected text; `make accept` writes it anew instead."""

    def compare(file: Path, text: str) -> None:
        if os.environ.get("SAMEBOAT_ACCEPT") == "1":
            file.parent.mkdir(parents=True, exist_ok=True)
            file.write_text(text, encoding="utf-8")
        expected = file.read_text(encoding="utf-8") if file.exists() else "(no such file)"
        assert text == expected, f"{file} holds something else; `make accept` takes the new text"

    return compare
