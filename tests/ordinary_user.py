"""Running as a user whom the system can refuse something, even where the tests run as root."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

NOBODY = 65534


@contextmanager
def as_nobody(folder: Path) -> Iterator[None]:
    """Run the block as a user without rights; the folder and all in it become theirs.

    The folder must lie where everybody may look (`open_folder`). Where the tests do not run as
    root they have no special rights anyway, and nothing changes.
    """
    if os.geteuid() != 0:
        yield
        return
    for path in (folder, *folder.rglob("*")):
        os.chown(path, NOBODY, NOBODY)
    os.setegid(NOBODY)
    os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(0)
        os.setegid(0)


@contextmanager
def open_folder() -> Iterator[Path]:
    """A new folder to which everybody can find the way, and which is gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="sameboat-test-"))
    folder.chmod(0o755)
    try:
        yield folder.resolve()
    finally:
        for path in (folder, *folder.rglob("*")):
            path.chmod(0o755)
        shutil.rmtree(folder)
