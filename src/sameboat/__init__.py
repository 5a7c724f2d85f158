"""Shared KPIs that departments own together: declared, computed, explained, decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sameboat.questions.opened import Opened

__version__ = "0.1.0"
__all__ = ["open"]


def open(path: str = ".", **options: Any) -> Opened:
    """The project in a folder, ready for questions: see `questions.opened.open_workspace`."""
    from sameboat.questions.opened import open_workspace  # heavy: kept out of the bare import

    return open_workspace(path, **options)
