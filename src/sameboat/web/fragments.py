"""Rendered pieces of pages, kept by what they show, so that what is unchanged is drawn once."""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable, Hashable
from typing import TypeVar, cast

Made = TypeVar("Made")


class Fragments:
    """The most recently used pieces of pages by their content.

    A key holds everything that the piece is made from, values included, and so carries the
    rights of who may see it: whoever has the same content may see the same piece.
    """

    def __init__(self, *, most: int) -> None:
        self._kept: OrderedDict[Hashable, object] = OrderedDict()
        self._most = most
        self._lock = threading.Lock()

    def get(self, key: Hashable, render: Callable[[], Made]) -> Made:
        """The piece of that key, rendered now if it is not there."""
        with self._lock:
            found = self._kept.get(key)
            if found is not None:
                self._kept.move_to_end(key)
                return cast(Made, found)
        made = render()
        with self._lock:
            self._kept[key] = made
            while len(self._kept) > self._most:
                self._kept.popitem(last=False)
        return made

    def __len__(self) -> int:
        return len(self._kept)
