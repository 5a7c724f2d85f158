"""The house is built as the plan says, and the plan knows every room."""

from __future__ import annotations

import ast
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
SOURCE = ROOT / "src" / "sameboat"
PURE = ("analysis", "charts", "decisions")
IMPURE = {"duckdb", "sqlalchemy", "sqlite3", "subprocess", "socket", "urllib", "httpx", "requests"}
ROOMS = {
    "cli", "demo", "web", "api", "actions", "questions", "compiler", "warehouse", "sources",
    "decisions", "store", "delivery", "charts", "project", "analysis", "periods", "units", "errors",
    "__main__",
}  # fmt: skip


def contracts() -> list[dict[str, object]]:
    pyproject = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    found: list[dict[str, object]] = pyproject["tool"]["importlinter"]["contracts"]
    return found


def test_every_contract_holds() -> None:
    """The layers, the pure rooms and the compiler's blindness to data hold."""
    program = "from importlinter.cli import lint_imports_command; lint_imports_command()"
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_layers_contract_is_exhaustive_and_knows_every_planned_room() -> None:
    """A room that the plan names is in the contract before it is built."""
    layers = next(contract for contract in contracts() if contract["type"] == "layers")
    text = " ".join(str(layer) for layer in layers["layers"])  # type: ignore[attr-defined]
    named = {word.strip("()") for word in text.replace("|", " ").split()}
    assert layers["exhaustive"] is True
    assert named == ROOMS


@pytest.mark.parametrize("room", [room for room in PURE if (SOURCE / room).is_dir()])
def test_a_pure_room_reads_no_clock_no_file_and_no_chance_of_its_own(room: str) -> None:
    """What a linter of imports can't see: open(), now(), and randomness that isn't handed in."""
    forbidden = {"open", "now", "today", "utcnow", "seed"}
    found = [
        f"{path.relative_to(ROOT)}:{node.lineno} calls {called}"
        for path in sorted((SOURCE / room).rglob("*.py"))
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and (called := name_of(node)) in forbidden
    ]
    assert not found


def test_every_pure_room_is_under_the_contract_of_purity() -> None:
    """A new pure room can't be built without its contract."""
    pure = next(contract for contract in contracts() if "pure" in str(contract["name"]))
    guarded = {str(name).removeprefix("sameboat.") for name in pure["source_modules"]}  # type: ignore[attr-defined]
    assert {room for room in PURE if (SOURCE / room).is_dir()} <= guarded


def name_of(call: ast.Call) -> str:
    """The last part of what a call names."""
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")
