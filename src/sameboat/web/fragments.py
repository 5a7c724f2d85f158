"""Rendered pieces of pages, kept by what they show, so that an unchanged row is drawn once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable

from markupsafe import Markup

MOST = 4096


class Fragments:
    """The most recently used pieces of HTML by their content.

    A key holds everything that the piece is made from, values included, and so carries the
    rights of who may see it: whoever has the same content may see the same piece.
    """

    def __init__(self, most: int = MOST) -> None:
        self._kept: OrderedDict[Hashable, Markup] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, key: Hashable, render: Callable[[], str]) -> Markup:
        """The piece of that key, rendered now if it is not there."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return found
        made = Markup(render())
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._kept)
