"""What the tests of the documentation share."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.docs.warm import warm_programs


@pytest.fixture(scope="session")
def programs() -> Iterator[Path | None]:
    """A folder with a `sameboat` that need not import everything anew for each command."""
    with (
        tempfile.TemporaryDirectory(prefix="sameboat-") as folder,
        warm_programs(Path(folder)) as found,
    ):
        yield found
