"""What is installed is what is declared, pinned and built."""

from __future__ import annotations

import ast
import json
import os
import re
import sys
import tomllib
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

import hatch_build

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "sameboat"
LOCKS = ("core", "dev", "build", "uv")
WITHOUT_IMPORT = {"python-multipart"}  # FastAPI reads forms by it


def pyproject() -> dict[str, dict[str, object]]:
    return tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))


def declared() -> set[str]:
    lines = pyproject()["project"]["dependencies"]
    assert isinstance(lines, list)
    return {canonicalize_name(Requirement(line).name) for line in lines}


def imported() -> set[str]:
    """The distributions that the package's modules import, type checking aside or not."""
    names: set[str] = set()
    for path in SOURCE.rglob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                names |= {alias.name.split(".")[0] for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
                names.add(node.module.split(".")[0])
    outside = names - set(sys.stdlib_module_names) - {"sameboat"}
    owners = packages_distributions()
    return {canonicalize_name(owners[name][0]) if name in owners else name for name in outside}


def test_everything_that_is_imported_is_declared() -> None:
    """Nothing is relied upon because another package happens to bring it."""
    allowed = {"starlette", "pydantic-core", "markupsafe"}  # FastAPI's, pydantic's, Jinja's faces
    assert imported() - declared() <= allowed


def test_everything_that_is_declared_is_imported() -> None:
    """The core install carries nothing for later."""
    assert declared() - imported() == WITHOUT_IMPORT


@pytest.mark.parametrize("name", LOCKS)
def test_a_lock_holds_pins_and_hashes_and_names_no_place(name: str) -> None:
    """Each line is a pinned name, one of its hashes, or a comment."""
    line_shape = re.compile(
        r"[a-z0-9-]+==[^ ]+( ; [^:]+)? \\|    --hash=sha256:[0-9a-f]{64}( \\)?|#.*"
    )
    text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
    assert [line for line in text.splitlines() if not line_shape.fullmatch(line)] == []
    assert "://" not in text


def test_the_core_lock_pins_every_declared_dependency() -> None:
    text = (ROOT / "requirements" / "core.txt").read_text(encoding="utf-8")
    assert declared() <= set(re.findall(r"^([a-z0-9-]+)==", text, re.MULTILINE))


def test_the_development_lock_pins_the_core_alike() -> None:
    """What is tested is what is installed."""

    def pins(name: str) -> set[str]:
        text = (ROOT / "requirements" / f"{name}.txt").read_text(encoding="utf-8")
        return set(re.findall(r"^[a-z0-9-]+==[^\\]+", text, re.MULTILINE))

    assert pins("core") <= pins("dev")


def test_the_front_ends_lock_has_hashes_and_names_no_place() -> None:
    lock = json.loads((ROOT / "frontend" / "package-lock.json").read_text(encoding="utf-8"))
    packages = {name: entry for name, entry in lock["packages"].items() if name}
    assert [name for name, entry in packages.items() if "resolved" in entry] == []
    assert [name for name, entry in packages.items() if "integrity" not in entry] == []


@pytest.fixture
def folders(tmp_path: Path) -> tuple[Path, Path]:
    """A front end of one file beside an installed package, and where its built files go."""
    frontend, built = tmp_path / "frontend", tmp_path / "deep" / "built"
    (frontend / "src").mkdir(parents=True)
    (frontend / "src" / "app.ts").write_text("export {};\n", encoding="utf-8")
    (frontend / "node_modules" / "x").mkdir(parents=True)
    (frontend / "node_modules" / "x" / "index.js").write_text("1", encoding="utf-8")
    return frontend, built


@pytest.fixture
def node(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A Node and an npm that write down how they were called; the only programs on the path."""
    programs, calls = tmp_path / "bin", tmp_path / "calls"
    programs.mkdir()
    write_program(programs / "npm", f'echo "npm $*" >> {calls}')
    write_program(
        programs / "node",
        f'[ "$1" = --version ] && {{ echo v20.1.0; exit; }}\n'
        f'echo "node $*" >> {calls}\n[ -z "$FAIL" ] || exit 1\n: > "$2/app.js"',
    )
    monkeypatch.setenv("PATH", str(programs))
    return calls


def write_program(path: Path, body: str) -> None:
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def test_the_front_end_is_built_once_per_state(folders: tuple[Path, Path], node: Path) -> None:
    """A missing folder is made; the same sources are not built again, changed ones are."""
    frontend, built = folders
    hatch_build.build(frontend, built)
    assert (built / "app.js").exists()
    assert node.read_text().splitlines() == [
        "npm ci --omit=dev --ignore-scripts --no-audit --no-fund",
        f"node build.mjs {built}",
    ]
    hatch_build.build(frontend, built)
    assert len(node.read_text().splitlines()) == 2
    (frontend / "src" / "app.ts").write_text("export {}; // new\n", encoding="utf-8")
    hatch_build.build(frontend, built)
    assert len(node.read_text().splitlines()) == 4


def test_what_npm_unpacks_is_no_source(folders: tuple[Path, Path]) -> None:
    frontend, _ = folders
    before = hatch_build.source_hash(frontend)
    (frontend / "node_modules" / "x" / "index.js").write_text("2", encoding="utf-8")
    assert hatch_build.source_hash(frontend) == before
    (frontend / "src" / "app.ts").rename(frontend / "src" / "main.ts")
    assert hatch_build.source_hash(frontend) != before


def test_a_build_that_broke_off_is_repeated(
    folders: tuple[Path, Path], node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A failed step ends the installation with its output, and leaves no stamp."""
    frontend, built = folders
    monkeypatch.setenv("FAIL", "1")
    with pytest.raises(SystemExit, match=r"build\.mjs .* failed"):
        hatch_build.build(frontend, built)
    assert hatch_build.built_hash(built) is None
    monkeypatch.delenv("FAIL")
    hatch_build.build(frontend, built)
    assert hatch_build.built_hash(built) == hatch_build.source_hash(frontend)


@pytest.mark.parametrize(("version", "good"), [("v20.1.0", True), ("v16.20.2", False), ("", False)])
def test_an_old_or_broken_node_does_not_count(
    version: str, good: bool, node: Path, tmp_path: Path
) -> None:
    write_program(tmp_path / "bin" / "node", f"echo {version}")
    assert (hatch_build.system_node() is not None) is good


def test_node_is_asked_of_pypi_only_where_it_is_needed(
    folders: tuple[Path, Path], node: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With a system Node, or with nothing to build, the build requires nothing more."""
    frontend, built = folders
    hook = hatch_build.FrontEnd.__new__(hatch_build.FrontEnd)
    monkeypatch.setattr(hatch_build.FrontEnd, "_frontend", frontend)
    monkeypatch.setattr(hatch_build.FrontEnd, "_built", built)
    assert hook.dependencies() == []
    path = os.environ["PATH"]
    monkeypatch.setenv("PATH", "/nowhere")
    assert hook.dependencies() == [hatch_build.NODE_FROM_PYPI]
    monkeypatch.setenv("PATH", path)
    hatch_build.build(frontend, built)
    monkeypatch.setenv("PATH", "/nowhere")
    assert hook.dependencies() == []
