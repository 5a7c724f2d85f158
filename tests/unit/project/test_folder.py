"""Which files of a folder are read."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from sameboat.project.folder import ignoring, project_files


def names(folder: Path, *ignore: str) -> list[str]:
    """What is read of a folder, by name."""
    return [found.name for found in project_files(folder, ignore)[0]]


def touch(folder: Path, *paths: str) -> None:
    """Make empty files."""
    for path in paths:
        file = folder / path
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text("teams: {}\n", encoding="utf-8")


def test_yaml_files_of_all_folders_are_read_in_a_fixed_order(tmp_path: Path) -> None:
    """Both endings count; other files, and hidden ones and folders, do not."""
    touch(tmp_path, "b.yml", "a/z.yaml", "a/b/c.yml", ".git/x.yml", ".x.yml", "n.txt", "d.json")
    touch(tmp_path, "dbt/semantic_manifest.json")
    assert names(tmp_path) == ["a/b/c.yml", "a/z.yaml", "b.yml", "dbt/semantic_manifest.json"]


@pytest.mark.parametrize(
    ("pattern", "left"),
    [
        ("deploy/", ["a.yml", "x/deploy.yml"]),
        ("/deploy/", ["a.yml", "x/deploy.yml", "x/deploy/b.yml"]),
        ("x/deploy", ["a.yml", "deploy/c.yml", "x/deploy.yml"]),
        ("*.yml", []),
        ("x/*.yml", ["a.yml", "deploy/c.yml", "x/deploy/b.yml"]),
        ("x/**", ["a.yml", "deploy/c.yml"]),
        ("**/b.yml", ["a.yml", "deploy/c.yml", "x/deploy.yml"]),
        ("?.yml", ["x/deploy.yml"]),
        ("./x/", ["a.yml", "deploy/c.yml"]),
        ("a.yml/", ["a.yml", "deploy/c.yml", "x/deploy.yml", "x/deploy/b.yml"]),
        ("(", ["a.yml", "deploy/c.yml", "x/deploy.yml", "x/deploy/b.yml"]),
    ],
)
def test_ignore_patterns_work_as_in_gitignore(
    tmp_path: Path, pattern: str, left: list[str]
) -> None:
    """Bare names at any depth, paths from the top, a last slash for folders only."""
    touch(tmp_path, "a.yml", "deploy/c.yml", "x/deploy.yml", "x/deploy/b.yml")
    assert names(tmp_path, pattern) == left


def test_no_pattern_ignores_nothing() -> None:
    """Empty patterns are no patterns."""
    assert ignoring(["", "  "]) is None


def test_a_loop_of_links_ends(tmp_path: Path) -> None:
    """Linked folders are not followed, so nothing is read twice or for ever."""
    touch(tmp_path, "a/b.yml")
    (tmp_path / "a" / "loop").symlink_to(tmp_path, target_is_directory=True)
    (tmp_path / "self.yml").symlink_to(tmp_path / "self.yml")
    files, findings = project_files(tmp_path)
    assert [found.name for found in files] == ["a/b.yml"]
    assert [(str(found.where), found.severity) for found in findings] == [
        ("self.yml:1:1", "warning")
    ]


def test_a_link_out_of_the_folder_is_not_read(tmp_path: Path) -> None:
    """A project cannot pull in files from elsewhere; the reader is told."""
    touch(tmp_path, "outside.yml", "project/a.yml")
    (tmp_path / "project" / "b.yml").symlink_to(tmp_path / "outside.yml")
    files, findings = project_files(tmp_path / "project")
    assert [found.name for found in files] == ["a.yml"]
    assert [found.code for found in findings] == ["file-skipped"]
    assert "out of the project" in findings[0].message


def test_a_file_and_a_link_to_it_are_read_once(tmp_path: Path) -> None:
    """Otherwise every name in it would be declared twice."""
    touch(tmp_path, "z.yml")
    (tmp_path / "a.yml").symlink_to(tmp_path / "z.yml")
    assert names(tmp_path) == ["z.yml"]


def test_links_into_hidden_folders_are_read(tmp_path: Path) -> None:
    """Kubernetes mounts configuration as links into a hidden folder beside them."""
    touch(tmp_path, "..2026_01/teams.yml")
    (tmp_path / "teams.yml").symlink_to(tmp_path / "..2026_01" / "teams.yml")
    assert names(tmp_path) == ["teams.yml"]


def test_a_pipe_is_not_opened(tmp_path: Path) -> None:
    """Opening a pipe would wait for ever."""
    os.mkfifo(tmp_path / "pipe.yml")
    files, findings = project_files(tmp_path)
    assert files == ()
    assert [found.code for found in findings] == ["file-skipped"]


def test_a_name_that_is_no_text_can_be_printed(tmp_path: Path) -> None:
    """File names are bytes; messages are text."""
    Path(os.fsdecode(os.fsencode(tmp_path) + b"/caf\xe9.yml")).write_text("a: 1\n")
    (name,) = names(tmp_path)
    assert name == "caf\N{REPLACEMENT CHARACTER}.yml"
