"""What the tests of the project's files share."""

from __future__ import annotations

from pathlib import Path

import pytest

from sameboat.errors import Finding, ProjectError
from sameboat.project.check import check_folder
from sameboat.project.load import examine
from tests.unit.project.told import Errors, Findings, Write, short


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Write files into a folder; the first argument is sameboat.yml, `a__b=` writes a/b.yml."""

    def made(root: str | bytes | None = "name: acme\n", **files: str | bytes) -> Path:
        texts = {name.replace("__", "/") + ".yml": text for name, text in files.items()}
        if root is not None:
            texts["sameboat.yml"] = root
        for name, text in texts.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text.encode() if isinstance(text, str) else text)
        return tmp_path

    return made


@pytest.fixture
def errors(write: Write) -> Errors:
    """What keeps these files from loading, each as `file:line:column code`."""

    def found(root: str | bytes | None = "name: acme\n", **files: str | bytes) -> list[str]:
        try:
            return short(examine(write(root, **files)).errors)
        except ProjectError as error:
            return short(error.findings)

    return found


@pytest.fixture
def findings(write: Write) -> Findings:
    """All that `check_folder` says about x.yml beside a world in sameboat.yml; no notices."""

    def found(
        text: str, *, world: str = "", columns: dict[str, dict[str, str]] | None = None
    ) -> list[Finding]:
        folder = write(f"name: acme\n{world}", x=text)
        told = check_folder(folder, columns=columns)
        return [finding for finding in told if finding.severity != "notice"]

    return found


@pytest.fixture(scope="session")
def example(shared: Path) -> bytes:
    """The file that shows every key of the format once."""
    file = shared / "format-example.yml"
    if not file.exists():
        pytest.skip(f"no {file.name} in {shared}")
    return file.read_bytes()
