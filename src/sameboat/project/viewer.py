"""Who reads and who writes: required by every question and every action."""

from __future__ import annotations

import json
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Viewer:
    """Whose rights a question is compiled with."""

    name: str
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def key(self) -> str:
        """What caches of answers are keyed by, so that rights never mix: one text for one viewer.

        >>> Viewer("a|b").key == Viewer("a", frozenset({"b|"})).key
        False
        """
        return json.dumps([self.name, *sorted(self.roles)])


@dataclass(frozen=True)
class Actor:
    """Who changes something, as the audit will name them."""

    name: str
    roles: frozenset[str] = field(default_factory=frozenset)

    @property
    def viewer(self) -> Viewer:
        """The same person as a reader."""
        return Viewer(self.name, self.roles)


OWNER_ROLE = "owner"
"""Who runs the workspace, as records name them where no team has something."""

OWNER = Viewer(OWNER_ROLE, frozenset({"admin"}))
"""The reader of single-user mode."""

OWNER_ACTOR = Actor(OWNER_ROLE, frozenset({"admin"}))
"""The writer of single-user mode."""
