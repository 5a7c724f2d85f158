"""What the tests of other formats share: folders of files, and what is told of them."""

from __future__ import annotations

from pathlib import Path

from sameboat.project.declared import Project
from sameboat.project.load import load


def folder(at: Path, **files: str) -> Path:
    """A folder with these YAML files in it."""
    for name, text in files.items():
        (at / f"{name}.yml").write_text(text, encoding="utf-8")
    return at


def skipped(project: Project) -> list[str]:
    """What was left out of a project, each as `place message`."""
    return [
        f"{found.where} {found.message}"
        for found in project.notices
        if found.code == "object-skipped"
    ]


def loaded(at: Path, **files: str) -> Project:
    """The project of these YAML files."""
    return load(folder(at, **files))
