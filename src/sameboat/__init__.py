"""Shared KPIs that departments own together: declared, computed, explained, decided."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sameboat.questions.workspace import Workspace

__version__ = "0.1.0"
__all__ = ["open"]


def open(path: str = ".", **options: Any) -> Workspace:
    """The project in a folder, ready for questions: see `questions.workspace.open_workspace`."""
    from sameboat.questions.workspace import open_workspace  # heavy: kept out of the bare import

    return open_workspace(path, **options)
