"""The hidden folder of a project, `.sameboat`: what is made, kept and copied there is no source."""

from __future__ import annotations

from pathlib import Path

from sameboat.project.unfinished import clear_abandoned, unfinished_file

HOME = ".sameboat"


def make_home(home: Path) -> None:
    """Make the folder, so that version control passes it by; nothing where it is there already.

    It holds what people decided and the key of the pseudonyms, none of which belongs among the
    reviewed files. A process that is killed in between leaves the rest to the next one.
    """
    home.mkdir(parents=True, exist_ok=True, mode=0o700)
    clear_abandoned(home)
    ignored = home / ".gitignore"
    if ignored.exists():
        return
    with unfinished_file(ignored) as own:
        own.write_text("*\n", encoding="utf-8")
        own.chmod(0o644)
        own.replace(ignored)


def make_folder(folder: Path) -> None:
    """Make a folder and those above it; one within `.sameboat` with that as it has to be."""
    for above in (folder, *folder.parents):
        if above.name == HOME:
            make_home(above)
            break
    folder.mkdir(parents=True, exist_ok=True)
